"""Forecasts of communities, drawn from their past: once a day, once an hour where it is short."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.agenda import Slot
from domain.forecast import SUPPLY, Forecast, rows, supply_row
from services.dispatch.futures import futures, good
from services.dispatch.past import past_of
from services.log.database import Pool


class _Drawn(NamedTuple):
    forecast: Forecast
    days: int
    until: datetime  # it is good


class Drawing:
    """What is expected, community by community."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._drawn: dict[str, _Drawn] = {}

    async def forecast(
        self, community: str, opened: Sequence[Slot], now: datetime, zone: ZoneInfo
    ) -> Forecast:
        """Of today there, and of tomorrow once places of tomorrow are open.

        `opened`: the places of these weeks so far, those taken included.
        """
        today = now.astimezone(zone).date()
        starts = [slot.published.start.astimezone(zone).date() for slot in opened]
        days = 2 if any(day > today for day in starts) else 1
        drawn = self._drawn.get(community)
        if drawn is None or now >= drawn.until or drawn.days != days:
            past = await past_of(self._pool, community, today, zone)
            since, until = good(past, now, zone)
            places = [
                supply_row(slot.published, is_range=slot.is_range)
                for slot, day in zip(opened, starts, strict=True)
                if day == today and slot.published.published_at <= since
                for _ in range(slot.published.capacity)
            ]

            def draw() -> Forecast:
                known = rows(places, SUPPLY)
                return Forecast(futures(past, known, since, zone, community, days))

            forecast = await asyncio.to_thread(draw)
            drawn = self._drawn[community] = _Drawn(forecast, days, until)
        return drawn.forecast
