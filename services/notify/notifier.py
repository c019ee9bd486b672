"""The notifier: reads the log into the outbox, and empties the outbox."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import cast
from uuid import UUID

import structlog

from events.codes import Channel, Period
from events.envelope import Recorded
from events.practitioner import PractitionerContactsGiven
from services import telemetry
from services.calendar import hours_at
from services.clock import Clock
from services.log import checkpoints
from services.log.bells import Bell
from services.log.database import UNREACHABLE, Pool
from services.log.execute import Executor
from services.log.follow import follow
from services.log.patience import patiently
from services.log.reader import Log
from services.log.vault import Vault
from services.notify import outbox
from services.notify.channels import Way
from services.notify.notices import Notice, month_of, notices, roll_call
from services.notify.outbox import Attempt, Outbox
from services.notify.roster import Roster
from services.notify.telling import Telling
from services.settings import Settings
from services.stopping import Together

logger = structlog.get_logger()

NAME = "notify"  # its checkpoint
# A notifier started beside a log of years: what is older is of use to nobody. What is settled is
# kept longer than that, or it would be told again.
_LONG_AGO = """
select coalesce(max(position), 0) from events where recorded_at < now() - interval '31 days'
"""
_HOUR = timedelta(hours=1)
_LONGER = 5  # times the usual pause, while every channel is down
_AT_ONCE = 35  # events looked at: those of half a second would hold up dispatch for 3 to 12 ms
_NOT_YET = "not told yet"  # what the operator reads while PostgreSQL is away


class Notifier:
    """`run` it. Any number may: a notice is taken by one at a time."""

    def __init__(
        self,
        pool: Pool,
        log: Log,
        executor: Executor,
        vault: Vault,
        clock: Clock,
        settings: Settings,
        bell: Bell,
        ways: Mapping[Channel, Way],
    ) -> None:
        self.position = 0
        self.outbox = Outbox(pool)
        self.roster = Roster()
        self.telling = Telling(self.outbox, executor, vault, clock, settings, ways, self.roster)
        self._pool = pool
        self._log = log
        self._clock = clock
        self._settings = settings
        self._bell = bell
        self._some = asyncio.Event()
        self._under_way: dict[UUID, asyncio.Task[None]] = {}
        self._tasks: Together  # there while it runs
        self._note_again = timedelta(seconds=settings.notify_poll_seconds)
        self._noted_at = self._wake_at = clock.now()

    async def run(self) -> None:
        """Tell, for ever."""
        await patiently(self._open, self._settings, _NOT_YET)
        async with Together() as self._tasks:
            self._tasks.create_task(self._follow())
            self._tasks.create_task(self._keep_telling())
            self._tasks.create_task(self._keep_the_hours())

    async def _open(self) -> None:
        for kind in ("community", "practitioner"):
            for recorded in await self._log.of_kind(kind):
                self.roster.hear(recorded)
        async with self._pool.connection() as connection:
            self.position = await checkpoints.reached(connection, NAME)
            if not self.position:
                cursor = await connection.execute(_LONG_AGO)
                self.position = cast("tuple[int]", await cursor.fetchone())[0]

    async def _follow(self) -> None:
        async for batch in follow(self._log, self._bell, self._settings, since=self.position):
            in_vain = await self._put(batch)
            # A pause makes one batch of many: dispatch has the processor meanwhile.
            pause = self._settings.follower_pause_seconds
            await asyncio.sleep(pause * _LONGER if in_vain else pause)

    async def _put(self, batch: Sequence[Recorded]) -> bool:
        """What the batch asks to tell goes into the outbox with the checkpoint, or not at all.

        Whether there is something, and nobody it could be told to now.
        """
        now = self._clock.now()
        found: list[Notice] = []
        elsewhere: set[str] = set()  # who is reached by something else from now on
        for nth, recorded in enumerate(batch, start=1):
            if not nth % _AT_ONCE:
                await asyncio.sleep(0)
            self.roster.hear(recorded)
            found += [one for one in notices(recorded, self.roster) if self._is_due(one)]
            if isinstance(recorded.event, PractitionerContactsGiven) and recorded.event.channels:
                elsewhere.add(recorded.event.rpps)
        parked = {n.notice_id for n in found if self.telling.waits_for_a_channel(n)}
        if not found and not elsewhere and now < self._noted_at + self._note_again:
            self.position = batch[-1].position  # read again after a crash: nothing is told twice
            return False

        async def written() -> None:
            async with self._pool.connection() as connection, connection.transaction():
                if not found:  # a checkpoint alone may be lost: nothing is told twice
                    await connection.execute("set local synchronous_commit = off")
                reached, _ = await checkpoints.reached_and_held(connection, NAME)
                if found:
                    await outbox.put(connection, found, now, parked)
                await checkpoints.move(connection, NAME, max(reached, batch[-1].position))

        await patiently(written, self._settings, _NOT_YET)
        self.position, self._noted_at = batch[-1].position, now
        for rpps in elsewhere:
            await patiently(partial(self.outbox.wake, now, rpps), self._settings, _NOT_YET)
        if len(found) > len(parked) or elsewhere:
            self._some.set()
        return 0 < len(found) == len(parked)

    def _is_due(self, notice: Notice) -> bool:
        """Whether it is not too late, and there is a way to tell them."""
        known = self.roster.enrolled(notice.rpps)
        return notice.until > self._clock.now() and known is not None and bool(known.channels)

    async def _keep_telling(self) -> None:
        """So many at once, and another as soon as one is done: one that hangs keeps one place."""
        while True:
            try:
                self._some.clear()
                room = self._room
                now = self._clock.now()
                if failed := await self.outbox.expire(now):
                    telemetry.notifications.labels("none", "too_late").inc(failed)
                    logger.warning("too late to be told", notices=failed)
                if self.telling.breaker.next_try() is None and now >= self._wake_at:
                    self._wake_at = now + timedelta(seconds=self._settings.notify_poll_seconds)
                    await self.outbox.wake(now)  # who parked it may be gone, or knew too late
                for channel in self.telling.breaker.to_try(now):
                    await self.outbox.wake_one(now, self.roster.reached_by(channel))
                taken = await self.outbox.take(now, now + self._lease, room) if room else []
                parked = [a for a in taken if self.telling.waits_for_a_channel(a.notice)]
                if parked:
                    await self.outbox.park([attempt.notice.notice_id for attempt in parked])
                for attempt in taken:
                    # Taken anew while under way, it is left to who has it for another lease: what
                    # was sent as PostgreSQL fell is noted when it is back, and not sent again.
                    if attempt not in parked and attempt.notice.notice_id not in self._under_way:
                        self._begin(attempt)
                if not taken:
                    await self._some_due()
            except UNREACHABLE as fault:
                await self._pause(fault)

    @property
    def _lease(self) -> timedelta:
        """How long a message that was taken is left to who took it."""
        return 2 * timedelta(seconds=self._settings.notify_timeout_seconds)

    @property
    def _room(self) -> int:
        """How many more may be under way."""
        return self._settings.notify_at_once - len(self._under_way)

    def _begin(self, attempt: Attempt) -> None:
        notice_id = attempt.notice.notice_id
        self._under_way[notice_id] = self._tasks.create_task(self._tell(attempt))
        self._under_way[notice_id].add_done_callback(partial(self._done, notice_id))

    def _done(self, notice_id: UUID, _: asyncio.Task[None]) -> None:
        del self._under_way[notice_id]
        self._some.set()

    async def _tell(self, attempt: Attempt) -> None:
        # Half its lease: the other half is for sending it, before another notifier may.
        latest = self._clock.now() + self._lease / 2
        while True:
            try:
                await self.telling.tell(attempt)
            except UNREACHABLE as fault:  # nothing was sent
                await self._pause(fault)
                if self._clock.now() >= latest:
                    return  # its turn comes again
            else:
                return

    async def _some_due(self) -> None:
        """Return when something may be due: news, or its instant; at the latest after a poll."""
        now = self._clock.now()
        next_at = await self.outbox.next_at() if self._room else None
        latest = now + timedelta(seconds=self._settings.notify_poll_seconds)
        instant = min(filter(None, (next_at, self.telling.breaker.next_try(), latest)))
        waits: list[asyncio.Future[object]] = [
            asyncio.ensure_future(self._some.wait()),
            asyncio.ensure_future(self._clock.until(instant)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _keep_the_hours(self) -> None:
        """Every hour: the roll call of the month, and what is too old to be kept."""
        while True:
            now = self._clock.now()
            try:
                await self._call_the_roll()
                kept = timedelta(days=self._settings.notifications_kept_days)
                await self.outbox.let_go(now - kept)
            except UNREACHABLE as fault:
                await self._pause(fault)
            await self._clock.until(now + _HOUR)

    async def _call_the_roll(self) -> None:
        """In the hours of the day, whoever has a way to be told and was not called this month."""
        now = self._clock.now()
        called = []
        for rpps, known in self.roster.reachable():
            formed = self.roster.community(known.communities[0])
            day = hours_at(formed, now).period is Period.SAS
            due = (known.roll_called or "") < month_of(now, formed.zone)
            if day and due and self.roster.is_there(rpps, now):
                called.append(roll_call(rpps, known.communities[0], now, until=now + _HOUR))
        if called:
            async with self._pool.connection() as connection:
                await outbox.put(connection, called, now)
            self._some.set()

    async def _pause(self, fault: BaseException) -> None:
        logger.warning(_NOT_YET, error=type(fault).__name__)
        await asyncio.sleep(self._settings.append_reconnect_seconds)
