"""The deliverer: a courier for every destination there is, and for each that comes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

import structlog

from services.access.gate import Gate
from services.access.names import Names
from services.access.tokens import Tokens
from services.clock import Clock
from services.deliver import platform
from services.deliver.courier import Courier
from services.deliver.destination import Destination
from services.deliver.ledger import Ledger
from services.deliver.platform import Platform
from services.deliver.webhooks import ToWebhook, Webhooks
from services.log.bells import Bells
from services.log.database import UNREACHABLE, Connection, Pool
from services.log.leading import leading
from services.log.reader import Log
from services.log.vault import Vault
from services.settings import Settings
from services.stopping import stop

logger = structlog.get_logger()

_ONE_ACTIVE = 4021903  # advisory lock
_FORGET_EVERY_SECONDS = 3600.0


class Closing(Destination, Protocol):
    """A destination one hangs up on in the end."""

    async def aclose(self) -> None:
        """Hang up."""
        ...


@dataclass
class _AtWork:
    generation: int
    task: asyncio.Task[None]


class Deliverer:
    """`run` it. One is active at a time, others stand by."""

    def __init__(
        self,
        url: str,
        pool: Pool,
        log: Log,
        vault: Vault,
        clock: Clock,
        settings: Settings,
        bells: Bells,
    ) -> None:
        self.ledger = Ledger(pool)
        self.webhooks = Webhooks(pool, vault.sealer)
        self._url = url
        self._log = log
        self._vault = vault
        self._settings = settings
        self._bells = bells
        names = Names(pool, vault.sealer)
        again = settings.access_read_again_seconds
        self._gate = Gate(log, Tokens(settings, clock), names, again)
        self._at_work: dict[str, _AtWork] = {}

    async def run(self) -> None:
        """Deliver, for ever."""
        while True:
            try:
                async with leading(self._url, self._settings, _ONE_ACTIVE) as connection:
                    await self._keep(connection)
            except UNREACHABLE as fault:
                logger.warning("deliverer interrupted", error=type(fault).__name__)
            finally:
                await stop([one.task for one in self._at_work.values()])
                self._at_work.clear()
            await asyncio.sleep(self._settings.relay_standby_seconds)

    async def _keep(self, connection: Connection) -> None:
        """Whoever is to be told has a courier; whoever is not, has none."""
        if self._settings.platform_url:
            await self.ledger.open(platform.NAME)  # webhooks are opened as they are made
        forget_at = monotonic()
        while True:
            await connection.execute("select 1")  # whoever lost the lock hears of it here
            wanted = await self._wanted()
            for name in self._at_work.keys() - wanted.keys():
                await stop([self._at_work.pop(name).task])
            for name, make in wanted.items():
                await self._see_to(name, make)
            if monotonic() >= forget_at:
                await self.ledger.let_go(self._settings.deliveries_kept_days)
                await self.webhooks.forget_former()
                forget_at = monotonic() + _FORGET_EVERY_SECONDS
            await asyncio.sleep(self._settings.deliver_poll_seconds)

    async def _wanted(self) -> dict[str, Callable[[], Closing]]:
        wanted: dict[str, Callable[[], Closing]] = {}
        if self._settings.platform_url:
            wanted[platform.NAME] = lambda: Platform(
                self._settings, self._log, self._vault, self.ledger
            )
        for hook in await self.webhooks.all():
            wanted[hook.destination] = lambda hook=hook: ToWebhook(  # type: ignore[misc]  # bound now
                hook, self.webhooks, self._gate, self._settings
            )
        return wanted

    async def _see_to(self, name: str, make: Callable[[], Closing]) -> None:
        cursor = await self.ledger.cursor(name)
        known = self._at_work.get(name)
        if cursor is None or (known and known.generation == cursor.generation):
            if known is not None and known.task.done():
                await self._ended(name, known.task)
            return
        if known is not None:
            await stop([known.task])
            del self._at_work[name]
        if cursor.suspended_at is not None:
            return

        async def work() -> None:
            destination, bell = make(), self._bells.listen()
            try:
                courier = Courier(destination, self.ledger, self._log, self._settings, bell)
                await courier.run(cursor)
            finally:
                self._bells.forget(bell)
                await destination.aclose()

        self._at_work[name] = _AtWork(cursor.generation, asyncio.create_task(work()))

    async def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        """Suspended, it stays so until its generation is another. One that fell comes again."""
        fault = asyncio.CancelledError() if task.cancelled() else task.exception()
        if fault is not None:
            logger.error("courier fell", destination=name, error=type(fault).__name__)
            del self._at_work[name]
