"""Connections to PostgreSQL for the hot path: plain psycopg, UTC, orjson."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from psycopg import AsyncConnection
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from services.settings import Settings

Connection = AsyncConnection[tuple[object, ...]]
Pool = AsyncConnectionPool[Connection]

_OPTIONS = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=0"


async def connect(url: str, settings: Settings) -> Connection:
    """One connection that commits each statement by itself."""
    connection: Connection = await AsyncConnection.connect(
        url,
        autocommit=True,
        connect_timeout=int(settings.database_connect_timeout_seconds),
        options=_OPTIONS,
        application_name="snp-dispatch",
        keepalives_idle=30,
    )
    set_json_loads(orjson.loads, connection)
    return connection


@asynccontextmanager
async def pool_of(url: str, settings: Settings) -> AsyncIterator[Pool]:
    """Connections for readers. A dead one is noticed before it is handed out."""

    async def configure(connection: Connection) -> None:
        set_json_loads(orjson.loads, connection)

    pool: Pool = AsyncConnectionPool(
        url,
        kwargs={
            "autocommit": True,
            "options": _OPTIONS,
            "application_name": "snp-dispatch",
            "connect_timeout": int(settings.database_connect_timeout_seconds),
        },
        min_size=2,
        max_size=settings.database_connections,
        configure=configure,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    async with pool:
        yield pool
