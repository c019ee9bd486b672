"""The dispatcher: whoever waits is given the best place there is, as soon as there is one."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from domain import placing
from domain.decider import Refused
from domain.eligibility import search, ways
from domain.ladder import Advance, Around, advance
from domain.matching import Ranked, Ranking, by_urgency, together
from domain.placing import PlaceRequest
from domain.request import EndHold, Waiting
from events import streams
from events.agenda import (
    SlotPublished,
)
from events.base import Event
from events.community import CommunityFormed
from events.envelope import Actor, Recorded, Role
from events.offer import (
    RequestOffered,
)
from events.request import (
    HoldEnd,
    RequestPlaceHeld,
    RequestReceived,
)
from services import telemetry
from services.clock import Clock
from services.dispatch.board import Board, HeldRequest
from services.dispatch.expecting import Expecting
from services.dispatch.foresight import Epochs, Foresight, Heard
from services.dispatch.news import News
from services.dispatch.opening import oldest_week, opening
from services.dispatch.partition import Partition
from services.dispatch.shadow import Seen, Shadow
from services.dispatch.surroundings import Rates, around
from services.dispatch.timers import Timers
from services.dispatch.work import Todo, Work
from services.intake.neighbours import ways_to
from services.log.appender import Appender, Outcome
from services.log.bells import Bell
from services.log.commands import (
    Append,
    Appended,
    Circumstances,
    LogUnavailable,
    StreamMoved,
    Write,
    event_id,
)
from services.log.database import Pool
from services.log.follow import follow
from services.log.patience import patiently
from services.log.reader import Log
from services.settings import Settings
from services.stopping import Together

logger = structlog.get_logger()

LOOKED_AT_IN_ONE_GO = 50  # waiting requests, a few microseconds each

_DOUBT = timedelta(milliseconds=50)  # what is in doubt is looked at again after that

_ACTOR = Actor(ref="dispatch", role=Role.SYSTEM)


class Dispatcher:
    """`open` once, then `run`."""

    def __init__(
        self,
        pool: Pool,
        log: Log,
        appender: Appender,
        clock: Clock,
        settings: Settings,
        bell: Bell,
        partition: Partition | None = None,
    ) -> None:
        self.board = Board()
        self.position = 0
        self._pool = pool
        self._log = log
        self._appender = appender
        self._clock = clock
        self._settings = settings
        self._bell = bell
        self._partition = partition or Partition()
        self._timers: Timers[UUID] = Timers(clock)
        self._ahead = Foresight(self.board)
        self.expecting = Expecting(pool, self.board, clock, settings, self._partition)
        self.shadow = Shadow(pool, self.expecting, settings)
        self._kept_from: set[UUID] = set()  # who was told that a place is kept for others
        self._work = Work()
        self._news = News(self.board, self._work)
        self._tasks: Together  # there while it runs
        self._writing: set[asyncio.Task[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._rates = Rates()
        self._one_reading = asyncio.Lock()
        self._untimed: dict[UUID, datetime] = {}

    async def open(self) -> None:
        """Build the board from the log."""
        begins = await opening(self._pool, self._clock.now())
        self.position = begins.head
        self._rates = Rates(begins.rates)
        self.board.build(begins.events)
        for community in self.board.communities:
            self.expecting.meet(community)
        for waiting in self.board.waiting.values():
            for request_id, held in waiting.items():
                self._timers.set(request_id, held.state.next_at)

    async def run(self) -> None:
        """Decide, for ever."""
        async with Together() as self._tasks:
            self._tasks.create_task(self._follow())
            self._tasks.create_task(self._keep_time())
            self._tasks.create_task(self._keep_serving())
            self._tasks.create_task(self._show_figures())
            self._tasks.create_task(self.expecting.run(self._looked))
            self._tasks.create_task(self.shadow.run())
            self._appender.overhearing.append(self.overhear)

    async def finish(self, within: timedelta) -> None:
        """Return when what was decided is written, or after so long."""
        if self._writing:
            await asyncio.wait(set(self._writing), timeout=within.total_seconds())

    async def settled(self) -> None:
        """Return when everything in the log so far has been dealt with, and written."""
        while True:
            while self._is_busy():
                await asyncio.sleep(0.001)
            head = await self._log.head()
            if self.position < head:
                self._bell.ring()
                await asyncio.sleep(0.001)
            elif not self._is_busy():
                return

    def next_instant(self) -> datetime | None:
        """When a waiting request is next looked at."""
        return self._timers.next_instant()

    def _is_busy(self) -> bool:
        return bool(self._writing) or self._work.left or self._due()

    def _due(self) -> bool:
        instant = self._timers.next_instant()
        return self.expecting.busy or (instant is not None and instant <= self._clock.now())

    def _looked(self, community: str) -> None:
        """The day has moved: places that were kept may be for those who were told so."""
        for request_id in tuple(self._kept_from):
            held = self.board.request(request_id)
            if held is None:
                self._kept_from.discard(request_id)
            elif community in held.state.communities:
                self._work.ask(held.state.received.community, request_id)

    async def _follow(self) -> None:
        async for batch in follow(self._log, self._bell, self._settings, since=self.position):
            self.hear(batch)
            self.position = batch[-1].position

    async def _keep_time(self) -> None:
        while True:
            await self._timers.some_due()
            for request_id in self._timers.pop_due():
                self._decide(request_id)
            self.board.let_go(before_week=oldest_week(self._clock.now()))
            # Decisions never wait: without this a clock that jumps far ahead would starve the rest.
            await asyncio.sleep(0)

    async def _show_figures(self) -> None:
        while True:
            for community, waiting in self.board.waiting.items():
                telemetry.waiting_requests.labels(community).set(len(waiting))
            # Of the requests themselves: one whose timer was lost shows as well.
            now = self._clock.now()
            late = (now - self.board.next_instant(now)).total_seconds()
            telemetry.oldest_due_seconds.set(max(late, 0.0))
            telemetry.oldest_untimed_seconds.set(self._untimed_for(now).total_seconds())
            await asyncio.sleep(self._settings.figures_seconds)

    def _untimed_for(self, now: datetime) -> timedelta:
        """Since when the first of those who wait is in no list of instants. Never, but for bugs."""
        untimed = {
            request_id
            for community, waiting in self.board.waiting.items()
            if self._partition.has(community)
            for request_id in waiting
            if request_id not in self._timers
        }
        # One that is being written about has no instant for a moment.
        self._untimed = {one: self._untimed.get(one, now) for one in untimed}
        return now - min(self._untimed.values(), default=now)

    def overhear(self, command: Append, outcome: Outcome) -> None:
        """A request this process is about to write is decided about before it is written.

        Both go to the log in one transaction: half the time to a place, and half the writing.
        """
        for nth, write in enumerate(command.writes):
            event = write.events[0]
            if not isinstance(event, RequestReceived) or not self._partition.has(event.community):
                continue
            if self._ahead.is_reading(write.stream) or self._appender.least_version(write.stream):
                continue  # sent for the second time: the log will tell
            cause = UUID(event_id(command.command_id, nth))
            epochs = self._ahead.foresee(command, [write.stream], cause)
            self._begin(self._hear_back(command, outcome, epochs))
            if not self._work.asked(event.community, event.request_id):
                self._decide(event.request_id)

    def hear(self, batch: Sequence[Recorded]) -> None:
        """News from the log: the board moves, and there is work for whoever is concerned."""
        for recorded in batch:
            self._rates.count(recorded)
            match self._ahead.hear(recorded):
                case Heard.NEWS:
                    self._news.hear(recorded)
                    if isinstance(recorded.event, CommunityFormed):
                        self.expecting.meet(recorded.event.finess)
                case Heard.DOUBT:
                    self._doubt([recorded.stream])
                case Heard.KNOWN:
                    pass

    async def _keep_serving(self) -> None:
        while True:
            async with self._work.some() as (community, todo):
                if self._partition.has(community):
                    await self._serve(community, todo)

    async def _serve(self, community: str, todo: Todo) -> None:
        """Whoever asks, or may fit now: together, and those who would lose most first."""
        if self._reading:
            # Who had a place and lost it comes first, and may be among those just being read.
            await asyncio.wait(set(self._reading))
        there = (self.board.candidate(slot_id) for slot_id in tuple(todo.opened))
        opened = [candidate.slot for candidate in there if candidate]
        if opened:
            await self.expecting.estimate(community, opened)
        waiting = self.board.waiting.get(community, {})
        concerned = waiting if todo.opened else waiting.keys() & todo.asking
        order = sorted(concerned, key=lambda request_id: by_urgency(waiting[request_id].state))
        found = []
        for nth, request_id in enumerate(order, 1):
            if request_id in todo.asking or self._may_fit(request_id, todo.opened):
                found.append(request_id)
            if nth % LOOKED_AT_IN_ONE_GO == 0:
                await asyncio.sleep(0)  # thousands may wait: everything else goes on meanwhile
        if len(found) > 1:
            await self.expecting.load()  # what decides about several at once
        for nth in range(0, len(found), LOOKED_AT_IN_ONE_GO):
            await self._decide_together(found[nth : nth + LOOKED_AT_IN_ONE_GO])

    async def _decide_together(self, request_ids: Sequence[UUID]) -> None:
        """Who lost a place, before everybody; of the others whoever gains most by each place."""
        held = [found for one in request_ids if (found := self.board.request(one))]
        for first in [one for one in held if one.state.first_in_line]:
            self._decide(first.state.received.request_id)
        others = [one.state for one in held if not one.state.first_in_line]
        best = await self._best(others) if len(others) > 1 else {}
        ids = [request.received.request_id for request in others]
        # Who is to have a place takes it before others look for what is left.
        for request_id in sorted(ids, key=lambda request_id: request_id not in best):
            self._decide(request_id, best.get(request_id))
            await asyncio.sleep(0)

    async def _best(self, requests: Sequence[Waiting]) -> dict[UUID, UUID]:
        """Request → slot, all considered at once. What changes meanwhile each finds by itself."""
        rankings: dict[UUID, tuple[Waiting, Ranking]] = {}
        for request in requests:
            if request.hold is None:
                ranking = self._around(request).look(request)
                rankings[request.received.request_id] = request, ranking
                await asyncio.sleep(0)
        return together(rankings)

    def _may_fit(self, request_id: UUID, opened: set[UUID]) -> bool:
        """Whether one of these slots may serve the request: far less to look at than all."""
        held = self.board.request(request_id)
        if held is None:
            return False
        asked = search(held.state, self._clock.now())
        for slot_id in tuple(opened):
            candidate = self.board.candidate(slot_id)
            if candidate is None or candidate.slot.free <= 0:
                opened.discard(slot_id)
            elif isinstance(ways(asked, candidate), list):
                return True
        return False

    def _around(self, request: Waiting) -> Around:
        now = self._clock.now()
        return around(request, self.board, self._rates, self._settings, now, prices=self.expecting)

    def _decide(self, request_id: UUID, preferred: UUID | None = None) -> None:
        held = self.board.request(request_id)
        if held is None:
            self._timers.cancel(request_id)
            self._kept_from.discard(request_id)
            return
        community = held.state.received.community
        if not self._partition.has(community):
            return
        now = self._clock.now()
        if held.state.hold is not None:
            self._keep(held, held.state.hold, now)
            return
        began = perf_counter()
        look_at = self._around(held.state)
        ranking = look_at.look(held.state)
        if preferred is not None:
            ranking = ranking.preferring(preferred)
        late = now - look_at.give_up_at
        if (
            not ranking.eligible
            and timedelta() <= late < timedelta(seconds=self._settings.hand_back_patience_seconds)
            and self._places_in_doubt(community)
        ):
            # One may come back from a write that fails: nobody is sent away on a guess.
            self._timers.set(request_id, now + _DOUBT)
            return
        onward = advance(held.state, ranking, look_at, now)
        told = onward.place is None and onward.ranking.kept
        (self._kept_from.add if told else self._kept_from.discard)(request_id)
        telemetry.decision_seconds.observe(perf_counter() - began)
        if self.shadow.is_on and (onward.place is not None or held.version == 1):
            reached = onward.request.communities
            candidates = list(self.board.candidates(reached, now))
            self.shadow.watch(Seen(onward.request, candidates, now, onward.place))
        if onward.place is not None:
            self._assign(held, onward, onward.place, now)
        elif onward.events:
            self._write(held, onward.events, unmoved=self._asked_now(onward.events))
            self._set_timer(request_id)
        else:
            self._set_timer(request_id)

    def _keep(self, held: HeldRequest, hold: RequestPlaceHeld, now: datetime) -> None:
        """Leave to the regulator what they hold, until the moment is over."""
        request_id = hold.request_id
        if now < hold.until:
            self._timers.set(request_id, hold.until)
            return
        stream, name = streams.agenda(hold.rpps, hold.week), streams.request(request_id)
        agenda = self.board.agendas.get(stream)
        if agenda is None and self._ahead.is_reading(stream):
            self._timers.set(request_id, now + _DOUBT)
            return
        try:
            lapsed = EndHold(request_id, HoldEnd.LAPSED, now)
            ended = placing.end_hold(lapsed, held.state, agenda.state) if agenda else None
        except Refused:
            ended = None
        if ended is None or not ended.agenda:
            # Of a week that is over, or only one half of what happened was heard: read both.
            self._doubt([stream, name])
            return
        self._write(held, ended.request, (stream, ended.agenda))
        self._news.ask(request_id)

    def _asked_now(self, events: Sequence[Event]) -> list[tuple[str, int]]:
        """Who is asked must still agree to be when it is written."""
        return [
            (streams.practitioner(rpps), self.board.practitioners[rpps].version)
            for event in events
            if isinstance(event, RequestOffered)
            for rpps in event.to
        ]

    def _set_timer(self, request_id: UUID) -> None:
        if held := self.board.request(request_id):
            self._timers.set(request_id, held.state.next_at)

    def _places_in_doubt(self, community: str) -> bool:
        return any(self._ahead.uncertain(stream) for stream in self.board.agendas_of(community))

    def _assign(self, held: HeldRequest, onward: Advance, best: Ranked, now: datetime) -> None:
        slot = best.candidate.slot.published
        request_id = held.state.received.request_id
        agenda_stream = streams.agenda(slot.rpps, slot.week)
        command = PlaceRequest(
            request_id=request_id,
            slot_id=slot.slot_id,
            mode=best.way.mode,
            explanation=onward.ranking.explanation(best),
            at=now,
        )
        practitioner = self.board.practitioners[slot.rpps]
        both = placing.place(
            command, onward.request, self.board.agendas[agenda_stream].state, practitioner.state
        )
        if not both.agenda:
            # The agenda has it for this request already: the request's own news is on its way.
            self._doubt([streams.request(request_id)])
            return
        self._write(
            held,
            [*onward.events, *both.request],
            (agenda_stream, both.agenda),
            unmoved=[
                (streams.practitioner(slot.rpps), practitioner.version),
                *self._agreements(held, slot),
            ],
        )

    def _agreements(self, held: HeldRequest, slot: SlotPublished) -> list[tuple[str, int]]:
        """Of a place of neighbours: both must still agree when it is written."""
        own, neighbours = held.state.received.community, held.state.reach.neighbours
        ways = ways_to(slot, self.board.practitioners[slot.rpps].state)
        if own in ways:
            return []
        concerned = {own} | (ways & set(neighbours) & self.board.communities.keys())
        return [(streams.community(c), self.board.communities[c].version) for c in concerned]

    def _write(
        self,
        held: HeldRequest,
        request_events: Sequence[Event],
        agenda: tuple[str, Sequence[Event]] | None = None,
        unmoved: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Hand the decision to the log and go on as if it were written."""
        received = held.state.received
        stream = streams.request(received.request_id)
        wanted = [(stream, request_events), *([agenda] if agenda else [])]
        command = Append(
            command_id=uuid4(),
            writes=[Write(name, self.board.version(name), events) for name, events in wanted],
            circumstances=Circumstances(
                community=received.community,
                actor=_ACTOR,
                correlation=received.request_id,
                causation=held.cause,
                case_id=received.case_id,
            ),
            unmoved=unmoved,
            stands_on=self._ahead.stands_on([name for name, _ in (*wanted, *unmoved)]),
        )
        outcome = self._appender.give(command)
        epochs = self._ahead.foresee(command, [name for name, _ in wanted], held.cause)
        self._begin(self._hear_back(command, outcome, epochs))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    async def _hear_back(self, command: Append, outcome: Outcome, epochs: Epochs) -> None:
        """It is written, or the board took for true what is not: read anew, decide again."""
        try:
            if isinstance(await self._appender.written(outcome), Appended):
                self._ahead.written(command)
                return
        except StreamMoved:
            telemetry.lost_races.labels("dispatch").inc()
        except LogUnavailable:
            logger.warning("decision not written in time, deciding again")
        except psycopg.Error:
            # PostgreSQL cannot take what came in: the intake says so, here there was no request.
            if command.circumstances.actor is _ACTOR:
                raise
        self._doubt(self._ahead.in_doubt(epochs))

    def _doubt(self, names: Iterable[str]) -> None:
        """Nothing more is decided on these streams until they are read anew."""
        if forgotten := self._ahead.forget(names):
            reading = self._begin(self._read_anew(forgotten))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)

    async def _read_anew(self, names: Iterable[str]) -> None:
        for stream in names:
            async with self._one_reading:
                self._ahead.restore(stream, await self._history(stream))
            match streams.kind(stream):
                case "request":
                    self._news.ask(UUID(streams.identity(stream)))
                case "agenda":
                    self._news.reopen(stream)
                case _:
                    self._news.reopen(streams.identity(stream))

    async def _history(self, stream: str) -> list[Recorded]:
        return await patiently(lambda: self._log.history(stream), self._settings, "log unreadable")
