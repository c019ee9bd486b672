"""Places at their price: what is kept, what is given, and to whom of several."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.eligibility import Candidate, search, ways
from domain.forecast import Outlook
from domain.loss import of_waiting
from domain.matching import NOTHING_EXPECTED, rank, together, weighed_alone
from domain.prices import Kept, Price
from events.codes import Mode
from events.place import CoarsePosition, Place, Position
from events.weights import Weights
from tests.examples import (
    AFTERNOON,
    ANNA,
    CENTRE,
    DR_ADAM,
    HOUR,
    MINUTE,
    NOON,
    busy,
    called,
    consented,
    enrolled,
    freed,
    published,
    received,
    taken,
)

DOCTOR = practitioners.decider.replay([enrolled(), consented()])
SOON = Kept(2 * HOUR, NOON + HOUR)


def waiting(**changes):
    return requests.decider.replay([received(**changes)])


def slot(name, start=NOON + HOUR, *, km_north=0.0, taken=0, **changes):
    position = Position(lat=CENTRE.lat + km_north / 111.195, lon=CENTRE.lon)
    place = Place(title=name, commune="58194", position=position)
    event = published(called(name), start=start, end=start + 20 * MINUTE, place=place, **changes)
    agenda = agendas.decider.replay([event, *busy(taken)])
    return Candidate(agenda.slots[called(name)], agenda, DOCTOR)


def at(**prices):
    return Outlook([], {called(name): Price(price, SOON) for name, price in prices.items()})


def test_a_place_is_left_to_who_needs_it_more_when_another_will_do():
    early, late = slot("early"), slot("late", NOON + 3 * HOUR)

    ranking = rank(waiting(), [early, late], NOON, at(early=2.0))

    assert [ranked.slot_id for ranked in ranking.eligible] == [called("late"), called("early")]
    terms = ranking.eligible[1].option().terms
    assert (terms.price, ranking.eligible[0].option().terms.price) == (2.0, 0.0)
    assert ranking.eligible[1].option().kept_for.within_minutes == 120
    assert ranking.eligible[0].option().kept_for is None


def test_a_place_worth_more_to_others_than_to_this_patient_is_kept():
    ranking = rank(waiting(), [slot("early")], NOON, at(early=3.9))  # of four hours: penalty 4

    assert ranking.eligible == []
    assert ranking.not_eligible == {"kept_for_others": [called("early")]}
    explanation = ranking.explanation(None)
    assert explanation.considered == 1
    assert explanation.alternatives[0].kept_for.expected_by == NOON + HOUR


def test_who_must_be_seen_soon_has_what_is_kept_for_such_as_they():
    urgent = waiting(due_by=NOON + 2 * HOUR)

    assert rank(urgent, [slot("early")], NOON, at(early=3.9)).eligible


def test_what_a_community_weighs_keeps_a_place_from_nobody():
    heavy = Weights(continuity=8.0)
    request = waiting(treating_doctor="10003456784")

    assert rank(request, [slot("early")], NOON, at(early=1.0), heavy).eligible
    assert not rank(request, [slot("early")], NOON, at(early=3.9), heavy).eligible


def test_what_hardly_anybody_wants_is_kept_from_nobody():
    far = slot("far", NOON + 4 * HOUR + 30 * MINUTE, km_north=150)
    request = waiting(max_km=300.0, due_by=NOON + 5 * HOUR)

    assert rank(request, [far], NOON, at(far=0.04)).eligible[0].cost > 2
    assert not rank(request, [far], NOON, at(far=0.06)).eligible


def test_who_may_have_a_place_is_never_left_without_while_one_is_left():
    far = slot("far", NOON + 4 * HOUR + 30 * MINUTE, km_north=150)
    several = [
        waiting(request_id=called(n), max_km=300.0, due_by=NOON + 5 * HOUR) for n in ("a", "b")
    ]

    found = together({r.received.request_id: (r, rank(r, [far], NOON)) for r in several})

    assert len(found) == 1


def test_a_place_alone_costs_what_it_costs_the_patient():
    both = slot("both", modes=(Mode.OFFICE, Mode.VIDEO))
    request = waiting(modes=(Mode.OFFICE, Mode.VIDEO))
    (ranked,) = rank(request, [both], NOON, at(both=0.5)).eligible

    alone = weighed_alone(request, both, ways(search(request, NOON), both))

    assert alone.way == ranked.way
    assert alone.cost == ranked.loss == of_waiting(HOUR, 4 * HOUR)


def test_what_is_free_is_never_kept_whatever_it_costs():
    heavy = Weights(continuity=8.0)
    request = waiting(treating_doctor="10003456784")

    assert rank(request, [slot("early")], NOON, at(), heavy).eligible[0].cost > 8


def test_of_two_who_wait_each_has_a_place_that_only_one_could_spare():
    """One after the other the first would take the early place, and the second have none."""
    all_day = waiting(request_id=called("all day"), due_by=NOON + 9 * HOUR)
    urgent = waiting(request_id=called("urgent"), due_by=NOON + 2 * HOUR)
    early, late = slot("early"), slot("late", NOON + 3 * HOUR)

    found = together(
        {
            request.received.request_id: (request, rank(request, [early, late], NOON))
            for request in (all_day, urgent)
        }
    )

    assert found == {called("all day"): called("late"), called("urgent"): called("early")}


def test_places_of_one_slot_are_as_many_as_are_free():
    both = slot("both", capacity=2)
    three = [waiting(request_id=called(f"{n}")) for n in range(3)]

    found = together(
        {request.received.request_id: (request, rank(request, [both], NOON)) for request in three}
    )

    assert len(found) == 2
    assert set(found.values()) == {called("both")}
    assert together({}) == together({called("0"): (three[0], rank(three[0], [], NOON))}) == {}


@given(st.integers(0, 10_000))
def test_together_nobody_loses_more_than_one_after_the_other(seed):
    dice = Random(seed)
    slots = [
        slot(f"s{n}", NOON + dice.randint(20, 300) * MINUTE, km_north=dice.uniform(0, 18))
        for n in range(dice.randint(0, 5))
    ]
    outlook = at(**{f"s{n}": dice.choice([0.0, 0.5, 3.0]) for n in range(5)})
    several = [
        waiting(request_id=called(f"r{n}"), due_by=NOON + dice.choice([1, 2, 4, 9]) * HOUR)
        for n in range(dice.randint(0, 4))
    ]
    rankings = {r.received.request_id: (r, rank(r, slots, NOON, outlook)) for r in several}

    def gain(request, ranked):
        window = request.due_by - request.received.received_at
        penalty = 8 if window <= 2 * HOUR else 4 if window <= 4 * HOUR else 2
        return penalty - ranked.cost

    one_by_one, gone = 0.0, set()
    for request, ranking in rankings.values():
        if left := [ranked for ranked in ranking.eligible if ranked.slot_id not in gone]:
            gone.add(left[0].slot_id)
            one_by_one += gain(request, left[0])
    found = together(rankings)
    at_once = sum(
        gain(request, ranking.preferring(found[request_id]).eligible[0])
        for request_id, (request, ranking) in rankings.items()
        if request_id in found
    )

    assert len(set(found.values())) == len(found)
    assert at_once >= one_by_one - 1e-9


def test_the_slot_one_is_to_have_comes_first_and_nothing_else_changes():
    ranking = rank(waiting(), [slot("a"), slot("b"), slot("c")], NOON)
    third = ranking.eligible[2].slot_id

    preferring = ranking.preferring(third)

    assert preferring.eligible[0].slot_id == third
    assert preferring.eligible[1:] == ranking.eligible[:2]
    assert ranking.preferring(called("of another day")) == ranking


@pytest.mark.parametrize(
    ("weights", "request_", "place", "cost"),
    [
        (Weights(continuity=0.5), {"treating_doctor": "10003456784"}, {}, ("continuity", 0.5)),
        (Weights(continuity=0.5), {"treating_doctor": DR_ADAM}, {}, ("continuity", 0.0)),
        (Weights(continuity=0.5), {}, {}, ("continuity", 0.0)),
        (Weights(fairness=1.0), {}, {"taken": 3}, ("fairness", 0.75)),
        (Weights(fairness=1.0), {}, {}, ("fairness", 0.0)),
        (
            Weights(scarcity=0.3),
            {},
            {"modes": (Mode.OFFICE, Mode.HOME), "radius_km": 8.0},
            ("scarcity", 0.3),
        ),
        (
            Weights(scarcity=0.3),
            {"modes": (Mode.HOME,)},
            {"modes": (Mode.OFFICE, Mode.HOME), "radius_km": 8.0},
            ("scarcity", 0.0),
        ),
        (Weights(fragility=1.0), {"age": 80}, {"km_north": 5.0}, ("fragility", None)),
        (Weights(fragility=1.0), {"age": 40}, {"km_north": 5.0}, ("fragility", 0.0)),
        (Weights(fragility=1.0), {"age": None}, {"km_north": 5.0}, ("fragility", 0.0)),
    ],
)
def test_a_community_weighs_what_it_agreed_to_weigh(weights, request_, place, cost):
    (ranked,) = rank(
        waiting(**request_), [slot("a", **place)], NOON, NOTHING_EXPECTED, weights
    ).eligible
    name, expected = cost
    weighed = getattr(ranked.option().terms, name)

    assert weighed == (round(ranked.way.km / 25, 4) if expected is None else expected)
    assert abs(ranked.cost - ranked.loss - weighed) < 1e-4


AT_HOME = {"modes": (Mode.HOME,), "radius_km": 30.0}


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        ([], 20.0),  # from the practice
        ([(NOON + 3 * HOUR, 0.17)], 1.0),  # a kilometre from there
        ([(NOON + 3 * HOUR, 0.17), (NOON + 4 * HOUR, 0.18)], 0.0),
        ([(NOON + 6 * HOUR, 0.18)], 20.0),  # another tour
    ],
)
def test_a_home_visit_is_given_to_whose_tour_is_near(visits, expected):
    far = CoarsePosition(lat=CENTRE.lat + 0.18, lon=CENTRE.lon)  # 20 km to the north
    happened = [published(called("a"), start=NOON + HOUR, end=NOON + 2 * HOUR, **AT_HOME)]
    for nth, (start, north) in enumerate(visits):
        other, where = called(f"visit {nth}"), far.model_copy(update={"lat": CENTRE.lat + north})
        happened.append(published(other, start=start, end=start + 20 * MINUTE, **AT_HOME))
        happened.append(taken(called(f"who {nth}"), other, mode=Mode.HOME, where=where))
    agenda = agendas.decider.replay(happened)
    place = Candidate(agenda.slots[called("a")], agenda, DOCTOR)

    request = waiting(modes=(Mode.HOME,), position=far)
    (ranked,) = rank(request, [place], NOON, NOTHING_EXPECTED, Weights(tours=1.0)).eligible

    assert ranked.option().terms.tours * 25 == pytest.approx(expected, abs=0.2)


def test_a_visit_that_is_cancelled_is_of_no_tour():
    there = CoarsePosition(lat=CENTRE.lat, lon=CENTRE.lon)
    visit = taken(mode=Mode.HOME, where=there)

    agenda = agendas.decider.replay([published(**AT_HOME), visit])
    left = agendas.decider.replay([published(**AT_HOME), visit, freed()])

    assert agenda.slots[AFTERNOON].visits == {ANNA: there}
    assert left.slots[AFTERNOON].visits == {}


def test_a_community_that_weighs_no_tours_measures_none():
    option = rank(waiting(), [slot("a")], NOON, NOTHING_EXPECTED, Weights(tours=1.0)).eligible[0]

    assert option.option().terms.tours == 0.0  # they come to the practice


def test_fairness_gives_the_patient_to_who_has_fewer_of_what_they_opened():
    full, idle = slot("full", taken=8), slot("idle", NOON + HOUR + 20 * MINUTE)

    assert rank(waiting(), [full, idle], NOON).eligible[0].slot_id == called("full")
    by_share = rank(waiting(), [full, idle], NOON, NOTHING_EXPECTED, Weights(fairness=1.0))
    assert by_share.eligible[0].slot_id == called("idle")
