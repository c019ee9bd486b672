"""From the log to JetStream: everything, in order, once."""

import asyncio
from uuid import uuid4

import nats
import orjson
import psycopg
import pytest
from nats.js import api

from events import streams as names
from events.envelope import Actor, Role
from services.app import provision
from services.log.bells import Bells
from services.log.commands import Append, Circumstances, Write
from services.log.relay import POSITION, PREVIOUS_POSITION, Relay
from services.messaging import streams
from tests.examples import ANNA, NEVERS, called, received
from tests.running import running, until


@pytest.fixture
async def client(settings, addresses):
    await provision(settings, addresses)
    connected = await nats.connect(
        addresses.nats_url, max_reconnect_attempts=-1, reconnect_time_wait=0.05
    )
    yield connected
    await connected.close()


def command(n, community=NEVERS):
    circumstances = Circumstances(
        community=community,
        actor=Actor(ref="tests", role=Role.SYSTEM),
        correlation=ANNA,
        causation=ANNA,
        case_id="fr.health.samu580.DRFR1",
    )
    request_id = called(f"patient {n}")
    write = Write(names.request(request_id), 0, (received(request_id),))
    return Append(command_id=uuid4(), writes=[write], circumstances=circumstances)


async def write(appender, numbers):
    await asyncio.gather(*(appender.append(command(n)) for n in numbers))


async def published(client):
    js = client.jetstream()
    state = (await js.stream_info(streams.EVENTS)).state
    return [
        await js.get_msg(streams.EVENTS, sequence, direct=True)
        for sequence in range(state.first_seq or 1, state.last_seq + 1)
    ]


async def on_jetstream(client, count):
    async def enough():
        return (await client.jetstream().stream_info(streams.EVENTS)).state.messages >= count

    await until(enough)


def relay(addresses, client, settings, bells):
    return Relay(addresses.database_url, client, settings, bells.listen())


async def test_events_are_published_as_cloudevents_in_the_order_of_the_log(
    addresses, settings, appender, client
):
    async with running(relay(addresses, client, settings, Bells()).run()):
        await write(appender, range(50))
        await on_jetstream(client, 50)

    messages = await published(client)
    positions = [int(m.headers[POSITION]) for m in messages]
    assert positions == list(range(1, 51))
    assert [int(m.headers[PREVIOUS_POSITION]) for m in messages] == list(range(50))
    first = orjson.loads(messages[0].data)
    assert first["specversion"] == "1.0"
    assert first["type"] == "request.received"
    assert first["caseid"] == "fr.health.samu580.DRFR1"
    assert first["data"]["motive"] == "M03.14"
    request_id = first["data"]["request_id"]
    assert messages[0].subject == f"snp.event.{NEVERS}.request.received.{request_id}"


async def test_after_a_crash_between_publishing_and_the_checkpoint_nothing_is_there_twice(
    addresses, settings, appender, client
):
    await write(appender, range(20))
    async with running(relay(addresses, client, settings, Bells()).run()):
        await on_jetstream(client, 20)
    async with await psycopg.AsyncConnection.connect(addresses.database_url) as connection:
        await connection.execute("delete from checkpoints")

    async with running(relay(addresses, client, settings, Bells()).run()):
        await write(appender, range(20, 30))
        await on_jetstream(client, 30)

    assert [int(m.headers[POSITION]) for m in await published(client)] == list(range(1, 31))


async def test_what_jetstream_lost_is_published_again(addresses, settings, appender, client):
    await write(appender, range(10))
    async with running(relay(addresses, client, settings, Bells()).run()):
        await on_jetstream(client, 10)
    js = client.jetstream()
    config = (await js.stream_info(streams.EVENTS)).config
    await js.delete_stream(streams.EVENTS)  # a disk was lost, and the stream with it
    await js.add_stream(api.StreamConfig.from_response(config.as_dict()))

    async with running(relay(addresses, client, settings, Bells()).run()):
        await on_jetstream(client, 10)

    assert [int(m.headers[POSITION]) for m in await published(client)] == list(range(1, 11))


async def test_one_relay_is_active_and_another_takes_over(addresses, settings, appender, client):
    first = relay(addresses, client, settings, Bells())
    second = relay(addresses, client, settings, Bells())
    async with running(second.run()):
        async with running(first.run()):
            await until(lambda: first.active or second.active)
            await write(appender, range(5))
            await on_jetstream(client, 5)
            assert first.active != second.active
        await until(lambda: second.active)
        await write(appender, range(5, 9))
        await on_jetstream(client, 9)

    assert [int(m.headers[POSITION]) for m in await published(client)] == list(range(1, 10))


async def test_the_relay_outlives_a_server_that_goes_away(
    addresses, settings, appender, client, nats_server
):
    async with running(relay(addresses, client, settings, Bells()).run()):
        await write(appender, range(10))
        await on_jetstream(client, 10)
        nats_server.kill()
        await write(appender, range(10, 20))
        nats_server.start()
        await write(appender, range(20, 30))
        await on_jetstream(client, 30)

    positions = [int(m.headers[POSITION]) for m in await published(client)]
    assert positions == list(range(1, 31))


async def test_nothing_is_stored_after_an_event_that_was_lost(
    addresses, settings, appender, client, monkeypatch
):
    hasty = settings.model_copy(update={"publish_timeout_seconds": 0.5})
    relaying = relay(addresses, client, hasty, Bells())
    publish, lost = relaying._js.publish_async, []

    async def losing_one(subject, payload, **how):
        if how["headers"][POSITION] == "5" and not lost:
            lost.append(subject)
            return asyncio.get_running_loop().create_future()  # never acknowledged
        return await publish(subject, payload, **how)

    monkeypatch.setattr(relaying._js, "publish_async", losing_one)
    await write(appender, range(10))
    async with running(relaying.run()):
        await on_jetstream(client, 10)

    assert lost
    assert [int(m.headers[POSITION]) for m in await published(client)] == list(range(1, 11))


async def test_an_event_of_newer_code_is_passed_on(addresses, settings, client):
    async with await psycopg.AsyncConnection.connect(addresses.database_url) as connection:
        await connection.execute(
            "insert into events (stream, version, name, schema_version, data, meta, recorded_at)"
            " values ('request-x', 1, 'request.teleported', 3, '{\"to\": 1}',"
            ' \'{"event_id": "e", "community": null, "case_id": null, "correlation": "c",'
            ' "causation": "c", "actor": {"ref": "r", "role": "system"}}\', now())'
        )

    async with running(relay(addresses, client, settings, Bells()).run()):
        await on_jetstream(client, 1)

    (message,) = await published(client)
    assert message.subject == "snp.event.none.request.teleported.x"
    assert orjson.loads(message.data)["data"] == {"to": 1}
