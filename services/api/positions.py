"""Positions of the log, as whoever follows it gives them back."""

from domain.decider import Refused
from services.log.reader import Log


class NotYetHeard(Refused):
    """The log has not come that far: a position is one you have heard of."""

    code = "invalid_value"


async def check_position(log: Log, since: int | None) -> None:
    """Raises NotYetHeard for what nobody can have heard: they would be deaf until then."""
    if since is not None and since > await log.head():
        raise NotYetHeard(since)
