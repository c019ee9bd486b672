"""Days played with a ladder: places, members who answer as usual, neighbours, hand-backs."""

from random import Random
from uuid import UUID

import pytest

from domain.asking import Rate
from events.ladder import Ladder, Rule, Step, StepKind
from events.offer import Lapse
from services.settings import Settings
from services.simulator.answering import USUAL_LAG, USUAL_LEAD, Habits, habits_in
from services.simulator.cast import Caller, Day, Seat, waiting_of
from services.simulator.climbing import Stretch, Told, climb
from services.simulator.policies import Earliest
from tests.examples import (
    AFTERNOON,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NEVERS,
    NOON,
    OVERBOOK,
    VALENCIENNES,
    accepted,
    adopted,
    agreed_with,
    called,
    consented,
    deferred,
    enrolled,
    formed,
    lapsed,
    offered,
    published,
    received,
    refused,
    taken,
)

MORNING = NOON - 6 * HOUR
PLACES = Step(kind=StepKind.MEMBER_SLOTS, minutes=0)
OFFERS = Step(kind=StepKind.MEMBER_OFFERS, minutes=30)
NEIGHBOURS = Step(kind=StepKind.NEIGHBOUR_SLOTS, minutes=0)
ALWAYS = Habits(rate=Rate(1000, 1000), lag=MINUTE, lead=HOUR)
DR_CARO = "10978000031"
NEVER = Habits(rate=Rate(100_000, 0))


def ladder(*steps):
    return Ladder(title="Tried", rules=(Rule(title="All", steps=steps),))


def told(at, event):
    kind = "community" if hasattr(event, "finess") else "practitioner"
    return at, Told(f"{kind}-{getattr(event, 'finess', None) or event.rpps}", event)


def caller(name="anna", at=NOON, hours=3.0, **changes):
    one = received(called(name), asked_at=at, due_by=at + hours * HOUR, **changes)
    return Caller(name, waiting_of(one))


def seat(slot_id=AFTERNOON, practitioner=None, others=(), gone_at=None, **changes):
    one = published(slot_id, at=MORNING, **changes)
    return Seat(str(slot_id), one, practitioner, gone_at, others)


MEMBERS = (
    told(MORNING, formed()),
    told(MORNING, enrolled()),
    told(MORNING, consented()),
    told(MORNING, enrolled(DR_BLAIN)),
    told(MORNING, consented(DR_BLAIN, overbook=OVERBOOK)),
)


def stretch(*callers, seats=(), **others):
    day = Day(NEVERS, MORNING, tuple(seats), tuple(callers))
    return Stretch(**({"days": (day,), "told": MEMBERS, "habits": ALWAYS} | others))


def gone(played, tried=None, policy=None):
    (outcome,) = climb(played, policy or Earliest(), Settings(), tried)
    return outcome


def test_a_place_is_given_before_anybody_is_asked():
    outcome = gone(stretch(caller(), seats=[seat(start=NOON + HOUR, end=NOON + 2 * HOUR)]))

    (given,) = outcome.assignments
    assert (given.slot, given.start, outcome.asked) == (str(AFTERNOON), NOON + HOUR, 0)


def test_a_member_who_always_accepts_sees_whoever_has_no_place():
    outcome = gone(stretch(caller()), ladder(PLACES, OFFERS))

    (given,) = outcome.assignments
    assert outcome.asked == 1
    assert NOON < given.decided_at < NOON + 5 * MINUTE
    assert given.start >= given.decided_at + HOUR
    assert given.start.minute % 15 == 0


def test_where_nobody_is_asked_they_go_back_to_the_sas():
    outcome = gone(stretch(caller()), ladder(PLACES))

    assert (outcome.unserved, outcome.asked) == (["anna"], 0)


def test_members_who_never_accept_are_asked_in_vain():
    outcome = gone(stretch(caller(), habits=NEVER), ladder(PLACES, OFFERS))

    assert (outcome.unserved, outcome.asked) == (["anna"], 1)


def test_without_another_the_community_s_own_ladder_is_climbed():
    told_more = (*MEMBERS, told(MORNING, adopted(ladder=ladder(PLACES))))

    assert gone(stretch(caller(), told=told_more)).unserved == ["anna"]
    assert gone(stretch(caller(), told=told_more), ladder(PLACES, OFFERS)).unserved == []


def test_who_agreed_only_later_is_asked_only_later():
    late = [
        told(NOON + HOUR, one.event) if n == 4 else (at, one) for n, (at, one) in enumerate(MEMBERS)
    ]

    before = gone(stretch(caller(hours=0.9), told=tuple(late)), ladder(PLACES, OFFERS))
    after = gone(stretch(caller(at=NOON + 2 * HOUR), told=tuple(late)), ladder(PLACES, OFFERS))

    assert (before.asked, before.unserved) == (0, ["anna"])
    assert (after.asked, after.unserved) == (1, [])


