"""Who waits, until when and with whom; what was handed back; what was settled of late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from projections import board
from services.console.frame import PARIS, rendered
from services.console.languages import Language
from services.console.live import View
from services.console.places import names_of_communes, zones_of
from services.projector.queries import rows

if TYPE_CHECKING:
    from services.app import House

NEEDS = (board.projection,)
_OF_LATE = timedelta(hours=12)
_MOST = 200
_SOON = timedelta(minutes=30)


@dataclass(frozen=True)
class Line:
    """A request in the list."""

    row: Mapping[str, Any]
    where: str
    zone: ZoneInfo
    left: timedelta | None  # until it is due
    urgent: bool

    @property
    def state(self) -> str:
        """Held is a state to who looks, though not in the log."""
        held = self.row["state"] == board.WAITING and self.row["owner"] == "regulator"
        return "held" if held else str(self.row["state"])


def view_of(communities: frozenset[str] | None, language: Language) -> View:
    """What regulators of the same communities see alike."""
    return View("regulation", language, communities)


async def listed(house: "House", communities: frozenset[str] | None) -> dict[str, list[Line]]:
    """By what there is to do: `handed_back`, `waiting`, `settled`."""
    now = house.clock.now()
    found = await rows(house.pool, board.at_work(communities, now - _OF_LATE).limit(_MOST))
    communes = await names_of_communes(house, communities)
    zones = await zones_of(house, communities)
    lines = [line_of(row, now, communes, zones.get(row["community"], PARIS)) for row in found]
    return {
        "handed_back": [one for one in lines if one.row["state"] == board.HANDED_BACK],
        "waiting": [one for one in lines if one.row["state"] == board.WAITING],
        "settled": [
            one for one in lines if one.row["state"] not in {board.WAITING, board.HANDED_BACK}
        ],
    }


async def as_html(house: "House", communities: frozenset[str] | None, language: Language) -> str:
    """The list, as it is pushed."""
    told = await listed(house, communities)
    now = house.clock.now()
    return rendered("regulation/list.html", language, lists=told, now=now)


def line_of(
    row: Mapping[str, Any], now: datetime, communes: Mapping[str, str], zone: ZoneInfo
) -> Line:
    """A request as the list shows it."""
    left = row["due_by"] - now if row["due_by"] else None
    return Line(
        row,
        communes.get(row["commune"] or "", row["commune"] or ""),
        zone,
        left,
        urgent=row["state"] == board.WAITING and left is not None and left < _SOON,
    )
