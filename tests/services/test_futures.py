"""Days before today as if they were today: by the clocks there, the likest first."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from domain.forecast import DEMAND, SUPPLY, rows
from services.dispatch.futures import FEWEST, MOST, futures, good, past_day
from services.dispatch.prior import Hours, prior

PARIS = ZoneInfo("Europe/Paris")
NOTHING = rows([], SUPPLY)


def a_day(day, *hours):
    """Calls at these hours on the wall, each to be seen within two."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    calls = []
    for hour in hours:
        at = midnight.replace(hour=hour)
        due = at.astimezone(UTC) + timedelta(hours=2)
        calls.append((at.timestamp(), due.timestamp(), 0.8, 0.05, 15.0, 1, True, False, False))
    return past_day(rows(calls, DEMAND), NOTHING, midnight)


def places(number):
    row = (0.0, 0.0, 0.0, 0.8, 0.05, 0.0, 1, True, False, False)
    return rows([row] * number, SUPPLY)


def on_the_wall(future):
    return [
        datetime.fromtimestamp(at, PARIS).strftime("%d %b %H:%M")
        for at in future.demand["received"]
    ]


@pytest.mark.parametrize("today", [date(2026, 10, 25), date(2026, 11, 1), date(2026, 3, 29)])
def test_who_called_at_nine_is_expected_at_nine_whatever_the_clocks_did(today):
    past = {today - timedelta(days=7): a_day(today - timedelta(days=7), 9, 14)}
    now = datetime(today.year, today.month, today.day, 7, tzinfo=PARIS)

    (future,) = futures(past, NOTHING, now, PARIS, "Nevers", days=1)

    assert on_the_wall(future) == [f"{today:%d %b} 09:00", f"{today:%d %b} 14:00"]


def test_the_same_weekday_says_most_then_the_latest():
    monday = date(2026, 11, 23)
    before = [monday - timedelta(days=nth) for nth in range(60)]
    past = {day: a_day(day, (monday - day).days % 20) for day in before}
    now = datetime(2026, 11, 23, 6, tzinfo=PARIS)

    found = futures(past, NOTHING, now, PARIS, "Nevers", days=1)

    assert len(found) == MOST
    hours = [int(on_the_wall(one)[0][-5:-3]) for one in found]
    # The Monday before; then the latest working days, as good as the Monday before that.
    assert hours[:6] == [7, 3, 4, 5, 6, 14]


def test_tomorrow_is_as_the_day_after_was():
    today = date(2026, 11, 24)
    week = timedelta(days=7)
    past = {today - week: a_day(today - week, 9), today - week + timedelta(days=1): a_day(today, 8)}
    now = datetime(2026, 11, 24, 6, tzinfo=PARIS)

    first, *_ = futures(past, NOTHING, now, PARIS, "Nevers", days=2)

    assert on_the_wall(first) == ["24 Nov 09:00", "25 Nov 08:00"]


def test_where_little_is_known_what_is_usual_fills_up_by_the_hour():
    now = datetime(2026, 11, 23, 9, 20, tzinfo=PARIS)
    known = {date(2026, 11, 20): a_day(date(2026, 11, 20), 9)}

    found = futures(known, places(20), now, PARIS, "Nevers", days=1)

    assert len(found) == FEWEST
    assert good(known, now, PARIS).until == datetime(2026, 11, 23, 10, tzinfo=PARIS)
    enough = {date(2026, 11, 22) - timedelta(days=n): a_day(now.date(), 9) for n in range(FEWEST)}
    assert good(enough, now, PARIS).until == datetime(2026, 11, 24, tzinfo=PARIS)


def test_what_is_usual_is_the_same_for_the_same_community_and_day():
    now = datetime(2026, 11, 23, 9, tzinfo=PARIS)

    def drawn(seed):
        made = prior(places(20), Hours(now.date(), PARIS), now, Random(seed), 2)
        return [(one.demand.tolist(), one.supply.tolist()) for one in made]

    assert drawn("Nevers") == drawn("Nevers")
    assert drawn("Nevers") != drawn("Valenciennes")
    assert prior(NOTHING, Hours(now.date(), PARIS), now, Random(1), 2) == ()
