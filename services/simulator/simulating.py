"""A day played through: what is published, who calls, in order, and what a policy makes of it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import NamedTuple, assert_never
from uuid import UUID

from domain import agenda as agendas
from domain.agenda import Agenda, Slot
from domain.eligibility import Candidate, Way, search, ways
from events.agenda import AgendaEvent, SlotCapacityChanged, SlotPlaceTaken, SlotWithdrawn
from events.codes import Mode
from services.dispatch.expecting import next_look
from services.simulator import loss
from services.simulator.cast import Caller, Day, Seat
from services.simulator.policies import Policy

LONGEST = timedelta(days=2)
"""So long before it opens and after is a day looked at again and again."""


@dataclass(frozen=True)
class Assignment:
    """Who got which slot, when that was decided, and what it costs."""

    request: str
    slot: str
    decided_at: datetime
    start: datetime
    km: float  # of the patient
    loss: float


@dataclass(frozen=True)
class Played:
    """What became of a day."""

    assignments: Sequence[Assignment]
    unserved: Sequence[str]
    loss: float
    decision_seconds: Sequence[float] = field(default_factory=list)
    asked: int = 0  # members, for a patient beyond their agenda

    @property
    def loss_per_request(self) -> float:
        """Of a day without requests: none."""
        number = len(self.assignments) + len(self.unserved)
        return self.loss / number if number else 0.0


class _Course:
    """The state of a day: whose places are free now, and who waits."""

    def __init__(self, day: Day, policy: Policy) -> None:
        self._policy = policy
        self._seats = {seat.published.slot_id: seat for seat in day.seats}
        self._agendas: dict[tuple[str, str], Agenda] = {}
        self._waiting: dict[UUID, Caller] = {}
        self.assignments: list[Assignment] = []
        self.seconds: list[float] = []

    def happen(self, what: "Happening", now: datetime) -> None:
        """One thing, and what the policy makes of it."""
        self._waiting = {key: one for key, one in self._waiting.items() if one.due_by > now}
        match what:
            case Opens(seats):
                for seat in seats:
                    self._evolve(seat, seat.published)
                self._serve(self._waiting.values(), now)
            case Goes(seat):
                self._take_back(seat, now)
            case Looks():
                self._policy.look_ahead(self._free(now), now)
                self._serve(self._waiting.values(), now)
            case Calls(caller):
                self._waiting[caller.waiting.received.request_id] = caller
                self._serve([caller], now)
            case _:
                assert_never(what)

    def _serve(self, callers: Collection[Caller], now: datetime) -> None:
        free = self._free(now)
        if not callers or not free:
            return
        began = perf_counter()
        chosen = self._policy.choose([caller.waiting for caller in callers], free, now)
        self.seconds.append(perf_counter() - began)
        for request_id, (candidate, way) in chosen.items():
            caller, seat = self._waiting[request_id], self._seats[candidate.slot.published.slot_id]
            # Others were given places in the same instant: a cap may be reached by now.
            if not isinstance(ways(search(caller.waiting, now), self._candidate(seat)), list):
                continue
            del self._waiting[request_id]
            self._evolve(seat, _taken(seat, caller, way, now))
            cost = loss.of_served(caller, way.start, way.km)
            self.assignments.append(Assignment(caller.id, seat.id, now, way.start, way.km, cost))

    def _free(self, now: datetime) -> list[Candidate]:
        return [
            Candidate(slot, agenda, self._seats[slot.published.slot_id].practitioner)
            for agenda in self._agendas.values()
            for slot in agenda.slots.values()
            if slot.free > 0 and slot.may_join(now)
        ]

    def _candidate(self, seat: Seat) -> Candidate:
        agenda = self._agendas[_agenda_of(seat)]
        return Candidate(agenda.slots[seat.published.slot_id], agenda, seat.practitioner)

    def _take_back(self, seat: Seat, now: datetime) -> None:
        slot = self._agendas[_agenda_of(seat)].slots[seat.published.slot_id]
        for event in taking_back(slot, now):
            self._evolve(seat, event)

    def _evolve(self, seat: Seat, event: AgendaEvent) -> None:
        name = _agenda_of(seat)
        self._agendas[name] = agendas.evolve(self._agendas.get(name, Agenda()), event)


def taking_back(slot: Slot, now: datetime) -> list[AgendaEvent]:
    """Places nobody has; who has one keeps it: what became of them is another policy's."""
    return shrinking(slot, 0, now)


