"""What a command that looks or sends needs: settings, addresses, a pool, a connection."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import nats
import orjson
from nats.aio.client import Client
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from services.app import Addresses
from services.embedded import state as states
from services.log.database import Pool, pool_of
from services.log.vault import Sealer, Vault, master_key
from services.messaging.dead_letters import DeadLetters
from services.settings import Settings, settings_with

T = TypeVar("T")

console = Console()


def addresses_of(settings: Settings) -> Addresses:
    """Those of the environment, or of what `snp up` runs with this state. Raises NotRunning."""
    if settings.database_url and settings.nats_url:
        return Addresses(
            settings.database_url.get_secret_value(), settings.nats_url.get_secret_value()
        )
    found = states.addresses(settings.state)
    return Addresses(
        settings.database_url.get_secret_value() if settings.database_url else found["database"],
        settings.nats_url.get_secret_value() if settings.nats_url else found["nats"],
    )


class Session:
    """Settings, addresses, and connections made when first asked for."""

    def __init__(self, settings: Settings, addresses: Addresses, pool: Pool) -> None:
        self.settings = settings
        self.addresses = addresses
        self.pool = pool

    @property
    def vault(self) -> Vault:
        """The vault, with its key."""
        return Vault(self.pool, Sealer(master_key(self.settings)))

    @asynccontextmanager
    async def nats(self) -> AsyncIterator[Client]:
        """A connection to NATS."""
        client = await nats.connect(
            self.addresses.nats_url.split(","), connect_timeout=5, max_reconnect_attempts=2
        )
        try:
            yield client
        finally:
            await client.close()

    @asynccontextmanager
    async def letters(self) -> AsyncIterator[DeadLetters]:
        """The dead letters."""
        async with self.nats() as client:
            yield DeadLetters(client, self.vault, self.settings)


def in_session(state: Path | None, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
    """Do the work against what the settings name."""

    async def session() -> T:
        settings = settings_with(state=state)
        addresses = addresses_of(settings)
        async with pool_of(addresses.database_url, settings) as pool:
            return await work(Session(settings, addresses, pool))

    return asyncio.run(session())


def say(value: object) -> None:
    """One JSON object on one line."""
    print(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode())


def progress(label: str) -> tuple[Progress, Callable[[int, int], None]]:
    """A bar on stderr, and what moves it. It goes when done, and shows nothing to a pipe."""
    bar = Progress(
        TextColumn(label),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(label, total=None)

    def move(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return bar, move
