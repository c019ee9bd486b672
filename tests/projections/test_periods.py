"""What a period is, and which day an instant is in."""

from datetime import UTC, date, datetime

import pytest

from projections.indicators.days import day_of, half_day_of
from projections.indicators.periods import NotAPeriod, month_of, period_of


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("2026-11-23", date(2026, 11, 23), date(2026, 11, 23)),
        (" 2026-03-01/2027-02-28 ", date(2026, 3, 1), date(2027, 2, 28)),
    ],
)
def test_periods_people_speak_of(text, begins, ends):
    period = period_of(text)

    assert (period.begins, period.ends) == (begins, ends)
    assert period.days == (ends - begins).days + 1


@pytest.mark.parametrize(
    "text",
    ["", "november", "2026-13", "2026-Q5", "2025-W53", "2026-11-31", "2026-02-02/2026-02-01", "26"],
)
def test_what_is_no_period_is_told_with_those_there_are(text):
    with pytest.raises(NotAPeriod):
        period_of(text)
    assert "2026-Q4" in str(NotAPeriod.__doc__)


def test_a_period_is_made_of_months_the_first_and_the_last_perhaps_not_whole():
    months = period_of("2026-11-15/2027-01-02").months()

    assert [(m.name, m.days) for m in months] == [("2026-11", 16), ("2026-12", 31), ("2027-01", 2)]
    assert month_of(date(2026, 11, 23)).name == "2026-11"


PARIS, REUNION = "Europe/Paris", "Indian/Reunion"


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        # The clocks go forward on the 29th of March 2026, and back on the 25th of October.
        (
            PARIS,
            datetime(2026, 3, 28, 23, tzinfo=UTC),
            datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
            23,
        ),
        (
            PARIS,
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            datetime(2026, 10, 25, 22, 59, tzinfo=UTC),
            25,
        ),
        (
            REUNION,
            datetime(2026, 3, 28, 20, tzinfo=UTC),
            datetime(2026, 3, 29, 19, 59, tzinfo=UTC),
            24,
        ),
    ],
)
def test_a_day_is_as_long_as_it_is_where_the_care_is(zone, first, last, hours):
    days = {day_of(instant, zone) for instant in (first, last)}

    assert len(days) == 1
    assert round((last - first).total_seconds() / 3600 + 1 / 60) == hours
    for beyond in (first.timestamp() - 1, last.timestamp() + 60):
        assert day_of(datetime.fromtimestamp(beyond, UTC), zone) not in days


def test_the_afternoon_begins_at_one_where_the_care_is():
    before_one, one = (datetime(2026, 11, 23, *at, tzinfo=UTC) for at in ((11, 59), (12, 0)))

    assert (half_day_of(before_one, PARIS), half_day_of(one, PARIS)) == ("AM", "PM")
    assert half_day_of(before_one, REUNION) == "PM"
