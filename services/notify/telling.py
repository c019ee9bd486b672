"""One notice: whether it is still true, by what it goes out, and what is noted of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import structlog

from domain import practitioner as practitioners
from domain import request as requests
from domain.decider import Refused
from domain.opening_hours import CLOSES, OPENS
from domain.practitioner import RecordRollCall
from domain.request import NoteReceipt, Pending, Request, Sought, Visited, Waiting, place_of
from events import streams
from events.codes import Channel, Period
from events.envelope import Actor, Role
from services import telemetry
from services.calendar import hours_at
from services.clock import Clock
from services.intake.answering import Contact, ContactsSheet
from services.intake.naming import contacts_of
from services.log.circumstances import about_request
from services.log.commands import Answer, Circumstances, LogUnavailable, StreamMoved
from services.log.database import UNREACHABLE
from services.log.execute import Decision, Executor, Given
from services.log.patience import patiently
from services.log.vault import Vault
from services.notify import outbox
from services.notify.breaker import Breaker
from services.notify.channels import NotSent, Way
from services.notify.notices import Kind, Notice, month_of
from services.notify.outbox import Attempt, Outbox
from services.notify.roster import Roster
from services.notify.texts import text_of
from services.settings import Settings

logger = structlog.get_logger()

_ACTOR = Actor(ref="notify", role=Role.SYSTEM)
_SAID_BEFORE = {Kind.OFFER_OVER: Kind.OFFER, Kind.FREED: Kind.ASSIGNED}
"""Who was not told the one need not be told the other."""
_SAID_AFTER = {earlier: later for later, earlier in _SAID_BEFORE.items()}


class Telling:
    """Tells practitioners, one notice at a time; any number at once."""

    def __init__(
        self,
        outbox_: Outbox,
        executor: Executor,
        vault: Vault,
        clock: Clock,
        settings: Settings,
        ways: Mapping[Channel, Way],
        roster: Roster,
    ) -> None:
        self.ways = ways
        self.settings = settings
        self._outbox = outbox_
        self._executor = executor
        self._vault = vault
        self._clock = clock
        self._roster = roster
        rest = timedelta(seconds=settings.notify_rest_seconds)
        self.breaker = Breaker(settings.notify_failures, rest)

    def waits_for_a_channel(self, notice: Notice) -> bool:
        """Whether everything that reaches them is down."""
        known, now = self._roster.enrolled(notice.rpps), self._clock.now()
        channels = [c for c in known.channels if c in self.ways] if known else []
        return bool(channels) and all(self.breaker.is_down(c, now) for c in channels)

    async def tell(self, attempt: Attempt) -> None:
        """Sent, put off or settled. Whatever goes wrong, it is its own fault and tried again."""
        try:
            await self._tell(attempt)
        except UNREACHABLE:
            raise
        except Exception as fault:  # noqa: BLE001 one notice never ends the others
            logger.warning("not told", kind=attempt.notice.kind, error=type(fault).__name__)
            telemetry.notifications.labels("none", "fault").inc()
            await self._later(attempt)

    async def _tell(self, attempt: Attempt) -> None:
        notice, now = attempt.notice, self._clock.now()
        if now >= notice.until:
            await self._settle(notice, outbox.FAILED)
            return
        if not await self._is_true(notice, now):
            await self._settle(notice, outbox.NOT_NEEDED)
            return
        following = await self._following(notice)
        if following is None:
            return
        notice = following
        if (day := self._next_day(notice, now)) is not None:
            await self._outbox.put_off(notice.notice_id, min(day, notice.until))
            return
        contacts = await self._contacts(notice.rpps)
        reachable = [contact for contact in contacts if contact.channel in self.ways]
        reached = await self._send(notice, reachable, now) if reachable else []
        if notice.kind is Kind.ROLL_CALL:
            failed = [c.channel for c in contacts if c.channel not in reached]
            await self._insist(lambda: self._record_roll_call(notice, reached, failed))
            await self._settle(notice, outbox.DELIVERED if reached else outbox.FAILED, reached)
        elif reached:
            if notice.kind is Kind.OFFER:
                await self._insist(lambda: self._note_delivery(notice))
            await self._settle(notice, outbox.DELIVERED, reached)
        elif not reachable:
            await self._settle(notice, outbox.UNREACHABLE)
        else:
            await self._later(attempt)

    async def _following(self, notice: Notice) -> Notice | None:
        """The notice, with the time of the one it follows; None where it is not told now."""
        earlier = _SAID_BEFORE.get(notice.kind)
        if earlier is None:
            return notice
        if await self._outbox.wait_for(earlier, notice):
            return None  # under way: who is just hearing of it hears what became of it next
        said = await self._outbox.delivered(earlier, notice)
        if said is None:
            await self._settle(notice, outbox.NOT_NEEDED)
            return None
        return replace(notice, at=said.at)

    async def _later(self, attempt: Attempt) -> None:
        waits = self.settings.notify_retry_seconds
        wait = timedelta(seconds=waits[min(attempt.nth, len(waits)) - 1])
        # At the deadline it is looked at once more, to be told as failed; never sent again.
        at = min(self._clock.now() + wait, attempt.notice.until)
        await self._insist(lambda: self._outbox.again(attempt.notice.notice_id, at))

    async def _is_true(self, notice: Notice, now: datetime) -> bool:
        """Whether what it says is so now, and whoever is asked is there and agrees to be."""
        match notice.kind:
            case Kind.OFFER:
                return self._roster.is_there(notice.rpps, now) and await self._is_asked(notice)
            case Kind.ASSIGNED:
                place = place_of(await self._request(notice))
                return place is not None and (place.rpps, place.start) == (notice.rpps, notice.at)
            case Kind.CRISIS:
                there = self._roster.is_there(notice.rpps, now)
                return there and self._roster.community(notice.community).crisis is not None
            case Kind.NEW_PATIENT:
                request = await self._request(notice)
                sought = isinstance(request, Visited) and isinstance(request.doctor, Sought)
                return sought and self._roster.is_there(notice.rpps, now)
            case Kind.ROLL_CALL:
                known = self._roster.enrolled(notice.rpps)
                month = month_of(now, self._roster.community(notice.community).zone)
                called = known is None or (known.roll_called or "") >= month
                return not called and self._roster.is_there(notice.rpps, now)
            case Kind.OFFER_OVER | Kind.FREED:
                return True  # if the other was told: what became of it, is
            case _:
                assert_never(notice.kind)

    async def _is_asked(self, notice: Notice) -> bool:
        known = self._roster.enrolled(notice.rpps)
        request = await self._request(notice)
        return (
            isinstance(request, Waiting)
            and isinstance(request.offers.get(notice.rpps), Pending)
            and known is not None
            and known.consent is not None
            and known.consent.overbook is not None
            and request.received.source in known.consent.sources
        )

    async def _request(self, notice: Notice) -> Request:
        assert notice.request_id is not None, "it is about a request"
        return await self._executor.look(requests.decider, streams.request(notice.request_id))

    def _next_day(self, notice: Notice, now: datetime) -> datetime | None:
        """When the hours begin in which it may be told; None: it may be now."""
        formed = self._roster.community(notice.community)
        if notice.kind is Kind.CRISIS:  # not at night, and on whatever day
            local = now.astimezone(ZoneInfo(formed.zone))
            if OPENS <= local.time() < CLOSES:
                return None
            day = local.date() + timedelta(days=1 if local.time() >= CLOSES else 0)
            return datetime.combine(day, OPENS, local.tzinfo)
        if not notice.waits_for_the_day:
            return None
        hours = hours_at(formed, now)
        return None if hours.period is Period.SAS else hours.until

    async def _contacts(self, rpps: str) -> list[Contact]:
        sealed = await self._vault.contacts(contacts_of(rpps))
        return list(ContactsSheet.model_validate_json(sealed).contacts) if sealed else []

    async def _send(
        self, notice: Notice, contacts: Sequence[Contact], now: datetime
    ) -> list[Channel]:
        """By every channel at once: whichever is looked at first. Gives those that took it."""
        community = self._roster.community(notice.community)
        link = self.settings.notify_link
        title, text = text_of(notice, community.title, community.zone, link)

        async def by(contact: Contact) -> bool:
            if self.breaker.is_down(contact.channel, now):
                return False
            taken = await one(contact)
            if self.breaker.note(contact.channel, notice.rpps, self._clock.now(), taken=taken):
                await self._insist(lambda: self._outbox.wake(self._clock.now()))
            return taken

        async def one(contact: Contact) -> bool:
            try:
                # Longer than any step of handing it over: who gives up does not know what became
                # of it, and sends it again.
                async with asyncio.timeout(self.settings.notify_patience_seconds):
                    await self.ways[contact.channel].send(contact.address, title, text, now)
            except Exception as fault:  # noqa: BLE001 whatever a service does, the others are tried
                # Never its text: services quote addresses.
                logger.info("not sent", channel=contact.channel, error=type(fault).__name__)
                kind = "refused" if isinstance(fault, NotSent) else "failed"
                telemetry.notifications.labels(contact.channel, kind).inc()
                return False
            telemetry.notifications.labels(contact.channel, "delivered").inc()
            return True

        done = await asyncio.gather(*map(by, contacts))
        return [c.channel for c, ok in zip(contacts, done, strict=True) if ok]

    async def _settle(self, notice: Notice, state: str, channels: Sequence[Channel] = ()) -> None:
        now = self._clock.now()
        await self._insist(lambda: self._outbox.settle(notice.notice_id, state, now, channels))
        if (later := _SAID_AFTER.get(notice.kind)) is not None:
            await self._insist(lambda: self._outbox.hurry(later, notice, now))

    async def _insist(self, work: Callable[[], Awaitable[None]]) -> None:
        """What was sent is noted, however long the log is away: else it is sent twice."""
        passing = (*UNREACHABLE, LogUnavailable, StreamMoved)
        await patiently(work, self.settings, "not noted yet", passing=passing)

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
        month = month_of(now, self._roster.community(notice.community).zone)

        async def decide(decision: Decision) -> Answer:
            state = await decision.state(practitioners.decider, stream)
            command = RecordRollCall(notice.rpps, month, tuple(reached), tuple(failed), now)
            decision.write(stream, practitioners.decide(command, state))
            return {}

        about = Circumstances(
            notice.community, _ACTOR, correlation=notice.notice_id, causation=notice.notice_id
        )
        await self._executed(notice.notice_id, about, decide)

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
