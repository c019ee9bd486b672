"""Days played through with a community's ladder: places, members asked, neighbours, hand-backs.

Production decides, on a board of its own and under a clock that jumps; nothing is written. Members
answer as they usually do.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from time import perf_counter
from typing import NamedTuple, assert_never
from uuid import UUID, uuid5

from domain import agenda as agendas
from domain import overbooking, placing
from domain.agenda import GRID, Agenda, next_on_the_grid
from domain.asking import Rate
from domain.decider import Refused
from domain.eligibility import search, ways
from domain.ladder import advance
from domain.matching import Ranking, by_urgency
from domain.overbooking import AcceptOffer
from domain.placing import OverTwoStreams, PlaceRequest
from domain.request import Waiting
from events import streams
from events.agenda import AgendaEvent
from events.base import Event
from events.envelope import Recorded
from events.ladder import Ladder
from events.offer import OfferAccepted, RequestOffered
from events.request import RequestAssigned, RequestEvent
from services.dispatch.board import Board, HeldPractitioner
from services.dispatch.expecting import next_look
from services.dispatch.news import News
from services.dispatch.opening import oldest_week
from services.dispatch.surroundings import Rates, around
from services.dispatch.work import Work
from services.settings import Settings
from services.simulator import loss
from services.simulator.answering import Habits
from services.simulator.cast import Caller, Day, Seat
from services.simulator.meanwhile import Told, as_it_may_be
from services.simulator.policies import Policy
from services.simulator.simulating import (
    LONGEST,
    Assignment,
    Calls,
    Goes,
    Looks,
    Opens,
    Played,
    played,
    taking_back,
)

_NOBODY = UUID(int=0)  # causes an event that is in no log
_IDS = UUID("5ce9a710-0000-4000-8000-000000000002")
_VISIT_MINUTES = 15  # of a patient beyond the agenda
_A_DAY = timedelta(days=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stretch:
    """Days one after the other, and what happened meanwhile whatever anybody decided."""

    days: tuple[Day, ...]  # with its seats as they were in the end, and those that are added
    told: tuple[tuple[datetime, Told], ...] = ()
    added: tuple[Seat, ...] = ()  # places that were not there, and are published
    habits: Habits = field(default_factory=Habits)
    rate: Rate = field(default_factory=Rate)  # of answers before the first day

    @property
    def whole(self) -> Day:
        """All of its days as one."""
        first = self.days[0]
        seats = {seat.id: seat for day in self.days for seat in day.seats}
        seats |= {seat.id: seat for seat in self.added}
        callers = tuple(caller for day in self.days for caller in day.callers)
        return Day(first.community, first.opens, tuple(seats.values()), callers)


class Answers(NamedTuple):
    """A member says yes, if they still may."""

    request_id: UUID
    rpps: str


class Due(NamedTuple):
    """The instant at which a request is looked at again."""

    request_id: UUID


Happening = Told | Opens | Goes | Looks | Answers | Due | Calls
_ORDER = {kind: nth for nth, kind in enumerate((Told, Opens, Goes, Looks, Answers, Due, Calls))}
"""Of one instant: what is published as somebody calls is there for them."""


def climb(
    stretch: Stretch,
    policy: Policy,
    settings: Settings,
    ladder: Ladder | None = None,
    moved: Callable[[int, int], None] = lambda *_: None,
) -> list[Played]:
    """What becomes of each day; by another ladder than the community's, if one is given.

    `moved` hears how many of the days are over.
    """
    course = _Course(stretch, policy, settings, ladder)
    over = 0
    for now in course.run():
        while over < len(stretch.days) and stretch.days[over].opens + LONGEST / 2 <= now:
            over += 1
            moved(over, len(stretch.days))
    return course.by_day()


class _Course:
    """Dispatch, with nothing to write to and nobody to wait for."""

    def __init__(
        self, stretch: Stretch, policy: Policy, settings: Settings, ladder: Ladder | None
    ) -> None:
        self._stretch = stretch
        self._day = stretch.whole
        self._policy = policy
        self._settings = settings
        self._ladder = ladder
        self._rates = Rates({self._day.community: stretch.rate})
        self._board = Board()
        self._work = Work()
        self._news = News(self._board, self._work)
        self._queue: list[tuple[datetime, int, int, Happening]] = []
        self._nth = count()
        self._callers = {one.waiting.received.request_id: one for one in self._day.callers}
        self._seats = {seat.published.slot_id: seat for seat in self._day.seats}
        self._kept_from: set[UUID] = set()
        self._assignments: dict[UUID, Assignment] = {}
        self._taken: set[UUID] = set()  # slots with a place of somebody's who called
        self._asked: dict[UUID, int] = defaultdict(int)
        self._seconds: list[float] = []
        self._tidied = _LONG_AGO

    def run(self) -> Iterator[datetime]:
        """From the first that happens to the last, an instant after the other."""
        self._expect()
        while self._queue:
            now, _, _, what = heappop(self._queue)
            if now - self._tidied > _A_DAY:
                self._tidied = now
                self._board.let_go(oldest_week(now))
            self._happen(what, now)
            self._work_off(now)
            yield now

    def by_day(self) -> list[Played]:
        """What became of whoever called on each."""
        found = []
        for day in self._stretch.days:
            ids = [caller.waiting.received.request_id for caller in day.callers]
            given = [self._assignments[one] for one in ids if one in self._assignments]
            asked = sum(self._asked[one] for one in ids)
            found.append(played(day.callers, given, self._seconds, asked))
        return found

    def _expect(self) -> None:
        for at, told in self._stretch.told:
            self._at(at, told)
        published: dict[datetime, list[Seat]] = {}
        for seat in self._stretch.added:
            published.setdefault(seat.published.published_at, []).append(seat)
            if seat.gone_at:
                self._at(seat.gone_at, Goes(seat))
            self._board.practitioners[seat.published.rpps] = HeldPractitioner(0, seat.practitioner)
        for at, seats in published.items():
            self._at(at, Opens(seats))
        for caller in sorted(self._day.callers, key=lambda one: (one.received_at, one.id)):
            self._at(caller.received_at, Calls(caller))
        for at in self._looks():
            self._at(at, Looks())

    def _looks(self) -> Iterator[datetime]:
        every = self._policy.every
        if every is None:
            return
        first = min(day.opens for day in self._stretch.days).astimezone(UTC) - LONGEST / 2
        last = max(day.opens for day in self._stretch.days) + LONGEST
        at = next_look(self._day.community, first - every, every)
        while at < last:
            yield at
            at += every

    def _at(self, instant: datetime, what: Happening) -> None:
        heappush(self._queue, (instant, _ORDER[type(what)], next(self._nth), what))

    def _happen(self, what: Happening, now: datetime) -> None:
        match what:
            case Told(stream, event):
                self._hear(stream, self._as_it_may_be(stream, event, now))
            case Opens(seats):
                for seat in seats:
                    self._hear(_agenda_of(seat), [seat.published])
            case Goes(seat):
                slot = self._board.agendas[_agenda_of(seat)].state.slots[seat.published.slot_id]
                self._hear(_agenda_of(seat), taking_back(slot, now))
            case Looks():
                self._look_ahead(now)
            case Answers(request_id, rpps):
                self._accept(request_id, rpps, now)
            case Due(request_id):
                waiting = self._board.request(request_id)
                if waiting and waiting.state.next_at <= now:
                    self._decide(request_id, None, now)
            case Calls(caller):
                received = caller.waiting.received
                self._evolve(streams.request(received.request_id), [received])
                self._decide(received.request_id, None, now)
            case _:
                assert_never(what)

    def _as_it_may_be(self, stream: str, event: Event, now: datetime) -> Sequence[Event]:
        if not isinstance(event, AgendaEvent):
            return [event]
        held = self._board.agendas.get(stream)
        return as_it_may_be(event, held.state if held else Agenda(), self._taken, now)

    def _hear(self, stream: str, events: Sequence[Event]) -> None:
        """It is so, and who it concerns is looked at again."""
        for event in events:
            version = self._board.version(stream) + 1
            self._evolve(stream, [event])
            self._news.hear(
                Recorded(
                    position=0,
                    stream=stream,
                    version=version,
                    event=event,  # type: ignore[arg-type]  # told from the log, or as if
                    meta="",
                    recorded_at=_LONG_AGO,
                )
            )

    def _work_off(self, now: datetime) -> None:
        while todo := self._work.pop():
            community, found = todo
            if community != self._day.community:
                continue
            there = [self._board.candidate(slot_id) for slot_id in found.opened]
            opened = [one for one in there if one and one.slot.free > 0]
            waiting = self._board.waiting.get(community, {})
            self._serve(
                [
                    request_id
                    for request_id, held in waiting.items()
                    if request_id in found.asking
                    or any(isinstance(ways(search(held.state, now), one), list) for one in opened)
                ],
                now,
            )

    def _look_ahead(self, now: datetime) -> None:
        here = self._board.candidates((self._day.community,), now)
        free = [one for one in here if one.slot.free > 0]
        free.sort(key=lambda one: (one.slot.published.start, one.slot.published.slot_id))
        self._policy.look_ahead(free, now)
        self._serve([one for one in self._kept_from if self._board.request(one)], now)

    def _serve(self, request_ids: Collection[UUID], now: datetime) -> None:
        """Together, and those who would lose most first."""
        waiting = [held.state for one in request_ids if (held := self._board.request(one))]
        waiting.sort(key=by_urgency)
        best: dict[UUID, UUID] = {}
        if len(waiting) > 1:
            reached = sorted({community for one in waiting for community in one.communities})
            free = [one for one in self._board.candidates(reached, now) if one.slot.free > 0]
            chosen = self._policy.choose(waiting, free, now)
            best = {one: candidate.slot.published.slot_id for one, (candidate, _) in chosen.items()}
        ids = [one.received.request_id for one in waiting]
        for request_id in sorted(ids, key=lambda one: one not in best):
            self._decide(request_id, best.get(request_id), now)

    def _decide(self, request_id: UUID, preferred: UUID | None, now: datetime) -> None:
        held = self._board.request(request_id)
        if held is None:
            return
        look_at = around(held.state, self._board, self._rates, self._settings, now, self._tried())
        look_at = replace(look_at, look=lambda waiting: self._ranking(waiting, now))
        began = perf_counter()
        ranking = look_at.look(held.state)
        if preferred is not None:
            ranking = ranking.preferring(preferred)
        onward = advance(held.state, ranking, look_at, now)
        self._seconds.append(perf_counter() - began)
        told = onward.place is None and onward.ranking.kept
        (self._kept_from.add if told else self._kept_from.discard)(request_id)
        if onward.place is None:
            self._go_on(request_id, onward.events)
            return
        slot = onward.place.candidate.slot.published
        command = PlaceRequest(
            request_id=request_id,
            slot_id=slot.slot_id,
            mode=onward.place.way.mode,
            explanation=onward.ranking.explanation(onward.place),
            at=now,
        )
        agenda_stream = streams.agenda(slot.rpps, slot.week)
        agenda = self._board.agendas[agenda_stream].state
        practitioner = self._board.practitioners[slot.rpps].state
        both = placing.place(command, onward.request, agenda, practitioner)
        self._go_on(request_id, onward.events)
        self._assign(request_id, agenda_stream, both)

    def _tried(self) -> Ladder | None:
        """Instead of the community's; a crisis has one of its own, whatever was adopted."""
        crisis = self._board.community(self._day.community).crisis
        return None if crisis and crisis.ladder else self._ladder

    def _ranking(self, waiting: Waiting, now: datetime) -> Ranking:
        candidates = list(self._board.candidates(waiting.communities, now))
        return self._policy.ranking(waiting, candidates, now)

    def _go_on(self, request_id: UUID, events: Sequence[RequestEvent]) -> None:
        self._evolve(streams.request(request_id), events)
        for event in events:
            if not isinstance(event, RequestOffered):
                continue
            self._asked[request_id] += len(event.to)
            self._rates.heard(self._day.community, event)
            for rpps in event.to:
                # However late: while the patient waits, whoever can see them is welcome.
                if after := self._stretch.habits.accepts_after(request_id, rpps):
                    self._at(event.offered_at + after, Answers(request_id, rpps))
        if held := self._board.request(request_id):
            self._at(held.state.next_at, Due(request_id))

    def _accept(self, request_id: UUID, rpps: str, now: datetime) -> None:
        """At the first time they usually have that is theirs; too late for any, not at all."""
        held = self._board.request(request_id)
        if held is None:
            return
        slot_id = uuid5(_IDS, f"{request_id} {rpps}")
        start = next_on_the_grid(now + self._stretch.habits.lead)
        soonest, latest = next_on_the_grid(now + GRID), held.state.due_by - GRID
        while start > max(latest, soonest):
            start -= GRID
        while start <= latest:
            accept = AcceptOffer(request_id, rpps, slot_id, start, _VISIT_MINUTES, now)
            try:
                stream, both = self._accepted(accept, held.state)
            except Refused:
                start += GRID
                continue
            self._assign(request_id, stream, both)
            return

    def _accepted(self, accept: AcceptOffer, waiting: Waiting) -> tuple[str, OverTwoStreams]:
        practitioner = self._board.practitioners[accept.rpps].state
        _, overbook = overbooking.overbook_of(accept.rpps, practitioner)
        stream = streams.agenda(accept.rpps, agendas.week_of(accept.start, overbook.zone))
        held = self._board.agendas.get(stream)
        agenda = held.state if held else Agenda()
        return stream, overbooking.accept(accept, waiting, agenda, practitioner)

    def _assign(self, request_id: UUID, agenda_stream: str, both: OverTwoStreams) -> None:
        self._evolve(streams.request(request_id), both.request)
        self._evolve(agenda_stream, both.agenda)
        for event in both.request:
            if isinstance(event, OfferAccepted):
                self._rates.heard(self._day.community, event)
        (given,) = (one for one in both.request if isinstance(one, RequestAssigned))
        caller: Caller = self._callers[request_id]
        seat = self._seats.get(given.slot_id)
        self._assignments[request_id] = Assignment(
            request=caller.id,
            slot=seat.id if seat else str(given.slot_id),
            decided_at=given.assigned_at,
            start=given.start,
            km=given.km,
            loss=loss.of_served(caller, given.start, given.km),
        )
        self._taken.add(given.slot_id)

    def _evolve(self, stream: str, events: Sequence[Event]) -> None:
        self._board.foresee(stream, self._board.version(stream) + 1, events, _NOBODY)


def _agenda_of(seat: Seat) -> str:
    return streams.agenda(seat.published.rpps, seat.published.week)
