"""kill -9 in the middle of each step of a ladder: nothing fires twice, nothing is forgotten.

The product runs as a sandbox whose time stands still until the test moves it. In each step it is
killed, started again, and goes on: once at the same instant, once when the step should be over.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import asynccontextmanager, suppress
from datetime import UTC, timedelta

import orjson
import pytest
from nats.errors import NoRespondersError

from events import streams
from events.catalogue import AnyEvent
from services.embedded.servers import servers_in
from services.embedded.state import check_kind
from services.log.database import pool_of
from services.log.reader import Log
from services.log.verify import verify
from services.messaging import subjects
from services.settings import settings_with
from tests.conftest import house_at
from tests.examples import DR_ADAM, DR_BLAIN, MINUTE, NEVERS, NOON, VALENCIENNES
from tests.faults.test_kills import Snp, client_of, started, state_in
from tests.running import until
from tests.services.test_dispatch import elsewhere
from tests.talking import (
    cloud_event,
    community_told,
    opened,
    practitioner_told,
    request_told,
    slot_told,
    tell,
)

TREATING, SOS = "10978000031", "10978000049"
SECOND = timedelta(seconds=1)
STEPS = [
    {"kind": "TREATING_DOCTOR", "minutes": 4},
    {"kind": "MEMBER_SLOTS", "minutes": 6},
    {"kind": "MEMBER_OFFERS", "minutes": 10},
    {"kind": "NEIGHBOUR_SLOTS", "minutes": 10},
    {"kind": "PARTNER_OFFERS", "minutes": 10, "settings": ["SOS"]},
]
LADDER = {"title": "Each", "rules": [{"title": "All", "steps": STEPS}]}
ENDS = [4, 10, 12.5, 22.5, 25]  # minutes after noon: of a step that asks, when the wave is over


class Sandbox(Snp):
    """As `snp up`, with a time of its own, found again where it was."""

    def __init__(self, folder):
        super().__init__(folder)
        self.now = NOON

    async def start(self):
        words = ["up", "--json", "--sandbox", "--state", str(self.folder), "--speed", "0"]
        local = self.now.astimezone(UTC) + timedelta(hours=1)  # in France, in winter
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 the test has nothing else to do
                [
                    sys.executable,
                    "-m",
                    "services",
                    *words,
                    "--clock",
                    f"{local:%Y-%m-%dT%H:%M}",
                ],
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        await until(self.is_up, within=30)
        await self.move_to(self.now)

    async def move_to(self, instant):
        """Let it be then, and whatever is due by then be done."""
        self.now = instant
        body = orjson.dumps({"to": instant.isoformat()})

        async def moved():
            """Its servers are there before its services are."""
            with suppress(NoRespondersError):
                async with client_of(self) as client:
                    return await client.request(subjects.CLOCK, body, timeout=10)

        await until(moved, within=30)

    async def kill_9(self, *, late=timedelta()):
        """Killed, and up again; so much later, if it took a while."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.now += late
        await self.start()


@pytest.fixture
async def sandbox(tmp_path):
    async with started(Sandbox, tmp_path) as made:
        yield made


async def told(client, kind, data, community=NEVERS):
    body = orjson.dumps(cloud_event(kind, data, source="/faults"))
    answer = await client.request(f"snp.ask.{community}.{kind}", body, timeout=10)
    said = json.loads(answer.data)
    assert "code" not in said, said
    return said


async def prepared(sandbox):
    """A doctor, members and a partner who never answer; a neighbour. The request's id."""
    place = slot_told(NOON)["place"]
    async with client_of(sandbox) as client:
        for finess in (NEVERS, VALENCIENNES):
            await told(client, "community", community_told(finess), finess)
        for one, other in ((NEVERS, VALENCIENNES), (VALENCIENNES, NEVERS)):
            await told(client, "neighbours", {"finess": one, "neighbours": [other]}, one)
        await told(client, "ladder", {"finess": NEVERS, "ladder": LADDER})
        agrees = {"sources": ["SAS"], "overbook": {"place": place}}
        for rpps, setting in ((TREATING, "PS"), (DR_ADAM, "PS"), (DR_BLAIN, "PS"), (SOS, "SOS")):
            sheet = practitioner_told(rpps, consent=agrees, setting=setting)
            await told(client, "practitioner", sheet)
        asked = request_told(NOON, delay="1H", treating_doctor=TREATING)
        return (await told(client, "care-request", asked))["id"]


