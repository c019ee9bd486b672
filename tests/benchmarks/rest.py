"""A request posted over HTTP, answered with its decision (`?wait`).

The services run as `snp up` runs them; this process calls as a regulation software would, at a
steady rate, over connections that are kept. Places are ranges with many places, as in `pipeline`.
A request is on disk before it is answered, and so is its place: beside it, how long the disk itself
takes for a page, which no answer can be faster than twice.
"""

import asyncio
import gc
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import Any

import httpx
import orjson

from tests.benchmarks import pipeline
from tests.benchmarks.calling import Caller, at_a_rate
from tests.benchmarks.servers import folder

GOAL = "p99 ≤ 25 ms at 100/s, each answered with its place"

RATE = 100
SECONDS = 10
ROUNDS = 3
CONNECTIONS = 16
PAGE_BYTES = 8192
PAGES_A_SECOND = 20


def run() -> dict[str, Any]:
    """Percentiles of the time from a request's instant to its decision in the answer."""
    with folder() as state:
        environment = os.environ | {
            "SNP_STATE": str(state),
            "SNP_HTTP_PORT": "0",
            "SNP_HTTP_REQUESTS_A_SECOND": "10000",
            "SNP_HTTP_BURST": "100000",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "up", "--json"],
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            told = orjson.loads(process.stdout.readline())
            return asyncio.run(_measure(state, told))
        finally:
            process.terminate()
            process.wait()


async def _measure(state: Path, told: dict[str, Any]) -> dict[str, Any]:
    gc.disable()  # pauses of who measures are not the product's
    base, token = told["http"], _regulator(told)
    async with pipeline.client_of(state) as client:
        await pipeline._prepare(client)
    callers = [Caller(base, token) for _ in range(CONNECTIONS)]
    states: list[str] = []

    async def post(caller: Caller, nth: int) -> None:
        finess = pipeline.finess_of(nth % pipeline.COMMUNITIES)
        path = f"/v1/requests?community={finess}&wait=2s"
        states.append(orjson.loads(await caller.ask("POST", path, _request(nth)))["state"])

    await at_a_rate(callers, RATE, 3 * RATE, post)  # warm
    rounds, disk = [], []
    for _ in range(ROUNDS):
        writing = asyncio.create_task(asyncio.to_thread(_written, state / "page", SECONDS))
        took = await at_a_rate(callers, RATE, RATE * SECONDS, post)
        rounds.append(quantiles(took, n=100, method="inclusive"))
        disk.append(quantiles(await writing, n=100, method="inclusive"))
    return {
        "rate": RATE,
        "p50_ms": round(median(found[49] for found in rounds), 2),
        "p99_ms": round(median(found[98] for found in rounds), 2),
        "worst_p99_ms": round(max(found[98] for found in rounds), 2),
        "disk_p50_ms": round(median(found[49] for found in disk), 2),
        "disk_p99_ms": round(median(found[98] for found in disk), 2),
        "disk_worst_p99_ms": round(max(found[98] for found in disk), 2),
        "assigned": states.count("assigned"),
        "requests": len(states),
    }


def _written(file: Path, seconds: float) -> list[float]:
    """Milliseconds each page took to be on disk, so many seconds long."""
    took = []
    until = perf_counter() + seconds
    with file.open("wb", buffering=0) as page:
        while (began := perf_counter()) < until:
            page.write(bytes(PAGE_BYTES))
            os.fdatasync(page.fileno())
            took.append(1000 * (perf_counter() - began))
            sleep(1 / PAGES_A_SECOND)
    return took


def _regulator(told: dict[str, Any]) -> str:
    """A token of an account the first administrator opens."""
    base, first = told["http"], told["administrator"]
    with httpx.Client(base_url=base, timeout=30) as client:

        def token(name: str, secret: str) -> str:
            answer = client.post("/v1/token", auth=(name, secret)).raise_for_status()
            return str(answer.json()["access_token"])

        who = {"Authorization": f"Bearer {token(first['client_id'], first['client_secret'])}"}
        grants = {"grants": [{"role": "regulator"}]}
        account = client.post("/v1/accounts", json=grants, headers=who).raise_for_status().json()
        path = f"/v1/accounts/{account['id']}/secret"
        made = client.post(path, headers=who).raise_for_status().json()
        return token(account["id"], made["secret"])


def _request(number: int) -> bytes:
    now = datetime.now(UTC)
    return orjson.dumps(
        {
            "asked_at": now.isoformat(),
            "due_by": (now + timedelta(hours=12)).isoformat(),
            "priority": "P2",
            "motive": "M03.14",
            "position": {
                "lat": pipeline.CENTRE[0] + (number % 7) / 100,
                "lon": pipeline.CENTRE[1] + (number % 11) / 100,
            },
            "patient": {"age": number % 90, "sex": "F", "name": "Lola", "phone": "+33639980000"},
        }
    )
