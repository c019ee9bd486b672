"""Periods people speak of: a day, a week, a month, a quarter, a year, from one day to another."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


class NotAPeriod(ValueError):
    """A period is 2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-23 or 2026-03-01/2027-02-28.

    Of this century or the next.
    """

    def __str__(self) -> str:
        return (type(self).__doc__ or "").partition("\n")[0]


_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 31)
_A_YEAR, _A_YEAR_AND_A_HALF = 365, 549  # days


@dataclass(frozen=True)
class Period:
    """Whole days, the first and the last included: of the place where the care is."""

    begins: date
    ends: date
    name: str

    @property
    def days(self) -> int:
        """How many."""
        return (self.ends - self.begins).days + 1

    @property
    def of_the_calendar(self) -> bool:
        """Whether it is a month, a quarter or a year, whole."""
        first, last = self.begins, self.ends
        if first.day != 1 or last != _last_of_month(last):
            return False
        months = 12 * (last.year - first.year) + last.month - first.month + 1
        return months == 1 or (months in {3, 12} and (first.month - 1) % months == 0)

    @property
    def of_a_year(self) -> bool:
        """Whether it may be the year of a contract: whole months, up to a year and a half."""
        whole = self.begins.day == 1 and self.ends == _last_of_month(self.ends)
        return whole and _A_YEAR <= self.days <= _A_YEAR_AND_A_HALF

    def months(self) -> list["Period"]:
        """The months it is made of, the first and the last perhaps not whole."""
        found, begins = [], self.begins
        while begins <= self.ends:
            ends = min(_last_of_month(begins), self.ends)
            found.append(Period(begins, ends, f"{begins:%Y-%m}"))
            begins = ends + timedelta(days=1)
        return found


def period_of(text: str) -> Period:
    """What somebody wrote. Raises NotAPeriod."""
    try:
        period = _period_of(text.strip().upper())
    except ValueError as wrong:
        raise NotAPeriod(text) from wrong
    if not _FIRST <= period.begins <= period.ends <= _LAST:
        raise NotAPeriod(text)
    return period


def month_of(day: date) -> Period:
    """The month a day is in."""
    return period_of(f"{day:%Y-%m}")


def _period_of(text: str) -> Period:
    if match := re.fullmatch(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", text):
        begins, ends = (date.fromisoformat(day) for day in match.groups())
        if begins > ends:
            raise ValueError(text)
        return Period(begins, ends, text)
    if match := re.fullmatch(r"(\d{4})", text):
        year = int(text)
        return Period(date(year, 1, 1), date(year, 12, 31), text)
    if match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
        year, last = int(match[1]), 3 * int(match[2])
        return Period(date(year, last - 2, 1), _last_of_month(date(year, last, 1)), text)
    if match := re.fullmatch(r"(\d{4})-W(\d\d)", text):
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return Period(monday, monday + timedelta(days=6), text)
    if match := re.fullmatch(r"(\d{4})-(\d\d)", text):
        first = date(int(match[1]), int(match[2]), 1)
        return Period(first, _last_of_month(first), text)
    day = date.fromisoformat(text)
    return Period(day, day, text)


def _last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
