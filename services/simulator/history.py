"""What `snp simulate` knows of days before: other scenarios."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import numpy as np

from domain.forecast import DEMAND, SUPPLY, Forecast, Rows, demand_row, rows, supply_row
from services.dispatch.futures import PastDay, futures, good, past_day
from services.simulator.cast import callers, seats
from services.simulator.policies import Draw
from services.simulator.scenario import NotAScenario, Scenario, scenario_of

MOST_DAYS = 400


def history_in(folder: Path) -> list[Scenario]:
    """Every scenario in a folder. Raises NotAScenario, and OSError."""
    files = sorted(folder.glob("*.json"))
    if not files:
        msg = f"{folder}: there is no scenario in it (*.json)"
        raise NotAScenario(msg)
    return [scenario_of(file) for file in files[-MOST_DAYS:]]


def past_days(history: Iterable[Scenario]) -> dict[date, PastDay]:
    """Each as the forecast takes it; of several of one date the last."""
    return {scenario.opens.date(): _past(scenario) for scenario in history}


def draw(scenario: Scenario, past: Mapping[date, PastDay]) -> Draw:
    """Futures of that day, from days before it and from what it has published so far."""
    published = places(scenario)
    zone = scenario.opens.tzinfo or UTC

    @cache
    def drawn(at: datetime) -> Forecast:
        known = published[published["published"] <= at.timestamp()]
        return Forecast(futures(past, known, at, zone, scenario.community, days=1))

    return lambda now: drawn(good(past, now, zone).since)


def places(scenario: Scenario) -> Rows:
    """Every place of the day in the order of publication, as rows of SUPPLY."""
    made = rows(
        (supply_row(seat.candidate.slot.published, is_range=False) for seat in seats(scenario)),
        SUPPLY,
    )
    return made[np.argsort(made["published"], kind="stable")]


def _past(scenario: Scenario) -> PastDay:
    demand = rows((demand_row(one.waiting.received) for one in callers(scenario)), DEMAND)
    midnight = datetime.combine(scenario.opens.date(), time(), scenario.opens.tzinfo)
    return past_day(demand, places(scenario), midnight)
