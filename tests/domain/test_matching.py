from datetime import timedelta

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.eligibility import Candidate
from domain.geography import distance_km
from domain.matching import CHOSEN_BY_HAND, by_urgency, penalty, rank
from events.codes import Mode
from events.place import Place, Position
from tests.examples import (
    ANNA,
    BEN,
    CENTRE,
    HOUR,
    MINUTE,
    NOON,
    busy,
    called,
    consented,
    enrolled,
    published,
    received,
)

DOCTOR = practitioners.decider.replay([enrolled(), consented()])


def waiting(**changes):
    return requests.decider.replay([received(**changes)])


def slot(name, *, start=NOON + HOUR, km_north=0.0, week=0, **changes):
    position = Position(lat=CENTRE.lat + km_north / 111.195, lon=CENTRE.lon)
    place = Place(title=name, commune="58194", position=position)
    event = published(called(name), start=start, end=start + 20 * MINUTE, place=place, **changes)
    agenda = agendas.decider.replay([event, *busy(week)])
    return Candidate(agenda.slots[called(name)], agenda, DOCTOR)


def order(request, *candidates, now=NOON):
    names = {
        candidate.slot.published.slot_id: candidate.slot.published.place.title
        for candidate in candidates
    }
    return [names[ranked.slot_id] for ranked in rank(request, candidates, now).eligible]


def test_the_haversine_of_one_degree_of_latitude():
    assert round(distance_km(Position(lat=46, lon=3), Position(lat=47, lon=3)), 1) == 111.2
    assert distance_km(CENTRE, CENTRE) == 0


def test_the_loss_is_the_wait_against_the_window_and_the_way_against_25_km():
    ranking = rank(waiting(), [slot("a", start=NOON + 2 * HOUR)], NOON)
    terms = ranking.eligible[0].option().terms

    assert terms.wait == 0.5  # two of four hours
    km = distance_km(received().position, CENTRE)
    assert terms.travel == round(0.5 * km / 25, 4)
    assert terms.cost == terms.wait + terms.travel


def test_a_window_under_half_an_hour_does_not_make_minutes_dearer():
    request = waiting(due_by=NOON + 20 * MINUTE)
    ranking = rank(request, [slot("a", start=NOON + 18 * MINUTE)], NOON)

    assert ranking.eligible[0].option().terms.wait == 0.6  # 18 of 30 minutes


def test_the_earlier_place_wins_unless_it_is_much_farther():
    early, late = slot("early"), slot("late", start=NOON + 2 * HOUR)
    assert order(waiting(), late, early) == ["early", "late"]

    early_and_far = slot("early and far", km_north=13)
    soon_after = slot("soon after", start=NOON + HOUR + 20 * MINUTE)
    assert order(waiting(), early_and_far, soon_after) == ["soon after", "early and far"]


def test_of_several_ways_the_one_with_the_least_loss_counts():
    both = slot("both", modes=(Mode.OFFICE, Mode.VIDEO))
    ranking = rank(waiting(modes=(Mode.OFFICE, Mode.VIDEO)), [both], NOON)

    assert ranking.eligible[0].way.mode is Mode.VIDEO


def test_equal_losses_go_to_whoever_had_fewer_patients_this_week_then_by_id():
    busy, idle = slot("busy", week=5), slot("idle", week=1)
    assert order(waiting(), busy, idle) == ["idle", "busy"]

    twins = sorted(["left", "right"], key=called)
    assert order(waiting(), slot("left"), slot("right")) == twins


def test_the_explanation_has_the_choice_the_best_alternatives_and_why_not_the_others():
    fitting = [slot(f"{n} hours", start=NOON + n * HOUR) for n in (1, 2, 3)]
    fitting += [slot("in 90 minutes", start=NOON + 90 * MINUTE)]
    late = [slot(f"too late {n}", start=NOON + (5 + n) * HOUR) for n in range(7)]
    far = slot("far", km_north=40)
    ranking = rank(waiting(), [*late, *fitting, far], NOON)
    explanation = ranking.explanation(ranking.eligible[0])

    assert explanation.considered == 12
    assert explanation.chosen is not None
    assert explanation.chosen.slot_id == called("1 hours")
    assert [option.slot_id for option in explanation.alternatives] == [
        called("in 90 minutes"),
        called("2 hours"),
        called("3 hours"),
    ]
    assert [(n.reason, n.slots) for n in explanation.not_eligible] == [
        ("starts_after_due", 7),
        ("too_far", 1),
    ]
    assert explanation.not_eligible[0].examples == tuple(called(f"too late {n}") for n in range(5))


def test_where_nothing_fits_nothing_is_chosen():
    ranking = rank(waiting(), [], NOON)

    assert ranking.eligible == []
    assert ranking.explanation(None, CHOSEN_BY_HAND).chosen is None


def test_not_serving_costs_most_where_the_window_is_short():
    assert penalty(waiting(due_by=NOON + 2 * HOUR)) == 8
    assert penalty(waiting(due_by=NOON + 4 * HOUR)) == 4
    assert penalty(waiting(due_by=NOON + 5 * HOUR)) == 2


def test_of_those_who_wait_the_dearest_then_the_earliest_due_is_first():
    urgent = waiting(request_id=BEN, due_by=NOON + 2 * HOUR)
    sooner = waiting(request_id=ANNA, due_by=NOON + 6 * HOUR)
    later = waiting(request_id=ANNA, due_by=NOON + 7 * HOUR)

    assert sorted([later, sooner, urgent], key=by_urgency) == [urgent, sooner, later]


quarter = timedelta(minutes=15)


@for_all(
    st.lists(st.tuples(st.integers(1, 16), st.integers(0, 14), st.integers(0, 9)), max_size=8),
    st.randoms(),
)
def test_the_order_in_which_slots_are_looked_at_does_not_matter(drawn, random):
    candidates = [
        slot(f"{n}", start=NOON + quarters * quarter, km_north=km, week=week)
        for n, (quarters, km, week) in enumerate(drawn)
    ]
    shuffled = candidates[:]
    random.shuffle(shuffled)

    explained = [
        ranking.explanation(ranking.eligible[0] if ranking.eligible else None)
        for ranking in (rank(waiting(), c, NOON) for c in (candidates, shuffled))
    ]
    assert explained[0] == explained[1]


def test_a_candidate_of_a_pausing_practitioner_is_left_aside():
    away = slot("a")._replace(practitioner=practitioners.Paused(DOCTOR))

    assert rank(waiting(), [away], NOON).not_eligible == {"practitioner_paused": [called("a")]}
