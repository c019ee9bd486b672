"""Places by hour, profession and place; the flow of the day. No line of it is one patient's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from projections import availability, board
from projections.availability import Which
from services.console.frame import rendered
from services.console.languages import Language
from services.console.live import View
from services.projector.queries import rows

if TYPE_CHECKING:
    from domain.community import Formed
    from services.app import House

NEEDS = (availability.projection, board.projection)
_HOURS = range(7, 22)
_SHADES = (1, 3, 6, 10)  # places from which a cell is darker


@dataclass(frozen=True)
class Row:
    """A profession in a commune: free places by hour, and all day."""

    profession: str
    commune: str
    by_hour: Mapping[int, int]

    @property
    def total(self) -> int:
        """All day."""
        return sum(self.by_hour.values())


@dataclass(frozen=True)
class Today:
    """What a coordinator sees of a day."""

    finess: str
    zone: ZoneInfo
    now: datetime
    day: date
    heat: Sequence[Row]
    states: Mapping[str, int]
    hours: Sequence[Mapping[str, Any]]
    places: Mapping[str, int]
    silent: Sequence[Mapping[str, Any]]
    crisis: str | None

    @property
    def columns(self) -> Sequence[int]:
        """Hours of the day that are shown."""
        return _HOURS

    @property
    def received(self) -> int:
        """Requests of today."""
        return sum(self.states.values())

    @property
    def most(self) -> int:
        """Requests of the busiest hour."""
        return max((one["requests"] for one in self.hours), default=1)

    def of_state(self, *names: str) -> int:
        """How many are one of these."""
        return sum(self.states.get(name, 0) for name in names)

    def at(self, hour: int) -> int:
        """Free places in that hour, of everybody."""
        return sum(row.by_hour.get(hour, 0) for row in self.heat)

    @staticmethod
    def shade(free: int) -> int:
        """How dark a cell is, 0 to 4: the number in it says the same."""
        return sum(free >= least for least in _SHADES)


def view_of(finess: str, ahead: int, language: Language) -> View:
    """What coordinators of a community see alike."""
    return View(f"territoire+{ahead}", language, frozenset({finess}), of_places=True)


async def today_of(house: "House", finess: str, formed: "Formed", ahead: int) -> Today:
    """Of today, or of one of the two days after: places; the flow is always today's."""
    now = house.clock.now()
    zone = ZoneInfo(formed.zone)
    day = now.astimezone(zone).date() + timedelta(days=ahead)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    names = {one.insee: one.title for one in formed.communes}
    which = Which(community=finess)
    free = availability.free_by_hour(which)
    counts = availability.counted_by(None, which)
    silent = availability.silent_senders(which)
    cells: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for row in await rows(house.pool, free.query, **free.given, at=now):
        if row["hour"].date() == day:
            where = names.get(row["commune"], row["commune"])
            cells[row["profession"], where][row["hour"].hour] = int(row["free"])
    found = await rows(house.pool, board.counted(finess, midnight))
    places = await rows(house.pool, counts.query, **counts.given, at=now)
    return Today(
        finess=finess,
        zone=zone,
        now=now,
        day=day,
        heat=[Row(job, where, hours) for (job, where), hours in sorted(cells.items())],
        states={one["state"]: one["requests"] for one in found},
        hours=await rows(house.pool, board.by_hour(finess, midnight, formed.zone)),
        places={name: int(value or 0) for name, value in (places[0] if places else {}).items()},
        silent=await rows(house.pool, silent.query, **silent.given, at=now),
        crisis=formed.crisis.title if formed.crisis else None,
    )


async def as_html(
    house: "House", finess: str, formed: "Formed", ahead: int, language: Language
) -> str:
    """The page's living part."""
    found = await today_of(house, finess, formed, ahead)
    return rendered(
        "territoire/day.html", language, day=found, now=found.now, zone=found.zone, ahead=ahead
    )
