"""The days behind a community, as the forecast takes them: from the read model of arrivals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from domain.agenda.week import LAST_ARRIVAL
from domain.forecast import DEMAND, SUPPLY, bits_of, rows
from events.codes import Mode
from services.dispatch.futures import PastDay, past_day
from services.log.database import Pool

DAYS = 70  # ten of each day of the week


async def past_of(
    pool: Pool, community: str, today: date, zone: ZoneInfo
) -> Mapping[date, PastDay]:
    """Its days before today. None, before the read model is there."""
    from projections import arrivals  # noqa: PLC0415 SQLAlchemy takes most of a second to load
    from services.projector import queries  # noqa: PLC0415 likewise

    since = _midnight(today - timedelta(days=DAYS), zone)
    until = _midnight(today, zone)
    try:
        called = await queries.rows(pool, arrivals.called(community, since, until))
        opened = await queries.rows(pool, arrivals.opened(community, since, until))
    except queries.NotBuiltYet:
        return {}
    by_day: dict[date, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for row in called:
        by_day[row["received_at"].astimezone(zone).date()][0].append(_demand(row))
    for row in opened:
        by_day[row["start"].astimezone(zone).date()][1].extend([_supply(row)] * row["capacity"])
    return {
        day: past_day(rows(calls, DEMAND), rows(places, SUPPLY), _midnight(day, zone))
        for day, (calls, places) in by_day.items()
    }


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _demand(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        row["received_at"].timestamp(),
        row["due_by"].timestamp(),
        np.radians(row["lat"]),
        np.radians(row["lon"]),
        row["max_km"],
        bits_of(row["professions"]),
        *_modes(row["modes"]),
    )


def _supply(row: Mapping[str, Any]) -> tuple[object, ...]:
    last = row["end"] - LAST_ARRIVAL if row["is_range"] else row["start"]
    return (
        row["published_at"].timestamp(),
        row["start"].timestamp(),
        last.timestamp(),
        np.radians(row["lat"]),
        np.radians(row["lon"]),
        row["radius_km"] or 0.0,
        bits_of([row["profession"]]),
        *_modes(row["modes"]),
    )


def _modes(modes: Iterable[str]) -> list[bool]:
    return [mode in modes for mode in Mode]
