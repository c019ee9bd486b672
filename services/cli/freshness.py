"""Who has just told something finds it where they look."""

import sys

from projections.rows import Projection
from services.cli.session import Session
from services.projector.past import caught_up

_WAIT_SECONDS = 5.0  # a read model is a second behind, at most


async def with_what_was_just_told(session: Session, projection: Projection) -> None:
    """Wait until the read model shows what is in the log now; say so where that takes too long."""
    if not await caught_up(session.pool, projection, _WAIT_SECONDS):
        name = projection.name
        print(f"snp: {name} does not show the newest events: is a projector up?", file=sys.stderr)
