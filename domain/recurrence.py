"""Slots that come back every week: the hours are those of the wall, whatever the clocks do."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.agenda import LONGEST_SLOT
from domain.decider import Refused

MOST = 200
"""Slots of one series: four a week for a year."""


class SeriesTooLong(Refused):
    """A series has 200 slots at most: publish the rest later."""

    code = "series_too_long"


class NothingInTheSeries(Refused):
    """No day of the series is to come."""

    code = "nothing_in_the_series"


@dataclass(frozen=True)
class Weekly:
    """These days of the week, from the first date to the last, but for some."""

    weekdays: frozenset[int]  # Monday is 0
    starts: time  # of the wall clock
    ends: time  # not after the start: on the next day
    zone: str
    first: date
    last: date
    without: frozenset[date] = frozenset()


class Occurrence(NamedTuple):
    """One of the series: its day there, and its instants."""

    day: date
    start: datetime
    end: datetime


def occurrences(weekly: Weekly, now: datetime) -> list[Occurrence]:
    """Those not over yet, in order.

    09:00 is 09:00 before and after the clocks change. An hour the clocks skip (29 March 2026, 02:30
    in Paris) begins as much later, if anything is left; one they have twice is the first.
    Raises SeriesTooLong, or NothingInTheSeries.
    """
    days = (weekly.last - weekly.first).days + 1
    if days > MOST * 7:
        raise SeriesTooLong(days)
    found = []
    for day in _days(weekly):
        end_day = day if weekly.ends > weekly.starts else day + timedelta(days=1)
        start = _instant(day, weekly.starts, weekly.zone)
        end = min(_instant(end_day, weekly.ends, weekly.zone), start + LONGEST_SLOT)
        if end > max(now, start):  # all of it may be in the hour that is skipped
            found.append(Occurrence(day, start, end))
    if len(found) > MOST:
        raise SeriesTooLong(len(found))
    if not found:
        raise NothingInTheSeries(weekly.first, weekly.last)
    return found


def skipped(weekly: Weekly, now: datetime) -> list[date]:
    """Days on which there is no slot because the clocks skip all of it."""
    if weekly.ends <= weekly.starts:
        return []  # until the next day
    return [
        day
        for day in _days(weekly)
        if now
        < _instant(day, weekly.ends, weekly.zone)
        <= _instant(day, weekly.starts, weekly.zone)
    ]


def _days(weekly: Weekly) -> list[date]:
    every = (weekly.first + timedelta(n) for n in range((weekly.last - weekly.first).days + 1))
    return [day for day in every if day.weekday() in weekly.weekdays and day not in weekly.without]


def _instant(day: date, hour: time, zone: str) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(zone)).astimezone(UTC)