def shrinking(slot: Slot, capacity: int, now: datetime) -> list[AgendaEvent]:
    """To so many places, or as many as somebody has."""
    slot_id = slot.published.slot_id
    left = max(capacity, len(slot.taken) + len(slot.held))
    if not left:
        return [SlotWithdrawn(slot_id=slot_id, withdrawn_at=now)]
    if left == slot.published.capacity:
        return []
    return [SlotCapacityChanged(slot_id=slot_id, capacity=left, changed_at=now)]


def _agenda_of(seat: Seat) -> tuple[str, str]:
    return seat.published.rpps, seat.published.week


def _taken(seat: Seat, caller: Caller, way: Way, now: datetime) -> SlotPlaceTaken:
    received = caller.waiting.received
    return SlotPlaceTaken.model_construct(
        slot_id=seat.published.slot_id,
        request_id=received.request_id,
        source=received.source,
        mode=way.mode,
        own_patient=received.treating_doctor == seat.published.rpps,
        where=received.position if way.mode is Mode.HOME else None,
        taken_at=now,
    )


class Opens(NamedTuple):
    """Places published in one instant."""

    seats: Sequence[Seat]


class Goes(NamedTuple):
    """What is left of a slot is taken back."""

    seat: Seat


class Looks(NamedTuple):
    """Time has passed: what is expected is less, or more."""


class Calls(NamedTuple):
    """Somebody calls."""

    caller: Caller


Happening = Opens | Goes | Looks | Calls
"""Of one instant in this order: what is published as somebody calls is there for them."""


def play(day: Day, policy: Policy) -> Played:
    """The day, by a policy that sees at each instant what happened by then."""
    course = _Course(day, policy)
    published: dict[datetime, list[Seat]] = {}
    for seat in day.seats:
        published.setdefault(seat.published.published_at, []).append(seat)
    happens: list[tuple[datetime, int, str, Happening]] = [
        *((at, 0, "", Opens(some)) for at, some in published.items()),
        *((seat.gone_at, 1, seat.id, Goes(seat)) for seat in day.seats if seat.gone_at),
        *((at, 2, "", Looks()) for at in _looks(day, policy.every)),
        *((caller.received_at, 3, caller.id, Calls(caller)) for caller in day.callers),
    ]
    for now, _, _, what in sorted(happens, key=lambda one: one[:3]):
        course.happen(what, now)
    return played(day.callers, course.assignments, course.seconds)


def _looks(day: Day, every: timedelta | None) -> Iterator[datetime]:
    """From the first of what happens to the last place, two days at most."""
    if every is None:
        return
    first = min([day.opens, *(caller.received_at for caller in day.callers)])
    at = next_look(day.community, max(first, day.opens - LONGEST) - every, every)
    last = min(max([at, *(seat.published.start for seat in day.seats)]), day.opens + LONGEST)
    while at < last:
        yield at
        at += every


def played(
    everybody: Sequence[Caller],
    assignments: Sequence[Assignment],
    seconds: Sequence[float],
    asked: int = 0,
) -> Played:
    """With the loss of the day, those who were not seen included."""
    served = {one.request for one in assignments}
    left = [caller for caller in everybody if caller.id not in served]
    whole = sum(one.loss for one in assignments) + sum(map(loss.of_unserved, left))
    return Played(assignments, sorted(caller.id for caller in left), whole, seconds, asked)
