"""Indicators of a year of a département: built anew, followed live, asked, and looked back at."""

import asyncio
import multiprocessing
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg

from projections.indicators import folding
from projections.indicators.periods import Period, period_of
from projections.indicators.questions import Asked
from projections.indicators.scope import Scope
from services.log.bells import Bells
from services.log.database import Pool, pool_of
from services.log.migrate import migrate
from services.log.reader import Log
from services.projector.projector import Projector, rebuild
from services.projector.statements import Statements, shape
from services.reports.asking import Ask, Report, report
from services.settings import Settings, settings_with
from tests.benchmarks.servers import postgres
from tests.year import COMMUNITIES, Year, write

GOAL = "1 M events rebuilt in ≤ 60 s; live and rebuilt the same figures"

EVENTS = 1_000_000
DAYS = 365
ASKED = 5  # times each, of which the median


def run() -> dict[str, Any]:
    """Written first; then each in a process of its own, so that memory is each one's."""
    with postgres() as server:
        migrate(server.url)
        with psycopg.connect(server.url) as connection:
            events = write(connection, Year().days(DAYS), EVENTS)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("vacuum analyze events")
        figures: dict[str, Any] = {"events": events}
        for part in (_rebuilt, _followed):
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
                figures |= apart.submit(part, server.url, str(server.folder)).result()
    figures["same"] = figures.pop("rebuilt_figures") == figures.pop("followed_figures")
    return figures


def _rebuilt(url: str, state: str) -> dict[str, Any]:
    async def measured(pool: Pool, settings: Settings) -> dict[str, Any]:
        began = time.perf_counter()
        position = await rebuild(pool, folding.projection, settings, _progress)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        month, _ = await _asked(pool, settings, period_of("2026-06"))
        year, found = await _asked(pool, settings, period_of("2026"))
        began = time.perf_counter()
        past = await report(
            pool, settings, _ask(period_of("2026"), at=datetime(2027, 1, 1, tzinfo=UTC))
        )
        return {
            "rebuild_s": round(seconds, 1),
            "rebuild_events_per_s": round(position / seconds),
            "peak_mb": round(peak),
            "month_ms": month,
            "year_ms": year,
            "past_s": round(time.perf_counter() - began, 1),
            "past_same": past.cells == found.cells,
            "rebuilt_figures": _all(await _figures(pool, settings)),
        }

    return _in_pool(url, state, measured)


def _followed(url: str, state: str) -> dict[str, Any]:
    async def measured(pool: Pool, settings: Settings) -> dict[str, Any]:
        projection, made = folding.projection, Statements(folding.projection)
        async with pool.connection() as connection:
            await connection.execute(f"drop schema {projection.name} cascade".encode())
            for statement in [*made.create(), *made.indexes()]:
                await connection.execute(statement)
            await connection.execute(
                "update checkpoints set position = 0, shape = %s where name = %s",
                (shape(projection), projection.name),
            )
        projector = Projector(pool, Log(pool), projection, settings, Bells().listen())
        began = time.perf_counter()
        following = asyncio.create_task(projector.run())
        await projector.caught_up()
        seconds = time.perf_counter() - began
        following.cancel()
        return {
            "live_s": round(seconds, 1),
            "followed_figures": _all(await _figures(pool, settings)),
        }

    return _in_pool(url, state, measured)


def _in_pool(url: str, state: str, measured: Any) -> dict[str, Any]:
    settings = settings_with(state=state)

    async def work() -> dict[str, Any]:
        async with pool_of(url, settings) as pool:
            found: dict[str, Any] = await measured(pool, settings)
            return found

    return asyncio.run(work())


def _ask(period: Period, by: str | None = None, at: datetime | None = None) -> Ask:
    return Ask(Asked(Scope(community=COMMUNITIES[0]), period, by), at=at)


async def _asked(pool: Pool, settings: Settings, period: Period) -> tuple[float, Report]:
    seconds = []
    for _ in range(ASKED):
        began = time.perf_counter()
        found = await report(pool, settings, _ask(period))
        seconds.append(time.perf_counter() - began)
    return round(1000 * statistics.median(seconds)), found


async def _figures(pool: Pool, settings: Settings) -> list[Report]:
    scope = Scope(departement="58")
    periods = [period_of("2026"), *period_of("2026").months()]
    asked = [Asked(scope, period, by) for period in periods for by in (None, "community")]
    return [await report(pool, settings, Ask(one)) for one in asked]


def _all(reports: list[Report]) -> str:
    return repr([sorted(one.cells.items()) for one in reports])


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{100 * done // total} %", end="", file=sys.stderr, flush=True)
