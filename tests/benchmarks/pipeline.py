"""From a request published to its `request.assigned` received, through every service.

The services run as `snp up` runs them, all in one process with embedded servers; this process
publishes requests on JetStream and subscribes to the events as a partner would. 500 open slots in
20 communities are weighed by the real matching. They are ranges with many places, so that there are
500 of them from the first request to the last. `channels_down_…`: as before, while every doctor is
to be told of each patient by a service that refuses. `floor_…` is what the machine itself takes, in
the same run: see floor.py.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy

from services.embedded import state as states
from services.messaging import subjects
from tests.benchmarks import floor
from tests.benchmarks.servers import folder

GOAL = "p50 ≤ 4 ms and p99 ≤ 12 ms at 200/s, ≥ 2 000 assigned/s, none lost, none twice"

COMMUNITIES = 20
DOCTORS_EACH = 5
SLOTS_EACH = 5  # a doctor: 500 slots in all
PLACES = 480
RATE = 200
SECONDS = 10
ROUNDS = 3
FLOOR_SECONDS = 10
BURST = 20_000
CENTRE = (46.99, 3.16)


def run() -> dict[str, Any]:
    """The latencies at a steady rate, then the throughput of a burst."""
    with folder() as state:
        environment = os.environ | {
            "SNP_STATE": str(state),
            "SNP_HTTP_PORT": "0",
            "SNP_NOTIFY_SMS_URL": "json://127.0.0.1:1/{to}",  # refused
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "up", "--json"],
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            return asyncio.run(_measure(state))
        finally:
            process.terminate()
            process.wait()


async def _measure(state: Path) -> dict[str, Any]:
    gc.disable()  # pauses of who measures are not the product's
    async with client_of(state) as client:
        least = await _floor(client, state)
        await _prepare(client)
        heard = await Heard.listening(client)
        await _steady(client, heard, "warm up", RATE, 5)
        rounds = [
            await _steady(client, heard, f"steady{nth}", RATE, SECONDS) for nth in range(ROUNDS)
        ]
        await _reached(client, "+33612345678")
        await _steady(client, heard, "told", RATE, 5)
        in_vain = [
            await _steady(client, heard, f"in-vain{nth}", RATE, SECONDS) for nth in range(ROUNDS)
        ]
        await _reached(client, None)
        burst = await _burst(client, heard)
    return {
        "rate": RATE,
        "p50_ms": round(median(found[49] for found in rounds), 2),
        "p99_ms": round(median(found[98] for found in rounds), 2),
        "worst_p99_ms": round(max(found[98] for found in rounds), 2),
        "floor_p50_ms": round(least[49], 2),
        "floor_p99_ms": round(least[98], 2),
        "assigned_per_s": round(burst),
        "lost": len(heard.sent.keys() - heard.assigned.keys()),
        "twice": sum(count > 1 for count in heard.assigned.values()),
        "requests": len(heard.sent),
        "channels_down_p50_ms": round(median(found[49] for found in in_vain), 2),
        "channels_down_p99_ms": round(median(found[98] for found in in_vain), 2),
    }


class Heard:
    """When each request was sent, and when its assignment came."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.came: dict[str, float] = {}
        self.assigned: Counter[str] = Counter()

    @classmethod
    async def listening(cls, client: Client) -> "Heard":
        heard = cls()
        await client.jetstream().subscribe(
            "snp.event.*.request.assigned.*",
            cb=heard.hear,
            ordered_consumer=True,
            deliver_policy=DeliverPolicy.NEW,
        )
        return heard

    async def hear(self, message: Msg) -> None:
        now = time.perf_counter()
        case = orjson.loads(message.data)["caseid"]
        self.came.setdefault(case, now)
        self.assigned[case] += 1

    async def all_of(self, cases: list[str], within: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while any(case not in self.came for case in cases):
                    await asyncio.sleep(0.02)


async def _steady(client: Client, heard: Heard, label: str, rate: int, seconds: int) -> list[float]:
    """Percentiles 1 to 99 of milliseconds from publishing to hearing."""
    js = client.jetstream()
    cases, began = [], time.perf_counter()
    for number in range(rate * seconds):
        delay = began + number / rate - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        subject, case, body = _request(f"{label}-{number}".replace(" ", ""), number)
        cases.append(case)
        heard.sent[case] = time.perf_counter()
        await js.publish_async(subject, body)
    await heard.all_of(cases, within=30)
    took = [1000 * (heard.came[c] - heard.sent[c]) for c in cases if c in heard.came]
    return quantiles(took, n=100, method="inclusive")


async def _floor(client: Client, state: Path) -> list[float]:
    """As `_steady`, of what floor.py does."""
    addresses = states.addresses(state)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.benchmarks.floor", addresses["nats"], addresses["database"]),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    js, came = client.jetstream(), dict[bytes, float]()

    async def hear(message: Msg) -> None:
        came[message.data] = time.perf_counter()

    await js.subscribe(floor.OUT, cb=hear, ordered_consumer=True, deliver_policy=DeliverPolicy.NEW)
    sent, began = dict[bytes, float](), time.perf_counter()
    for number in range(RATE * FLOOR_SECONDS):
        delay = began + number / RATE - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        body = str(number).encode()
        sent[body] = time.perf_counter()
        await js.publish_async(floor.IN, body)
    while len(came) < len(sent):
        await asyncio.sleep(0.02)
    process.terminate()
    await process.wait()
    return quantiles([1000 * (came[b] - sent[b]) for b in sent], n=100, method="inclusive")


async def _burst(client: Client, heard: Heard) -> float:
    """Requests assigned a second, from the first published to the last heard."""
    js = client.jetstream()
    messages = [_request(f"burst-{number}", number) for number in range(BURST)]
    began = time.perf_counter()
    for subject, case, body in messages:
        heard.sent[case] = time.perf_counter()
        await js.publish_async(subject, body)
    await heard.all_of([case for _, case, _ in messages], within=120)
    last = max(heard.came.get(case, 0.0) for _, case, _ in messages)
    return BURST / (last - began)


def _request(name: str, number: int) -> tuple[str, str, bytes]:
    community = finess_of(number % COMMUNITIES)
    case = f"fr.health.samu580.{name}"
    now = datetime.now(UTC)
    data = {
        "case_id": case,
        "asked_at": now.isoformat(),
        "due_by": (now + timedelta(hours=12)).isoformat(),
        "priority": "P2",
        "motive": "M03.14",
        "position": {
            "lat": CENTRE[0] + (number % 7) / 100,
            "lon": CENTRE[1] + (number % 11) / 100,
        },
        "patient": {"age": number % 90, "sex": "F", "name": "Lola", "phone": "+33639980000"},
    }
    return (
        subjects.inbox(community, "care-request"),
        case,
        event_of("care-request", name, data),
    )


async def _prepare(client: Client) -> None:
    start = (datetime.now(UTC) + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    for c in range(COMMUNITIES):
        finess = finess_of(c)
        commune = {
            "insee": "58194",
            "title": "Nevers",
            "population": 30_000,
            "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
        }
        told = {"finess": finess, "title": finess, "departement": "58", "communes": [commune]}
        await tell(client, finess, "community", finess, told)
        for d in range(DOCTORS_EACH):
            rpps = f"109{c:04}{d:04}"
            consent = {"sources": ["SAS", "CPTS"], "weekly_cap": None}
            sheet = {"rpps": rpps, "profession": "10", "consent": consent}
            await tell(client, finess, "practitioner", rpps, sheet)
            for s in range(SLOTS_EACH):
                begins = start + timedelta(minutes=30 * s)
                slot = {
                    "rpps": rpps,
                    "place": {
                        "title": f"Cabinet {d}",
                        "commune": "58194",
                        "position": {"lat": CENTRE[0] + d / 50, "lon": CENTRE[1] - d / 60},
                    },
                    "start": begins.isoformat(),
                    "end": (begins + timedelta(minutes=30)).isoformat(),
                    "capacity": PLACES,
                }
                await tell(client, finess, "slot", f"{rpps}-{s}", slot)


async def _reached(client: Client, address: str | None) -> None:
    """Every doctor is to be told of every patient by text message; or, by nothing."""
    for c in range(COMMUNITIES):
        for d in range(DOCTORS_EACH):
            rpps = f"109{c:04}{d:04}"
            sms = [{"channel": "SMS", "address": address}] if address else []
            sheet = {"rpps": rpps, "contacts": sms}
            await tell(client, finess_of(c), "contacts", f"{rpps}-{address}", sheet)


async def tell(client: Client, finess: str, kind: str, name: str, data: dict[str, Any]) -> None:
    answer = await client.request(
        subjects.ask(finess, kind), event_of(kind, name, data), timeout=10
    )
    told = orjson.loads(answer.data)
    assert "code" not in told, told


def event_of(kind: str, name: str, data: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": name,
            "source": "/benchmark",
            "type": f"snp.{kind}.v1",
            "data": data,
        }
    )


def finess_of(number: int) -> str:
    return f"5800{number:05}"


@asynccontextmanager
async def client_of(state: Path) -> AsyncIterator[Client]:
    """Connected once the services are up."""
    deadline = time.monotonic() + 30
    while True:
        try:
            url = states.addresses(state)["nats"]
            break
        except states.NotRunning:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
    client = await nats.connect(url)
    try:
        yield client
    finally:
        await client.close()
