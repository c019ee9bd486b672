"""In what order the eligible places are taken, and why.

The least own loss of MATCHING.md and price: what a place is worth to those still expected. A place
worth more to them than to this patient is kept. Deterministic: equal costs go to the earlier start,
then the nearer place, then the practitioner with fewer patients this week, then the slot id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import NamedTuple
from uuid import UUID

from domain import loss
from domain.decider import Refused
from domain.eligibility import Candidate, Way, search, ways
from domain.geography import distance_km
from domain.prices import FREE, Kept, NothingExpected, Price, Prices
from domain.request import Waiting
from events.codes import Mode
from events.explanation import Explanation, KeptFor, NotEligible, Option, Terms
from events.place import Position
from events.weights import USUAL_WEIGHTS, Weights

POLICY = "look-ahead/1"
CHOSEN_BY_HAND = "regulator-choice/1"

ALTERNATIVES = 3
EXAMPLES = 5
LEAST_PRICE = 0.05  # what hardly anybody is expected to want is kept from nobody
LEAST_GAIN = 1e-3  # of a place one may have: nobody who may is left without while one is left
FRAGILE_FROM = 75  # years
FAR_KM = 25.0
TOUR = timedelta(hours=4)  # home visits that begin no further apart are one

NOTHING_EXPECTED = NothingExpected()

_NOTHING_BESIDE = (0.0, 0.0, 0.0, 0.0, 0.0)
_Order = tuple[float, datetime, float, int, UUID, Mode]


class KeptForOthers(Refused):
    """The place is kept for more urgent requests that are expected."""

    code = "kept_for_others"


class Ranked(NamedTuple):
    """An eligible slot, and the best way to use it."""

    order: _Order
    candidate: Candidate
    way: Way
    # Of the terms: wait, travel, price, continuity, fairness, scarcity, fragility, tours.
    costs: tuple[float, float, float, float, float, float, float, float]
    kept: Kept | None

    @property
    def slot_id(self) -> UUID:
        """The slot."""
        return self.candidate.slot.published.slot_id

    @property
    def cost(self) -> float:
        """The sum of the terms."""
        return self.order[0]

    @property
    def loss(self) -> float:
        """Of the patient alone: waiting and travel."""
        return self.costs[0] + self.costs[1]

    @property
    def price(self) -> float:
        """To those still expected."""
        return self.costs[2]

    def option(self) -> Option:
        """As it is written in an explanation."""
        slot = self.candidate.slot.published
        kept = self.kept
        return Option(
            slot_id=slot.slot_id,
            rpps=slot.rpps,
            start=self.way.start,
            mode=self.way.mode,
            km=round(self.way.km, 1),
            terms=Terms(*(round(cost, 4) for cost in self.costs)),
            kept_for=kept and KeptFor(kept.window // timedelta(minutes=1), kept.expected_by),
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates: the eligible ones best first, the others by reason."""

    considered: int
    eligible: list[Ranked]
    aside: dict[str, list[Candidate]]  # reason code → those it is true of
    kept: list[Ranked] = field(default_factory=list)  # for others, the cheapest first

    @property
    def not_eligible(self) -> dict[str, list[UUID]]:
        """Reason code → slots by start."""
        return {code: _first(slots, len(slots)) for code, slots in self.aside.items()}

    def explanation(self, chosen: Ranked | None, policy: str = POLICY) -> Explanation:
        """What is kept of the ranking beside the decision."""
        others = [ranked for ranked in (*self.eligible, *self.kept) if ranked is not chosen]
        return Explanation(
            policy=policy,
            considered=self.considered,
            chosen=chosen.option() if chosen else None,
            alternatives=tuple(ranked.option() for ranked in others[:ALTERNATIVES]),
            not_eligible=tuple(
                NotEligible(reason=code, slots=len(slots), examples=tuple(_first(slots, EXAMPLES)))
                for code, slots in sorted(self.aside.items())
            ),
        )

    def preferring(self, slot_id: UUID) -> "Ranking":
        """The same, with that slot first, if it is among the eligible."""
        first = [ranked for ranked in self.eligible if ranked.slot_id == slot_id]
        others = [ranked for ranked in self.eligible if ranked.slot_id != slot_id]
        return Ranking(self.considered, first + others, self.aside, self.kept)


def rank(
    request: Waiting,
    candidates: Iterable[Candidate],
    now: datetime,
    prices: Prices = NOTHING_EXPECTED,
    weights: Weights = USUAL_WEIGHTS,
) -> Ranking:
    """Every candidate weighed for this request at this instant."""
    weighed: list[Ranked] = []
    aside: dict[str, list[Candidate]] = {}
    asked = search(request, now)
    weigh = _Scales(request, weights).weigh
    for candidate in candidates:
        found = ways(asked, candidate)
        if isinstance(found, list):
            price = prices.price(candidate.slot)
            best = weigh(candidate, found[0], price)
            if len(found) > 1:
                best = min((weigh(candidate, way, price) for way in found), key=_by_order)
            weighed.append(best)
        else:
            aside.setdefault(found.code, []).append(candidate)
    weighed.sort(key=_by_order)
    most = penalty(request)
    eligible: list[Ranked] = []
    kept: list[Ranked] = []
    for ranked in weighed:
        (kept if _is_kept(ranked, most) else eligible).append(ranked)
    if kept:
        aside[KeptForOthers.code] = [ranked.candidate for ranked in kept]
    return Ranking(
        considered=len(eligible) + sum(map(len, aside.values())),
        eligible=eligible,
        aside=aside,
        kept=kept,
    )


