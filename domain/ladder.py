"""Articulation: who is asked next and until when, and the hand-back in time for the SAS to act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from domain import request as requests
from domain.asking import SHORTEST_WAVE, Askable, Rate, wave
from domain.matching import Ranked, Ranking
from domain.request import (
    FIRST_OWNER,
    FOOT,
    MEMBERS,
    Escalate,
    HandBackRequest,
    KeepSearching,
    LapseOffers,
    OfferRequest,
    Pending,
    RequestCommand,
    Waiting,
)
from events.ladder import Ladder, Rule, Step, StepKind
from events.request import HandBack, RequestEvent, RequestReceived

USUAL = Ladder(
    title="Usual ladder",
    rules=(
        Rule(
            title="Every request",
            steps=(
                Step(kind=StepKind.MEMBER_SLOTS, minutes=0),
                Step(kind=StepKind.MEMBER_OFFERS, minutes=30),
                Step(kind=StepKind.NEIGHBOUR_SLOTS, minutes=0),
            ),
        ),
    ),
)
"""Of a community that adopted none."""

NEIGHBOURS = "neighbours"


def rule_for(received: RequestReceived, ladder: Ladder) -> Rule:
    """The first rule that fits; the last one fits all (community.LadderWithoutEnd)."""
    return next(rule for rule in ladder.rules if _fits(received, rule))


def _fits(received: RequestReceived, rule: Rule) -> bool:
    if rule.priorities and received.priority not in rule.priorities:
        return False
    return not rule.motives or received.motive.startswith(rule.motives)


@dataclass(frozen=True)
class Around:
    """What the decision looks at beside the request: all of it as of now."""

    steps: Sequence[Step]
    look: Callable[[Waiting], Ranking]
    askable: Callable[[Waiting], Sequence[Askable]]
    neighbours: tuple[str, ...]  # communities that agreed, both ways
    rate: Rate
    give_up_at: datetime
    again: timedelta  # whoever waits is looked at again at least so often


@dataclass(frozen=True)
class Advance:
    """What happens to the request; a place to take after that, if one was found."""

    events: Sequence[RequestEvent]
    request: Waiting  # after the events, but for a hand-back
    ranking: Ranking
    place: Ranked | None = None


def advance(request: Waiting, ranking: Ranking, around: Around, now: datetime) -> Advance:
    """As far as it goes now: a place, members asked, the next step, a later look; or back.

    `ranking`: what `around.look` says of the request now.
    """
    if ranking.eligible and set(request.neighbours) <= set(around.neighbours):
        return Advance((), request, ranking, ranking.eligible[0])
    climb = _Climb(request, ranking, around, now)
    if climb.agreement_moved() and climb.ranking.eligible:
        return climb.so_far(climb.ranking.eligible[0])
    if now >= around.give_up_at:
        reason = HandBack.NOBODY_ACCEPTED if request.offers else HandBack.NO_PLACE
        climb.do(HandBackRequest(climb.request_id, reason, ranking.explanation(None), now))
        return climb.so_far()
    climb.do(LapseOffers(climb.request_id, now))
    while not climb.waits_here() and climb.goes_on():
        if climb.ranking.eligible:
            return climb.so_far(climb.ranking.eligible[0])
    climb.look_again()
    return climb.so_far()


class _Climb:
    """A request on its way up the ladder, and what happened to it on the way."""

    def __init__(self, request: Waiting, ranking: Ranking, around: Around, now: datetime) -> None:
        self.request = request
        self.request_id = request.received.request_id
        self.ranking = ranking
        self._around = around
        self._now = now
        self._events: list[RequestEvent] = []

    def do(self, command: RequestCommand) -> None:
        """Decide it, and go on from there."""
        happened = requests.decide(command, self.request)
        self._events += happened
        state = requests.decider.replay(happened, since=self.request)
        if isinstance(state, Waiting):
            self.request = state

    def so_far(self, place: Ranked | None = None) -> Advance:
        """Everything that happened on the way."""
        return Advance(self._events, self.request, self.ranking, place)

    def waits_here(self) -> bool:
        """Whether the step the request is in has something left to wait for."""
        if self._at < 0:
            return False
        step = self._step(self._at)
        until = self._until(step)
        if step.kind is StepKind.MEMBER_OFFERS:
            # Who said when they will answer is not waited for by the others.
            in_this_wave = any(
                isinstance(offer, Pending) and not offer.deferred
                for offer in self.request.offers.values()
            )
            return self._now < until and (in_this_wave or self._asks(until))
        return self._now < until

    def goes_on(self) -> bool:
        """The next step that can do something. False: there is none."""
        for number in range(self._at + 1, len(self._around.steps)):
            step = self._step(number)
            if self._can_do_something(step):
                self._enter(number, step)
                return True
        return False

    def look_again(self) -> None:
        """Somebody has the request, and an instant at which they look at it."""
        pending = [o.until for o in self.request.offers.values() if isinstance(o, Pending)]
        step = self._step(self._at)
        at_the_latest = self._now + self._around.again
        instants = (at_the_latest, self._around.give_up_at, self._until(step), *pending)
        next_at = min(instant for instant in instants if instant > self._now)
        owner = self._owner(step)
        if pending or owner == MEMBERS:  # members have it only while one may answer
            owner = MEMBERS if pending else FIRST_OWNER
        if owner == self.request.owner and self._now < self.request.next_at <= at_the_latest:
            return
        self.do(
            KeepSearching(
                request_id=self.request_id,
                owner=owner,
                next_at=next_at,
                explanation=self.ranking.explanation(None),
                at=self._now,
            )
        )

    def agreement_moved(self) -> bool:
        """Whether its neighbours are others now than when the request was opened to them."""
        climbed = self._around.steps[: self._at + 1]
        opened = any(step.kind is StepKind.NEIGHBOUR_SLOTS for step in climbed)
        neighbours = self._around.neighbours if opened else ()
        if set(self.request.neighbours) == set(neighbours):
            return False
        step = self._step(self._at)
        self.do(
            Escalate(
                request_id=self.request_id,
                step=max(self._at, 0),
                kind=step.kind,
                communities=neighbours,
                owner=self._owner(step),
                until=self.request.step_until or self._around.give_up_at,
                at=self._now,
            )
        )
        self.ranking = self._around.look(self.request)
        return True

    @property
    def _at(self) -> int:
        """The step it is in. Members' slots first is where every request is without a word."""
        steps, at = self._around.steps, self.request.step
        foot = 0 if steps[0].kind is StepKind.MEMBER_SLOTS else FOOT
        if at < len(steps) and at > foot and steps[at].kind is self.request.step_kind:
            return at
        return foot  # also where another ladder was adopted, with another step there

    def _step(self, number: int) -> Step:
        return self._around.steps[max(number, 0)]

    def _until(self, step: Step) -> datetime:
        """When the step the request is in is over."""
        if not step.minutes:
            return self._now
        announced = self.request.step_until if self.request.step == self._at else None
        until = announced or self.request.since + timedelta(minutes=step.minutes)
        return min(until, self._around.give_up_at)

    def _asks(self, until: datetime) -> bool:
        """Ask the next wave, if there is time and somebody to ask."""
        left = until - self._now
        if left < SHORTEST_WAVE or not (members := self._around.askable(self.request)):
            return False
        next_wave = wave(left, self._around.rate)
        to = tuple(member.rpps for member in members[: next_wave.members])
        ends = min(self._now + next_wave.length, until)
        self.do(OfferRequest(self.request_id, to, ends, self._now))
        return True

    def _can_do_something(self, step: Step) -> bool:
        match step.kind:
            case StepKind.MEMBER_SLOTS:
                return step.minutes > 0
            case StepKind.MEMBER_OFFERS:
                left = min(timedelta(minutes=step.minutes), self._around.give_up_at - self._now)
                return left >= SHORTEST_WAVE and bool(self._around.askable(self.request))
            case StepKind.NEIGHBOUR_SLOTS:
                return not set(self._around.neighbours) <= set(self.request.neighbours)
            case _:
                assert_never(step.kind)

    def _enter(self, number: int, step: Step) -> None:
        give_up_at = self._around.give_up_at
        minutes = timedelta(minutes=step.minutes)
        opens = step.kind is StepKind.NEIGHBOUR_SLOTS
        self.do(
            Escalate(
                request_id=self.request_id,
                step=number,
                kind=step.kind,
                communities=self._around.neighbours if opens else self.request.neighbours,
                owner=self._owner(step),
                until=min(self._now + minutes, give_up_at) if minutes else give_up_at,
                at=self._now,
            )
        )
        if opens:
            self.ranking = self._around.look(self.request)

    def _owner(self, step: Step) -> str:
        match step.kind:
            case StepKind.MEMBER_SLOTS:
                return FIRST_OWNER
            case StepKind.MEMBER_OFFERS:
                return MEMBERS
            case StepKind.NEIGHBOUR_SLOTS:
                return NEIGHBOURS
            case _:
                assert_never(step.kind)
