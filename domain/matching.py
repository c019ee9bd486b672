"""In what order the eligible places are taken, and why.

First version: the least loss of MATCHING.md, blind to the demand still to come. Deterministic:
equal losses go to the earlier start, then the nearer place, then the practitioner with fewer
patients this week, then the slot id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.eligibility import Candidate, Way, search, ways
from domain.request import Waiting
from events.codes import Mode
from events.explanation import Explanation, NotEligible, Option, Terms

POLICY = "least-loss/1"
CHOSEN_BY_HAND = "regulator-choice/1"

SHORTEST_WINDOW = timedelta(minutes=30)  # a shorter delay does not make a minute cost more
TRAVEL_LOSS_PER_KM = 0.5 / 25
PENALTIES = ((timedelta(hours=2), 8.0), (timedelta(hours=4), 4.0))  # up to this window, this loss
LEAST_PENALTY = 2.0
ALTERNATIVES = 3
EXAMPLES = 5

_Order = tuple[float, datetime, float, int, UUID, Mode]


class Ranked(NamedTuple):
    """An eligible slot, and the best way to use it."""

    order: _Order
    candidate: Candidate
    way: Way
    wait: float
    travel: float

    @property
    def slot_id(self) -> UUID:
        """The slot."""
        return self.candidate.slot.published.slot_id

    def option(self) -> Option:
        """As it is written in an explanation."""
        slot = self.candidate.slot.published
        return Option(
            slot_id=slot.slot_id,
            rpps=slot.rpps,
            start=self.way.start,
            mode=self.way.mode,
            km=round(self.way.km, 1),
            terms=Terms(wait=round(self.wait, 4), travel=round(self.travel, 4)),
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates: the eligible ones best first, the others by reason."""

    considered: int
    eligible: list[Ranked]
    not_eligible: dict[str, list[UUID]]  # reason code → slots by start

    def explanation(self, chosen: Ranked | None, policy: str = POLICY) -> Explanation:
        """What is kept of the ranking beside the decision."""
        others = [ranked for ranked in self.eligible if ranked is not chosen]
        return Explanation(
            policy=policy,
            considered=self.considered,
            chosen=chosen.option() if chosen else None,
            alternatives=tuple(ranked.option() for ranked in others[:ALTERNATIVES]),
            not_eligible=tuple(
                NotEligible(reason=code, slots=len(slots), examples=tuple(slots[:EXAMPLES]))
                for code, slots in sorted(self.not_eligible.items())
            ),
        )


def rank(request: Waiting, candidates: Iterable[Candidate], now: datetime) -> Ranking:
    """Every candidate weighed for this request at this instant."""
    eligible: list[Ranked] = []
    aside: dict[str, list[Candidate]] = {}
    asked = search(request, now)
    window = max(request.due_by - request.received.received_at, SHORTEST_WINDOW)
    for candidate in candidates:
        found = ways(asked, candidate)
        if isinstance(found, list):
            eligible.append(
                _weighed(request, window, candidate, found[0])
                if len(found) == 1
                else min((_weighed(request, window, candidate, w) for w in found), key=_by_order)
            )
        else:
            aside.setdefault(found.code, []).append(candidate)
    eligible.sort(key=_by_order)
    return Ranking(
        considered=len(eligible) + sum(map(len, aside.values())),
        eligible=eligible,
        not_eligible={code: _by_start(slots) for code, slots in aside.items()},
    )


def penalty(request: Waiting) -> float:
    """The loss of not serving the request at all."""
    window = request.due_by - request.received.received_at
    return next((loss for longest, loss in PENALTIES if window <= longest), LEAST_PENALTY)


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


def _weighed(request: Waiting, window: timedelta, candidate: Candidate, way: Way) -> Ranked:
    slot = candidate.slot.published
    wait = (way.start - request.received.received_at) / window
    travel = TRAVEL_LOSS_PER_KM * way.km
    order = (
        wait + travel,
        way.start,
        way.km,
        candidate.taken_this_week,
        slot.slot_id,
        way.mode,
    )
    return Ranked(order, candidate, way, wait, travel)


def _by_order(ranked: Ranked) -> _Order:
    return ranked.order


def _by_start(candidates: list[Candidate]) -> list[UUID]:
    slots = [candidate.slot.published for candidate in candidates]
    return [slot.slot_id for slot in sorted(slots, key=lambda s: (s.start, s.slot_id))]
