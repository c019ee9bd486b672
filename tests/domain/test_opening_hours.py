from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.opening_hours import Calendar, next_turn, period_at
from events.codes import Period
from events.community import OutOfHours

SAS, PDSA, NEITHER = Period.SAS, Period.OUT_OF_HOURS, Period.BETWEEN
ASCENSION = date(2026, 5, 14)  # a Thursday
BASTILLE_DAY = date(2026, 7, 14)  # a Tuesday
LIBERATION = date(2026, 5, 8)  # a Friday
HOLIDAYS = frozenset({ASCENSION, BASTILLE_DAY, LIBERATION})
PARIS = ZoneInfo("Europe/Paris")


def calendar(zone="Europe/Paris", **chosen):
    return Calendar(zone, HOLIDAYS, OutOfHours(**chosen))


def at(text, zone=PARIS):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("when", "period"),
    [
        ("2026-11-23 07:59", PDSA),  # a Monday
        ("2026-11-23 08:00", SAS),
        ("2026-11-23 19:59", SAS),
        ("2026-11-23 20:00", PDSA),
        ("2026-11-28 11:59", SAS),  # a Saturday
        ("2026-11-28 12:00", PDSA),
        ("2026-11-29 10:00", PDSA),  # a Sunday
        ("2026-05-14 10:00", PDSA),  # Ascension
        ("2026-05-15 10:00", SAS),
        ("2026-05-16 10:00", SAS),
        ("2026-07-13 10:00", SAS),
    ],
)
def test_nights_sundays_holidays_and_saturday_afternoons_are_out_of_hours(when, period):
    assert period_at(at(when), calendar()) is period


def test_a_departement_may_leave_saturday_afternoon_to_nobody():
    without = calendar(saturday_afternoon=False)

    assert period_at(at("2026-11-28 12:00"), without) is NEITHER
    assert period_at(at("2026-11-28 20:00"), without) is PDSA


@pytest.mark.parametrize(
    ("when", "chosen"),
    [
        ("2026-07-13 10:00", "monday_before_holiday"),
        ("2026-05-15 10:00", "friday_after_holiday"),
        ("2026-05-16 10:00", "saturday_after_holiday"),  # after a bridge
        ("2026-05-09 10:00", "saturday_after_holiday"),  # after a Friday
    ],
)
def test_a_departement_may_choose_the_bridges(when, chosen):
    assert period_at(at(when), calendar()) is SAS
    assert period_at(at(when), calendar(**{chosen: True})) is PDSA


def test_a_bridge_is_beside_a_holiday():
    everything = calendar(
        monday_before_holiday=True, friday_after_holiday=True, saturday_after_holiday=True
    )

    for day in ("2026-11-23", "2026-11-27", "2026-11-28"):
        assert period_at(at(f"{day} 10:00"), everything) is SAS


def test_hours_are_those_of_the_wall_clock_there():
    noon_utc = at("2026-11-23 17:00", ZoneInfo("UTC"))

    assert period_at(noon_utc, calendar()) is SAS  # 18 h in Paris
    assert period_at(noon_utc, calendar("Indian/Reunion")) is PDSA  # 21 h in Saint-Denis


def test_the_night_in_which_clocks_change_is_as_long_as_it_is():
    for saturday, hours in (("2026-03-28", 43), ("2026-10-24", 45)):
        # From Saturday noon to Monday 8 h, an hour less in spring and an hour more in autumn.
        noon = at(f"{saturday} 12:00").astimezone(ZoneInfo("UTC"))
        assert next_turn(noon, calendar()) - noon == timedelta(hours=hours)


@for_all(
    st.timedeltas(timedelta(), timedelta(days=700)),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea"]),
    st.fixed_dictionaries({name: st.booleans() for name in OutOfHours.model_fields}),
)
def test_between_two_turns_it_is_the_same_peoples_hours(later, zone, chosen):
    there = calendar(zone, **chosen)
    now = at("2026-01-01 00:00", ZoneInfo("UTC")) + later

    turn = next_turn(now, there)

    assert turn > now
    assert period_at(turn, there) is not period_at(now, there)
    assert period_at(turn - timedelta.resolution, there) is period_at(now, there)
    assert period_at(now + (turn - now) / 2, there) is period_at(now, there)
