"""kill -9, again and again, under load: what was acknowledged is there, once."""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress

import nats
import orjson
import psycopg
import pytest
from nats.errors import Error as NatsError

from projections.catalogue import PROJECTIONS
from services.embedded import state as states
from services.intake.naming import command_of
from services.log.database import pool_of
from services.log.reader import Log
from services.log.verify import verify
from services.messaging import streams, subjects
from services.projector.projector import rebuild
from services.settings import settings_with
from tests.examples import NEVERS
from tests.projections.tables import contents
from tests.running import until
from tests.talking import cloud_event, community_told, practitioner_told, request_told, slot_told

KILLS = 20
VICTIMS = ("postgres", "nats-server", "the whole process")


class Snp:
    """`snp up`, with a state of its own, started again whenever it is killed."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = os.environ | {
            "SNP_STATE": str(folder),
            "SNP_HTTP_PORT": "0",
            "SNP_EMBEDDED_NATS_PORT": str(states.free_port()),
        }
        self.process = None

    async def start(self):
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 the test has nothing else to do
                [sys.executable, "-m", "services", "up", "--json"],
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        await until(self.is_up, within=30)

    def is_up(self):
        assert self.process.poll() is None, (self.folder / "up.log").read_text()[-3000:]
        with suppress(states.NotRunning):
            return bool(self.addresses)

    @property
    def addresses(self):
        return states.addresses(self.folder)

    def servers(self):
        """The processes below ours, by name."""
        found = {}
        for line in _ps():
            pid, parent, command = line.split(None, 2)
            if int(parent) == self.process.pid:
                found[command] = int(pid)
        return found

    async def kill(self, victim):
        if victim == "the whole process":
            self.process.kill()
            self.process.wait()
            await self.start()
            return
        before = self.servers()[victim]
        os.kill(before, signal.SIGKILL)
        await until(lambda: self.servers().get(victim, before) != before, within=30)


def _ps():
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid=,comm="],
        check=True,
        capture_output=True,
        text=True,
    )
    return [line for line in listed.stdout.splitlines() if "defunct" not in line]


def state_in(tmp_path):
    """A state folder there, which PostgreSQL finds its way to, whoever it runs as."""
    folder = tmp_path / "state"
    folder.mkdir(exist_ok=True)
    for part in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        part.chmod(part.stat().st_mode | 0o011)
    return folder


@asynccontextmanager
async def started(kind, tmp_path):
    """One of a kind of Snp, from when it runs until it has stopped and left nobody."""
    made = kind(state_in(tmp_path))
    try:
        await made.start()
        yield made
        made.process.send_signal(signal.SIGINT)
        assert made.process.wait(timeout=20) == 0
        assert made.servers() == {}
    finally:
        made.process.kill()  # of a test that failed: whoever comes after is not disturbed
        made.process.wait()


@pytest.fixture
async def snp(tmp_path):
    async with started(Snp, tmp_path) as made:
        yield made


@asynccontextmanager
async def client_of(snp):
    client = await nats.connect(
        snp.addresses["nats"], max_reconnect_attempts=-1, reconnect_time_wait=0.05
    )
    try:
        yield client
    finally:
        await client.close()


async def prepared(client):
    """A community with a doctor whose range has more places than will be asked for."""
    for kind, data in (
        ("community", community_told()),
        ("practitioner", practitioner_told()),
        ("slot", slot_told(_in(hours=5), capacity=500)),
    ):
        body = orjson.dumps(cloud_event(kind, data))
        answer = await client.request(f"snp.ask.{NEVERS}.{kind}", body, timeout=10)
        assert "code" not in json.loads(answer.data), answer.data


def _in(hours):
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 real time, here alone

    return datetime.now(UTC) + timedelta(hours=hours)


async def load(client, acknowledged, stop):
    """Requests, by JetStream and by request/reply; what was acknowledged is remembered."""
    js = client.jetstream(timeout=2)
    number = 0
    while not stop.is_set():
        number += 1
        event = cloud_event("care-request", request_told(_in(hours=0)), source="/load")
        body = orjson.dumps(event)
        try:
            if number % 2:
                await js.publish(
                    subjects.inbox(NEVERS, "care-request"),
                    body,
                    headers={"Nats-Msg-Id": event["id"]},
                )
                acknowledged.append(event["id"])
            else:
                answer = await client.request(subjects.ask(NEVERS, "care-request"), body, timeout=2)
                told = json.loads(answer.data)
                if told.get("state") == "waiting":
                    acknowledged.append(event["id"])
                else:
                    assert told["code"] == "log_unavailable"
        except (NatsError, TimeoutError):
            pass  # not acknowledged: nothing was promised
        await asyncio.sleep(0.005)


async def test_twenty_kills_lose_nothing_and_do_nothing_twice(snp):
    randomly = random.Random(7)
    victims = [VICTIMS[n % len(VICTIMS)] for n in range(KILLS)]
    acknowledged, stop = [], asyncio.Event()
    async with client_of(snp) as client:
        await prepared(client)
        loads = [asyncio.create_task(load(client, acknowledged, stop)) for _ in range(4)]
        for victim in victims:
            before = len(acknowledged)
            await until(lambda before=before: len(acknowledged) > before + 20, within=60)
            await asyncio.sleep(randomly.random() / 5)  # in the middle of something
            await snp.kill(victim)
        before = len(acknowledged)
        await until(lambda: len(acknowledged) > before + 20, within=60)
        stop.set()
        await asyncio.gather(*loads)
        await inbox_empty(client)

    settings = settings_with(state=snp.folder)
    async with pool_of(snp.addresses["database"], settings) as pool:
        await quiet(pool)
        received = await request_ids(pool)
        wanted = {str(command_of("/load", number)) for number in acknowledged}
        assert len(wanted) > KILLS * 20
        assert wanted - set(received) == set()
        assert len(received) == len(set(received))
        verdict = await verify(pool, settings)
        assert verdict.violations == []
        await shown(pool)
        for projection in PROJECTIONS.values():
            live = await contents(pool, projection)
            await rebuild(pool, projection, settings)
            assert await contents(pool, projection) == live


async def inbox_empty(client):
    js = client.jetstream(timeout=5)

    async def empty():
        return (await js.stream_info(streams.INBOX)).state.messages == 0

    await until(empty, within=60)


async def quiet(pool):
    """Return when dispatch has nothing left to decide: the log has stood still for a second."""
    log, last = Log(pool), -1
    async with asyncio.timeout(60):
        while (head := await log.head()) != last:
            last = head
            await asyncio.sleep(1)


async def shown(pool):
    """Return when the read models have come as far as the log."""
    head = await Log(pool).head()

    async def there():
        async with pool.connection() as connection:
            cursor = await connection.execute(
                "select min(position) from checkpoints where name = any(%s)", (list(PROJECTIONS),)
            )
            return (await cursor.fetchone())[0] >= head

    await until(there, within=60)


async def request_ids(pool):
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select data->>'request_id' from events where name = 'request.received'"
        )
        return [row[0] for row in await cursor.fetchall()]


async def test_kill_9_leaves_no_orphan(snp):
    below = set(snp.servers().values())
    assert len(below) == 2
    children = {int(p) for p, q, _ in (line.split(None, 2) for line in _ps()) if int(q) in below}

    snp.process.kill()
    snp.process.wait()

    def gone():
        return not (below | children) & {int(line.split()[0]) for line in _ps()}

    await until(gone, within=10)
    await snp.start()


async def test_a_second_start_with_the_same_state_is_refused_and_says_why(snp):
    second = subprocess.run(  # noqa: ASYNC221 the test has nothing else to do
        [sys.executable, "-m", "services", "up"],
        env=snp.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert re.search("Another `snp up` runs with this state", second.stderr)


async def test_what_was_there_is_found_again_by_the_next_start(snp):
    async with client_of(snp) as client:
        await prepared(client)
    async with await psycopg.AsyncConnection.connect(snp.addresses["database"]) as connection:
        before = await (await connection.execute("select max(position) from events")).fetchone()
    snp.process.send_signal(signal.SIGTERM)
    assert snp.process.wait(timeout=20) == 0

    await snp.start()

    async with await psycopg.AsyncConnection.connect(snp.addresses["database"]) as connection:
        after = await (await connection.execute("select max(position) from events")).fetchone()
    assert after == before
