"""Every read model there is, by name."""

from projections import arrivals, availability, board, offers
from projections.indicators import folding as indicators
from projections.rows import Projection

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        arrivals.projection,
        availability.projection,
        board.projection,
        offers.projection,
        indicators.projection,
    )
}
