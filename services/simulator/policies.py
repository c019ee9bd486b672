"""Who gets which place: what a person does, and what we do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from domain import matching
from domain.agenda import Slot
from domain.eligibility import Candidate, Way, search, ways
from domain.forecast import Forecast, Outlook
from domain.matching import Ranking
from domain.prices import FREE, Price, Prices
from domain.request import Waiting
from events.weights import USUAL_WEIGHTS, Weights

Choice = tuple[Candidate, Way]
Draw = Callable[[datetime], Forecast]
"""How the rest of the day may go, as of an instant."""


class Policy(Protocol):
    """Sees what has happened, and no more."""

    @property
    def every(self) -> timedelta | None:
        """How often it looks again at who waits, whatever happens."""

    def look_ahead(self, free: Sequence[Candidate], now: datetime) -> None:
        """What takes its time, and nobody waits for."""

    def choose(
        self, waiting: Sequence[Waiting], free: Sequence[Candidate], now: datetime
    ) -> Mapping[UUID, Choice]:
        """Who of those that wait has which place now: request → place."""

    def ranking(self, request: Waiting, candidates: Sequence[Candidate], now: datetime) -> Ranking:
        """What one of them may have, best first."""


class Earliest:
    """The earliest place one can come to, of these the nearest; the worst off first."""

    every: timedelta | None = None

    def look_ahead(self, free: Sequence[Candidate], now: datetime) -> None:
        """A person does not."""

    def choose(
        self, waiting: Sequence[Waiting], free: Sequence[Candidate], now: datetime
    ) -> Mapping[UUID, Choice]:
        """One after another."""
        left = {candidate.slot.published.slot_id: candidate for candidate in free}
        places = {slot_id: candidate.slot.free for slot_id, candidate in left.items()}
        chosen: dict[UUID, Choice] = {}
        for request in sorted(waiting, key=_worst_then_first_due):
            asked = search(request, now)
            found = [
                (way.start, way.km, slot_id, way)
                for slot_id, candidate in left.items()
                if places[slot_id] and isinstance(possible := ways(asked, candidate), list)
                for way in possible
            ]
            if found:
                *_, slot_id, way = min(found, key=lambda one: one[:3])
                places[slot_id] -= 1
                chosen[request.received.request_id] = (left[slot_id], way)
        return chosen

    def ranking(self, request: Waiting, candidates: Sequence[Candidate], now: datetime) -> Ranking:
        """By when one can come, then by the way."""
        asked = search(request, now)
        first = [
            matching.weighed_alone(request, candidate, [min(found, key=_earliest)])
            for candidate in candidates
            if isinstance(found := ways(asked, candidate), list)
        ]
        first.sort(key=lambda ranked: (*_earliest(ranked.way), ranked.slot_id))
        return Ranking(len(candidates), first, {})


class Dispatch:
    """As production decides: the least own loss and price, all who wait together."""

    def __init__(
        self, draw: Draw, every: timedelta | None, weights: Weights = USUAL_WEIGHTS
    ) -> None:
        self._weights = weights
        self.every: timedelta | None = every
        self._draw = draw
        self._prices: Prices = matching.NOTHING_EXPECTED

    def look_ahead(self, free: Sequence[Candidate], now: datetime) -> None:
        """What each free place is worth to those still expected."""
        slots = [candidate.slot for candidate in free]
        self._prices = self._draw(now).outlook(slots, now)

    def choose(
        self, waiting: Sequence[Waiting], free: Sequence[Candidate], now: datetime
    ) -> Mapping[UUID, Choice]:
        """By today's prices."""
        rankings = {
            request.received.request_id: (request, self.ranking(request, free, now))
            for request in waiting
        }
        chosen: dict[UUID, Choice] = {}
        for request_id, slot_id in matching.together(rankings).items():
            _, ranking = rankings[request_id]
            best = ranking.preferring(slot_id).eligible[0]
            chosen[request_id] = (best.candidate, best.way)
        return chosen

    def ranking(self, request: Waiting, candidates: Sequence[Candidate], now: datetime) -> Ranking:
        """By today's prices; what is not the community's own is expected by nobody of it."""
        prices = _Own(self._prices, request.received.community)
        prices.estimate(candidate.slot for candidate in candidates)
        return matching.rank(request, candidates, now, prices, self._weights)


class _Own(NamedTuple):
    """Prices of a community's places, and none of others'."""

    prices: Prices
    community: str

    def price(self, slot: Slot) -> Price:
        """Of one place of the slot."""
        return self.prices.price(slot) if self._has(slot) else FREE

    def estimate(self, slots: Iterable[Slot]) -> None:
        """Price what opened since: many at once cost little more than one."""
        if isinstance(self.prices, Outlook):
            self.prices.estimate(slot for slot in slots if self._has(slot))

    def _has(self, slot: Slot) -> bool:
        return self.community in slot.published.communities


def _earliest(way: Way) -> tuple[datetime, float]:
    return way.start, way.km


def _worst_then_first_due(request: Waiting) -> tuple[float, datetime, str]:
    return -matching.penalty(request), request.due_by, str(request.received.request_id)
