"""Read models read from outside: by the role of dashboards, and by how old they are."""

import psycopg
import pytest
from prometheus_client import REGISTRY

from projections.catalogue import PROJECTIONS
from services.app import provision
from services.projector.projector import rebuild
from services.projector.readers import READER
from services.settings import settings_with
from tests.running import until
from tests.talking import opened, request_told, tell

PASSWORD = "of a dashboard's"  # noqa: S105 of a database that is thrown away


def reading(database_url, statement):
    _, _, place = database_url.rpartition("@")
    with psycopg.connect(f"postgresql://{READER}@{place}", password=PASSWORD) as connection:
        return connection.execute(statement).fetchone()


@pytest.fixture
def with_reader(settings):
    return settings_with(state=settings.state, reader_password=PASSWORD)


async def test_dashboards_read_what_is_made_for_them_and_nothing_else(
    house, with_reader, addresses, database_url
):
    await opened(house)
    await house.settled()
    for _ in range(2):
        await provision(with_reader, addresses)
    await rebuild(house.pool, PROJECTIONS["availability"], with_reader)

    assert reading(database_url, "select count(*) from availability.slots") == (1,)
    assert reading(database_url, "select count(*) from indicators.places") == (1,)
    for statement in (
        "select * from events",
        "select * from vault",
        "select * from reveals",
        "select * from board.requests",
        "delete from availability.slots",
        "create table mine (n int)",
        "set default_transaction_read_only = off; update availability.slots set taken = 0",
    ):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
        ):
            reading(database_url, statement)


async def test_whoever_may_not_make_roles_is_told(house, with_reader, addresses, database_url):
    async with house.pool.connection() as connection:
        await connection.execute("create role nobody_much login password 'n'")
        await connection.execute("grant select on all tables in schema public to nobody_much")
    _, _, place = database_url.rpartition("@")
    theirs = type(addresses)(f"postgresql://nobody_much:n@{place}", addresses.nats_url)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await provision(with_reader, theirs)


async def test_a_read_model_is_as_old_as_what_it_does_not_show_yet(house):
    def age():
        return REGISTRY.get_sample_value("snp_projection_age_seconds", {"projection": "board"})

    await opened(house)
    await house.settled()
    assert age() == 0.0
    async with house.pool.connection() as connection, connection.transaction():
        # Another holds the tables: nothing is shown until it lets go of them.
        await connection.execute("select * from checkpoints where name = 'board' for update")
        await tell(house, "care-request", request_told())
        await until(lambda: age() > 0.2)
    await until(lambda: age() == 0.0)
