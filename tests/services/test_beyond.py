"""Who is not served by a day's places: whom a member would have seen, had they been asked."""

import json
from dataclasses import replace

import pytest

from services.cli.simulate import simulate_day
from services.simulator.beyond import MOST_EACH, seen_beyond
from services.simulator.cast import day_of
from services.simulator.scenario import NotAScenario, Scenario, scenario_of
from tests.services.test_simulate import day as scenario
from tests.services.test_simulate import request, slot

ALL = [f"request {nth}" for nth in range(40)]
ENOUGH = len(ALL) // MOST_EACH  # members


def member(nth=0, **changes):
    return {
        "practitioner": f"dr {nth}",
        "profession": "10",
        "modes": ["AMB"],
        "lat": 47.0,
        "lon": 3.1,
        "accepts": 1.0,
    } | changes


def a_day(*members, **asked):
    told = scenario([], [request(nth, **asked) for nth in range(len(ALL))])
    return Scenario.model_validate(told | {"members": members})


def seen(*members, **asked):
    told = a_day(*members, **asked)
    return seen_beyond(told, day_of(told), ALL)


def test_who_always_agrees_sees_everybody_and_who_never_does_nobody():
    assert seen(*(member(nth) for nth in range(ENOUGH))) == len(ALL)
    assert seen(*(member(nth, accepts=0.0) for nth in range(ENOUGH))) == 0


def test_a_late_yes_is_welcome_while_the_patient_waits():
    """Found in review: a quarter of those who agreed were not counted."""
    apart = [{"lat": 40 + nth / 5} for nth in range(20)]
    people = [request(nth, due=240, **where) for nth, where in enumerate(apart)]
    told = scenario([], people) | {
        "members": [member(nth, **where) for nth, where in enumerate(apart)]
    }
    day = Scenario.model_validate(told)

    assert seen_beyond(day, day_of(day), ALL) == len(people)


def test_no_member_sees_more_than_a_few_and_more_are_seen_where_more_agree():
    assert seen(member()) == MOST_EACH
    seldom, often = (
        seen(*(member(nth, accepts=share) for nth in range(ENOUGH))) for share in (0.02, 0.2)
    )
    assert 0 < seldom < often <= len(ALL)


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"lat": 48.5}, {}),  # farther than they can go
        ({"profession": "60"}, {}),
        ({"modes": ["HH"], "radius_km": 5.0}, {}),
        ({}, {"due": 25}),  # too soon to be asked, to answer and to come
    ],
)
def test_nobody_is_asked_who_could_not_see_them(changes, asked):
    assert seen(*(member(nth, **changes) for nth in range(ENOUGH)), **asked) == 0


def test_only_who_was_not_served_is_asked_about_and_the_answer_is_always_the_same():
    told = a_day(*(member(nth, accepts=0.3) for nth in range(ENOUGH)))
    day = day_of(told)
    backwards = replace(day, callers=day.callers[::-1])

    assert seen_beyond(told, day, ALL) == seen_beyond(told, backwards, ALL)
    assert seen_beyond(told, day, ALL[:2]) <= 2
    assert seen_beyond(told, day, []) == 0


def test_of_a_day_that_says_nothing_of_members_nothing_is_said(tmp_path, capsys):
    file = tmp_path / "day.json"
    file.write_text(json.dumps(scenario([slot(0)], [request(0)])))
    simulate_day(file, None, "earliest", as_json=True)

    said = json.loads(capsys.readouterr().out)
    assert not {"seen_beyond_agendas", "no_shows"} & said.keys()
    file.write_text(json.dumps(scenario([slot(0)], [request(0, attends=True)])))
    simulate_day(file, None, "earliest", as_json=True)
    assert json.loads(capsys.readouterr().out)["no_shows"] == 0


def test_what_a_file_says_does_nothing_to_a_terminal(tmp_path):
    file = tmp_path / "day.json"
    for wrong in (
        scenario([slot(0) | {"\x1b]0;mine\x07": 1}], []),
        scenario([slot(0, id="\x1b[2J")], []),
    ):
        file.write_text(json.dumps(wrong))
        with pytest.raises(NotAScenario) as told:
            scenario_of(file)
        assert str(told.value).isprintable()


def test_it_stands_beside_what_the_policies_did(tmp_path, capsys):
    file = tmp_path / "day.json"
    people = [request(0, attends=False), request(1), request(2)]
    told = scenario([slot(0)], people) | {"members": [member(nth) for nth in range(8)]}
    file.write_text(json.dumps(told))

    simulate_day(file, None, "earliest", as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["served"], said["no_shows"], said["seen_beyond_agendas"]) == (1, 1, 2)
    simulate_day(file, None, None, as_json=False)
    shown = capsys.readouterr().out
    assert "have a place and do not come: earliest 1" in shown
    assert "would have seen who was asked: earliest 2" in shown


@pytest.mark.parametrize("wrong", [{"accepts": 1.1}, {"accepts": None}, {"lat": 91}, {"modes": []}])
def test_a_member_who_cannot_be_is_told(tmp_path, wrong):
    file = tmp_path / "day.json"
    file.write_text(json.dumps(scenario([], []) | {"members": [member(**wrong)]}))

    with pytest.raises(NotAScenario, match="members"):
        scenario_of(file)


def test_a_member_is_there_once(tmp_path):
    file = tmp_path / "day.json"
    file.write_text(json.dumps(scenario([], []) | {"members": [member(), member()]}))

    with pytest.raises(NotAScenario, match="two members"):
        scenario_of(file)
