"""The one append path, on a real PostgreSQL."""

import asyncio
from uuid import uuid4, uuid5

import psycopg
import pytest

from events import streams
from events.envelope import Actor, Role
from services.log.appender import Appender
from services.log.bells import Bells
from services.log.commands import (
    AlreadySeen,
    Append,
    Appended,
    Circumstances,
    LogUnavailable,
    Sealed,
    StreamMoved,
    Write,
)
from services.log.reader import Log
from services.settings import settings_with
from tests.examples import ANNA, BEN, NEVERS, assigned, called, published, received, taken
from tests.running import running

CIRCUMSTANCES = Circumstances(
    community=NEVERS,
    actor=Actor(ref="tests", role=Role.SYSTEM),
    correlation=ANNA,
    causation=ANNA,
)
REQUEST = streams.request(ANNA)
AGENDA = streams.agenda(published().rpps, published().week)


def command(*writes, command_id=None, **how):
    return Append(
        command_id=command_id or uuid4(), writes=writes, circumstances=CIRCUMSTANCES, **how
    )


def to_request(expected=0, *events, request_id=ANNA):
    return Write(streams.request(request_id), expected, events or (received(request_id),))


async def test_an_empty_log_is_at_position_0(pool):
    assert await Log(pool).head() == 0
    assert await Log(pool).history(REQUEST) == []


async def test_what_is_appended_is_read_back_with_its_circumstances(appender, pool):
    given = command(to_request(), Write(AGENDA, 0, (published(),)))
    appended = await appender.append(given)

    assert isinstance(appended, Appended)
    read = await Log(pool).after(0, limit=10)
    assert appended.recorded == read
    assert [(r.position, r.stream, r.version) for r in read] == [(1, REQUEST, 1), (2, AGENDA, 1)]
    assert read[0].event == received()
    assert read[1].meta.event_id == uuid5(given.command_id, "1")
    assert read[1].meta.actor == CIRCUMSTANCES.actor


async def test_two_streams_are_written_together_or_not_at_all(appender, pool):
    await appender.append(command(to_request()))
    both = command(to_request(1, assigned()), Write(AGENDA, 7, (taken(),)))

    with pytest.raises(StreamMoved):
        await appender.append(both)

    assert await Log(pool).head() == 1


async def test_a_stream_that_was_read_must_not_have_moved(appender, pool):
    await appender.append(command(Write(AGENDA, 0, (published(),))))

    with pytest.raises(StreamMoved):
        await appender.append(command(to_request(), unmoved=[(AGENDA, 0)]))
    await appender.append(command(to_request(), unmoved=[(AGENDA, 1)]))

    assert await Log(pool).head() == 2


async def test_a_command_given_twice_is_written_once_and_answered_the_same(appender, pool):
    first = command(to_request(), fingerprint="f", answer={"id": "x"})
    await appender.append(first)

    again = await appender.append(first)

    assert again == AlreadySeen("f", {"id": "x"})
    assert await Log(pool).head() == 1


async def test_the_same_command_twice_at_once_is_written_once(appender, pool):
    same = command(to_request(), fingerprint="f", answer={"id": "x"})

    outcomes = await asyncio.gather(*(appender.append(same) for _ in range(8)))

    assert sum(isinstance(outcome, Appended) for outcome in outcomes) == 1
    assert outcomes.count(AlreadySeen("f", {"id": "x"})) == 7
    assert await Log(pool).head() == 1


async def test_one_conflict_in_a_batch_fails_alone(appender, pool):
    await appender.append(command(to_request()))
    others = [command(to_request(request_id=called(f"patient {n}"))) for n in range(40)]
    late = command(to_request())

    outcomes = await asyncio.gather(
        *(appender.append(one) for one in (*others[:20], late, *others[20:])),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, StreamMoved) for outcome in outcomes) == 1
    assert await Log(pool).head() == 41


async def test_of_those_who_expect_the_same_version_one_wins(appender, pool):
    await appender.append(command(Write(AGENDA, 0, (published(capacity=64),))))
    takers = [
        command(Write(AGENDA, 1, (taken(called(f"patient {n}")),)), to_request(request_id=uuid4()))
        for n in range(64)
    ]

    outcomes = await asyncio.gather(*map(appender.append, takers), return_exceptions=True)

    assert sum(isinstance(outcome, Appended) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StreamMoved) for outcome in outcomes) == 63
    assert (await Log(pool).load(AGENDA)).version == 2


async def test_a_command_may_stand_on_another_that_is_not_written_yet(appender, pool):
    first = command(Write(AGENDA, 0, (published(capacity=9),)))
    second = command(
        Write(AGENDA, 1, (taken(ANNA),)), to_request(), stands_on=frozenset({first.command_id})
    )
    third = command(Write(AGENDA, 2, (taken(BEN),)), stands_on=frozenset({second.command_id}))

    await asyncio.gather(*map(appender.append, (first, second, third)))

    assert (await Log(pool).load(AGENDA)).version == 3


