"""A series keeps the hours of the wall over the days on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.recurrence import MOST, NothingInTheSeries, SeriesTooLong, Weekly, occurrences, skipped

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PARIS, REUNION = "Europe/Paris", "Indian/Reunion"


def weekly(first, last, *, zone=PARIS, days=range(7), starts=time(9), ends=time(12), without=()):
    return Weekly(frozenset(days), starts, ends, zone, first, last, frozenset(without))


def hours(series, now=LONG_AGO):
    """Day of the month, and the hours in UTC."""
    return [
        (o.day.day, o.start.strftime("%H:%M"), o.end.strftime("%H:%M"))
        for o in occurrences(series, now)
    ]


def test_in_spring_nine_is_nine_before_and_after_the_29th_of_march():
    series = weekly(date(2026, 3, 28), date(2026, 3, 30))

    assert hours(series) == [
        (28, "08:00", "11:00"),
        (29, "07:00", "10:00"),
        (30, "07:00", "10:00"),
    ]


def test_in_autumn_nine_is_nine_before_and_after_the_25th_of_october():
    series = weekly(date(2026, 10, 24), date(2026, 10, 26))

    assert [start for _, start, _ in hours(series)] == ["07:00", "08:00", "08:00"]


@pytest.mark.parametrize("month", [3, 10])
def test_in_reunion_the_clocks_never_change(month):
    series = weekly(date(2026, month, 20), date(2026, month, 31), zone=REUNION)

    assert {(start, end) for _, start, end in hours(series)} == {("05:00", "08:00")}


def test_an_hour_the_clocks_skip_begins_later_and_one_they_have_twice_is_the_first():
    skipped = weekly(date(2026, 3, 29), date(2026, 3, 29), starts=time(2, 30), ends=time(4))
    twice = weekly(date(2026, 10, 25), date(2026, 10, 25), starts=time(2, 30), ends=time(4))

    assert hours(skipped) == [(29, "01:30", "02:00")]  # 03:30 to 04:00 of the wall
    assert hours(twice) == [
        (25, "00:30", "03:00")
    ]  # two and a half hours for the wall's one and a half


def test_a_night_ends_on_the_next_day():
    night = weekly(date(2026, 3, 28), date(2026, 3, 28), starts=time(20), ends=time(8))

    (one,) = occurrences(night, LONG_AGO)

    assert one.end - one.start == timedelta(hours=11)  # an hour is missing that night


def test_a_slot_that_lies_in_the_skipped_hour_is_not_there_that_day():
    series = weekly(date(2026, 3, 22), date(2026, 4, 5), days=[6], starts=time(2, 30), ends=time(3))

    assert [day for day, _, _ in hours(series)] == [22, 5]
    assert skipped(series, LONG_AGO) == [date(2026, 3, 29)]
    assert skipped(series, datetime(2026, 4, 1, tzinfo=UTC)) == []
    night = weekly(date(2026, 3, 28), date(2026, 3, 29), starts=time(20), ends=time(8))
    assert skipped(night, LONG_AGO) == []


def test_a_whole_day_is_24_hours_on_the_day_that_has_25():
    whole = weekly(date(2026, 10, 24), date(2026, 10, 24), starts=time(22), ends=time(22))

    (one,) = occurrences(whole, LONG_AGO)

    assert one.end - one.start == timedelta(hours=24)


def test_some_days_of_the_week_but_for_holidays():
    series = weekly(date(2026, 4, 27), date(2026, 5, 10), days=(0, 4), without=[date(2026, 5, 1)])

    assert [day for day, _, _ in hours(series)] == [27, 4, 8]


def test_what_is_over_is_left_out():
    series = weekly(date(2026, 3, 28), date(2026, 3, 30))

    assert [d for d, _, _ in hours(series, datetime(2026, 3, 29, 9, tzinfo=UTC))] == [29, 30]
    with pytest.raises(NothingInTheSeries):
        occurrences(series, datetime(2026, 4, 1, tzinfo=UTC))


def test_a_series_ends():
    with pytest.raises(SeriesTooLong):
        occurrences(weekly(date(2026, 1, 1), date(2026, 12, 31)), LONG_AGO)
    with pytest.raises(SeriesTooLong):
        occurrences(weekly(date(2026, 1, 1), date(2036, 1, 1), days=()), LONG_AGO)
    a_year = weekly(date(2026, 1, 5), date(2026, 12, 20), days=(0, 1, 2, 3))
    assert len(occurrences(a_year, LONG_AGO)) == MOST


@for_all(
    st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    st.integers(0, 20),
    st.times(),
    st.times(),
    st.sampled_from([PARIS, REUNION, "Pacific/Noumea", "America/Cayenne"]),
)
def test_whatever_the_hours_a_slot_ends_after_it_starts_within_a_day(
    first, days, starts, ends, zone
):
    series = weekly(first, first + timedelta(days=days), zone=zone, starts=starts, ends=ends)

    for one in occurrences(series, datetime(2025, 1, 1, tzinfo=UTC)):
        assert timedelta() <= one.end - one.start <= timedelta(hours=24)
