"""Which day it is in a community, and periods somebody names."""

from datetime import date
from zoneinfo import ZoneInfo

from projections.indicators.periods import NotAPeriod, Period, period_of
from services.api.members import PeriodUnknown
from services.console.visitors import Visitor
from services.intake.directory import Known


def today_of(visitor: Visitor, known: Known) -> date:
    """Today, there."""
    return visitor.desk.house.clock.now().astimezone(ZoneInfo(known.formed.zone)).date()


def period_named(text: str) -> Period | None:
    """None for nothing. Raises PeriodUnknown."""
    if not text:
        return None
    try:
        return period_of(text)
    except NotAPeriod as wrong:
        raise PeriodUnknown(text) from wrong
