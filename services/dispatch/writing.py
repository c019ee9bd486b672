"""What was decided goes to the log; dispatch goes on as if it were written, or reads anew."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from events import streams
from events.base import Event
from events.envelope import Actor, Recorded, Role
from services import telemetry
from services.dispatch.board import HeldRequest
from services.dispatch.foresight import Epochs, Foresight
from services.dispatch.news import News
from services.log.appender import Appender, Outcome
from services.log.commands import (
    Append,
    Appended,
    Circumstances,
    LogUnavailable,
    StreamMoved,
    Write,
)
from services.log.patience import patiently
from services.log.reader import Log
from services.settings import Settings
from services.stopping import Together

logger = structlog.get_logger()

_ACTOR = Actor(ref="dispatch", role=Role.SYSTEM)


class Writing:
    """Commands on their way to the log, and streams that are read anew."""

    tasks: Together  # there while dispatch runs

    def __init__(
        self, ahead: Foresight, news: News, log: Log, appender: Appender, settings: Settings
    ) -> None:
        self.ahead = ahead
        self.board = ahead.board
        self.news = news
        self._log = log
        self._appender = appender
        self._settings = settings
        self._writing: set[asyncio.Task[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._one_reading = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._writing)

    async def finish(self, within: timedelta) -> None:
        """Return when what was decided is written, or after so long."""
        if self._writing:
            await asyncio.wait(set(self._writing), timeout=within.total_seconds())

    async def is_read(self) -> None:
        """Return when what is being read anew now has been."""
        if self._reading:
            await asyncio.wait(set(self._reading))

    def write(
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
            stands_on=self.ahead.stands_on([name for name, _ in (*wanted, *unmoved)]),
        )
        outcome = self._appender.give(command)
        self.count_on(command, outcome, [name for name, _ in wanted], held.cause)

    def count_on(
        self, command: Append, outcome: Outcome, names: Iterable[str], cause: UUID
    ) -> None:
        """Go on as if what was given to the log were written, in these streams."""
        epochs = self.ahead.foresee(command, names, cause)
        self._begin(self._hear_back(command, outcome, epochs))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.tasks.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    async def _hear_back(self, command: Append, outcome: Outcome, epochs: Epochs) -> None:
        """It is written, or the board took for true what is not: read anew, decide again."""
        try:
            if isinstance(await self._appender.written(outcome), Appended):
                self.ahead.written(command)
                return
        except StreamMoved:
            telemetry.lost_races.labels("dispatch").inc()
        except LogUnavailable:
            logger.warning("decision not written in time, deciding again")
        except psycopg.Error:
            # PostgreSQL cannot take what came in: the intake says so, here there was no request.
            if command.circumstances.actor is _ACTOR:
                raise
        self.doubt(self.ahead.in_doubt(epochs))

    def doubt(self, names: Iterable[str]) -> None:
        """Nothing more is decided on these streams until they are read anew."""
        if forgotten := self.ahead.forget(names):
            reading = self._begin(self._read_anew(forgotten))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)

    async def _read_anew(self, names: Iterable[str]) -> None:
        for stream in names:
            async with self._one_reading:
                self.ahead.restore(stream, await self._history(stream))
            match streams.kind(stream):
                case "request":
                    self.news.ask(UUID(streams.identity(stream)))
                case "agenda":
                    self.news.reopen(stream)
                case _:
                    self.news.reopen(streams.identity(stream))

    async def _history(self, stream: str) -> list[Recorded]:
        return await patiently(lambda: self._log.history(stream), self._settings, "log unreadable")