def weighed_alone(request: Waiting, candidate: Candidate, possible: Iterable[Way]) -> Ranked:
    """The best of the ways to use one place, by its own loss alone."""
    weigh = _Scales(request, USUAL_WEIGHTS).weigh
    return min((weigh(candidate, way, FREE) for way in possible), key=_by_order)


def together(rankings: Mapping[UUID, tuple[Waiting, Ranking]]) -> dict[UUID, UUID]:
    """Who of several that wait has which slot when all are decided at once: request → slot.

    All that is gained over their not being seen, at today's prices, is most. Whoever is not told
    has no place among these that another does not gain more by.
    """
    import numpy as np  # noqa: PLC0415 with SciPy half a second: when several wait at once

    from domain.forecast import best_pairs  # noqa: PLC0415 likewise

    places: dict[tuple[UUID, int], int] = {}
    for _, ranking in rankings.values():
        for ranked in ranking.eligible:
            for nth in range(min(ranked.candidate.slot.free, len(rankings))):
                places.setdefault((ranked.slot_id, nth), len(places))
    if not places:
        return {}
    gained = np.zeros((len(rankings), len(places)))
    for row, (request, ranking) in enumerate(rankings.values()):
        most = penalty(request)
        for ranked in ranking.eligible:
            for nth in range(min(ranked.candidate.slot.free, len(rankings))):
                gained[row, places[ranked.slot_id, nth]] = max(most - ranked.cost, LEAST_GAIN)
    ids, slots = list(rankings), list(places)
    return {ids[row]: slots[column][0] for row, column in best_pairs(gained)}


def _is_kept(ranked: Ranked, most: float) -> bool:
    """Whether the others expected lose more by it than this patient gains.

    What a community weighs beside chooses among places; it is no reason to see nobody.
    """
    return ranked.price >= max(most - ranked.loss, LEAST_PRICE)


def penalty(request: Waiting) -> float:
    """The loss of not serving the request at all."""
    return loss.of_nobody(request.due_by - request.received.received_at)


def by_urgency(request: Waiting) -> tuple[bool, float, datetime, datetime, str]:
    """Who is served first of those who wait.

    Whoever lost a place through no doing of theirs; then the highest penalty, the earliest due.
    """
    received = request.received
    return (
        not request.first_in_line,
        -penalty(request),
        request.due_by,
        received.received_at,
        str(received.request_id),
    )


class _Scales:
    """The cost of ways to serve one request."""

    def __init__(self, request: Waiting, weights: Weights) -> None:
        received = request.received
        self._received = received
        self._received_at = received.received_at
        self._window = max(request.due_by - received.received_at, loss.SHORTEST_WINDOW)
        self._weights = weights if weights != USUAL_WEIGHTS else None
        self._is_fragile = received.age is not None and received.age >= FRAGILE_FROM

    def weigh(self, candidate: Candidate, way: Way, price: Price) -> Ranked:
        """One way to use one place."""
        mode, km, start = way
        wait = (start - self._received_at) / self._window
        travel = loss.of_travel(km)
        beside = self._beside(candidate, way) if self._weights else _NOTHING_BESIDE
        costs = (wait, travel, price.loss, *beside)
        slot_id = candidate.slot.published.slot_id
        cost = sum(costs) if self._weights else wait + travel + price.loss
        order = (cost, start, km, candidate.agenda.taken, slot_id, mode)
        return Ranked(order, candidate, way, costs, price.kept)

    def _beside(self, candidate: Candidate, way: Way) -> tuple[float, float, float, float, float]:
        """What the community weighs: continuity, fairness, scarcity, fragility, tours."""
        weights, slot, received = self._weights, candidate.slot.published, self._received
        assert weights is not None
        elsewhere = received.treating_doctor not in {None, slot.rpps}
        # They come, and have a place of somebody who would go to those who cannot.
        can_do_without = way.mode is Mode.OFFICE and Mode.HOME in slot.modes
        return (
            weights.continuity * elsewhere,
            weights.fairness * candidate.share_taken,
            weights.scarcity * can_do_without,
            weights.fragility * self._is_fragile * way.km / FAR_KM,
            weights.tours * detour_km(candidate, way, received.position) / FAR_KM,
        )


def detour_km(candidate: Candidate, way: Way, position: Position) -> float:
    """How far it is to a home visit: from the practice, or from the nearest visit of the tour."""
    if way.mode is not Mode.HOME:
        return 0.0
    slot = candidate.slot.published
    near = (
        where
        for other in candidate.agenda.slots.values()
        if abs(other.published.start - slot.start) <= TOUR
        for where in other.visits.values()
    )
    return min(distance_km(position, where) for where in (slot.place.position, *near))


def _by_order(ranked: Ranked) -> _Order:
    return ranked.order


def _first(candidates: list[Candidate], number: int) -> list[UUID]:
    """The first so many by their start."""
    slots = (candidate.slot.published for candidate in candidates)
    return [slot.slot_id for slot in nsmallest(number, slots, key=lambda s: (s.start, s.slot_id))]
