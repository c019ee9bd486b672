"""200 connected consoles on one process: how soon each shows what happens, and what it takes.

From the sending of a request to its line in the stream of every console of its community. The
consoles are of ten communities; they are served by an API in a process of its own. Beside it, in
the same run, one console alone.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import httpx

from events.roles import Role
from services.access.first import opened_with_secret
from services.app import House, open_house, provision
from services.embedded.servers import servers_in
from services.settings import Settings, of_nobody
from services.telemetry import log_to
from tests.benchmarks.servers import api
from tests.talking import community_told, request_told, tell

GOAL = "p95 ≤ 1 000 ms with 200 consoles, memory ≤ 1 000 MB"

CONSOLES = 200
REQUESTS = 40
_COMMUNITIES = [f"58{nth:07}" for nth in range(10)]


def run() -> dict[str, float]:
    """Percentiles of the time to a console, with 200 and with one; the process's memory."""
    return asyncio.run(_run(CONSOLES, REQUESTS))


async def _run(consoles: int, requests: int) -> dict[str, float]:
    log_to(level="ERROR", as_json=False)
    with tempfile.TemporaryDirectory() as folder, servers_in(Path(folder)) as found:
        settings = of_nobody(Settings(), Path(folder)).model_copy(update={"http_port": 0})
        await provision(settings, found)
        async with open_house(settings, found) as house:
            for nth, finess in enumerate(_COMMUNITIES):
                await tell(house, "community", community_told(finess, title=f"CPTS {nth}"), finess)
            more = {"SNP_HTTP_STREAMS": str(CONSOLES)}
            with api(settings.state, found.database_url, found.nats_url, **more) as server:
                alone = await _measured(house, server.url, 1, max(requests // 4, 4))
                many = await _measured(house, server.url, consoles, requests)
                memory = server.memory_mb()
    p95 = _p(many, 95)
    return {
        "consoles": consoles,
        "update_p50_ms": round(_p(many, 50), 1),
        "update_p95_ms": round(p95, 1),
        "memory_mb": round(memory, 1),
        "alone_p95_ms": round(_p(alone, 95), 1),
        "ratio_to_alone": round(p95 / _p(alone, 95), 2),
    }


async def _measured(house: House, url: str, consoles: int, requests: int) -> list[float]:
    """Milliseconds, of each console and each request that concerns it."""
    limits = httpx.Limits(max_connections=consoles + 10)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        cookies = [await _session(house, client, finess) for finess in _COMMUNITIES]
        shown: dict[str, list[float]] = {}
        watching = [
            asyncio.create_task(_watch(client, cookies[nth % len(cookies)], shown))
            for nth in range(consoles)
        ]
        await asyncio.sleep(3)  # all of them are connected, and have been shown the first page
        began: dict[str, float] = {}
        for nth in range(requests):
            finess = _COMMUNITIES[nth % (len(_COMMUNITIES) if consoles > 1 else 1)]
            at = house.clock.now()
            sent = time.perf_counter()
            told = await tell(house, "care-request", request_told(at), finess)
            began[told["id"]] = sent
            shown.setdefault(told["id"], [])
            await asyncio.sleep(0.25)
        await asyncio.sleep(2)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    found = [
        1000 * (at - began[one]) for one, times in shown.items() if one in began for at in times
    ]
    expected = sum(consoles // len(_COMMUNITIES) if consoles > 1 else 1 for _ in range(requests))
    assert len(found) >= expected, f"{len(found)} of {expected} updates came"
    return found


async def _watch(client: httpx.AsyncClient, cookie: str, shown: dict[str, list[float]]) -> None:
    seen: set[str] = set()
    headers = {"Cookie": f"snp_console={cookie}"}
    async with client.stream("GET", "/console/regulation/live", headers=headers) as stream:
        rest = ""
        async for text in stream.aiter_text():
            rest += text
            *whole, rest = rest.split("\n\n")
            now = time.perf_counter()
            for event in whole:
                for part in event.split('id="r-')[1:]:
                    name = part[:36]
                    if name not in seen:
                        seen.add(name)
                        shown.setdefault(name, []).append(now)


async def _session(house: House, client: httpx.AsyncClient, finess: str) -> str:
    sheet = {"grants": [{"role": Role.REGULATOR, "community": finess}]}
    account_id, secret = await opened_with_secret(house, sheet, source="bench")
    form = {"account": str(account_id), "secret": secret}
    origin = {"Origin": str(client.base_url).rstrip("/")}
    came = await client.post("/console/sign-in", data=form, headers=origin)
    return came.cookies["snp_console"]


def _p(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]
