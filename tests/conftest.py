"""Real servers for whoever asks: one PostgreSQL a worker with a database a test, a NATS a test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql

from projections.catalogue import PROJECTIONS
from services.addresses import Addresses
from services.app import House, open_house, provision
from services.clock import SimulatedClock
from services.embedded.nats_server import NatsServer
from services.embedded.postgres import Postgres
from services.log.appender import Appender
from services.log.bells import Bells
from services.log.database import Pool, pool_of
from services.log.migrate import migrate
from services.log.reader import Log
from services.projector.projector import Projector
from services.settings import Settings, settings_with
from tests.examples import NOON
from tests.running import running
from tests.services.doors import Door, doors_of

TEMPLATE = "snp_template"
MEMORY = Path("/dev/shm")  # noqa: S108 folders in it are made as in any other
ROOM_GIB = 6  # a whole run keeps less than half of it at a time
_numbers = count(1)


def pytest_configure() -> None:
    """What a test keeps it keeps in memory, where there is room: a database is 500 files.

    Made on a disk, they took half of what PostgreSQL did for most tests. Whoever is killed here is
    a process, never the machine: what it wrote is there as it would be on a disk.
    """
    # A property holds however long an example takes: a machine may be busy.
    hypothesis.settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("untimed")
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_GIB << 30:
        for name in ("PYTEST_DEBUG_TEMPROOT", "TMPDIR"):  # our own, and of what we start
            os.environ.setdefault(name, str(MEMORY))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server with a template database: migrated, its read models there and empty."""
    folder = passable(tmp_path_factory.mktemp("postgres"))
    server = Postgres(folder)
    server.start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for option in ("fsync", "full_page_writes"):
                connection.execute(sql.SQL("alter system set {} = off").format(sql.SQL(option)))
            connection.execute("select pg_reload_conf()")
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
        migrate(_database(server, TEMPLATE))
        asyncio.run(_read_models(_database(server, TEMPLATE)))
        yield server
    finally:
        server.stop()


async def _read_models(url: str) -> None:
    settings = settings_with()
    async with pool_of(url, settings) as pool:
        for projection in PROJECTIONS.values():
            bell = Bells().listen()
            await Projector(pool, Log(pool), projection, settings, bell).open()


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """A database of one's own, migrated and empty."""
    name = f"snp_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    yield _database(postgres, name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of one's own: it starts in ten milliseconds, and leaves nothing."""
    server = NatsServer(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, with a state folder of one's own, on any free port."""
    return settings_with(state=tmp_path, http_port=0)


@pytest.fixture
def addresses(database_url: str, nats_server: NatsServer) -> Addresses:
    """Both servers."""
    return Addresses(database_url, nats_server.url)


@pytest.fixture
async def pool(database_url: str, settings: Settings) -> AsyncIterator[Pool]:
    """Connections to the database."""
    async with pool_of(database_url, settings) as opened:
        yield opened


@pytest.fixture
async def appender(database_url: str, settings: Settings) -> AsyncIterator[Appender]:
    """An appender at work."""
    made = Appender(database_url, settings, Bells())
    async with running(made.run()):
        yield made


@pytest.fixture
def clock() -> SimulatedClock:
    """It is noon, on a Monday, until the test says otherwise."""
    return SimulatedClock(NOON)


@pytest.fixture
async def house(
    settings: Settings, addresses: Addresses, clock: SimulatedClock
) -> AsyncIterator[House]:
    """Every service."""
    async with house_at(settings, addresses, clock=clock) as opened:
        yield opened


@pytest.fixture
async def door(house: House) -> AsyncIterator[Door]:
    """HTTP over a house with every service, two communities and a doctor in each."""
    async with doors_of(house) as opened:
        yield opened


@asynccontextmanager
async def house_at(settings: Settings, addresses: Addresses, **how: Any) -> AsyncIterator[House]:
    """Provisioned and open."""
    await provision(settings, addresses)
    async with open_house(settings, addresses, **how) as opened:
        yield opened


def _database(server: Postgres, name: str) -> str:
    return server.url.rpartition("/")[0] + f"/{name}"


def passable(folder: Path) -> Path:
    """PostgreSQL may run as another account: it must be able to pass through."""
    for part in (folder, folder.parent, folder.parent.parent):
        if part.owner() == folder.owner() and not part.stat().st_mode & 0o001:
            part.chmod(part.stat().st_mode | 0o011)
    return folder
