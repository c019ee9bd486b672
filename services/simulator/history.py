"""What `snp simulate` knows of days before: other scenarios."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path

import numpy as np

from domain.forecast import DEMAND, SUPPLY, Forecast, Rows, demand_row, rows, supply_row
from services.dispatch.futures import PastDay, futures, good, past_day
from services.simulator.cast import Day, day_of
from services.simulator.policies import Draw
from services.simulator.scenario import NotAScenario, scenario_of

MOST_DAYS = 400


def history_in(folder: Path) -> list[Day]:
    """Every scenario in a folder. Raises NotAScenario, and OSError."""
    if not folder.is_dir():
        msg = f"{folder}: no such folder"
        raise NotAScenario(msg)
    files = sorted(folder.glob("*.json"))
    if not files:
        msg = f"{folder}: there is no scenario in it (*.json)"
        raise NotAScenario(msg)
    return [day_of(scenario_of(file)) for file in files[-MOST_DAYS:]]


def past_days(history: Iterable[Day]) -> dict[date, PastDay]:
    """Each as the forecast takes it; of several of one date the last."""
    return {day.opens.date(): _past(day) for day in history}


def draw(day: Day, past: Mapping[date, PastDay]) -> Draw:
    """Futures of that day, from days before it and from what it has published so far.

    Of a day that is several, of each; and of the next once places of it are open, as dispatch does.
    """
    published = places_of(day)
    zone = day.opens.tzinfo or UTC
    starts = [datetime.fromtimestamp(at, zone).date().toordinal() for at in published["start"]]
    on = np.array(starts, dtype=int)

    @lru_cache(maxsize=1)
    def drawn(at: datetime, today: date, days: int) -> Forecast:
        known = published[(published["published"] <= at.timestamp()) & (on == today.toordinal())]
        return Forecast(futures(past, known, at, zone, day.community, days))

    def forecast(now: datetime) -> Forecast:
        today = now.astimezone(zone).date()
        opened = published["published"] <= now.timestamp()
        days = 2 if bool((opened & (on > today.toordinal())).any()) else 1
        return drawn(good(past, now, zone).since, today, days)

    return forecast


def calls_of(day: Day) -> Rows:
    """Everybody who calls, as rows of DEMAND."""
    return rows((demand_row(caller.waiting.received) for caller in day.callers), DEMAND)


def places_of(day: Day) -> Rows:
    """Every place of the day, as rows of SUPPLY."""
    return rows(
        (
            supply_row(seat.published, is_range=seat.is_range)
            for seat in day.seats
            for _ in range(seat.published.capacity)
        ),
        SUPPLY,
    )


def _past(day: Day) -> PastDay:
    midnight = datetime.combine(day.opens.date(), time(), day.opens.tzinfo)
    return past_day(calls_of(day), places_of(day), midnight)
