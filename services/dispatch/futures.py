"""How a day may go, drawn from the days before it: who calls, and what is published."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from random import Random
from typing import NamedTuple

import numpy as np

from domain.forecast import Future, Rows
from services.dispatch.prior import Hours, prior

MOST = 20  # futures: more find little more, and cost as much again
FEWEST = 6  # with fewer days known, what is usual anywhere is added
ANOTHER_WEEKDAY = 2  # weeks: a Tuesday of this week says as much as the Monday of two weeks ago
SATURDAY = 5

_MOMENTS = ("received", "due", "published", "start", "last")


class PastDay(NamedTuple):
    """A day as it was. Moments are seconds after its midnight, by the clocks there."""

    demand: Rows
    supply: Rows


def past_day(demand: Rows, supply: Rows, midnight: datetime) -> PastDay:
    """Of rows with moments since 1970."""
    zone = midnight.tzinfo

    def on_the_wall(seconds: float) -> float:
        at = datetime.fromtimestamp(seconds, zone)
        return (at.replace(tzinfo=None) - midnight.replace(tzinfo=None)).total_seconds()

    changes = _changes(midnight)
    return PastDay(
        *(
            _moved_by(s, -midnight.timestamp(), on_the_wall, changes=changes)
            for s in (demand, supply)
        )
    )


class Good(NamedTuple):
    """From when to when futures are good that are drawn now."""

    since: datetime
    until: datetime


def good(past: Mapping[date, PastDay], now: datetime, zone: tzinfo) -> Good:
    """For the day; where little is known of days before, for the hour."""
    here = now.astimezone(zone)
    hour = here.replace(minute=0, second=0, microsecond=0)
    if sum(day < here.date() for day in past) < FEWEST:
        return Good(hour, hour + timedelta(hours=1))
    midnight = hour.replace(hour=0)
    return Good(midnight, midnight + timedelta(days=1))


def futures(
    past: Mapping[date, PastDay],
    published: Rows,
    now: datetime,
    zone: tzinfo,
    seed: str,
    days: int,
) -> Sequence[Future]:
    """From days before today, those most like it first, and so many days long.

    `published`: today's places so far, those taken included.
    """
    today = now.astimezone(zone).date()
    before = sorted(
        (day for day in past if day < today),
        key=lambda day: (_unlike(day, today), -day.toordinal()),
    )
    drawn = [_moved(past, day, today, zone, days) for day in before[:MOST]]
    if len(drawn) < FEWEST:
        hours = Hours(today, zone)
        drawn += prior(published, hours, now, Random(f"{seed} {today}"), FEWEST - len(drawn))
    return drawn


def _unlike(day: date, today: date) -> tuple[bool, int]:
    """How little a day says about today: Saturdays and Sundays of other days least."""
    weekends = [max(one.weekday(), SATURDAY - 1) for one in (day, today)]
    weeks = (today - day).days // 7
    return weekends[0] != weekends[1], weeks + ANOTHER_WEEKDAY * (day.weekday() != today.weekday())


def _moved(past: Mapping[date, PastDay], day: date, today: date, zone: tzinfo, days: int) -> Future:
    """The day, and those after it, as if it were today: by the clocks there."""
    parts = []
    for nth in range(days):
        there, here = day + timedelta(days=nth), today + timedelta(days=nth)
        if there < today and (found := past.get(there)):
            midnight = datetime.combine(here, time(), zone)
            parts.append([_as_if_from(some, midnight) for some in found])
    return Future(*(np.concatenate(some) for some in zip(*parts, strict=True)))


def _as_if_from(rows: Rows, midnight: datetime) -> Rows:
    """Moments on the wall as instants of the day that begins then."""
    wall, zone = midnight.replace(tzinfo=None), midnight.tzinfo

    def instant(seconds: float) -> float:
        return (wall + timedelta(seconds=seconds)).replace(tzinfo=zone).timestamp()

    return _moved_by(rows, midnight.timestamp(), instant, changes=_changes(midnight))


def _changes(midnight: datetime) -> bool:
    """Whether the clocks do, in the days a row of that day may speak of."""
    days = (timedelta(days=n) for n in (-1, 0, 1, 2, 3))
    return len({(midnight + day).utcoffset() for day in days}) > 1


def _moved_by(rows: Rows, seconds: float, one: Callable[[float], float], *, changes: bool) -> Rows:
    """Every moment: by so many seconds; where the clocks change, each for itself."""
    moved = rows.copy()
    for name in _MOMENTS:
        if name in (rows.dtype.names or ()):
            moved[name] = [one(at) for at in rows[name]] if changes else rows[name] + seconds
    return moved
