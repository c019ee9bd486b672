"""The dispatcher: whoever waits is given the best place there is, as soon as there is one."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from events.community import CommunityFormed
from events.envelope import Recorded
from events.request import RequestReceived
from services.clock import Clock
from services.dispatch.board import Board
from services.dispatch.deciding import Deciding
from services.dispatch.expecting import Expecting
from services.dispatch.figures import Figures
from services.dispatch.foresight import Foresight, Heard
from services.dispatch.news import News
from services.dispatch.opening import oldest_week, opening
from services.dispatch.partition import Partition
from services.dispatch.serving import Serving
from services.dispatch.shadow import Shadow
from services.dispatch.surroundings import Rates
from services.dispatch.work import Work
from services.dispatch.writing import Writing
from services.log.appender import Appender, Outcome
from services.log.bells import Bell
from services.log.commands import Append, event_id
from services.log.database import Pool
from services.log.follow import follow
from services.log.reader import Log
from services.settings import Settings
from services.stopping import Together


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
        self._work = Work()
        self._news = News(self.board, self._work)
        self._ahead = Foresight(self.board)
        self._writing = Writing(self._ahead, self._news, log, appender, settings)
        self.expecting = Expecting(pool, self.board, clock, settings, self._partition)
        self.shadow = Shadow(pool, self.expecting, settings)
        self.deciding = Deciding(
            self._writing, self.expecting, self.shadow, self._partition, clock, settings
        )
        self._timers = self.deciding.timers

    async def open(self) -> None:
        """Build the board from the log."""
        begins = await opening(self._pool, self._clock.now())
        self.position = begins.head
        self.deciding.rates = Rates(begins.rates)
        self.board.build(begins.events)
        for community in self.board.communities:
            self.expecting.meet(community)
        for waiting in self.board.waiting.values():
            for request_id, held in waiting.items():
                self._timers.set(request_id, held.state.next_at)

    async def run(self) -> None:
        """Decide, for ever."""
        partition, clock = self._partition, self._clock
        serving = Serving(
            self._work, self.deciding, self._writing, self.expecting, partition, clock
        )
        figures = Figures(self.board, self._timers, partition, clock, self._settings)
        async with Together() as tasks:
            self._writing.tasks = tasks
            tasks.create_task(self._follow())
            tasks.create_task(self._keep_time())
            tasks.create_task(serving.run())
            tasks.create_task(figures.show())
            tasks.create_task(self.expecting.run(self.deciding.looked))
            tasks.create_task(self.shadow.run())
            self._appender.overhearing.append(self.overhear)

    async def finish(self, within: timedelta) -> None:
        """Return when what was decided is written, or after so long."""
        await self._writing.finish(within)

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
        return self._writing.busy or self._work.left or self._due()

    def _due(self) -> bool:
        instant = self._timers.next_instant()
        return self.expecting.busy or (instant is not None and instant <= self._clock.now())

    async def _follow(self) -> None:
        async for batch in follow(self._log, self._bell, self._settings, since=self.position):
            self.hear(batch)
            self.position = batch[-1].position

    async def _keep_time(self) -> None:
        while True:
            await self._timers.some_due()
            for request_id in self._timers.pop_due():
                self.deciding.decide(request_id)
            self.board.let_go(before_week=oldest_week(self._clock.now()))
            # Decisions never wait: without this a clock that jumps far ahead would starve the rest.
            await asyncio.sleep(0)

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
            self._writing.count_on(command, outcome, [write.stream], cause)
            if not self._work.asked(event.community, event.request_id):
                self.deciding.decide(event.request_id)

    def hear(self, batch: Sequence[Recorded]) -> None:
        """News from the log: the board moves, and there is work for whoever is concerned."""
        for recorded in batch:
            self.deciding.rates.count(recorded)
            match self._ahead.hear(recorded):
                case Heard.NEWS:
                    self._news.hear(recorded)
                    if isinstance(recorded.event, CommunityFormed):
                        self.expecting.meet(recorded.event.finess)
                case Heard.DOUBT:
                    self._writing.doubt([recorded.stream])
                case Heard.KNOWN:
                    pass
