"""Prices: what those still expected lose without a place."""

from datetime import timedelta
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import Slot
from domain.eligibility import Candidate, search, ways
from domain.forecast import (
    DEMAND,
    SUPPLY,
    Forecast,
    Future,
    best_pairs,
    demand_row,
    gains,
    rows,
    solved,
    supply_row,
)
from domain.matching import rank
from domain.prices import FREE
from events.codes import Mode, Profession
from events.place import CoarsePosition, Place, Position
from tests.examples import (
    CENTRE,
    HOUR,
    MINUTE,
    NOON,
    called,
    consented,
    enrolled,
    published,
    received,
)

DOCTOR = practitioners.decider.replay([enrolled(), consented()])
SEEDS = st.integers(0, 100_000)
NOBODY = rows([], DEMAND)
NOTHING = rows([], SUPPLY)


def a_slot(name="a", start=NOON + HOUR, *, since=NOON - HOUR, **changes):
    minutes = 120 if changes.get("capacity", 1) > 1 else 20
    event = published(called(name), start=start, end=start + minutes * MINUTE, at=since, **changes)
    return agendas.decider.replay([event]).slots[called(name)]


def expected(*calls):
    return rows((demand_row(received(**one)) for one in calls), DEMAND)


def to_come(*slots):
    return rows((supply_row(slot.published, is_range=slot.is_range) for slot in slots), SUPPLY)


def urgent(name, minutes):
    """Somebody who calls so many minutes after noon, to be seen within two hours."""
    at = NOON + minutes * MINUTE
    return {"request_id": called(name), "asked_at": at, "due_by": at + 2 * HOUR}


def anything(dice, name):
    def somewhere():
        lat, lon = (dice.uniform(-0.2, 0.2) for _ in range(2))
        return Position(lat=CENTRE.lat + lat, lon=CENTRE.lon + lon)

    modes = tuple(dice.sample(list(Mode), dice.randint(1, 3)))
    capacity = dice.choice([1, 1, 3])
    start = NOON + dice.randint(-60, 400) * MINUTE
    slot = a_slot(
        name,
        start,
        since=NOON - dice.randint(0, 300) * MINUTE if start > NOON else NOON - 300 * MINUTE,
        place=Place(title="a", commune="58194", position=somewhere()),
        modes=modes,
        radius_km=dice.choice([5.0, 12.0]) if Mode.HOME in modes else None,
        capacity=capacity,
        profession=dice.choice([Profession.DOCTOR, Profession.DOCTOR, Profession.NURSE]),
    )
    at = NOON + dice.randint(0, 100) * MINUTE
    request = {
        "request_id": called(name),
        "asked_at": at,
        "due_by": at + dice.choice([20, 45, 120, 121, 240, 600]) * MINUTE,
        "modes": tuple(dice.sample(list(Mode), dice.randint(1, 3))),
        "max_km": dice.choice([3.0, 15.0]),
        "professions": dice.choice([("10",), ("10", "60")]),
        "position": CoarsePosition.around(somewhere()),
    }
    return slot, request


@given(SEEDS)
def test_what_arrays_say_somebody_gains_is_what_the_rules_say(seed):
    """But for ranges, where one comes on the next quarter of an hour."""
    slot, request = anything(Random(seed), "a")
    waiting = requests.decider.replay([received(**request)])
    now = max(request["asked_at"], slot.published.published_at)

    found = ways(
        search(waiting, now), Candidate(slot, agendas.decider.replay([slot.published]), DOCTOR)
    )
    gained = gains(expected(request), to_come(slot))[0, 0]

    if not isinstance(found, list):
        assert gained == 0 or slot.is_range
        return
    (ranked,) = rank(
        waiting, [Candidate(slot, agendas.decider.replay([slot.published]), DOCTOR)], now
    ).eligible
    window = request["due_by"] - request["asked_at"]
    penalty = 8 if window <= 2 * HOUR else 4 if window <= 4 * HOUR else 2
    on_the_grid = timedelta(minutes=15) / max(window, 30 * MINUTE) if slot.is_range else 0
    assert -1e-6 <= gained - (penalty - ranked.cost) <= on_the_grid + 1e-6


@given(SEEDS)
def test_a_price_is_what_the_best_assignment_loses_without_the_place(seed):
    dice = np.random.default_rng(seed)
    shape = dice.integers(0, 9, 2)
    gained = np.maximum(np.round(dice.uniform(-4, 8, shape), int(dice.integers(0, 3))), 0)

    def best(of):
        return sum(of[pair] for pair in best_pairs(of))

    found = solved(gained)

    for place in range(shape[1]):
        without = best(gained) - best(np.delete(gained, place, axis=1))
        assert abs(found.without[place] - without) < 1e-9
        if found.has[place] < 0:
            assert without < 1e-9


