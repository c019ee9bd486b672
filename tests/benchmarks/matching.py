"""How much of what is possible the matching reaches, on days of towns nobody tuned on.

Days are generated (`snp generate`) for towns drawn by lot, tight and ample: ten days each of three
towns, with the thirty days before them as history. Everything is compared within the same days with
`earliest` (what a person does) and with the best assignment of a day known in advance. How fast a
decision is, is measured at 500 open places; what is computed beforehand, which nobody waits for, is
`look_ahead`. A batch is measured beside SciPy's own solver on the same matrix.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, timedelta
from pathlib import Path
from random import Random
from statistics import mean, median, quantiles
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from domain.forecast import Forecast, best_pairs
from domain.matching import rank
from services.cli.simulate import CLAIRVOYANT, DISPATCH, EARLIEST, by_policy
from services.dispatch.futures import futures
from services.simulator.cast import alone, day_of
from services.simulator.generating import Generator, Wanted
from services.simulator.history import draw, past_days, places_of
from services.simulator.territory import Town, towns_between

GOAL = (
    "gap closed ≥ 0.60 tight, ≥ 0.45 ample; served ≥ -2 points of earliest; decision p99 ≤ 10 ms"
    " at 500 open places; without history loss ≤ 1.01 of earliest; 1 000 by 1 000 ≤ 1.2 of SciPy"
)

REQUESTS_A_DAY = 300.0
SUPPLY = {"tight": 0.85, "ample": 1.15}  # places a request
SEED = int(os.environ.get("SNP_BENCH_SEED", "2026"))  # of the lot; another draws other towns
TOWNS = 3
DAYS = 10  # of each
HISTORY = 30
FIRST_DAY = date(2026, 10, 5)
OPEN_PLACES = 500
DECISIONS = 1_000
SQUARE = 1_000
COMMUNITIES = 1_000
USUAL_REQUESTS = 30.0  # a day


class _Day(NamedTuple):
    """A day of a town by every policy."""

    kind: str
    requests: int
    loss: dict[str, float]
    served: dict[str, int]


def run() -> dict[str, Any]:
    """Gaps closed, served in points beside earliest, and times in milliseconds."""
    towns = Random(SEED).sample(towns_between(60_000, 200_000), TOWNS)
    work = [(kind, town, nth) for kind in SUPPLY for town in towns for nth in range(DAYS)]
    with ProcessPoolExecutor() as pool:
        days = list(pool.map(_day, work))
    figures: dict[str, Any] = {"towns": [town.title for town in towns]}
    for kind in SUPPLY:
        figures |= _quality(kind, [day for day in days if day.kind == kind])
    figures["served_delta_points"] = min(figures[f"served_delta_{kind}"] for kind in SUPPLY)
    figures |= _speed(towns[0]) | _square()
    kept, memory = _communities(towns[0])
    beside = _speed(towns[0])["decision_p99_ms"]
    assert len(kept) == COMMUNITIES
    return figures | memory | {"decision_p99_beside_all_ms": beside}


def _workdays(since: date, number: int) -> Iterator[date]:
    days = (since + timedelta(days=nth) for nth in range(3 * number))
    yield from [day for day in days if day.weekday() < 5][:number]


def _day(work: tuple[str, Town, int]) -> _Day:
    kind, town, nth = work
    made = Generator(town, Wanted(REQUESTS_A_DAY, SUPPLY[kind]), SEED)
    day = day_of(made.day(list(_workdays(FIRST_DAY, DAYS))[nth]))
    before = day.opens.date() - timedelta(days=HISTORY)
    past = past_days(day_of(made.day(before + timedelta(days=n))) for n in range(HISTORY))
    played = {name: by_policy(name, day, past) for name in (EARLIEST, DISPATCH, CLAIRVOYANT)}
    played["without history"] = by_policy(DISPATCH, day, {})
    return _Day(
        kind,
        len(day.callers),
        {name: one.loss for name, one in played.items()},
        {name: len(one.assignments) for name, one in played.items()},
    )


def _quality(kind: str, days: list[_Day]) -> dict[str, Any]:
    def closed(day: _Day, name: str) -> float:
        gap = day.loss[EARLIEST] - day.loss[CLAIRVOYANT]
        return (day.loss[EARLIEST] - day.loss[name]) / gap

    def points(day: _Day, name: str) -> float:
        return 100 * (day.served[name] - day.served[EARLIEST]) / day.requests

    def of_earliest(name: str) -> float:
        return sum(day.loss[name] for day in days) / sum(day.loss[EARLIEST] for day in days)

    return {
        f"gap_closed_{kind}": round(mean(closed(day, DISPATCH) for day in days), 3),
        f"served_delta_{kind}": round(mean(points(day, DISPATCH) for day in days), 2),
        f"loss_of_earliest_{kind}": round(of_earliest(DISPATCH), 3),
        f"loss_of_earliest_without_history_{kind}": round(of_earliest("without history"), 3),
    }


def _speed(town: Town) -> dict[str, Any]:
    """Decisions at so many open places, and what is computed beforehand."""
    made = Generator(town, Wanted(2 * OPEN_PLACES, 1.5), SEED)
    day = day_of(made.day(FIRST_DAY))
    past = past_days(day_of(made.day(FIRST_DAY - timedelta(days=n))) for n in range(1, HISTORY))
    early = [seat for seat in day.seats if seat.published.published_at <= day.opens]
    free = [alone(seat) for seat in early[:OPEN_PLACES]]
    assert len(free) == OPEN_PLACES, len(free)
    forecast = draw(day, past)(day.opens)
    looking: list[float] = []
    for _ in range(3):
        began = perf_counter()
        outlook = forecast.outlook([candidate.slot for candidate in free], day.opens)
        looking.append(perf_counter() - began)
    deciding: list[float] = []
    everybody = [caller.waiting for caller in day.callers]
    for nth in range(DECISIONS):
        caller = everybody[nth % len(everybody)]
        began = perf_counter()
        ranking = rank(caller, free, caller.received.received_at, outlook)
        ranking.explanation(ranking.eligible[0] if ranking.eligible else None)
        deciding.append(perf_counter() - began)
    percentiles = quantiles(deciding, n=100, method="inclusive")
    return {
        "decision_p50_ms": round(1000 * percentiles[49], 2),
        "decision_p99_ms": round(1000 * percentiles[98], 2),
        "look_ahead_ms": round(1000 * median(looking), 1),
    }


def _communities(town: Town) -> tuple[list[Any], dict[str, Any]]:
    """What is kept of so many of usual size, and how long a look at one takes."""
    made = Generator(town, Wanted(USUAL_REQUESTS, 1.0), SEED)
    day = day_of(made.day(FIRST_DAY))
    past = past_days(day_of(made.day(FIRST_DAY - timedelta(days=n))) for n in range(1, HISTORY))
    free = [alone(seat).slot for seat in day.seats]
    zone = day.opens.tzinfo or UTC
    before, kept, looking = _memory(), [], []
    for nth in range(COMMUNITIES):
        forecast = Forecast(futures(past, places_of(day), day.opens, zone, str(nth), days=2))
        began = perf_counter()
        kept.append((forecast, forecast.outlook(free, day.opens)))
        looking.append(perf_counter() - began)
    return kept, {
        "communities_1000_mb": round((_memory() - before) / 1e6),
        "look_ahead_usual_ms": round(1000 * median(looking), 1),
    }


def _memory() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _square() -> dict[str, Any]:
    """A batch beside SciPy, by turns."""
    gained = np.random.default_rng(SEED).uniform(0, 8, (SQUARE, SQUARE))
    ours, theirs = [], []
    for _ in range(7):
        began = perf_counter()
        best_pairs(gained)
        between = perf_counter()
        linear_sum_assignment(gained, maximize=True)
        ours.append(between - began)
        theirs.append(perf_counter() - between)
    return {
        "solve_1000x1000_ms": round(1000 * median(ours), 1),
        "solve_of_scipy": round(median(ours) / median(theirs), 2),
    }