async def test_what_stands_on_a_failed_command_fails_though_its_versions_would_fit(appender, pool):
    """Somebody else wrote the version it expects: it was decided on another history."""
    await appender.append(command(Write(AGENDA, 0, (published(capacity=9),))))
    await appender.append(command(Write(AGENDA, 1, (taken(called("somebody else")),))))
    lost = command(Write(AGENDA, 1, (taken(ANNA),)))
    upon_it = command(Write(AGENDA, 2, (taken(BEN),)), stands_on=frozenset({lost.command_id}))

    outcomes = await asyncio.gather(*map(appender.append, (lost, upon_it)), return_exceptions=True)
    later = command(Write(AGENDA, 2, (taken(BEN),)), stands_on=frozenset({upon_it.command_id}))
    with pytest.raises(StreamMoved):
        await appender.append(later)

    assert [type(outcome) for outcome in outcomes] == [StreamMoved, StreamMoved]
    assert (await Log(pool).load(AGENDA)).version == 2


async def test_commands_in_a_chain_share_its_fate(appender, database_url, settings, pool):
    """The first of the chain loses to another process: the second, in the same batch, does too."""
    await appender.append(command(Write(AGENDA, 0, (published(capacity=9),))))
    other = Appender(database_url, settings, Bells())
    first = command(Write(AGENDA, 1, (taken(ANNA),)))
    second = command(Write(AGENDA, 2, (taken(BEN),)), stands_on=frozenset({first.command_id}))
    async with running(other.run()):
        await other.append(command(Write(AGENDA, 1, (taken(called("elsewhere")),))))
        outcomes = await asyncio.gather(
            *map(appender.append, (first, second)), return_exceptions=True
        )

    assert [type(outcome) for outcome in outcomes] == [StreamMoved, StreamMoved]
    assert (await Log(pool).load(AGENDA)).version == 2


async def test_many_writers_leave_positions_without_gaps_in_the_order_of_commits(
    database_url, settings, pool
):
    """A reader that asks for what comes after a position misses nothing, whoever writes."""
    writers = [Appender(database_url, settings, Bells()) for _ in range(4)]
    seen: list[int] = []

    async def read():
        log = Log(pool)
        while len(seen) < 400:
            seen.extend(r.position for r in await log.after(seen[-1] if seen else 0, limit=7))

    async with running(*(writer.run() for writer in writers)):
        reading = asyncio.create_task(read())
        await asyncio.gather(
            *(
                writers[n % 4].append(command(to_request(request_id=called(f"patient {n}"))))
                for n in range(400)
            )
        )
        async with asyncio.timeout(20):
            await reading

    assert seen == list(range(1, 401))


async def test_what_is_sealed_is_kept_with_the_command_or_not_at_all(appender, pool):
    def sealed(name):
        return Sealed(ref=called(name), subject=called(name), kind="patient", key=b"k", body=b"b")

    await appender.append(command(to_request(), sealed=[sealed("kept")]))
    with pytest.raises(StreamMoved):
        await appender.append(command(to_request(), sealed=[sealed("not kept")]))

    async with pool.connection() as connection:
        cursor = await connection.execute("select ref, key, body from vault")
        assert await cursor.fetchall() == [(called("kept"), b"k", b"b")]


async def test_the_log_is_never_changed(appender, pool):
    await appender.append(command(to_request()))

    async with pool.connection() as connection:
        for attempt in (
            "update events set data = '{}'",
            "delete from events",
            "truncate events",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(attempt)


async def test_an_unreachable_log_is_said_in_time(settings):
    unreachable = "postgresql://nobody:x@127.0.0.1:1/nowhere"
    impatient = settings_with(state=settings.state, append_timeout_seconds=0.2)
    appender = Appender(unreachable, impatient, Bells())

    async with running(appender.run()):
        with pytest.raises(LogUnavailable):
            await appender.append(command(to_request()))


async def test_an_appender_whose_connection_is_cut_writes_everything_once(
    appender, pool, database_url
):
    total = 300

    async def cut_often():
        connection = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
        async with connection:
            while True:
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'snp-dispatch' and query like '%append%'"
                    " and datname = current_database()"
                )
                await asyncio.sleep(0.01)

    async def write(n):
        outcome = await appender.append(command(to_request(request_id=called(f"patient {n}"))))
        assert isinstance(outcome, Appended)
        return [r.position for r in outcome.recorded]

    async with running(cut_often()):
        positions = []
        for start in range(0, total, 20):
            positions += await asyncio.gather(*(write(n) for n in range(start, start + 20)))

    log = Log(pool)
    history = await log.after(0, limit=2 * total)
    assert sorted(p for one in positions for p in one) == [r.position for r in history]
    assert len(history) == total


async def test_a_malformed_value_fails_its_command_alone(appender, pool):
    spoilt = command(to_request(request_id=BEN), answer={"nul": "\x00"}, fingerprint="x")

    outcomes = await asyncio.gather(
        appender.append(command(to_request())), appender.append(spoilt), return_exceptions=True
    )

    assert isinstance(outcomes[0], Appended)
    assert isinstance(outcomes[1], psycopg.Error)
    assert await Log(pool).head() == 1
