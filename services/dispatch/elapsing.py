"""What time alone brings about: places nobody took are lost, a treating doctor was not found."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid5

import structlog

from domain import agenda as agendas
from domain import request as requests
from domain.agenda import ElapseSlot
from domain.decider import Refused
from domain.request import EndDoctorSearch
from events import streams
from events.agenda import SlotElapsed, SlotMoved, SlotPublished, SlotWithdrawn
from events.envelope import Actor, Recorded, Role
from events.visit import PatientDoctorFound, PatientDoctorNotFound, PatientDoctorSought, VisitMissed
from services.clock import Clock
from services.dispatch.opening import oldest_week
from services.dispatch.partition import Partition
from services.dispatch.timers import Timers
from services.log.bells import Bell
from services.log.commands import Answer, Circumstances, LogUnavailable, StreamMoved
from services.log.database import UNREACHABLE, Pool
from services.log.execute import Decision, Executor, Given
from services.log.follow import follow
from services.log.patience import patiently
from services.log.reader import Log
from services.settings import Settings
from services.stopping import Together

logger = structlog.get_logger()

_ACTOR = Actor(ref="dispatch", role=Role.SYSTEM)
_LOOKS_BACK = timedelta(weeks=5)  # a dispatcher stopped for longer tells nothing of what was lost
_AGAIN = timedelta(seconds=1)  # what could not be written is tried again after that

# The last of these of each slot tells when it ends, if it is yet to end.
_SLOTS = """
select distinct on (data->>'slot_id')
    (data->>'slot_id')::uuid, stream, (data->>'end')::timestamptz, meta->>'community'
from events
where stream >= 'agenda-' and stream < 'agenda.' and right(stream, 8) >= %(week)s
    and name = any(%(names)s) and position <= %(head)s
order by data->>'slot_id', position desc
"""
_SLOT_NAMES = [e.name for e in (SlotPublished, SlotMoved, SlotWithdrawn, SlotElapsed)]
_SEARCHES = """
select distinct on (stream) stream, (data->>'until')::timestamptz, meta->>'community'
from events
where stream >= 'request-' and stream < 'request.' and name = any(%(names)s)
    and position <= %(head)s
order by stream, position desc
"""
_RECEIPTS = "select command_id from inbox where command_id = any(%s)"
_SEARCH_NAMES = [
    e.name for e in (PatientDoctorSought, PatientDoctorFound, PatientDoctorNotFound, VisitMissed)
]


@dataclass(frozen=True)
class _Ends:
    """Something that is over at an instant, if nothing happens before."""

    stream: str
    community: str | None
    at: datetime


def _command(what: UUID, ends: _Ends) -> UUID:
    """One for each end there can be: whoever else watches decides the same, once."""
    return uuid5(what, f"over {ends.at.astimezone(UTC).isoformat()}")


class Elapsing:
    """`run` it: a follower of the log that only watches the clock."""

    def __init__(
        self,
        pool: Pool,
        log: Log,
        executor: Executor,
        clock: Clock,
        settings: Settings,
        bell: Bell,
        partition: Partition,
    ) -> None:
        self._pool = pool
        self._log = log
        self._executor = executor
        self._clock = clock
        self._settings = settings
        self._bell = bell
        self._partition = partition
        self._timers: Timers[UUID] = Timers(clock)
        self._ends: dict[UUID, _Ends] = {}  # slot or request

    async def run(self) -> None:
        """For ever."""
        head = await patiently(self._open, self._settings, "log unreadable")
        async with Together() as tasks:
            tasks.create_task(self._follow(head))
            tasks.create_task(self._keep_time())

    async def _open(self) -> int:
        """What is yet to end, as of one position of the log."""
        head = await self._log.head()
        week = oldest_week(self._clock.now() - _LOOKS_BACK)
        async with self._pool.connection() as connection:
            given = {"names": _SLOT_NAMES, "week": week, "head": head}
            slots = await connection.execute(_SLOTS, given)
            for slot_id, stream, end, community in cast(
                "list[tuple[UUID, str, datetime | None, str | None]]", await slots.fetchall()
            ):
                self._set(slot_id, stream, end, community)
            given = {"names": _SEARCH_NAMES, "head": head}
            searches = await connection.execute(_SEARCHES, given)
            for stream, until, community in cast(
                "list[tuple[str, datetime | None, str | None]]", await searches.fetchall()
            ):
                self._set(UUID(streams.identity(stream)), stream, until, community)
            # Full slots are over without a word in the log: their receipts say it was looked at.
            now = self._clock.now()
            over = {_command(what, e): what for what, e in self._ends.items() if e.at <= now}
            known = await connection.execute(_RECEIPTS, (list(over),))
            for (command_id,) in cast("list[tuple[UUID]]", await known.fetchall()):
                self._forget(over[command_id])
        return head

    def _set(self, what: UUID, stream: str, at: datetime | None, community: str | None) -> None:
        if at is None or (community and not self._partition.has(community)):
            return
        self._ends[what] = _Ends(stream, community, at)
        self._timers.set(what, at)

    async def _follow(self, head: int) -> None:
        async for batch in follow(self._log, self._bell, self._settings, since=head):
            for recorded in batch:
                self._hear(recorded)
            # Nobody waits for this: a pause makes one batch of many.
            await asyncio.sleep(self._settings.follower_pause_seconds)

    def _hear(self, recorded: Recorded) -> None:
        stream, community = recorded.stream, recorded.meta.community
        match recorded.event:
            case SlotPublished() | SlotMoved() as event:
                self._set(event.slot_id, stream, event.end, community)
            case PatientDoctorSought() as event:
                self._set(event.request_id, stream, event.until, community)
            case SlotWithdrawn() | SlotElapsed() as event:
                self._forget(event.slot_id)
            case PatientDoctorFound() | PatientDoctorNotFound() | VisitMissed() as event:
                self._forget(event.request_id)
            case _:
                pass

    def _forget(self, what: UUID) -> None:
        self._ends.pop(what, None)
        self._timers.cancel(what)

    async def _keep_time(self) -> None:
        while True:
            await self._timers.some_due()
            for what in self._timers.pop_due():
                if ends := self._ends.get(what):
                    await self._end(what, ends)
            await asyncio.sleep(0)

    async def _end(self, what: UUID, ends: _Ends) -> None:
        """Write that it is over. What cannot be written now is tried again in a moment."""
        now = self._clock.now()
        of_a_slot = streams.kind(ends.stream) == "agenda"

        async def decide(decision: Decision) -> Answer:
            if of_a_slot:
                agenda = await decision.state(agendas.decider, ends.stream)
                decision.write(ends.stream, agendas.decide(ElapseSlot(what, now), agenda))
            else:
                request = await decision.state(requests.decider, ends.stream)
                decision.write(ends.stream, requests.decide(EndDoctorSearch(what, now), request))
            return {}

        circumstances = Circumstances(ends.community, _ACTOR, correlation=what, causation=what)
        given = Given(_command(what, ends), circumstances)
        try:
            await self._executor.execute(given, decide)
        except Refused as refused:
            logger.info("not over", code=refused.code)  # moved or withdrawn: its news is on the way
        except (StreamMoved, LogUnavailable, *UNREACHABLE) as fault:
            logger.warning("not written that it is over", error=type(fault).__name__)
            self._timers.set(what, now + _AGAIN)
            return
        if self._ends.get(what) is ends:  # and was not moved meanwhile
            del self._ends[what]