@given(SEEDS)
def test_a_place_published_since_is_priced_at_what_it_brings_or_more(seed):
    """Who is expected bids what they would gain by it over what the others leave them."""
    dice = np.random.default_rng(seed)
    gained = np.maximum(dice.uniform(-4, 8, dice.integers(1, 9, 2)), 0)
    new = np.maximum(dice.uniform(-4, 8, (len(gained), 1)), 0)

    def best(of):
        return sum(of[pair] for pair in best_pairs(of))

    bid = max((new[:, 0] - solved(gained).worth).max(), 0)

    assert bid >= best(np.hstack([gained, new])) - best(gained) - 1e-9


def test_the_only_place_for_who_is_expected_is_worth_what_they_would_lose():
    slot = a_slot()
    forecast = Forecast([Future(expected(urgent("anna", 15)), NOTHING)])

    price = forecast.outlook([slot], NOON).price(slot)

    (gained,) = gains(expected(urgent("anna", 15)), to_come(slot))[0]
    assert price.loss == gained > 7
    assert price.kept.window == 2 * HOUR
    assert price.kept.expected_by == NOON + 15 * MINUTE


def test_half_the_futures_make_half_the_price():
    slot = a_slot()
    somebody, nobody = Future(expected(urgent("anna", 15)), NOTHING), Future(NOBODY, NOTHING)

    surely = Forecast([somebody]).outlook([slot], NOON).price(slot).loss
    perhaps = Forecast([somebody, nobody]).outlook([slot], NOON).price(slot).loss

    assert perhaps == surely / 2


def test_a_place_is_free_when_nobody_expected_needs_it():
    slot = a_slot()
    passed = Future(expected(urgent("anna", 15)), NOTHING)
    another_comes = Future(
        expected(urgent("anna", 15)), to_come(a_slot("b", since=NOON + 5 * MINUTE))
    )

    assert Forecast([passed]).outlook([slot], NOON + 20 * MINUTE).price(slot) == FREE
    assert Forecast([another_comes]).outlook([slot], NOON).price(slot) == FREE
    assert Forecast([passed]).outlook([a_slot(capacity=2)], NOON).price(slot).loss == 0
    assert Forecast([]).outlook([slot], NOON).price(slot) == FREE


def test_a_place_published_since_is_wanted_by_who_has_none():
    forecast = Forecast([Future(expected(urgent("anna", 15)), NOTHING), Future(NOBODY, NOTHING)])
    before = forecast.outlook([], NOON)
    slot = a_slot(since=NOON + MINUTE)

    assert before.price(slot) == forecast.outlook([slot], NOON + MINUTE).price(slot)
    assert before.price(slot).kept.window == 2 * HOUR
    assert before.price(a_slot("long after", NOON + 8 * HOUR)) == FREE


def test_many_places_published_since_are_priced_as_each_alone():
    futures = [Future(expected(urgent("anna", 15), urgent("ben", 90)), NOTHING)]
    slots = [a_slot(f"{n}", NOON + n * HOUR, since=NOON + MINUTE) for n in range(1, 5)]
    together, alone = (Forecast(futures).outlook([], NOON) for _ in range(2))

    together.estimate(slots)

    assert [together.price(s) for s in slots] == [alone.price(s) for s in slots]


def test_a_place_is_kept_for_those_who_would_lose_most():
    at = NOON + 10 * MINUTE
    later = {"request_id": called("ben"), "asked_at": at, "due_by": at + 4 * HOUR}
    all_day = {"request_id": called("cleo"), "asked_at": at, "due_by": at + 12 * HOUR}
    slot = a_slot()

    def kept(*futures):
        forecast = Forecast([Future(expected(*calls), NOTHING) for calls in futures])
        return forecast.outlook([slot], NOON).price(slot).kept.window

    assert kept([later]) == 4 * HOUR
    assert kept([all_day]) == 24 * HOUR
    assert kept([later], [later], [later], [urgent("anna", 15)]) == 4 * HOUR
    assert kept([later], [urgent("anna", 15)]) == 2 * HOUR


def test_slots_know_their_range():
    assert isinstance(a_slot(capacity=3), Slot)
    assert a_slot(capacity=3).is_range
    assert to_come(a_slot(capacity=3))["last"][0] > to_come(a_slot())["last"][0]