def test_a_neighbour_s_place_is_reached_by_the_step_that_allows_it_and_not_what_others_have():
    there = (
        *MEMBERS,
        told(MORNING, formed(VALENCIENNES)),
        told(MORNING, agreed_with(VALENCIENNES)),
        told(MORNING, agreed_with(NEVERS, finess=VALENCIENNES)),
        told(MORNING, enrolled(DR_CARO, communities=(VALENCIENNES,))),
        told(MORNING, consented(DR_CARO)),
    )
    place = {
        "rpps": DR_CARO,
        "communities": (VALENCIENNES,),
        "start": NOON + HOUR,
        "end": NOON + 2 * HOUR,
        "capacity": 2,
    }
    free = seat(called("beside"), others=(taken(called("theirs"), called("beside")),), **place)
    two = (caller(), caller("ben"))

    apart = gone(stretch(*two, told=there, beside=(free,)), ladder(PLACES))
    together = gone(stretch(*two, told=there, beside=(free,)), ladder(PLACES, NEIGHBOURS))

    assert len(apart.unserved) == 2
    assert len(together.assignments) == 1  # of its two places one is another patient's


def test_what_is_taken_back_is_nobody_s():
    gone_place = seat(start=NOON + HOUR, end=NOON + 2 * HOUR, gone_at=NOON - MINUTE)

    assert gone(stretch(caller(), seats=[gone_place]), ladder(PLACES)).unserved == ["anna"]


def test_who_has_a_place_keeps_it_when_the_rest_is_taken_back():
    wide = seat(start=NOON + HOUR, end=NOON + 3 * HOUR, capacity=3, gone_at=NOON + MINUTE)
    later = caller("ben", at=NOON + 2 * MINUTE)

    outcome = gone(stretch(caller(), later, seats=[wide]), ladder(PLACES))

    assert [one.request for one in outcome.assignments] == ["anna"]


def test_the_evening_s_callers_may_have_tomorrow_s_places():
    tomorrow = NOON + 20 * HOUR
    first = Day(NEVERS, MORNING, (), (caller(hours=30),))
    place = seat(start=tomorrow, end=tomorrow + HOUR)
    second = Day(NEVERS, MORNING + 24 * HOUR, (place,), (caller("ben", NOON + 24 * HOUR),))

    days = climb(stretch(days=(first, second)), Earliest(), Settings(), ladder(PLACES))

    assert [len(day.assignments) for day in days] == [1, 0]


def test_a_member_answers_the_same_about_the_same_patient_however_often():
    habits = Habits(rate=Rate(100, 40))
    dice = Random(7)
    some = [UUID(int=dice.getrandbits(128)) for _ in range(400)]

    said = [habits.accepts_after(one, DR_ADAM) for one in some]

    assert said == [habits.accepts_after(one, DR_ADAM) for one in some]
    yes = [after for after in said if after is not None]
    assert len(yes) / len(said) == pytest.approx(habits.rate.probability, abs=0.07)
    assert sorted(yes)[len(yes) // 2] == pytest.approx(USUAL_LAG, rel=0.3)


def test_whoever_never_accepted_is_expected_to_less_than_the_others():
    habits = Habits(rate=Rate(200, 100), by_member={DR_BLAIN: Rate(60, 0)})
    some = [called(f"patient {nth}") for nth in range(300)]

    def accepts(rpps):
        return sum(habits.accepts_after(one, rpps) is not None for one in some)

    assert accepts(DR_BLAIN) < accepts(DR_ADAM) / 3


def test_habits_are_measured_and_who_need_not_answer_refused_nothing():
    history = [offered(DR_ADAM, DR_BLAIN), accepted(), lapsed(DR_BLAIN, Lapse.PLACE_FOUND)]
    silent = [offered(DR_BLAIN), lapsed(DR_BLAIN, Lapse.NO_ANSWER)]
    other = [offered(DR_ADAM, DR_BLAIN), refused(), deferred(DR_BLAIN)]

    habits = habits_in([[received(), *history], silent, other])

    assert habits.by_member == {DR_ADAM: Rate(2, 1), DR_BLAIN: Rate(2, 0)}
    assert habits.rate == Rate(4, 1)
    assert (habits.lag, habits.lead) == (USUAL_LAG, USUAL_LEAD)  # one answer is not enough
    assert habits_in([history] * 8).lead == 2 * HOUR