@asynccontextmanager
async def log_of(sandbox):
    async with pool_of(sandbox.addresses["database"], settings_with(state=sandbox.folder)) as pool:
        yield Log(pool), pool


async def story(sandbox, request_id) -> list[AnyEvent]:
    async with log_of(sandbox) as (log, _):
        return [r.event for r in await log.history(streams.request(request_id))]


async def in_step(sandbox, request_id, number):
    """Return once the request is there."""

    async def there():
        events = await story(sandbox, request_id)
        reached = [e.step for e in events if e.name == "request.escalated"]
        return reached[-1:] == [number]

    await until(there, within=20)


@pytest.mark.parametrize("late", [timedelta(), 90 * SECOND], ids=["at once", "a while later"])
async def test_killed_in_each_step_it_goes_on_as_if_nothing_had_been(sandbox, late):
    request_id = await prepared(sandbox)
    for number, end in enumerate(ENDS):
        await in_step(sandbox, request_id, number)
        ends = NOON + end * MINUTE
        await sandbox.move_to(max(sandbox.now, ends - MINUTE))
        await sandbox.kill_9(late=late)
        if sandbox.now < ends:
            await sandbox.move_to(ends)
    hand_back = NOON + 50 * MINUTE
    await sandbox.move_to(hand_back - MINUTE)
    await sandbox.kill_9(late=late)
    await sandbox.move_to(max(sandbox.now, hand_back))

    async def handed_back():
        return (await story(sandbox, request_id))[-1].name == "request.handed_back"

    await until(handed_back, within=20)
    events = await story(sandbox, request_id)
    steps = [event.step for event in events if event.name == "request.escalated"]
    assert steps == [0, 1, 2, 3, 4]
    asked = Counter(rpps for e in events if e.name == "request.offered" for rpps in e.to)
    assert asked == dict.fromkeys((TREATING, DR_ADAM, DR_BLAIN, SOS), 1)
    lapsed = Counter(event.rpps for event in events if event.name == "offer.lapsed")
    assert lapsed == asked
    assert [e.name for e in events].count("request.handed_back") == 1
    # Each at its instant, or as soon as somebody was there to look.
    entered = [event.escalated_at for event in events if event.name == "request.escalated"]
    for at, end in zip(entered[1:], ENDS, strict=False):
        assert NOON + end * MINUTE <= at <= NOON + end * MINUTE + late
    async with log_of(sandbox) as (_, pool):
        assert (await verify(pool, settings_with(state=sandbox.folder))).violations == []


@pytest.mark.parametrize("late", [timedelta(), 10 * MINUTE], ids=["at once", "a while later"])
async def test_killed_while_a_place_is_held_it_lets_go_of_it_once(tmp_path, clock, late):
    settings = settings_with(state=state_in(tmp_path))
    check_kind(settings.state, sandbox=True)
    with servers_in(settings.state) as servers:
        async with house_at(settings, servers, clock=clock, partition=elsewhere()) as house:
            slot = await opened(house)  # and dispatch looks after another community
            request_id = (await tell(house, "care-request", request_told()))["id"]
            kept = {"request_id": request_id, "slot_id": slot["id"]}
            assert (await tell(house, "hold", kept))["state"] == "held"
    held_until = NOON + 3 * MINUTE
    async with started(Sandbox, tmp_path) as sandbox:
        await sandbox.move_to(held_until - MINUTE)
        assert (await story(sandbox, request_id))[-1].name == "request.place_held"
        await sandbox.kill_9(late=late)
        await sandbox.move_to(max(sandbox.now, held_until))

        async def given():
            return (await story(sandbox, request_id))[-1].name == "request.assigned"

        await until(given, within=20)
        names = [event.name for event in await story(sandbox, request_id)]
        assert names.count("request.hold_lapsed") == 1
        async with log_of(sandbox) as (_, pool):
            assert (await verify(pool, settings)).violations == []
