"""Days made up: the same for the same seed, and as the country's days are."""

import json
from datetime import date, timedelta
from statistics import fmean

import pytest

from services.calendar import school_holidays_in
from services.cli.errors import Told
from services.cli.generate import generate_days
from services.simulator.generating import Generator, Wanted, demand_on, is_off
from services.simulator.scenario import scenario_of
from services.simulator.territory import towns_between, towns_named

(NEVERS,) = towns_named("CA de Nevers")
MONDAY = date(2026, 10, 5)


def days(number=20, since=MONDAY, seed=1, **wanted):
    made = Generator(NEVERS, Wanted(**{"requests": 60.0} | wanted), seed)
    some = (since + timedelta(days=nth) for nth in range(2 * number))
    return [made.day(day) for day in some if day.weekday() < 5][:number]


def requests_of(some):
    return fmean(len(day.requests) for day in some)


def test_the_same_seed_gives_the_same_days_and_another_gives_others():
    assert days(3) == days(3)
    assert days(3) != days(3, seed=2)


def test_a_day_is_the_same_whichever_went_before():
    assert days(3)[2] == days(1, since=MONDAY + timedelta(days=2))[0]


def test_as_many_call_and_as_many_places_are_opened_as_was_asked_for():
    some = days(40, supply=0.8)
    by_weekday = fmean(demand_on(day.opens.date(), "58") for day in some)

    assert requests_of(some) == pytest.approx(60 * by_weekday, rel=0.1)
    assert fmean(len(day.slots) for day in some) == pytest.approx(48, rel=0.15)
    early = [slot.published_at < day.opens for day in some for slot in day.slots]
    assert fmean(early) == pytest.approx(0.6, abs=0.1)


def test_without_a_number_as_many_call_as_live_there():
    per_day = Generator(NEVERS, Wanted(), 1).requests_a_day

    assert per_day == pytest.approx(NEVERS.population * 23 / 100_000 * 7 / 5.5)


def test_nobody_calls_on_sundays_and_holidays_and_saturdays_end_at_noon():
    made = Generator(NEVERS, Wanted(60.0), 1)

    assert not made.day(date(2026, 10, 11)).requests
    assert not made.day(date(2026, 11, 11)).slots
    saturday = made.day(date(2026, 10, 10))
    assert saturday.requests
    assert all(one.received_at < saturday.closes for one in saturday.requests)
    assert saturday.closes.hour == 12
    assert is_off(date(2026, 12, 26), "57")  # in Moselle alone
    assert not is_off(date(2026, 12, 26), "58")


def test_mondays_winters_and_the_day_after_a_holiday_are_busier_and_august_is_not():
    assert demand_on(date(2026, 10, 5), "58") == 1.20
    assert demand_on(date(2026, 11, 12), "58") == pytest.approx(0.95 * 1.25)
    assert demand_on(date(2027, 1, 5), "58") == pytest.approx(1.2)
    assert demand_on(date(2026, 8, 4), "58") == pytest.approx(0.9)
    august, october = days(20, date(2026, 8, 3)), days(20)
    places = [fmean(len(day.slots) for day in some) for some in (august, october)]
    assert places[0] == pytest.approx(0.6 * places[1], rel=0.2)


def test_an_epidemic_brings_more_who_call():
    assert requests_of(days(40, epidemic=2.0)) > 1.25 * requests_of(days(40))


def test_fewer_children_call_in_school_holidays():
    autumn = date(2026, 10, 19)
    assert autumn in school_holidays_in("58", 2026)
    assert autumn not in school_holidays_in("58", 1990)
    assert date(2026, 10, 6) not in school_holidays_in("75", 2026)


def test_what_is_generated_is_a_scenario(tmp_path):
    generate_days("CA de Nevers", MONDAY, 7, tmp_path, Wanted(60.0), 1, sundays=False, as_json=True)

    files = sorted(tmp_path.iterdir())
    assert [file.stem for file in files][-1] == "2026-10-10"
    assert len(files) == 6
    assert scenario_of(files[0]) == days(1)[0]
    assert json.loads(files[0].read_text())["format"] == "snp-scenario/1"


@pytest.mark.parametrize(
    ("town", "wanted", "code"),
    [
        ("nowhere at all", Wanted(), "unknown_town"),
        ("lyon", Wanted(), "several_towns"),
        ("Métropole du Grand Paris", Wanted(), "too_large"),
        ("CA de Nevers", Wanted(requests=1e300), "too_large"),
        ("CA de Nevers", Wanted(requests=900.0, epidemic=20.0), "too_large"),
    ],
)
def test_what_cannot_be_generated_is_told(tmp_path, town, wanted, code):
    with pytest.raises(Told) as told:
        generate_days(town, MONDAY, 1, tmp_path, wanted, 1, sundays=False, as_json=True)
    assert told.value.code == code


def test_towns_are_found_by_name_number_or_size():
    assert [town.title for town in towns_named("245804406")] == ["CA de Nevers"]
    assert towns_named("grand-paris")[0].title == "Métropole du Grand Paris"
    assert all(60_000 <= town.population <= 70_000 for town in towns_between(60_000, 70_000))


def test_one_in_twenty_does_not_come_and_members_agree_as_often_as_they_do_elsewhere():
    some = days(60)
    absent = [not one.attends for day in some for one in day.requests]
    agreed = [one.accepts for one in some[0].members]

    assert fmean(absent) == pytest.approx(0.054, abs=0.01)
    assert all(0.17 <= share <= 0.47 for share in agreed)
    assert {one.practitioner for day in some for one in day.slots} <= {
        one.practitioner for one in some[0].members
    }
    assert some[0].members == some[1].members
