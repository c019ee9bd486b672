"""What a practitioner has before them: who asks, who comes, what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from domain import practitioner as practitioners
from domain.agenda import GRID, next_on_the_grid
from domain.practitioner import Enrolled, NotEnrolled, Paused, PractitionerNotEnrolled, enrolment
from events import streams
from events.base import Frozen
from events.place import Place
from projections import availability, board, offers
from services.console.frame import PARIS, rendered
from services.console.languages import Language
from services.console.live import View
from services.console.places import names_of_communes
from services.projector.queries import rows

if TYPE_CHECKING:
    from services.app import House

NEEDS = (offers.projection, board.projection, availability.projection)
_AHEAD = timedelta(hours=48)
_TO_ANSWER = {offers.PENDING, offers.DEFERRED}
_MOST = 60
_SOONEST = timedelta(minutes=15)


@dataclass(frozen=True)
class Asked:
    """An offer that waits for an answer, and what one needs to know for it."""

    row: Mapping[str, Any]
    where: str
    times: Sequence[datetime]  # at which the patient could be seen before they are due
    later: Sequence[datetime]  # at which they could otherwise


@dataclass(frozen=True)
class Day:
    """All of it."""

    rpps: str
    zone: ZoneInfo
    now: datetime
    member: Enrolled
    paused: bool
    asked: Sequence[Asked]
    said: Sequence[Mapping[str, Any]]  # answered of late: may still be corrected
    patients: Sequence[Mapping[str, Any]]
    slots: Sequence[Mapping[str, Any]]
    communes: Mapping[str, str]

    @property
    def on_call(self) -> datetime | None:
        """Until when they are available at once."""
        until = self.member.on_call_until
        return until if until and until > self.now else None


class WorkPlace(Frozen):
    """Where they see patients, as they last opened places there."""

    place: Place
    zone: str


def view_of(rpps: str, communities: frozenset[str], language: Language) -> View:
    """What they, and who acts for them, see alike."""
    return View("cabinet", language, communities, rpps)


async def member_of(house: "House", rpps: str) -> tuple[Enrolled, bool]:
    """As they are enrolled, and whether they pause. Raises PractitionerNotEnrolled."""
    known = await house.log.state(practitioners.decider, streams.practitioner(rpps))
    if isinstance(known, NotEnrolled):
        raise PractitionerNotEnrolled(rpps)
    return enrolment(known), isinstance(known, Paused)


async def zone_of(house: "House", member: Enrolled) -> ZoneInfo:
    """Where their clock hangs: in the first of their communities."""
    first = await house.directory.community(member.communities[0]) if member.communities else None
    return ZoneInfo(first.formed.zone) if first else PARIS


async def day_of(house: "House", rpps: str) -> Day:
    """Now. Raises PractitionerNotEnrolled."""
    now = house.clock.now()
    member, paused = await member_of(house, rpps)
    zone = await zone_of(house, member)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    communes = await names_of_communes(house, frozenset(member.communities))
    found = await rows(house.pool, offers.with_requests(rpps=rpps).limit(_MOST))
    slots = await rows(house.pool, availability.slots_to_come(rpps=rpps).limit(_MOST), at=now)
    patients = await rows(
        house.pool, board.of_practitioner(rpps, midnight, midnight + timedelta(days=2))
    )
    return Day(
        rpps=rpps,
        zone=zone,
        now=now,
        member=member,
        paused=paused,
        asked=[_asked(one, now, communes) for one in found if one["state"] in _TO_ANSWER],
        said=[one for one in found if one["state"] not in _TO_ANSWER][:5],
        patients=patients,
        slots=[one for one in slots if one["start"] < now + _AHEAD],
        communes=communes,
    )


async def as_html(house: "House", rpps: str, language: Language) -> str:
    """The page's living part."""
    day = await day_of(house, rpps)
    return rendered("cabinet/day.html", language, day=day, now=day.now, zone=day.zone)


async def work_place(house: "House", rpps: str) -> WorkPlace | None:
    """Where they last opened places, or said that they may be asked beyond their agenda."""
    found = await rows(house.pool, availability.of_practitioner(rpps))
    if found:
        slot = found[0]
        site = {name: value for name, value in (slot["site"] or {}).items() if value}
        place = Place(
            title=slot["place"],
            commune=slot["commune"],
            position={"lat": slot["lat"], "lon": slot["lon"]},
            **site,
        )
        return WorkPlace(place=place, zone=slot["zone"])
    member, _ = await member_of(house, rpps)
    overbook = member.consent.overbook if member.consent else None
    if overbook is None:
        return None
    return WorkPlace(place=overbook.place, zone=overbook.zone)


def _asked(row: Mapping[str, Any], now: datetime, communes: Mapping[str, str]) -> Asked:
    due = row["due_by"] or now + _AHEAD
    return Asked(
        row,
        communes.get(row["commune"] or "", row["commune"] or ""),
        _on_the_grid(now + _SOONEST, due, most=48),
        _on_the_grid(due + GRID, now + _AHEAD, most=40),
    )


def _on_the_grid(since: datetime, until: datetime, *, most: int) -> list[datetime]:
    """Instants a patient beyond the agenda may be given, the earliest ones."""
    first = next_on_the_grid(since)
    many = max((until - first) // GRID + 1, 0)
    return [first + nth * GRID for nth in range(min(many, most))]
