"""What a command that looks or sends needs: settings, addresses, a pool, a connection."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import nats
import orjson
from nats.aio.client import Client
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from services.addresses import Addresses
from services.cli.errors import Told
from services.embedded import state as states
from services.log.database import Pool, pool_of
from services.log.vault import Sealer, Vault, master_key
from services.messaging import subjects
from services.messaging.dead_letters import DeadLetters
from services.settings import Settings, settings_with

T = TypeVar("T")

WIDE = 160
_CLOCK_SECONDS = 300.0  # a week passes from instant to instant
ANSWER_SECONDS = 15.0  # so long a command waits for the service it asks
_LEAST = 12  # characters that are always left of a column
console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
"""Long lines are the terminal's to wrap; a pipe gets them whole."""


def show_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], cut: Collection[str] = ()
) -> None:
    """One line a row. Where the terminal is narrow, the columns named in `cut` are cut short."""
    cells = [[Text.from_markup(cell) for cell in row] for row in rows]
    widths = [
        max([cell_len(column), *(row[nth].cell_len for row in cells)])
        for nth, column in enumerate(columns)
    ]
    too_wide = sum(widths) + 2 * (len(columns) - 1) - console.width
    for nth, column in enumerate(columns):
        if column in cut and too_wide > 0:
            less = min(too_wide, max(widths[nth] - _LEAST, 0))
            widths[nth] -= less
            too_wide -= less
    shown = Table(header_style="bold", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        shown.add_column(column, no_wrap=True, overflow="ellipsis", width=width)
    for row in cells:
        shown.add_row(*row)
    console.print(shown)


def addresses_of(settings: Settings) -> Addresses:
    """Those of the environment, or of what `snp up` runs with this state. Raises NotRunning."""
    database, nats_servers = settings.database_url, settings.nats_url
    if database and nats_servers:
        return Addresses(database.get_secret_value(), nats_servers.get_secret_value())
    found = states.addresses(settings.state)
    return Addresses(
        database.get_secret_value() if database else found["database"],
        nats_servers.get_secret_value() if nats_servers else found["nats"],
    )


class Session:
    """Settings, addresses, and connections made when first asked for."""

    def __init__(self, settings: Settings, addresses: Addresses, pool: Pool) -> None:
        self.settings = settings
        self.addresses = addresses
        self.pool = pool

    @property
    def sandboxed(self) -> bool:
        """Whether what runs here has a time of its own."""
        if self.settings.nats_url:
            return False
        try:
            return states.addresses(self.settings.state).get("clock") == "sandbox"
        except states.NotRunning:
            return False

    async def now(self) -> datetime:
        """The present instant, of the sandbox where there is one."""
        if not self.sandboxed:
            return datetime.now(UTC)
        return datetime.fromisoformat((await self.clock({}))["now"])

    async def clock(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """What the sandbox's clock says, once it was set like that."""
        async with self.nats() as client:
            message = await client.request(
                subjects.CLOCK, orjson.dumps(wanted), timeout=_CLOCK_SECONDS
            )
        told: dict[str, Any] = orjson.loads(message.data)
        if "code" in told:
            problems = "; ".join(f"{p['field']}: {p['message']}" for p in told.get("problems", ()))
            raise Told(problems or told["message"], code=told["code"])
        return told

    @property
    def vault(self) -> Vault:
        """The vault, with its key."""
        return Vault(self.pool, Sealer(master_key(self.settings)))

    @asynccontextmanager
    async def nats(self) -> AsyncIterator[Client]:
        """A connection to NATS."""
        client = await nats.connect(
            self.addresses.nats_url.split(","),
            connect_timeout=5,
            max_reconnect_attempts=2,
            error_cb=_said_by_us,
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


async def _said_by_us(_: Exception) -> None:
    """What goes wrong is raised as well, and told in our words: no traceback of its own."""


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
