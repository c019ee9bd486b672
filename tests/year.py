"""A year of a département, told as a log would: patients by thousands, members, their places.

Nobody decides anything here. It is a history that could have been, and always the same one.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import psycopg

from domain.agenda import week_of
from events import streams
from events.catalogue import stored
from tests.examples import (
    HOUR,
    MINUTE,
    ZONE,
    accepted,
    assigned,
    attended,
    confirmed,
    elapsed,
    ended,
    enrolled,
    formed,
    handed_back,
    missed,
    offered,
    published,
    received,
    refused,
    taken,
)

BEGINS = date(2026, 1, 1)
COMMUNITIES = [f"58009{nth:04}" for nth in range(8)]
MEMBERS = 30  # of each community
SLOTS = 6  # of each member who works that day
SLOT = timedelta(minutes=20)
CALLS = (50, 70)  # a community and working day
_AGES = (1, 4, 10, 15, 20, 35, 50, 70, 80)
_COMMUNES = ("58194", "58303", "58079", "58059")
_LOCAL = ZoneInfo(ZONE)

_TEMPLATES: dict[str, tuple[str, int, dict[str, Any]]] = {
    event.name: (event.name, event.version, orjson.loads(stored(event)))
    for event in (
        accepted(),
        assigned(),
        attended(),
        confirmed(),
        elapsed(),
        ended(),
        enrolled(),
        formed(),
        handed_back(),
        missed(),
        offered("10978000015"),
        published(),
        received(),
        refused(),
        taken(),
    )
}


@dataclass(frozen=True, order=True)
class Told:
    """An event as its row has it."""

    at: datetime
    nth: int
    stream: str = field(compare=False)
    name: str = field(compare=False)
    version: int = field(compare=False)
    data: dict[str, Any] = field(compare=False)
    community: str = field(compare=False)
    role: str = field(compare=False)


@dataclass
class Place:
    """A slot of one place that nobody has yet."""

    slot_id: UUID
    rpps: str
    week: str
    start: datetime


class Year:
    """So many days of it; more events a day the more calls there are."""

    def __init__(self, seed: int = 1, calls: tuple[int, int] = CALLS) -> None:
        self._dice = random.Random(seed)
        self._calls = calls
        self._told: list[Told] = []
        self._nth = 0

    def days(self, number: int) -> Iterator[list[Told]]:
        """Day by day, in the order of instants. The first has the communities and their members."""
        midnight = datetime.combine(BEGINS, time(), _LOCAL).astimezone(UTC)
        for finess in COMMUNITIES:
            self._form(finess, midnight)
        for day in (BEGINS + timedelta(days=n) for n in range(number)):
            if day.weekday() < 6:
                for finess in COMMUNITIES:
                    self._live(finess, day)
            told, self._told = sorted(self._told), []
            yield told

    def _id(self) -> UUID:
        return UUID(int=self._dice.getrandbits(128), version=4)

    def _tell(
        self,
        at: datetime,
        stream: str,
        name: str,
        community: str,
        role: str = "system",
        /,
        **changes: Any,
    ) -> None:
        _, version, template = _TEMPLATES[name]
        self._nth += 1
        data = {**template, **changes}
        self._told.append(Told(at, self._nth, stream, name, version, data, community, role))

    def _form(self, finess: str, at: datetime) -> None:
        self._tell(
            at,
            streams.community(finess),
            "community.formed",
            finess,
            finess=finess,
            title=f"CPTS {finess[-2:]}",
            formed_at=at,
        )
        for rpps in _members(finess):
            self._tell(
                at + MINUTE,
                streams.practitioner(rpps),
                "practitioner.enrolled",
                finess,
                rpps=rpps,
                communities=[finess],
                enrolled_at=at + MINUTE,
            )

    def _live(self, finess: str, day: date) -> None:
        opens = datetime.combine(day, time(8), _LOCAL).astimezone(UTC)
        places = self._publish(finess, opens)
        free = list(places)
        for minutes in sorted(self._dice.choices(range(600), k=self._dice.randint(*self._calls))):
            at = opens + minutes * MINUTE + self._dice.randint(0, 59) * timedelta(seconds=1)
            self._call(finess, at, free)
        for place in places:
            if place in free:
                self._elapse(finess, place)

    def _publish(self, finess: str, opens: datetime) -> list[Place]:
        places = []
        for rpps in self._dice.sample(_members(finess), 8):
            first = opens + self._dice.randint(1, 6) * HOUR
            for nth in range(SLOTS):
                start = first + nth * SLOT
                place = Place(self._id(), rpps, week_of(start, ZONE), start)
                stream = streams.agenda(rpps, place.week)
                published_at = opens - 12 * HOUR
                self._tell(
                    published_at,
                    stream,
                    "slot.published",
                    finess,
                    slot_id=place.slot_id,
                    rpps=rpps,
                    week=place.week,
                    start=start,
                    end=start + SLOT,
                    communities=[finess],
                    published_at=published_at,
                )
                places.append(place)
        return sorted(places, key=lambda place: place.start)

    def _elapse(self, finess: str, place: Place) -> None:
        ends = place.start + SLOT
        self._tell(
            ends,
            streams.agenda(place.rpps, place.week),
            "slot.elapsed",
            finess,
            slot_id=place.slot_id,
            lost=1,
            elapsed_at=ends,
        )

    def _call(self, finess: str, at: datetime, free: list[Place]) -> None:
        request_id, dice = self._id(), self._dice
        stream = streams.request(request_id)
        self._tell(
            at,
            stream,
            "request.received",
            finess,
            "regulator",
            request_id=request_id,
            community=finess,
            received_at=at,
            due_by=at + 12 * HOUR,
            age=dice.choice(_AGES),
            commune=dice.choice(_COMMUNES),
            sex=dice.choice("MF"),
            source=dice.choice(("SAS", "SAS", "SAS", "CPTS", "PHARMA")),
            registration=dice.choice(("REGISTERED", "NOT_REGISTERED", "UNKNOWN")),
            case_id=f"DRFR15SAMU58{request_id.hex[:8]}" if dice.random() < 0.8 else None,
        )
        place = next((one for one in free if one.start > at + 30 * MINUTE), None)
        if place is None:
            self._ask(finess, request_id, at)
            return
        free.remove(place)
        self._see(finess, request_id, place, at + dice.randint(1, 600) * timedelta(seconds=1))

    def _ask(self, finess: str, request_id: UUID, at: datetime) -> None:
        stream, about = streams.request(request_id), {"request_id": request_id}
        asked = self._dice.sample(_members(finess), 3)
        self._tell(
            at + MINUTE,
            stream,
            "request.offered",
            finess,
            **about,
            to=asked,
            until=at + 11 * MINUTE,
            offered_at=at + MINUTE,
        )
        *no, last = asked
        for rpps in no:
            reason = self._dice.choice(("FULL", "ABSENT", "TOO_FAR"))
            said = at + self._dice.randint(2, 8) * MINUTE
            self._tell(
                said,
                stream,
                "offer.refused",
                finess,
                **about,
                rpps=rpps,
                reason=reason,
                answered_at=said,
            )
        if self._dice.random() < 0.4:
            self._tell(
                at + 20 * MINUTE,
                stream,
                "request.handed_back",
                finess,
                **about,
                handed_back_at=at + 20 * MINUTE,
            )
            return
        said, start = at + 9 * MINUTE, at + 3 * HOUR
        self._tell(
            said,
            stream,
            "offer.accepted",
            finess,
            **about,
            rpps=last,
            start=start,
            accepted_at=said,
        )
        place = Place(self._id(), last, week_of(start, ZONE), start)
        self._tell(
            said,
            streams.agenda(last, place.week),
            "slot.published",
            finess,
            slot_id=place.slot_id,
            rpps=last,
            week=place.week,
            start=start,
            end=start + SLOT,
            communities=[finess],
            origin="OVERBOOK",
            published_at=said,
        )
        self._see(finess, request_id, place, said)

    def _see(self, finess: str, request_id: UUID, place: Place, at: datetime) -> None:
        stream, about, dice = streams.request(request_id), {"request_id": request_id}, self._dice
        self._tell(
            at,
            streams.agenda(place.rpps, place.week),
            "slot.place_taken",
            finess,
            **about,
            slot_id=place.slot_id,
            own_patient=dice.random() < 0.1,
            taken_at=at,
        )
        self._tell(
            at,
            stream,
            "request.assigned",
            finess,
            **about,
            slot_id=place.slot_id,
            rpps=place.rpps,
            week=place.week,
            start=place.start,
            end=place.start + SLOT,
            assigned_at=at,
        )
        if dice.random() < 0.7:
            self._tell(
                at + MINUTE, stream, "request.confirmed", finess, **about, confirmed_at=at + MINUTE
            )
        ends = place.start + SLOT
        if dice.random() < 0.06:
            self._tell(ends, stream, "visit.missed", finess, **about, missed_at=ends)
            return
        self._tell(ends, stream, "visit.attended", finess, **about, attended_at=ends)
        if dice.random() < 0.6:
            outcome = dice.choices(("TREATED", "FOLLOW_UP", "EMERGENCY_DEPARTMENT"), (80, 15, 5))[0]
            self._tell(
                ends, stream, "outcome.recorded", finess, **about, outcome=outcome, recorded_at=ends
            )


def _members(finess: str) -> Sequence[str]:
    first = 10_978_000_000 + 1000 * int(finess[-4:])
    return [str(first + nth) for nth in range(MEMBERS)]


_COLUMNS = "stream, version, name, schema_version, data, meta, recorded_at"
_COMMAND = "5ca1ab1e-0000-4000-8000-000000000000"


def write(connection: psycopg.Connection[Any], told: Iterator[list[Told]], most: int) -> int:
    """Put events into the log, so many at most: how many. Whole days, but for the last."""
    versions: Counter[str] = Counter()
    written = 0
    with connection.cursor().copy(f"copy events ({_COLUMNS}) from stdin") as copy:
        for day in told:
            for one in day[: most - written]:
                versions[one.stream] += 1
                meta = {
                    "event_id": str(UUID(int=one.nth)),
                    "command_id": _COMMAND,
                    "community": one.community,
                    "actor": {"ref": "a year", "role": one.role},
                    "case_id": None,
                    "correlation": _COMMAND,
                    "causation": _COMMAND,
                }
                copy.write_row(
                    (
                        one.stream,
                        versions[one.stream],
                        one.name,
                        one.version,
                        orjson.dumps(one.data).decode(),
                        orjson.dumps(meta).decode(),
                        one.at,
                    )
                )
                written += 1
            if written >= most:
                break
    return written
