"""The dispatcher: whoever waits is given the best place there is, as soon as there is one."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid5
from zlib import crc32

import psycopg
import structlog

from domain import placing
from domain import request as requests
from domain.matching import Ranking, by_urgency, rank
from domain.placing import PlaceRequest
from domain.request import FIRST_OWNER, HandBackRequest, KeepSearching
from events import streams
from events.agenda import SlotPlaceFreed, SlotPublished
from events.base import Event
from events.envelope import Actor, Recorded, Role
from events.practitioner import (
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerPaused,
    PractitionerResumed,
)
from events.request import HandBack, RequestDeadlineAgreed, RequestReceived
from services import telemetry
from services.clock import Clock
from services.dispatch.board import Board, HeldRequest
from services.dispatch.opening import oldest_week, opening
from services.dispatch.timers import Timers
from services.log.appender import Appender, Outcome
from services.log.bells import Bell
from services.log.commands import (
    AlreadySeen,
    Append,
    Circumstances,
    LogUnavailable,
    StreamMoved,
    Write,
    event_id,
)
from services.log.database import UNREACHABLE, Pool
from services.log.follow import follow
from services.log.reader import Log
from services.settings import Settings

logger = structlog.get_logger()

_ACTOR = Actor(ref="dispatch", role=Role.SYSTEM)


@dataclass(frozen=True)
class Partition:
    """Which communities this process looks after: the `of` parts are numbered from 1."""

    part: int = 1
    of: int = 1

    def has(self, community: str) -> bool:
        """Whether the community is in this part. Overlap costs work, never a double booking."""
        return crc32(community.encode()) % self.of == self.part - 1


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
        self._timers = Timers(clock)
        self._tasks: asyncio.TaskGroup  # there while it runs
        self._writing: set[asyncio.Task[None]] = set()
        self._unheard: dict[str, UUID] = {}  # stream → the last command not yet known to be written
        self._reading: dict[str, list[Recorded]] = {}  # streams read anew, and what came meanwhile
        self._one_reading = asyncio.Lock()
        self._overheard: set[str] = set()  # streams begun here whose first event is yet to come

    async def open(self) -> None:
        """Build the board from the log."""
        events, self.position = await opening(self._pool, self._clock.now())
        for recorded in events:
            self.board.apply(recorded)
        for waiting in self.board.waiting.values():
            for request_id, held in waiting.items():
                self._timers.set(request_id, held.state.next_at)

    async def run(self) -> None:
        """Decide, for ever."""
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._follow())
            self._tasks.create_task(self._keep_time())
            self._tasks.create_task(self._show_figures())
            self._appender.overhearing.append(self.overhear)

    async def finish(self, within: timedelta) -> None:
        """Return when what was decided is written, or after so long."""
        if self._writing:
            await asyncio.wait(set(self._writing), timeout=within.total_seconds())

    async def settled(self) -> None:
        """Return when everything in the log so far has been dealt with, and written."""
        head = await self._log.head()
        while self.position < head or self._writing or self._due():
            self._bell.ring()
            await asyncio.sleep(0.001)
            if not self._writing:
                head = await self._log.head()

    def next_instant(self) -> datetime | None:
        """When a waiting request is next looked at."""
        return self._timers.next_instant()

    def _due(self) -> bool:
        instant = self._timers.next_instant()
        return instant is not None and instant <= self._clock.now()

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
            now = self._clock.now()
            late = (now - (self._timers.next_instant() or now)).total_seconds()
            telemetry.oldest_due_seconds.set(max(late, 0.0))
            await asyncio.sleep(self._settings.figures_seconds)

    def overhear(self, command: Append, outcome: Outcome) -> None:
        """A request this process is about to write is decided about before it is written.

        Both go to the log in one transaction: half the time to a place, and half the writing.
        """
        for nth, write in enumerate(command.writes):
            event = write.events[0]
            if not isinstance(event, RequestReceived) or not self._partition.has(event.community):
                continue
            if write.stream in self._reading or self._appender.least_version(write.stream) > 0:
                continue  # sent for the second time: the log will tell
            cause = UUID(event_id(command.command_id, nth))
            self.board.foresee(write.stream, write.expected + 1, write.events, cause)
            self._overheard.add(write.stream)
            self._unheard[write.stream] = command.command_id
            self._begin(self._hear_back(command, outcome, [write.stream]))
            self._decide(event.request_id)

    def hear(self, batch: Sequence[Recorded]) -> None:
        """News from the log: the board moves, and who is concerned is decided about."""
        asking: dict[UUID, None] = {}
        freed: dict[str, None] = {}
        for recorded in batch:
            if recorded.stream in self._reading:
                self._reading[recorded.stream].append(recorded)
                continue
            if recorded.version == 1 and recorded.stream in self._overheard:
                self._overheard.discard(recorded.stream)
                continue
            if not self.board.apply(recorded):
                continue
            match recorded.event:
                case RequestReceived() | RequestDeadlineAgreed() as event:
                    asking[event.request_id] = None
                case SlotPublished() | SlotPlaceFreed():
                    freed |= dict.fromkeys(self.board.communities_of(recorded.stream))
                case (
                    PractitionerEnrolled()
                    | PractitionerConsented()
                    | PractitionerPaused()
                    | PractitionerResumed()
                ) as event:
                    freed |= dict.fromkeys(self._communities_served(event.rpps))
                case _:
                    pass
        for community in freed:
            self._serve(community)
        for request_id in asking:
            self._decide(request_id)

    def _communities_served(self, rpps: str) -> set[str]:
        served: set[str] = set()
        for stream, held in self.board.agendas.items():
            if held.rpps == rpps:
                served |= self.board.communities_of(stream)
        return served

    def _serve(self, community: str) -> None:
        """Whoever waits may fit now: those who would lose most first, then the earliest due."""
        waiting = self.board.waiting.get(community, {})
        for request_id in sorted(waiting, key=lambda r: by_urgency(waiting[r].state)):
            self._decide(request_id)

    def _decide(self, request_id: UUID) -> None:
        held = self.board.request(request_id)
        if held is None:
            self._timers.cancel(request_id)
            return
        community = held.state.received.community
        if not self._partition.has(community):
            return
        now = self._clock.now()
        began = perf_counter()
        ranking = rank(held.state, self.board.candidates(community, now), now)
        telemetry.decision_seconds.observe(perf_counter() - began)
        give_up_at = held.state.due_by - timedelta(minutes=self._settings.hand_back_margin_minutes)
        if ranking.eligible:
            self._assign(held, ranking, now)
        elif now < give_up_at:
            self._search_on(held, ranking, now, give_up_at)
        elif self._writing:
            # A place may come back from a write that fails: nobody is sent away on a guess.
            self._timers.set(request_id, now + timedelta(milliseconds=50))
        else:
            command = HandBackRequest(request_id, HandBack.NO_PLACE, ranking.explanation(None), now)
            self._write(held, requests.decide(command, held.state))

    def _assign(self, held: HeldRequest, ranking: Ranking, now: datetime) -> None:
        best = ranking.eligible[0]
        slot = best.candidate.slot.published
        request_id = held.state.received.request_id
        agenda_stream = streams.agenda(slot.rpps, slot.week)
        command = PlaceRequest(
            request_id=request_id,
            slot_id=slot.slot_id,
            mode=best.way.mode,
            explanation=ranking.explanation(best),
            at=now,
        )
        practitioner = self.board.practitioners[slot.rpps]
        both = placing.place(
            command, held.state, self.board.agendas[agenda_stream].state, practitioner.state
        )
        self._write(
            held,
            both.request,
            (agenda_stream, both.agenda),
            unmoved=[(streams.practitioner(slot.rpps), practitioner.version)],
        )

    def _search_on(
        self, held: HeldRequest, ranking: Ranking, now: datetime, give_up_at: datetime
    ) -> None:
        if held.state.next_at > now:
            self._timers.set(held.state.received.request_id, held.state.next_at)
            return
        again = now + timedelta(minutes=self._settings.search_again_minutes)
        command = KeepSearching(
            request_id=held.state.received.request_id,
            owner=FIRST_OWNER,
            next_at=min(again, give_up_at),
            explanation=ranking.explanation(None),
            at=now,
        )
        self._timers.set(command.request_id, command.next_at)
        self._write(held, requests.decide(command, held.state))

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
            command_id=uuid5(received.request_id, f"dispatch:{held.version}"),
            writes=[Write(name, self.board.version(name), events) for name, events in wanted],
            circumstances=Circumstances(
                community=received.community,
                actor=_ACTOR,
                correlation=received.request_id,
                causation=held.cause,
                case_id=received.case_id,
            ),
            unmoved=unmoved,
            stands_on=frozenset(
                self._unheard[name]
                for name in (*(name for name, _ in wanted), *(name for name, _ in unmoved))
                if name in self._unheard
            ),
        )
        for write in command.writes:
            self.board.foresee(write.stream, write.expected + 1, write.events, held.cause)
            self._unheard[write.stream] = command.command_id
        outcome = self._appender.give(command)
        self._begin(self._hear_back(command, outcome, [write.stream for write in command.writes]))

    def _begin(self, hearing_back: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.create_task(hearing_back)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _hear_back(self, command: Append, outcome: Outcome, touched: list[str]) -> None:
        """It is written, or the board took for true what is not: decide again."""
        try:
            moved = isinstance(await self._appender.written(outcome), AlreadySeen)
        except StreamMoved:
            telemetry.lost_races.labels("dispatch").inc()
            moved = True
        except LogUnavailable:
            logger.warning("decision not written in time, deciding again")
            moved = True
        except psycopg.Error:
            # PostgreSQL cannot take what came in: the intake says so, here there was no request.
            if command.circumstances.actor is _ACTOR:
                raise
            moved = True
        if moved:
            self._overheard.difference_update(touched)
            await self._read_anew([*touched, *(stream for stream, _ in command.unmoved)])
        for stream in touched:
            if self._unheard.get(stream) == command.command_id:
                del self._unheard[stream]
        if moved:
            community = command.circumstances.community
            self._decide(command.circumstances.correlation)
            if community is not None:
                self._serve(community)

    async def _read_anew(self, names: Iterable[str]) -> None:
        """Replace what the board has of these streams by what the log has."""
        async with self._one_reading:
            for stream in names:
                self._reading[stream] = []
                try:
                    history = await self._history(stream)
                    self.board.forget(stream)
                    for recorded in (*history, *self._reading[stream]):
                        self.board.apply(recorded)
                finally:
                    del self._reading[stream]

    async def _history(self, stream: str) -> list[Recorded]:
        while True:
            try:
                return await self._log.history(stream)
            except UNREACHABLE as fault:
                logger.warning("log unreadable", error=type(fault).__name__)
                await asyncio.sleep(self._settings.append_reconnect_seconds)
