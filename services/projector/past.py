"""A read model to ask several questions of: as it is, or as it was."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from psycopg import IsolationLevel

from projections.rows import Projection
from services.log import checkpoints
from services.log.database import Connection, Pool
from services.log.reader import Log, Only
from services.projector.projector import Progress, replay
from services.projector.queries import rows_on
from services.projector.statements import Statements
from services.settings import Settings

_LOOK_AGAIN_SECONDS = 0.02
_TEMPORARY = "pg_temp"  # PostgreSQL's name for the tables of this connection alone


@dataclass(frozen=True)
class Snapshot:
    """The tables of one state of the log."""

    connection: Connection
    schemas: Mapping[str, str]
    position: int

    async def rows(self, query: Any, **given: object) -> list[dict[str, Any]]:
        """What a query over the tables of the read model finds."""
        return await rows_on(self.connection, query, self.schemas, **given)


@asynccontextmanager
async def as_it_is(pool: Pool, projection: Projection) -> AsyncIterator[Snapshot]:
    """The read model now; it stands still for as long as one asks."""
    async with pool.connection() as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        try:
            async with connection.transaction():
                position = await checkpoints.reached(connection, projection.name)
                yield Snapshot(connection, {}, position)
        finally:
            await connection.set_isolation_level(None)


async def caught_up(pool: Pool, projection: Projection, within_seconds: float) -> bool:
    """Wait until the read model shows what is in the log now. False: it took longer than that."""
    return await shown_by(pool, [projection], await Log(pool).head(), within_seconds)


async def shown_by(
    pool: Pool, projections: Iterable[Projection], position: int, within_seconds: float
) -> bool:
    """Wait until these read models show the log up to there. False: it took longer than that."""
    waiting = [one.name for one in projections]
    with suppress(TimeoutError):
        async with asyncio.timeout(within_seconds):
            while True:
                async with pool.connection() as connection:
                    waiting = [
                        name
                        for name in waiting
                        if await checkpoints.reached(connection, name) < position
                    ]
                if not waiting:
                    return True
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return False


@asynccontextmanager
async def as_it_was(
    pool: Pool,
    projection: Projection,
    position: int,
    settings: Settings,
    progress: Progress | None = None,
    only: Only | None = None,
) -> AsyncIterator[Snapshot]:
    """The read model made of the log up to a position, in tables that go with the question.

    The same code over the same events as ever: what it shows is what was shown then. `only`: the
    streams the question is about.
    """
    statements = Statements(projection, _TEMPORARY)
    async with pool.connection() as connection:
        try:
            for statement in statements.tables():
                await connection.execute(statement)
            await replay(
                pool, connection, statements, settings, 0, progress, until=position, only=only
            )
            yield Snapshot(connection, {projection.name: _TEMPORARY}, position)
        finally:
            await connection.execute("discard temp")
