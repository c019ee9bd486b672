"""Every read model there is, by name."""

from projections import availability, board, offers
from projections.rows import Projection

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (availability.projection, board.projection, offers.projection)
}
