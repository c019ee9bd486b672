"""The days behind a community, as the forecast takes them: from the read model of arrivals."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from domain.forecast import DEMAND, SUPPLY, demand_of, rows, supply_of
from services.dispatch.futures import PastDay, past_day
from services.log.database import Pool

DAYS = 70  # ten of each day of the week


async def past_of(pool: Pool, community: str, today: date, zone: tzinfo) -> Mapping[date, PastDay]:
    """Its days before today. None, before the read model is there."""
    return await past_between(pool, community, today - timedelta(days=DAYS), today, zone)


async def past_between(
    pool: Pool, community: str, first: date, until: date, zone: tzinfo
) -> Mapping[date, PastDay]:
    """Its days from one to another, the last one not counted in."""
    from projections import arrivals  # noqa: PLC0415 SQLAlchemy takes most of a second to load
    from services.projector import queries  # noqa: PLC0415 likewise

    span = {"since": _midnight(first, zone), "until": _midnight(until, zone)}
    try:
        called = await queries.rows(pool, arrivals.CALLED, community=community, **span)
        opened = await queries.rows(pool, arrivals.OPENED, communities=[community], **span)
    except queries.NotBuiltYet:
        return {}
    return await asyncio.to_thread(_days, called, opened, zone)


def _days(
    called: Sequence[dict[str, Any]], opened: Sequence[dict[str, Any]], zone: tzinfo
) -> Mapping[date, PastDay]:
    by_day: dict[date, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for row in called:
        by_day[row["received_at"].astimezone(zone).date()][0].append(_demand(row))
    for row in opened:
        by_day[row["start"].astimezone(zone).date()][1].extend([_supply(row)] * row["capacity"])
    return {
        day: past_day(rows(calls, DEMAND), rows(places, SUPPLY), _midnight(day, zone))
        for day, (calls, places) in by_day.items()
    }


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _demand(row: Mapping[str, Any]) -> tuple[object, ...]:
    return demand_of(
        (row["received_at"], row["due_by"]),
        (row["lat"], row["lon"]),
        row["max_km"],
        row["professions"],
        row["modes"],
    )


def _supply(row: Mapping[str, Any]) -> tuple[object, ...]:
    return supply_of(
        (row["published_at"], row["start"], row["end"]),
        (row["lat"], row["lon"]),
        row["radius_km"],
        row["profession"],
        row["modes"],
        is_range=row["is_range"],
    )
