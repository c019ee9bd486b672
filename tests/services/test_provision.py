import nats
import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from nats.js import api
from sqlalchemy import create_engine

from services.app import provision
from services.log.migrate import is_current, migrate, newest, sqlalchemy_url
from services.log.schema import metadata
from services.messaging import streams, subjects
from services.settings import settings_with
from tests.examples import NEVERS


def test_the_migrations_make_the_tables_the_code_speaks_of(database_url):
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert [d for d in differences if "alembic_version" not in str(d)] == []


async def test_a_migrated_database_is_current_and_an_empty_one_is_not(postgres, database_url):
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        assert await is_current(connection)
    async with await psycopg.AsyncConnection.connect(postgres.url) as connection:
        assert not await is_current(connection)
    assert newest() == "0014"


def test_migrating_twice_changes_nothing(database_url):
    migrate(database_url)


async def test_provisioning_twice_changes_nothing_and_settings_are_applied(settings, addresses):
    await provision(settings, addresses)
    await provision(settings, addresses)
    changed = settings_with(state=settings.state, events_kept_days=7, intake_ack_wait_seconds=12)
    await provision(changed, addresses)

    client = await nats.connect(addresses.nats_url)
    js = client.jetstream()
    inbox = (await js.stream_info(streams.INBOX)).config
    events = (await js.stream_info(streams.EVENTS)).config
    consumer = (await js.consumer_info(streams.INBOX, streams.INTAKE)).config
    await client.close()

    assert inbox.retention == api.RetentionPolicy.WORK_QUEUE
    assert inbox.discard == api.DiscardPolicy.NEW
    assert events.max_age == 7 * 86400
    assert events.duplicate_window == 120
    assert consumer.ack_wait == 12
    assert consumer.max_deliver == -1


async def test_what_was_taken_in_while_the_disk_was_full_does_not_stay(addresses):
    """Found in review: with names in it, for ever. A stream that keeps everything stands for it."""
    client = await nats.connect(addresses.nats_url)
    js = client.jetstream()
    await js.add_stream(name=streams.INBOX, subjects=[subjects.INBOX])
    taking = await js.pull_subscribe(subjects.INBOX, durable=streams.INTAKE, stream=streams.INBOX)
    for nth in range(3):
        await js.publish(subjects.inbox(NEVERS, "care-request"), str(nth).encode())
    for message in await taking.fetch(2):
        await message.ack_sync()

    for _ in range(2):
        floor = (await js.consumer_info(streams.INBOX, streams.INTAKE)).ack_floor
        await streams.purge_taken_in(js, floor.stream_seq)

    state = (await js.stream_info(streams.INBOX)).state
    assert (state.messages, state.first_seq) == (1, 3)
    await client.close()
