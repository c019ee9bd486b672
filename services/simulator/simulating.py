"""A day played through: what is published, who calls, in order, and what a policy makes of it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

from services.dispatch.expecting import next_look
from services.simulator import loss
from services.simulator.cast import Caller, Seat, callers, seats
from services.simulator.policies import Policy
from services.simulator.scenario import Scenario

LONGEST = timedelta(days=2)
"""So long a day is looked at again and again."""


@dataclass(frozen=True)
class Assignment:
    """Who got which slot, when that was decided, and what it costs."""

    request: str
    slot: str
    decided_at: datetime
    loss: float


@dataclass(frozen=True)
class Played:
    """What became of a day."""

    assignments: Sequence[Assignment]
    unserved: Sequence[str]
    loss: float
    decision_seconds: Sequence[float] = field(default_factory=list)

    @property
    def loss_per_request(self) -> float:
        """Of a day without requests: none."""
        number = len(self.assignments) + len(self.unserved)
        return self.loss / number if number else 0.0


class _Day:
    """The state of it: what is free now, and who waits."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._free: dict[UUID, Seat] = {}
        self._waiting: dict[UUID, Caller] = {}
        self.assignments: list[Assignment] = []
        self.seconds: list[float] = []

    def publish(self, new: Sequence[Seat], now: datetime) -> None:
        """Places are there, perhaps for some of those who wait."""
        for seat in new:
            self._free[seat.candidate.slot.published.slot_id] = seat
        self._let_go(now)
        self._serve(self._waiting.values(), now)

    def call(self, caller: Caller, now: datetime) -> None:
        """Somebody calls, and has a place or waits."""
        self._let_go(now)
        self._waiting[caller.waiting.received.request_id] = caller
        self._serve([caller], now)

    def look_again(self, now: datetime) -> None:
        """Time has passed: what is expected is less, or more."""
        self._let_go(now)
        self._policy.look_ahead([seat.candidate for seat in self._free.values()], now)
        self._serve(self._waiting.values(), now)

    def _serve(self, callers: Collection[Caller], now: datetime) -> None:
        if not callers or not self._free:
            return
        free = [seat.candidate for seat in self._free.values()]
        began = perf_counter()
        chosen = self._policy.choose([caller.waiting for caller in callers], free, now)
        self.seconds.append(perf_counter() - began)
        for request_id, (candidate, way) in chosen.items():
            caller = self._waiting.pop(request_id)
            seat = self._free.pop(candidate.slot.published.slot_id)
            cost = loss.of_served(caller, way.start, way.km)
            self.assignments.append(Assignment(caller.of.id, seat.of.id, now, cost))

    def _let_go(self, now: datetime) -> None:
        """What has begun is nobody's any more, and who was due is not seen."""
        self._free = {key: seat for key, seat in self._free.items() if seat.of.start > now}
        self._waiting = {
            key: caller for key, caller in self._waiting.items() if caller.of.due_by > now
        }


def play(scenario: Scenario, policy: Policy) -> Played:
    """The day, by a policy that sees at each instant what happened by then."""
    everybody = list(callers(scenario))
    day = _Day(policy)
    published: dict[datetime, list[Seat]] = {}
    for seat in seats(scenario):
        published.setdefault(seat.of.published_at, []).append(seat)
    # What is published in the instant somebody calls is there for them.
    happens: list[tuple[datetime, int, str, Sequence[Seat] | Caller | None]] = [
        *((at, 0, "", some) for at, some in published.items()),
        *((at, 1, "", None) for at in _looks(scenario, policy.every)),
        *((caller.of.received_at, 2, caller.of.id, caller) for caller in everybody),
    ]
    for now, _, _, what in sorted(happens, key=lambda one: one[:3]):
        if what is None:
            day.look_again(now)
        elif isinstance(what, Caller):
            day.call(what, now)
        else:
            day.publish(what, now)
    return played(everybody, day.assignments, day.seconds)


def _looks(scenario: Scenario, every: timedelta | None) -> Iterator[datetime]:
    """From the first of what happens to the last place, two days at most."""
    moments = [request.received_at for request in scenario.requests]
    at = min([scenario.opens, *moments])
    if every is None:
        return
    at = next_look(scenario.community, at - every, every)
    last = min(max([at, *(slot.start for slot in scenario.slots)]), at + LONGEST)
    while at < last:
        yield at
        at += every


def played(
    everybody: Sequence[Caller], assignments: Sequence[Assignment], seconds: Sequence[float]
) -> Played:
    """With the loss of the day, those who were not seen included."""
    served = {one.request for one in assignments}
    left = [caller for caller in everybody if caller.of.id not in served]
    whole = sum(one.loss for one in assignments) + sum(map(loss.of_unserved, left))
    return Played(assignments, sorted(caller.of.id for caller in left), whole, seconds)
