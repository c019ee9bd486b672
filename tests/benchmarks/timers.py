"""Ten thousand requests that wait: is each looked at when it should be, and what does it cost?

The services run as `snp up` runs them. No slot is there, so every request has an instant at which
it is looked at again (`SNP_SEARCH_AGAIN_MINUTES`, here one minute instead of fifteen: that many
times the work). Lateness is from that instant to the one at which dispatch decided, as the log has
both.
"""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.messaging import subjects
from tests.benchmarks.pipeline import CENTRE, COMMUNITIES, client_of, event_of, finess_of, tell
from tests.benchmarks.servers import folder

GOAL = "10 000 waiting: late p99 ≤ 250 ms; under 5 % of a core at the usual fifteen minutes"

WAITING = 10_000
AGAIN_MINUTES = 1.0
USUAL_MINUTES = 15.0
MEASURED_SECONDS = 90
TICKS = os.sysconf("SC_CLK_TCK")


def run() -> dict[str, Any]:
    """Lateness in milliseconds, and the share of a core."""
    with folder() as state:
        environment = os.environ | {
            "SNP_STATE": str(state),
            "SNP_HTTP_PORT": "0",
            "SNP_SEARCH_AGAIN_MINUTES": str(AGAIN_MINUTES),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "up", "--json"],
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            return asyncio.run(_measure(state, process.pid))
        finally:
            process.terminate()
            process.wait()


async def _measure(state: Path, pid: int) -> dict[str, Any]:
    async with client_of(state) as client:
        wanted: dict[str, datetime] = {}
        late: list[float] = []

        async def hear(message: Msg) -> None:
            said = orjson.loads(message.data)["data"]
            if before := wanted.get(said["request_id"]):
                looked = datetime.fromisoformat(said["searched_at"])
                late.append(1000 * (looked - before).total_seconds())
            wanted[said["request_id"]] = datetime.fromisoformat(said["next_at"])

        await client.subscribe("snp.event.*.request.searching.*", cb=hear)
        await _wait_for_care(client)
        late.clear()
        before = _cpu_seconds(pid)
        await asyncio.sleep(MEASURED_SECONDS)
        busy = (_cpu_seconds(pid) - before) / MEASURED_SECONDS
    percentiles = quantiles(late, n=100, method="inclusive")
    return {
        "waiting": len(wanted),
        "looked_at": len(late),
        "late_p50_ms": round(percentiles[49], 1),
        "late_p99_ms": round(percentiles[98], 1),
        "late_max_ms": round(max(late), 1),
        "core_percent": round(100 * busy, 1),
        "core_percent_as_usual": round(100 * busy * AGAIN_MINUTES / USUAL_MINUTES, 1),
    }


async def _wait_for_care(client: Client) -> None:
    """Requests for which nobody has a place."""
    for nth in range(COMMUNITIES):
        commune = {
            "insee": "58194",
            "title": "Nevers",
            "population": 30_000,
            "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
        }
        finess = finess_of(nth)
        told = {"finess": finess, "title": finess, "departement": "58", "communes": [commune]}
        await tell(client, finess, "community", finess, told)
    # Spread over the minute, as their instants will be.
    every, loop = AGAIN_MINUTES * 60 / WAITING, asyncio.get_running_loop()
    js, began = client.jetstream(), loop.time()
    for nth in range(WAITING):
        await asyncio.sleep(began + nth * every - loop.time())
        now = datetime.now(UTC)
        data = {
            "asked_at": now.isoformat(),
            "due_by": (now + timedelta(hours=12)).isoformat(),
            "priority": "P2",
            "motive": "M03.14",
            "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
        }
        subject = subjects.inbox(finess_of(nth % COMMUNITIES), "care-request")
        await js.publish_async(subject, event_of("care-request", f"waiting-{nth}", data))
    await js.publish_async_completed()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
