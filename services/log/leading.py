"""One of several processes is active: whoever holds a lock of PostgreSQL's; others stand by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from services.log.database import Connection, connect
from services.settings import Settings


@asynccontextmanager
async def leading(url: str, settings: Settings, lock: int) -> AsyncIterator[Connection]:
    """The connection that holds it, until the end of the block. Waits for its turn."""
    connection = await connect(url, settings)
    try:
        while not await _locked(connection, lock):
            await asyncio.sleep(settings.relay_standby_seconds)
        yield connection
    finally:
        await connection.close()


async def _locked(connection: Connection, lock: int) -> bool:
    cursor = await connection.execute("select pg_try_advisory_lock(%s)", (lock,))
    return cast("tuple[bool]", await cursor.fetchone())[0]
