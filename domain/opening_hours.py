"""Whose hours it is in a département: the SAS, or out-of-hours care (PDSA).

R6315-1 CSP: out of hours are nights from 20 to 8, Sundays and public holidays, and what the
département chose beside. The rest of Monday to Friday 8 to 20 and of Saturday 8 to 12 is the SAS's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from events.codes import Period
from events.community import USUAL_OUT_OF_HOURS, OutOfHours

OPENS, NOON, CLOSES = time(8), time(12), time(20)

_DAY = timedelta(days=1)
_THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 3, 4, 5, 6
_MONDAY = 0


@dataclass(frozen=True)
class Calendar:
    """Of one département: hours of the wall clock there."""

    zone: str
    holidays: frozenset[date]  # of the years that may be asked about
    chosen: OutOfHours = USUAL_OUT_OF_HOURS


def period_at(instant: datetime, calendar: Calendar) -> Period:
    """Whose hours it is."""
    local = instant.astimezone(ZoneInfo(calendar.zone))
    turns = _turns(local.date(), calendar)
    return [period for begins, period in turns if begins <= local.time()][-1]


def next_turn(instant: datetime, calendar: Calendar) -> datetime:
    """The next instant at which it is others' hours."""
    now = period_at(instant, calendar)
    return next(
        begins
        for begins, period in _to_come(instant, calendar)
        if begins > instant and period != now
    )


def _to_come(instant: datetime, calendar: Calendar) -> Iterator[tuple[datetime, Period]]:
    zone = ZoneInfo(calendar.zone)
    day = instant.astimezone(zone).date()
    while True:
        for begins, period in _turns(day, calendar):
            yield datetime.combine(day, begins, zone).astimezone(instant.tzinfo), period
        day += _DAY


def _turns(day: date, calendar: Calendar) -> list[tuple[time, Period]]:
    """From what hour on it is whose, from midnight."""
    night = (time(0), Period.OUT_OF_HOURS)
    if _is_off(day, calendar):
        return [night]
    if day.weekday() == _SATURDAY:
        afternoon = Period.OUT_OF_HOURS if calendar.chosen.saturday_afternoon else Period.BETWEEN
        evening = (CLOSES, Period.OUT_OF_HOURS)
        return [night, (OPENS, Period.SAS), (NOON, afternoon), evening]
    return [night, (OPENS, Period.SAS), (CLOSES, Period.OUT_OF_HOURS)]


def _is_off(day: date, calendar: Calendar) -> bool:
    """A Sunday, a holiday, or a bridge the département chose."""
    chosen, holidays = calendar.chosen, calendar.holidays
    if day in holidays:
        return True
    match day.weekday():
        case weekday if weekday == _SUNDAY:
            return True
        case weekday if weekday == _MONDAY:
            return chosen.monday_before_holiday and day + _DAY in holidays
        case weekday if weekday == _FRIDAY:
            return chosen.friday_after_holiday and day - _DAY in holidays
        case weekday if weekday == _SATURDAY:
            # After a holiday on Friday; and at the end of the bridge after one on Thursday.
            after = {day - _DAY, day - 2 * _DAY}
            return chosen.saturday_after_holiday and not after.isdisjoint(holidays)
        case _:
            return False
