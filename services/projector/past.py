"""A read model as it was: the log up to a position, in tables that go with the question."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from projections.rows import Projection
from services.log.database import Connection, Pool
from services.projector.projector import Progress, replay
from services.projector.statements import Statements
from services.settings import Settings

TEMPORARY = "pg_temp"  # PostgreSQL's name for the tables of this connection alone


@asynccontextmanager
async def as_it_was(
    pool: Pool,
    projection: Projection,
    position: int,
    settings: Settings,
    progress: Progress | None = None,
) -> AsyncIterator[Connection]:
    """A connection on which the tables of the read model are in `TEMPORARY`, as of then.

    The same code over the same events as ever: the figures are those that were shown then.
    """
    statements = Statements(projection, TEMPORARY)
    async with pool.connection() as connection:
        try:
            for statement in statements.tables():
                await connection.execute(statement)
            await replay(pool, connection, statements, settings, 0, progress, until=position)
            yield connection
        finally:
            await connection.execute("discard temp")
