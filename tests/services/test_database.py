"""Connections to a PostgreSQL that goes away and comes back."""

import asyncio
from functools import partial
from pathlib import Path

from services.embedded.postgres import Postgres
from services.log.database import pool_of
from services.log.patience import patiently
from services.settings import settings_with
from tests.conftest import passable
from tests.running import until


async def read(pool):
    async with pool.connection() as connection:
        return await (await connection.execute("select 1")).fetchone()


TRIES = 12  # with pauses that double, an hour


async def test_postgresql_is_asked_for_at_the_same_pace_however_long_it_is_away(tmp_path: Path):
    """Found by a check: after two minutes without it, readers looked for it two minutes later."""
    server = Postgres(passable(tmp_path))
    server.start()
    try:
        settings = settings_with(
            state=tmp_path, database_reconnect_seconds=0.05, database_connect_timeout_seconds=60
        )
        async with pool_of(server.url, settings) as pool:
            server.kill()
            reading = asyncio.create_task(patiently(partial(read, pool), settings, "not read"))
            await until(lambda: pool.get_stats().get("connections_errors", 0) >= TRIES)

            await asyncio.to_thread(server.start)
            assert await asyncio.wait_for(reading, timeout=30) == (1,)
            assert await read(pool) == (1,)
    finally:
        server.stop()
