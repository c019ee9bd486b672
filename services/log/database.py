"""Connections to PostgreSQL for the hot path: plain psycopg, UTC, orjson."""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from services.settings import Settings

Connection = AsyncConnection[tuple[object, ...]]
Pool = AsyncConnectionPool[Connection]

UNREACHABLE = (psycopg.OperationalError, psycopg.InterfaceError)
"""PostgreSQL is away, or went away in the middle: a fault that passes."""

_CLOSING_SECONDS = 1.0
_OPTIONS = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=0"
# What is asked again and again is planned once: of 4 ms for a question about places, 0.5 to 0.6.
_ONE_PLAN = "-c plan_cache_mode=force_generic_plan"


async def connect(url: str, settings: Settings) -> Connection:
    """One connection that commits each statement by itself."""
    opening = asyncio.ensure_future(
        AsyncConnection.connect(
            url,
            autocommit=True,
            connect_timeout=int(settings.database_connect_timeout_seconds),
            options=_OPTIONS,
            application_name="snp-dispatch",
            keepalives_idle=30,
        )
    )
    try:
        connection: Connection = await asyncio.shield(opening)
    except asyncio.CancelledError:
        # Left half way through its greeting, it would be waited for by PostgreSQL for a minute.
        opening.add_done_callback(_finish)
        await asyncio.wait({opening})  # a second cancellation ends the wait, not the greeting
        raise
    set_json_loads(orjson.loads, connection)
    return connection


async def _check(connection: Connection) -> None:
    """Raises OperationalError for a connection that has ended. No round trip for one that has not.

    Between two statements the server says nothing, unless it goes away: then there is something to
    read, an end of file or its last words.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        await AsyncConnectionPool.check_connection(connection)


def _finish(opening: asyncio.Future[Connection]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().pgconn.finish()


@asynccontextmanager
async def pool_of(url: str, settings: Settings) -> AsyncIterator[Pool]:
    """Connections for readers. A dead one is noticed before it is handed out."""

    async def configure(connection: Connection) -> None:
        set_json_loads(orjson.loads, connection)

    pool: Pool = AsyncConnectionPool(
        url,
        kwargs={
            "autocommit": True,
            "options": f"{_OPTIONS} {_ONE_PLAN}",
            "application_name": "snp-dispatch",
            "connect_timeout": int(settings.database_connect_timeout_seconds),
        },
        min_size=2,
        max_size=settings.database_connections,
        timeout=settings.database_connect_timeout_seconds,
        configure=configure,
        check=_check,
        # Left to itself, the pool looks for a PostgreSQL that is away half as often each time, and
        # finds it again up to five minutes late.
        reconnect_timeout=settings.database_reconnect_seconds,
        reconnect_failed=AsyncConnectionPool.check,
        open=False,
    )
    async with pool:
        await pool.wait(settings.database_connect_timeout_seconds)
        try:
            yield pool
        finally:
            # Nor must one that replaces a broken connection be left half way.
            with suppress(PoolTimeout):
                await pool.wait(_CLOSING_SECONDS)


async def one_at_a_time(connection: Connection, what: str) -> None:
    """Until the transaction ends nobody else is at this, in whatever process: others wait."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (what,))
