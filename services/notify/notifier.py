"""The notifier: reads the log into the outbox, and empties the outbox."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid5

import structlog

from domain import practitioner as practitioners
from domain import request as requests
from domain.decider import Refused
from domain.opening_hours import next_turn, period_at
from domain.practitioner import RecordRollCall
from domain.request import NoteReceipt, Pending, Waiting
from events import streams
from events.codes import Channel, Period
from events.envelope import Actor, Recorded, Role
from services import telemetry
from services.calendar import calendar_of
from services.clock import Clock
from services.intake.answering import Contact, ContactsSheet
from services.intake.contacts import contact_of
from services.log import checkpoints
from services.log.bells import Bell
from services.log.circumstances import about_request
from services.log.commands import Answer, Circumstances, LogUnavailable, StreamMoved
from services.log.database import UNREACHABLE, Pool
from services.log.execute import Decision, Executor, Given
from services.log.follow import follow
from services.log.reader import Log
from services.log.vault import Vault
from services.notify import outbox
from services.notify.channels import NotSent, Way
from services.notify.notices import Kind, Notice, notices, roll_call
from services.notify.outbox import Attempt, Outbox
from services.notify.roster import Roster
from services.notify.texts import text_of
from services.settings import Settings

logger = structlog.get_logger()

NAME = "notify"  # its checkpoint
# A notifier started beside a log of years: what is older is of use to nobody.
_LONG_AGO = """
select coalesce(max(position), 0) from events where recorded_at < now() - interval '31 days'
"""
_ACTOR = Actor(ref="notify", role=Role.SYSTEM)


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
        self._pool = pool
        self._log = log
        self._executor = executor
        self._vault = vault
        self._clock = clock
        self._settings = settings
        self._bell = bell
        self._ways = ways
        self._roster = Roster()
        self._some = asyncio.Event()
        self._note_again = timedelta(seconds=settings.notify_poll_seconds)
        self._noted_at = clock.now()

    async def run(self) -> None:
        """Tell, for ever."""
        await self._open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._keep_telling())
            tasks.create_task(self._keep_calling())

    async def _open(self) -> None:
        while True:
            try:
                for kind in ("community", "practitioner"):
                    for recorded in await self._log.of_kind(kind):
                        self._roster.hear(recorded)
                async with self._pool.connection() as connection:
                    self.position = await checkpoints.reached(connection, NAME)
                    if not self.position:
                        cursor = await connection.execute(_LONG_AGO)
                        self.position = cast("tuple[int]", await cursor.fetchone())[0]
            except UNREACHABLE as fault:
                await self._pause(fault)
            else:
                return

    async def _follow(self) -> None:
        async for batch in follow(self._log, self._bell, self._settings, since=self.position):
            await self._put(batch)

    async def _put(self, batch: Sequence[Recorded]) -> None:
        """What the batch asks to tell goes into the outbox with the checkpoint, or not at all."""
        now = self._clock.now()
        found: list[Notice] = []
        for recorded in batch:
            self._roster.hear(recorded)
            found += [one for one in notices(recorded, self._roster) if self._is_due(one, now)]
        if not found and now < self._noted_at + self._note_again:
            self.position = batch[-1].position  # read again after a crash: nothing is told twice
            return
        while True:
            try:
                async with self._pool.connection() as connection, connection.transaction():
                    # A crash may lose rows and checkpoint together, and then reads them again.
                    await connection.execute("set local synchronous_commit = off")
                    reached, _ = await checkpoints.reached_and_held(connection, NAME)
                    if found:
                        await outbox.put(connection, found, now)
                    await checkpoints.move(connection, NAME, max(reached, batch[-1].position))
            except UNREACHABLE as fault:
                await self._pause(fault)
            else:
                self.position, self._noted_at = batch[-1].position, now
                if found:
                    self._some.set()
                return

    def _is_due(self, notice: Notice, now: datetime) -> bool:
        """Whether it is not too late, and there is a way to tell them."""
        known = self._roster.enrolled(notice.rpps)
        return notice.until > now and known is not None and bool(known.channels)

    async def _keep_telling(self) -> None:
        while True:
            try:
                self._some.clear()
                if not await self.tell_once():
                    await self._some_due()
            except (*UNREACHABLE, LogUnavailable, StreamMoved) as fault:
                await self._pause(fault)

    async def tell_once(self) -> int:
        """Try everything whose turn it is, once. Gives how many there were."""
        now = self._clock.now()
        longest = timedelta(seconds=self._settings.notify_timeout_seconds) * 2
        taken = await self.outbox.take(now, now + longest, self._settings.notify_at_once)
        await asyncio.gather(*(self._tell(attempt) for attempt in taken))
        return len(taken)

    async def _some_due(self) -> None:
        """Return when something may be due: news, or its instant; at the latest after a poll."""
        next_at = await self.outbox.next_at()
        latest = self._clock.now() + timedelta(seconds=self._settings.notify_poll_seconds)
        instant = min(next_at, latest) if next_at else latest
        waits: list[asyncio.Future[object]] = [
            asyncio.ensure_future(self._some.wait()),
            asyncio.ensure_future(self._clock.until(instant)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _tell(self, attempt: Attempt) -> None:
        notice, now = attempt.notice, self._clock.now()
        if now >= notice.until:
            await self._settle(notice, outbox.FAILED)
            return
        if not await self._is_needed(notice, now):
            await self._settle(notice, outbox.NOT_NEEDED)
            return
        if (day := self._next_day(notice, now)) is not None:
            await self.outbox.again(notice.notice_id, min(day, notice.until))
            return
        contacts = [c for c in await self._contacts(notice.rpps) if c.channel in self._ways]
        if not contacts:
            await self._settle(notice, outbox.UNREACHABLE)
            return
        reached, failed = await self._send(notice, contacts, now)
        if notice.kind is Kind.ROLL_CALL:
            await self._record_roll_call(notice, reached, failed)
        if reached:
            await self._settle(notice, outbox.DELIVERED, reached)
            if notice.kind is Kind.OFFER:
                await self._note_delivery(notice)
            return
        waits = self._settings.notify_retry_seconds
        wait = timedelta(seconds=waits[min(attempt.nth, len(waits)) - 1])
        # At the deadline it is looked at once more, to be told as failed; never sent again.
        await self.outbox.again(notice.notice_id, min(self._clock.now() + wait, notice.until))

    async def _is_needed(self, notice: Notice, now: datetime) -> bool:
        """Whether they are there, and what they would be asked is still to be answered."""
        if notice.kind in {Kind.OFFER, Kind.CRISIS, Kind.NEW_PATIENT, Kind.ROLL_CALL} and not (
            self._roster.is_there(notice.rpps, now)
        ):
            return False
        if notice.kind is not Kind.OFFER or notice.request_id is None:
            return True
        request = await self._executor.look(requests.decider, streams.request(notice.request_id))
        return isinstance(request, Waiting) and isinstance(request.offers.get(notice.rpps), Pending)

    def _next_day(self, notice: Notice, now: datetime) -> datetime | None:
        """When the hours begin in which it may be told; None: it may be now."""
        if not notice.waits_for_the_day:
            return None
        calendar = calendar_of(self._roster.community(notice.community), now)
        return None if period_at(now, calendar) is Period.SAS else next_turn(now, calendar)

    async def _contacts(self, rpps: str) -> list[Contact]:
        sealed = await self._vault.contacts(contact_of(rpps))
        return list(ContactsSheet.model_validate_json(sealed).contacts) if sealed else []

    async def _send(
        self, notice: Notice, contacts: Sequence[Contact], now: datetime
    ) -> tuple[list[Channel], list[Channel]]:
        """By every channel at once: whichever is looked at first."""
        community = self._roster.community(notice.community)
        link = self._settings.notify_link
        title, text = text_of(notice, community.title, community.zone, link)

        async def by(contact: Contact) -> bool:
            try:
                async with asyncio.timeout(self._settings.notify_timeout_seconds):
                    await self._ways[contact.channel].send(contact.address, title, text, now)
            except Exception as fault:  # noqa: BLE001 whatever a service does, the others are tried
                # Never its text: services quote addresses.
                logger.info("not sent", channel=contact.channel, error=type(fault).__name__)
                kind = "refused" if isinstance(fault, NotSent) else "failed"
                telemetry.notifications.labels(contact.channel, kind).inc()
                return False
            telemetry.notifications.labels(contact.channel, "delivered").inc()
            return True

        done = await asyncio.gather(*map(by, contacts))
        reached = [c.channel for c, ok in zip(contacts, done, strict=True) if ok]
        return reached, [c.channel for c in contacts if c.channel not in reached]

    async def _settle(self, notice: Notice, state: str, channels: Sequence[Channel] = ()) -> None:
        await self.outbox.settle(notice.notice_id, state, self._clock.now(), channels)

    async def _note_delivery(self, notice: Notice) -> None:
        """Tell the request that the offer arrived: what is over by then is no matter."""
        assert notice.request_id is not None, "an offer is about a request"
        request_id, stream = notice.request_id, streams.request(notice.request_id)

        async def decide(decision: Decision) -> Answer:
            request = await decision.state(requests.decider, stream)
            note = NoteReceipt(request_id, notice.rpps, seen=False, at=self._clock.now())
            decision.write(stream, requests.decide(note, request))
            return {}

        known = await self._executor.look(requests.decider, stream)
        about = about_request(request_id, known, _ACTOR, causation=notice.notice_id)
        await self._executed(notice.notice_id, about, decide)

    async def _record_roll_call(
        self, notice: Notice, reached: Sequence[Channel], failed: Sequence[Channel]
    ) -> None:
        stream, now = streams.practitioner(notice.rpps), self._clock.now()
        month = self._month(now)

        async def decide(decision: Decision) -> Answer:
            state = await decision.state(practitioners.decider, stream)
            command = RecordRollCall(notice.rpps, month, tuple(reached), tuple(failed), now)
            decision.write(stream, practitioners.decide(command, state))
            return {}

        about = Circumstances(
            notice.community, _ACTOR, correlation=notice.notice_id, causation=notice.notice_id
        )
        await self._executed(notice.notice_id, about, decide)
        if not reached:
            await self._settle(notice, outbox.FAILED)  # once a month, not until it works

    async def _executed(
        self,
        notice_id: UUID,
        about: Circumstances,
        decide: Callable[[Decision], Awaitable[Answer]],
    ) -> None:
        """What was told is noted where it matters, if it still does."""
        try:
            await self._executor.execute(Given(uuid5(notice_id, "told"), about), decide)
        except Refused as refused:
            logger.debug("not noted", code=refused.code)

    async def _keep_calling(self) -> None:
        """The roll call of the month: who was not called in it is, in the hours of the day."""
        while True:
            now = self._clock.now()
            try:
                await self.call_the_roll(now)
            except UNREACHABLE as fault:
                await self._pause(fault)
            await self._clock.until(now + timedelta(hours=1))

    async def call_the_roll(self, now: datetime) -> int:
        """Put everybody who was not called this month into the outbox. Gives how many."""
        month = self._month(now)
        until = now + timedelta(days=3)
        called = [
            roll_call(rpps, month, enrolled.communities[0], until)
            for rpps in self._roster.to_be_called(month)
            if (enrolled := self._roster.enrolled(rpps)) and self._roster.is_there(rpps, now)
        ]
        if called:
            async with self._pool.connection() as connection:
                await outbox.put(connection, called, now)
            self._some.set()
        return len(called)

    @staticmethod
    def _month(now: datetime) -> str:
        return f"{now:%Y-%m}"

    async def _pause(self, fault: BaseException) -> None:
        logger.warning("not told yet", error=type(fault).__name__)
        await asyncio.sleep(self._settings.append_reconnect_seconds)
