"""One courier a destination: reads the log from where it stands, and tells in order.

One that does not answer is tried again after longer and longer pauses, and holds up nobody else:
each has a courier of its own. After too long it is suspended, and goes on when somebody says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar, assert_never

import structlog

from events.envelope import Recorded
from services import telemetry
from services.deliver.destination import (
    Delivered,
    Destination,
    LeftOut,
    NotNow,
    Outcome,
    Over,
    Parcel,
    Refused,
    Sent,
)
from services.deliver.ledger import Cursor, Ledger, SentBack
from services.log.bells import Bell
from services.log.follow import follow
from services.log.patience import patiently
from services.log.reader import Log
from services.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

logger = structlog.get_logger()

_NOTE_EVERY_SECONDS = 5.0  # how far it is, where nothing was told: read again after a crash
_NOT_YET = "not delivered yet"


class Courier:
    """`run` it until the destination is suspended, wants no more, or is sent back."""

    def __init__(
        self, destination: Destination, ledger: Ledger, log: Log, settings: Settings, bell: Bell
    ) -> None:
        self._to = destination
        self._ledger = ledger
        self._log = log
        self._settings = settings
        self._bell = bell
        self._noted_at = monotonic()

    async def run(self, cursor: Cursor) -> None:
        """Tell, from there."""
        try:
            await self._tell_from(cursor)
        except SentBack:
            logger.info("sent back", destination=self._to.name)

    async def _tell_from(self, cursor: Cursor) -> None:
        since, generation = cursor.position, cursor.generation
        async for batch in follow(self._log, self._bell, self._settings, since=since):
            for recorded in batch:
                if not await self._tell(recorded, generation):
                    return
            await self._note(batch[-1].position, generation)
            await asyncio.sleep(self._settings.follower_pause_seconds)

    async def _note(self, position: int, generation: int) -> None:
        if monotonic() - self._noted_at < _NOTE_EVERY_SECONDS:
            return
        await self._noted(self._ledger.move, self._to.name, generation, position)
        self._noted_at = monotonic()

    async def _tell(self, recorded: Recorded, generation: int) -> bool:
        """False: nothing more is told."""
        name = self._to.name
        parcel = await self._noted(self._to.parcel, recorded)
        match parcel:
            case None:
                return True
            case LeftOut():
                await self._noted(self._ledger.leave_out, name, parcel)
                telemetry.deliveries.labels(_kind(name), "left_out").inc()
                return True
            case Parcel():
                return await self._until_told(parcel, generation)
            case _:
                assert_never(parcel)

    async def _until_told(self, parcel: Parcel, generation: int) -> bool:
        name, tries = self._to.name, 0
        while True:
            nth = await self._noted(self._ledger.trying, name, generation, parcel)
            outcome = await self._sent(parcel, nth)
            telemetry.deliveries.labels(_kind(name), type(outcome).__name__).inc()
            match outcome:
                case Delivered() | Sent() | Refused() | Over():
                    if isinstance(outcome, Refused | Over):
                        logger.warning("refused", destination=name, what=parcel.what)
                    await self._noted(self._ledger.settle, name, generation, parcel, outcome)
                    self._noted_at = monotonic()
                    if isinstance(outcome, Over):
                        await self._suspend(generation)
                        return False
                    return True
                case NotNow():
                    wait = self._wait(tries, outcome)
                    tries += 1
                    if not await self._rested(parcel, generation, outcome, wait):
                        return False
                    again = await self._noted(self._to.parcel, parcel.recorded)
                    if not isinstance(again, Parcel):  # it may not be told any more, or need not
                        why = again.detail if again else "not to be told any more"
                        left = LeftOut(parcel.recorded, parcel.what, why)
                        await self._noted(self._ledger.let_be, name, generation, left)
                        return True
                    parcel = again
                case _:
                    assert_never(outcome)

    async def _sent(self, parcel: Parcel, nth: int) -> Outcome:
        try:
            async with asyncio.timeout(self._settings.deliver_timeout_seconds):
                return await self._to.send(parcel, nth)
        except TimeoutError:
            return NotNow("no answer in time")
        except Exception as fault:  # noqa: BLE001 whatever a destination does, its courier goes on
            return NotNow(type(fault).__name__)

    def _wait(self, tries: int, outcome: NotNow) -> float:
        waits = self._settings.deliver_retry_seconds
        usual = waits[min(tries, len(waits) - 1)]
        asked = min(outcome.after_seconds or 0.0, waits[-1])  # nobody makes us wait for a year
        return max(usual, asked)

    async def _rested(
        self, parcel: Parcel, generation: int, outcome: NotNow, seconds: float
    ) -> bool:
        """Noted, and waited for. False: it was suspended, for it did not answer for too long."""
        name = self._to.name
        logger.info(_NOT_YET, destination=name, why=outcome.detail, again_in_seconds=seconds)
        await self._noted(self._ledger.later, name, parcel, outcome.status, outcome.detail, seconds)
        since = await self._noted(self._ledger.failing_since, name)
        patience = timedelta(hours=self._settings.deliver_patience_hours)
        if since is not None and datetime.now(UTC) - since > patience:
            await self._suspend(generation)
            return False
        await asyncio.sleep(seconds)
        return True

    async def _suspend(self, generation: int) -> None:
        name = self._to.name
        logger.warning("suspended", destination=name)
        await self._noted(self._ledger.suspend, name, generation)

    async def _noted(self, work: Callable[P, Awaitable[T]], *given: P.args, **how: P.kwargs) -> T:
        """What it gives, however long PostgreSQL is away."""
        return await patiently(partial(work, *given, **how), self._settings, _NOT_YET)


def _kind(name: str) -> str:
    """`webhook` of all webhooks: figures have few labels."""
    return name.partition(":")[0]
