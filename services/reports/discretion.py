"""What readers outside the community may ask: stretches that few exports overlap in, once over.

Each number is about right by itself (projections.indicators.suppression), and the difference of two
leaves four. Of any run of months, as of any day, so many would overlap that together they tell
nearly all: asked for in these stretches alone, a hidden month keeps eight of its eleven possible
numbers in the mean, and in one of some hundred years fewer than three (docs/adr/0020).
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.decider import Refused
from projections.indicators.dimensions import OF_THE_DAY
from projections.indicators.periods import Period
from projections.indicators.questions import Asked
from projections.indicators.tables import contract_years
from services.projector.past import Snapshot

_COARSE = {"month", "quarter"}
_A_MONTH = 31  # days


class NotTheirPeriod(Refused):
    """ARS and CPAM read months, quarters, years and contract years: others would tell too much."""

    code = "not_their_period"


class NotOverYet(Refused):
    """ARS and CPAM read what is over: from one day to the next a single patient could be told."""

    code = "not_over_yet"


class NotAMonthsBeginning(Refused):
    """ARS and CPAM look back to firsts of months, 0:00: between days one patient could be told."""

    code = "not_a_months_beginning"


def check_when(
    asked: Asked, at: datetime | None, position: int | None, today: date | None, zone: str
) -> None:
    """Raises NotTheirPeriod, NotOverYet and NotAMonthsBeginning."""
    if asked.by in OF_THE_DAY - _COARSE:
        raise NotTheirPeriod(f"by {asked.by}")
    if position is not None:
        raise NotAMonthsBeginning(position)
    seen_on = today or datetime.now(ZoneInfo(zone)).date()
    if at is not None:
        there = at.astimezone(ZoneInfo(zone))
        if there.time() != time() or there.day != 1:
            raise NotAMonthsBeginning(at.isoformat())
        seen_on = min(seen_on, there.date())  # what is to come is known as it is now
    in_quarters = asked.period.of_the_calendar and asked.period.days > _A_MONTH
    if asked.by == "quarter" and not in_quarters:
        raise NotTheirPeriod(f"{asked.period.name} by quarter")
    if not asked.period.of_the_calendar and not asked.period.of_a_year:
        raise NotTheirPeriod(asked.period.name)
    if asked.period.ends >= seen_on:
        raise NotOverYet(asked.period.name)


async def check_contract_year(known: Snapshot, finess: str | None, period: Period) -> None:
    """A year from the first of another month is one the community agreed. Raises NotTheirPeriod."""
    if period.of_the_calendar:
        return
    years = contract_years.c
    query = contract_years.select().where(
        years.finess == finess, years.begins == period.begins, years.ends == period.ends
    )
    if not await known.rows(query):
        raise NotTheirPeriod(period.name)
