"""Days played through: nothing is seen before its time, and nobody is better than possible."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cli.simulate import (
    CLAIRVOYANT,
    DISPATCH,
    EARLIEST,
    NAMES,
    by_policy,
    played_as_json,
    policy_named,
)
from services.simulator.cast import day_of
from services.simulator.clairvoyant import best_possible
from services.simulator.history import past_days
from services.simulator.scenario import NotAScenario, Scenario, scenario_of
from services.simulator.simulating import play
from tests.services.yardstick import check

OPENS = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes):
    return (OPENS + minutes * MINUTE).isoformat()


def slot(nth, start=120, **changes):
    return {
        "id": f"slot {nth}",
        "practitioner": f"dr {nth}",
        "profession": "10",
        "start": at(start),
        "end": at(start + 20),
        "capacity": 1,
        "modes": ["AMB"],
        "lat": 47.0,
        "lon": 3.1,
        "radius_km": None,
        "published_at": at(-60),
    } | changes


def request(nth, received=0, due=240, **changes):
    return {
        "id": f"request {nth}",
        "received_at": at(received),
        "due_by": at(due),
        "professions": ["10"],
        "modes": ["AMB", "VR"],
        "lat": 47.0,
        "lon": 3.1,
        "max_km": 15.0,
    } | changes


def day(slots=(), requests=()):
    return {
        "format": "snp-scenario/1",
        "community": "Nevers",
        "opens": at(0),
        "closes": at(720),
        "slots": list(slots),
        "requests": list(requests),
    }


def any_day(seed, requests=30, places=25):
    """A small town, a day of it."""
    dice = Random(seed)

    def somewhere():
        return {"lat": 47 + dice.uniform(-0.1, 0.1), "lon": 3.1 + dice.uniform(-0.15, 0.15)}

    slots = [
        slot(
            nth,
            start := dice.randrange(0, 700),
            **somewhere(),
            capacity=dice.choice([1, 1, 1, 2, 3]),
            modes=dice.choice([["AMB"], ["AMB", "VR"], ["HH"], ["VR"]]),
            radius_km=dice.choice([None, 8.0]),
            profession=dice.choice(["10", "10", "10", "60"]),
            published_at=at(dice.choice([-600, -60, start - 50, start - 20])),
        )
        for nth in range(places)
    ]
    asked = [
        request(
            nth,
            received := dice.randrange(0, 600),
            received + dice.choice([45, 120, 121, 240, 700]),
            **somewhere(),
            modes=dice.choice([["AMB"], ["AMB", "VR"], ["AMB", "HH"], ["VR"]]),
            professions=dice.choice([["10"], ["10", "60"]]),
            max_km=dice.choice([3.0, 15.0]),
        )
        for nth in range(requests)
    ]
    return day(slots, asked)


def earlier(seed, days_before):
    """Another day of the same town, so many days before."""
    text = json.dumps(any_day(seed))
    for days in (-1, 0, 1):
        on = (OPENS + timedelta(days=days)).date()
        text = text.replace(f"{on}T", f"{on - timedelta(days=days_before)}T")
    return day_of(Scenario.model_validate_json(text))


PAST = past_days(earlier(90_000 + n, 7 * n) for n in range(1, 8))


def told(scenario, policy):
    return json.loads(
        json.dumps(
            played_as_json(
                policy, by_policy(policy, day_of(Scenario.model_validate(scenario)), {})
            ),
            default=str,
        )
    )


@pytest.mark.parametrize("policy", NAMES)
@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_a_referee_finds_every_day_possible_and_as_costly_as_it_is_said(policy, seed):
    scenario = any_day(seed)

    check(scenario, told(scenario, policy))


@pytest.mark.parametrize("policy", [EARLIEST, DISPATCH])
@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_nobody_is_better_than_who_knows_the_day(policy, seed):
    scenario = day_of(Scenario.model_validate(any_day(seed)))

    best, ours = best_possible(scenario), play(scenario, policy_named(policy, scenario, PAST))

    assert best.loss <= ours.loss + 1e-9


@pytest.mark.parametrize("policy", [EARLIEST, DISPATCH])
@given(st.integers(0, 10_000), st.integers(0, 700))
@settings(max_examples=40)
def test_what_comes_later_changes_nothing_that_was_decided(policy, seed, minute):
    """Everything after an instant is another day's."""
    one, other = any_day(seed), any_day(seed + 1)

    def known(scenario, when):
        return datetime.fromisoformat(scenario[when]) <= OPENS + minute * MINUTE

    mixed = day(
        [s for s in one["slots"] if known(s, "published_at")]
        + [
            s | {"id": f"other {s['id']}", "practitioner": f"other {s['practitioner']}"}
            for s in other["slots"]
            if not known(s, "published_at")
        ],
        [r for r in one["requests"] if known(r, "received_at")]
        + [
            r | {"id": f"other {r['id']}"} for r in other["requests"] if not known(r, "received_at")
        ],
    )

    def decided(scenario):
        scenario = day_of(Scenario.model_validate(scenario))
        found = play(scenario, policy_named(policy, scenario, PAST)).assignments
        return [one for one in found if one.decided_at <= OPENS + minute * MINUTE]

    assert decided(mixed) == decided(one)


