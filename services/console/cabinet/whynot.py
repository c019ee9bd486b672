"""Why not me: decisions of the last day, and what became of one's own places in each.

Whose place it was, and who the patient is, is nobody's to know: only the hour and the reason.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from projections import board
from services.console.languages import Language
from services.projector.queries import rows
from services.reports import why
from services.reports.because import why_not

if TYPE_CHECKING:
    from services.app import House

_SINCE = timedelta(hours=24)
_MOST = 8
_MOST_PLACES = 3  # the earliest: the same is true of those after them, as a rule


@dataclass(frozen=True)
class Decided:
    """A place given to somebody else, and why none of one's own was."""

    at: datetime
    reasons: list[str]


async def decisions(
    house: "House", rpps: str, communities: frozenset[str], zone: ZoneInfo, language: Language
) -> list[Decided]:
    """The last ones, the newest first."""
    now = house.clock.now()
    query = board.assigned_to_others(communities, rpps, now - _SINCE).limit(_MOST)
    found = []
    for row in await rows(house.pool, query):
        try:
            decided = await why.decision(house.log, row["request_id"])
            places = await why.places_of(house.log, decided, rpps)
        except why.NothingDecided:
            continue
        except why.NoPlaceThen:
            places = []
        reasons = [why_not(place, decided, zone, language) for place in places[:_MOST_PLACES]]
        found.append(Decided(row["settled_at"], reasons))
    return found
