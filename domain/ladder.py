"""Articulation: who is asked next and until when, and the hand-back in time for the SAS to act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain import request as requests
from domain.asking import ROUND, SHORTEST_WAVE, Askable, Rate, wave
from domain.matching import Ranked, Ranking
from domain.request import (
    FIRST_OWNER,
    FOOT,
    GRADED,
    MEMBERS,
    PARTNERS,
    REGULATOR_ASKED,
    TREATING_DOCTOR,
    Accepted,
    Escalate,
    HandBackRequest,
    KeepSearching,
    LapseOffers,
    OfferRequest,
    Pending,
    Proposed,
    Reach,
    ReleaseMembers,
    RequestCommand,
    StopAsking,
    Waiting,
)
from events.codes import Period, Setting
from events.destination import Destination
from events.ladder import ASKING, WITH_PARTNERS, Ladder, Rule, Step, StepKind
from events.request import HandBack, RequestEvent, RequestReceived

_PLACES_ONLY = (
    Step(kind=StepKind.MEMBER_SLOTS, minutes=0),
    Step(kind=StepKind.NEIGHBOUR_SLOTS, minutes=0),
)
USUAL = Ladder(
    title="Usual ladder",
    rules=(
        # Nobody is woken for what the out-of-hours doctors are there for.
        Rule(title="Out of hours", hours=(Period.OUT_OF_HOURS,), steps=_PLACES_ONLY),
        Rule(
            title="Every request",
            steps=(
                Step(kind=StepKind.TREATING_DOCTOR, minutes=5),
                Step(kind=StepKind.MEMBER_SLOTS, minutes=0),
                Step(kind=StepKind.MEMBER_OFFERS, minutes=30),
                Step(kind=StepKind.NEIGHBOUR_SLOTS, minutes=0),
            ),
        ),
    ),
)
"""Of a community that adopted none."""

NEIGHBOURS = "neighbours"


def rule_for(received: RequestReceived, ladder: Ladder, period: Period) -> Rule:
    """The first rule that fits; the last one fits all (community.LadderWithoutEnd)."""
    return next(rule for rule in ladder.rules if _fits(received, rule, period))


def _fits(received: RequestReceived, rule: Rule, period: Period) -> bool:
    if rule.priorities and received.priority not in rule.priorities:
        return False
    if rule.hours and period not in rule.hours:
        return False
    return not rule.motives or received.motive.startswith(rule.motives)


@dataclass(frozen=True)
class Around:
    """What the decision looks at beside the request: all of it as of now."""

    steps: Sequence[Step]
    otherwise: Destination | None  # what the SAS is advised at the end
    look: Callable[[Waiting], Ranking]
    askable: Callable[[Waiting], Sequence[Askable]]
    is_away: Callable[[Waiting, str], bool]  # of a member who was asked
    neighbours: tuple[str, ...]  # communities that agreed, both ways
    crisis: bool  # declared, and not over
    turns_at: datetime | None  # when other steps may be its, as the hours change
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
    climb = _Climb(request, ranking, around, now)
    climb.stops_asking()
    climb.lets_go_of_who_is_away()
    climb.begins()
    if climb.ranking.eligible and climb.is_within_reach():
        return climb.so_far(climb.ranking.eligible[0])
    if climb.reach_moved() and climb.ranking.eligible:
        return climb.so_far(climb.ranking.eligible[0])
    if now >= around.give_up_at:
        # Who accepted was not the reason: the patient, or the slot, was lost again.
        in_vain = request.offers and not _somebody_accepted(request)
        reason = HandBack.NOBODY_ACCEPTED if in_vain else HandBack.NO_PLACE
        why = climb.ranking.explanation(None)
        climb.do(HandBackRequest(climb.request_id, reason, around.otherwise, why, now))
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
        if step.kind in ASKING:
            # Who said when they will answer is not waited for by the others.
            in_this_wave = any(
                isinstance(offer, Pending) and not offer.deferred
                for offer in self.request.offers.values()
            )
            return self._now < until and (in_this_wave or self._asks(step, until))
        return self._now < until and not self._opens_nothing(self._at)

    def goes_on(self) -> bool:
        """The next step that can do something. False: there is none."""
        for number in range(self._at + 1, len(self._around.steps)):
            step = self._step(number)
            if self._can_do_something(number, step):
                self._enter(number, step)
                assert self._at == number, "or it would enter it for ever"
                return True
        return False

    def look_again(self) -> None:
        """Somebody has the request, and an instant at which they look at it."""
        pending = [o.until for o in self.request.offers.values() if isinstance(o, Pending)]
        step = self._step(self._at)
        at_the_latest = self._now + self._around.again
        turns = [self._around.turns_at] if self._around.turns_at else []
        proposed = self._proposed()
        others = (*turns, *pending, *proposed)
        instants = (at_the_latest, self._around.give_up_at, self._until(step), *others)
        next_at = min(instant for instant in instants if instant > self._now)
        owner = _OWNERS[step.kind]
        if (step.kind in ASKING and not pending) or self._opens_nothing(self._at):
            owner = FIRST_OWNER  # others have it only while there are some, and one may answer
        if pending and step.kind not in ASKING:
            owner = MEMBERS
        if proposed and not pending:
            owner = REGULATOR_ASKED
        if owner == self.request.owner and self._now < self.request.next_at <= next_at:
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

    def _proposed(self) -> list[datetime]:
        """Other times to come, of members who would still see the patient."""
        return [
            offer.start
            for rpps, offer in self.request.offers.items()
            if isinstance(offer, Proposed)
            and offer.start > self._now
            and not self._around.is_away(self.request, rpps)
        ]

    def stops_asking(self) -> None:
        """Where the step in which somebody was asked is switched off, or of another hour."""
        switched_off = self.request.step_kind in ASKING and not self._is_announced
        if switched_off and self.request.pending:
            self.do(StopAsking(self.request_id, self._now))

    def lets_go_of_who_is_away(self) -> None:
        """Whoever paused, left or agrees no longer is not waited for."""
        away = [rpps for rpps in self.request.pending if self._around.is_away(self.request, rpps)]
        if away:
            self.do(ReleaseMembers(self.request_id, tuple(away), self._now))

    def begins(self) -> None:
        """With the treating doctor, where the ladder does and they can do something."""
        first = self._around.steps[0]
        if (
            self.request.received.treating_doctor is not None
            and self._at == FOOT
            and first.kind is StepKind.TREATING_DOCTOR
            and self._can_do_something(0, first)
        ):
            self._enter(0, first)

    def is_within_reach(self) -> bool:
        """Whether what it may have by what was announced, it still may by what is agreed now."""
        return self.request.reach.is_within(self._reach(self._at))

    def reach_moved(self) -> bool:
        """Whether it may have others' places now than was announced: neighbours, a crisis, hours.

        If so it is announced, or the next step where this one opens nothing any more, and `ranking`
        is of now.
        """
        at = self._at
        reach = self._reach(at)
        until = self._announced_until(at)
        if until is None or (
            self.request.reach.is_within(reach) and reach.is_within(self.request.reach)
        ):
            return False
        if not self.request.reach.is_within(reach):
            self.do(StopAsking(self.request_id, self._now))  # perhaps by what is no more
        if self._opens_nothing(at) and self._now < self._around.give_up_at and self.goes_on():
            return True  # there is nobody left to wait for here
        # At the foot of a ladder that begins otherwise it has what every request has.
        kind = self._around.steps[at].kind if at >= 0 else StepKind.MEMBER_SLOTS
        self.do(
            Escalate(
                request_id=self.request_id,
                step=max(at, 0),
                kind=kind,
                reach=reach,
                owner=FIRST_OWNER if self._opens_nothing(at) else _OWNERS[kind],
                until=until,
                explanation=self.ranking.explanation(None),
                at=self._now,
            )
        )
        self.ranking = self._around.look(self.request)
        return True

    def _announced_until(self, at: int) -> datetime | None:
        """The next instant of the step, as it is announced again; None: it is too late for any."""
        step = self._step(at)
        own_end = self.request.step_until if at >= 0 else None
        if at >= 0 and not self._is_announced and step.minutes:
            # Members' slots, where every request is without a word: now there is one.
            own_end = self.request.since + timedelta(minutes=step.minutes)
            if own_end <= self._now:
                own_end = self._now + ROUND
            own_end = min(own_end, self._around.give_up_at)
        instants = (own_end, self._around.give_up_at, self.request.due_by)
        return next((i for i in instants if i is not None and i > self._now), None)

    @property
    def _at(self) -> int:
        """The step it is in. Members' slots first is where every request is without a word."""
        steps, at = self._around.steps, self.request.step
        foot = 0 if steps[0].kind is StepKind.MEMBER_SLOTS else FOOT
        if at < len(steps) and at > foot and steps[at].kind is self.request.step_kind:
            return at
        return foot  # also where another ladder was adopted, with another step there

    @property
    def _is_announced(self) -> bool:
        """Whether the step it is in was announced: another ladder may have another one there."""
        at, request = self._at, self.request
        return at == request.step >= 0 and self._around.steps[at].kind is request.step_kind

    def _step(self, number: int) -> Step:
        return self._around.steps[max(number, 0)]

    def _until(self, step: Step) -> datetime:
        """When the step the request is in is over."""
        if not step.minutes:
            return self._now
        announced = self.request.step_until if self._is_announced else None
        until = announced or self.request.since + timedelta(minutes=step.minutes)
        return min(until, self._around.give_up_at)

    def _reach(self, at: int) -> Reach:
        """Whose places a request may have at that step."""
        climbed = self._around.steps[: at + 1]
        opened = any(step.kind is StepKind.NEIGHBOUR_SLOTS for step in climbed)
        settings = [Setting.TOWN, *(s for step in climbed for s in step.settings)]
        first = climbed[-1].kind is StepKind.TREATING_DOCTOR if climbed else False
        return Reach(
            neighbours=self._around.neighbours if opened else (),
            settings=tuple(dict.fromkeys(settings)),
            specialties=_specialties(climbed),
            only=self.request.received.treating_doctor if first else None,
            crisis=self._around.crisis,
        )

    def _opens_nothing(self, at: int) -> bool:
        """Whether the step is about others' places, and there are none: all agreements ended."""
        of_places = self._step(at).kind in {StepKind.NEIGHBOUR_SLOTS, StepKind.PARTNER_SLOTS}
        return at >= 0 and of_places and self._reach(at).is_within(self._reach(at - 1))

    def _asks(self, step: Step, until: datetime) -> bool:
        """Ask the next wave, if there is time and somebody to ask."""
        left = until - self._now
        if left < SHORTEST_WAVE or not (members := self._askable(self.request, step)):
            return False
        next_wave = wave(left, self._around.rate)
        to = tuple(member.rpps for member in members[: next_wave.members])
        ends = min(self._now + next_wave.length, until)
        if step.kind is StepKind.TREATING_DOCTOR:
            ends = until  # there is nobody else to ask meanwhile
        self.do(OfferRequest(self.request_id, to, ends, self._now))
        return True

    def _can_do_something(self, number: int, step: Step) -> bool:
        there = replace(self.request, reach=self._reach(number))
        opens = not there.reach.is_within(self.request.reach)
        match step.kind:
            case StepKind.TREATING_DOCTOR:
                if there.reach.only is None:
                    return False
                return bool(self._can_ask(there, step) or self._around.look(there).eligible)
            case StepKind.MEMBER_SLOTS:
                return opens or step.minutes > 0
            case StepKind.MEMBER_OFFERS:
                return self._can_ask(there, step)
            case StepKind.NEIGHBOUR_SLOTS | StepKind.PARTNER_SLOTS:
                return opens
            case StepKind.PARTNER_OFFERS:
                return opens or self._can_ask(there, step)
            case _:
                assert_never(step.kind)

    def _can_ask(self, there: Waiting, step: Step) -> bool:
        left = min(timedelta(minutes=step.minutes), self._around.give_up_at - self._now)
        return left >= SHORTEST_WAVE and bool(self._askable(there, step))

    def _askable(self, there: Waiting, step: Step) -> Sequence[Askable]:
        """Those the step is about, and not those of the steps before."""
        settings = step.settings if step.kind in WITH_PARTNERS else (Setting.TOWN,)
        reach = replace(there.reach, settings=settings, specialties=_specialties([step]))
        return self._around.askable(replace(there, reach=reach))

    def _enter(self, number: int, step: Step) -> None:
        give_up_at = self._around.give_up_at
        minutes = timedelta(minutes=step.minutes)
        reach = self._reach(number)
        moved = reach != self.request.reach
        self.do(
            Escalate(
                request_id=self.request_id,
                step=number,
                kind=step.kind,
                reach=reach,
                owner=_OWNERS[step.kind],
                until=min(self._now + minutes, give_up_at) if minutes else give_up_at,
                explanation=self.ranking.explanation(None),
                at=self._now,
            )
        )
        if moved:
            self.ranking = self._around.look(self.request)


def _somebody_accepted(request: Waiting) -> bool:
    return any(isinstance(offer, Accepted) for offer in request.offers.values())


def _specialties(steps: Sequence[Step]) -> dict[Setting, tuple[str, ...]]:
    """Of each setting in which it matters, those some step names; nothing where one names none."""
    found: dict[Setting, tuple[str, ...]] = {}
    for setting in GRADED:
        naming = [step.specialties for step in steps if setting in step.settings]
        if naming and all(naming):
            found[setting] = tuple(sorted({one for some in naming for one in some}))
    return found


_OWNERS = {
    StepKind.TREATING_DOCTOR: TREATING_DOCTOR,
    StepKind.MEMBER_SLOTS: FIRST_OWNER,
    StepKind.MEMBER_OFFERS: MEMBERS,
    StepKind.NEIGHBOUR_SLOTS: NEIGHBOURS,
    StepKind.PARTNER_SLOTS: PARTNERS,
    StepKind.PARTNER_OFFERS: PARTNERS,
}
"""Who looks after a request in a step; of steps that ask, while somebody may answer."""