def test_the_same_day_is_played_the_same():
    for policy in NAMES:
        one, again = (told(any_day(7), policy) for _ in range(2))
        one.pop("decision_ms")
        again.pop("decision_ms")
        assert one == again


def test_early_places_go_to_whoever_calls_first_unless_one_knows_who_will():
    """The gap: who could wait has the place that a child with a fever needs in twenty minutes."""
    scenario = day(
        [slot(1, 60), slot(2, 300)],
        [request(1, 0, 400), request(2, 20, 80)],
    )

    assert told(scenario, "earliest")["unserved"] == ["request 2"]
    assert told(scenario, CLAIRVOYANT)["unserved"] == []


def test_who_waits_has_what_is_published_the_worst_off_first():
    scenario = day(
        [slot(1, 90, published_at=at(30))],
        [request(1, 0, 400), request(2, 5, 120), request(3, 40, 120)],
    )

    for policy in (EARLIEST, DISPATCH):
        (one,) = told(scenario, policy)["assignments"]
        assert (one["request"], datetime.fromisoformat(one["decided_at"])) == (
            "request 2",
            OPENS + 30 * MINUTE,
        )


def test_a_cap_holds_for_those_who_are_served_in_one_instant():
    one = day_of(
        Scenario.model_validate(
            day(
                [slot(n, 120 + 20 * n, practitioner="dr", published_at=at(30)) for n in range(3)],
                [request(n) for n in range(3)],
            )
        )
    )
    agrees = replace(one.seats[0].practitioner.consent, weekly_cap=1)
    capped = replace(one.seats[0].practitioner, consent=agrees)
    one = replace(one, seats=tuple(replace(seat, practitioner=capped) for seat in one.seats))

    for policy in (EARLIEST, DISPATCH):
        assert len(by_policy(policy, one, {}).assignments) == 1


def test_somebody_who_called_long_before_blinds_nobody():
    usual = any_day(3)
    old = request("old", -14_000, 30)

    def looks(scenario):
        policy = policy_named(DISPATCH, day_of(Scenario.model_validate(scenario)), {})
        at = []
        policy.look_ahead = lambda _, now: at.append(now)
        play(day_of(Scenario.model_validate(scenario)), policy)
        return [instant for instant in at if instant >= OPENS]

    assert looks(usual | {"requests": [old, *usual["requests"]]}) == looks(usual)


def test_a_day_without_anybody_is_a_day():
    for policy in NAMES:
        assert told(day(), policy)["loss"] == 0
        assert told(day([slot(1)]), policy)["served"] == 0
        assert told(day(requests=[request(1)]), policy)["loss"] == 4.0


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ({"format": "snp-scenario/2"}, "format"),
        (day([slot(1), slot(1)]), "two slots have one id"),
        (day([slot(1), slot(2, 130, practitioner="dr 1")]), "two places at once"),
        (day([slot(1, end=at(60))]), "ends after it starts"),
        (day([slot(1) | {"start": at(0)[:19]}]), "timezone"),
        (day([slot(1, modes=["CAR"])]), "modes"),
        (day([slot(1, lat=float("inf"))]), "lat"),
        (day(requests=[request(1), request(1)]), "two requests have one id"),
        (day(requests=[request(1, due=-1)]), "due after it was received"),
        (day() | {"closes": at(-1)}, "closes after it opens"),
        (day() | {"colour": "red"}, "colour"),
        (day([slot(1) | {"end": "9999-12-31T23:00:00Z"}]), "this century"),
        (day([slot(n, capacity=100) for n in range(41)]), "4000 places at most"),
    ],
)
def test_what_is_no_day_is_told_whole(tmp_path, scenario, said):
    file = tmp_path / "day.json"
    file.write_text(json.dumps(scenario))

    with pytest.raises(NotAScenario, match=said):
        scenario_of(file)
