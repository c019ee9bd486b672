"""Days played with a ladder: places, members who answer as usual, neighbours, hand-backs."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain import practitioner as practitioners
from domain.asking import Rate
from events import streams
from events.codes import Source
from events.instants import happened_at
from events.ladder import Ladder, Rule, Step, StepKind
from events.offer import Lapse
from services.settings import Settings
from services.simulator.answering import USUAL_LAG, USUAL_LEAD, Habits, habits_in
from services.simulator.cast import Caller, Day, Seat, waiting_of
from services.simulator.climbing import Stretch, climb
from services.simulator.comparing import gone_days, inequality_over
from services.simulator.meanwhile import Told, told_of_agenda
from services.simulator.policies import Earliest
from services.simulator.simulating import Assignment, Played
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
    WEEK,
    accepted,
    adopted,
    agreed_with,
    called,
    closed_to,
    consented,
    crisis_declared,
    deferred,
    enrolled,
    formed,
    lapsed,
    moved,
    offered,
    published,
    received,
    refused,
    taken,
    withdrawn,
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


def seat(slot_id=AFTERNOON, gone_at=None, **changes):
    one = published(slot_id, at=MORNING, **changes)
    practitioner = practitioners.decider.replay([enrolled(), consented()])
    return Seat(str(slot_id), one, practitioner, gone_at)


MEMBERS = (
    told(MORNING, formed()),
    told(MORNING, enrolled()),
    told(MORNING, consented()),
    told(MORNING, enrolled(DR_BLAIN)),
    told(MORNING, consented(DR_BLAIN, overbook=OVERBOOK)),
)


def stretch(*callers, seats=(), **others):
    day = Day(NEVERS, MORNING, tuple(seats), tuple(callers))
    usual = {"days": (day,), "told": MEMBERS, "added": tuple(seats), "habits": ALWAYS}
    return Stretch(**(usual | others))


def said(*events):
    """Of agendas, in the order they happened."""
    return tuple(
        (happened_at(one), Told(streams.agenda(DR_ADAM, WEEK), one))
        for one in sorted(events, key=happened_at)
    )


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
    beside = called("beside")
    place = published(
        beside,
        rpps=DR_CARO,
        communities=(VALENCIENNES,),
        start=NOON + HOUR,
        end=NOON + 2 * HOUR,
        capacity=2,
        at=MORNING,
    )
    agenda = [place, taken(called("theirs"), beside)]
    there += tuple(told_of_agenda(streams.agenda(DR_CARO, WEEK), agenda, ours=()))
    two = (caller(), caller("ben"))

    apart = gone(stretch(*two, told=there), ladder(PLACES))
    together = gone(stretch(*two, told=there), ladder(PLACES, NEIGHBOURS))

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

    both = stretch(days=(first, second), added=(place,))
    days = climb(both, Earliest(), Settings(), ladder(PLACES))

    assert [len(day.assignments) for day in days] == [1, 0]


def test_members_who_always_accept_see_everybody_however_late_they_answer():
    callers = [caller(f"patient {n}", NOON + 15 * n * MINUTE, hours=6) for n in range(12)]
    slow = Habits(rate=Rate(10_000, 10_000), lag=6 * MINUTE, lead=HOUR)

    outcome = gone(stretch(*callers, habits=slow), ladder(PLACES, OFFERS))

    assert outcome.unserved == []


A_ROOM = {"start": NOON + 2 * HOUR, "end": NOON + 3 * HOUR}


def test_nobody_is_in_two_places_whatever_was_published_anew():
    """Anna has the place that in the log nobody had: it was taken back, and published again."""
    again = published(called("again"), at=NOON + 11 * MINUTE, **A_ROOM)
    back = withdrawn().model_copy(update={"withdrawn_at": NOON + 10 * MINUTE})
    told = said(published(at=MORNING, **A_ROOM), back, again)
    two = (caller(hours=5), caller("ben", NOON + 20 * MINUTE, hours=5))

    outcome = gone(stretch(*two, told=(*MEMBERS, *told)), ladder(PLACES))

    assert [one.request for one in outcome.assignments] == ["anna"]


def test_a_slot_is_moved_when_it_was_and_not_before():
    late = published(at=MORNING, start=NOON + 8 * HOUR, end=NOON + 9 * HOUR)
    told = (*MEMBERS, *said(late, moved(start=NOON + 2 * HOUR)))

    def start(at):
        played = stretch(caller(at=at, hours=9.0), told=told)
        return gone(played, ladder(PLACES)).assignments[0].start

    assert start(NOON - MINUTE) == NOON + 8 * HOUR
    assert start(NOON + MINUTE) == NOON + 2 * HOUR


def test_a_slot_somebody_has_by_then_is_not_moved_under_them():
    late = published(at=MORNING, start=NOON + 8 * HOUR, end=NOON + 9 * HOUR, capacity=2)
    told = (*MEMBERS, *said(late, moved(start=NOON + 2 * HOUR)))
    two = (caller(at=NOON - MINUTE, hours=9.0), caller("ben", NOON + MINUTE, hours=9.0))

    outcome = gone(stretch(*two, told=told), ladder(PLACES))

    assert {one.start for one in outcome.assignments} == {NOON + 8 * HOUR}


def test_what_is_closed_to_the_sas_is_closed_to_it():
    told = (*MEMBERS, *said(published(at=MORNING, **A_ROOM), closed_to(Source.CPTS)))

    assert gone(stretch(caller(at=NOON + MINUTE), told=told), ladder(PLACES)).unserved == ["anna"]


def test_patients_of_the_days_before_count_for_the_week():
    """With a cap of one a week, the one place of the week is another's."""
    capped = (*MEMBERS[:2], told(MORNING, consented(weekly_cap=1)))
    monday = published(called("monday"), at=MORNING, start=NOON - 3 * HOUR, end=NOON - 2 * HOUR)
    before = [monday, taken(called("somebody"), called("monday")), published(at=MORNING, **A_ROOM)]
    of_others = told_of_agenda(streams.agenda(DR_ADAM, WEEK), before, ours=())

    played = stretch(caller(at=NOON + MINUTE), told=(*capped, *of_others))

    assert gone(played, ladder(PLACES)).unserved == ["anna"]


def test_who_agrees_while_somebody_waits_is_heard_at_once():
    place = said(published(at=MORNING, **A_ROOM))
    silent = [MEMBERS[0], MEMBERS[1]]
    consents = told(NOON + MINUTE, consented())
    two = (caller(), caller("ben", NOON + 5 * MINUTE))

    outcome = gone(stretch(*two, told=(*silent, *place, consents)), ladder(PLACES))

    (given,) = outcome.assignments
    assert (given.request, given.decided_at) == ("anna", NOON + MINUTE)


def test_a_ladder_that_is_tried_does_not_replace_that_of_a_crisis():
    crisis = told(MORNING, crisis_declared(ladder(PLACES, OFFERS)))
    played = stretch(caller(), told=(*MEMBERS, crisis))

    assert gone(played, ladder(PLACES)).asked == 1


def test_whoever_calls_in_one_instant_is_in_an_order_of_their_own():
    place = seat(**A_ROOM)
    one, other = caller("anna"), caller("ben")

    first = gone(stretch(one, other, seats=[place]), ladder(PLACES))
    second = gone(stretch(other, one, seats=[place]), ladder(PLACES))

    assert [a.request for a in first.assignments] == [a.request for a in second.assignments]


def test_looks_go_on_while_the_clocks_change():
    zone = ZoneInfo("Europe/Paris")
    days = [Day(NEVERS, datetime(2026, 3, 28 + n, 8, tzinfo=zone), (), ()) for n in (0, 1)]

    class Watching(Earliest):
        every = timedelta(minutes=5)
        seen: ClassVar[list[datetime]] = []

        def look_ahead(self, _, now):
            self.seen.append(now)

    climb(Stretch(tuple(days)), Watching(), Settings())

    steps = {b - a for a, b in pairwise(one.astimezone(UTC) for one in Watching.seen)}
    assert steps == {timedelta(minutes=5)}


def test_places_given_to_callers_of_the_day_before_count_for_their_own_day():
    tomorrow = seat(start=NOON + 24 * HOUR, end=NOON + 25 * HOUR, capacity=2)
    taken_back = seat(called("dawn"), gone_at=NOON, capacity=10, **A_ROOM)
    days = [Day(NEVERS, MORNING, (taken_back,), ()), Day(NEVERS, NOON, (tomorrow,), ())]
    assignment = Assignment("anna", tomorrow.id, NOON, NOON + 24 * HOUR, 1.0, 0.1)
    outcomes = [Played([assignment], [], 0.1), Played([], [], 0.0)]

    first, second = gone_days(days, outcomes)

    assert inequality_over([first, second]) == 0.0  # one practitioner, all of one share
    assert second.given == {tomorrow.id: 1}


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
    late = habits_in([[offered(DR_ADAM), lapsed(DR_ADAM), accepted()]])
    assert late.rate == Rate(1, 1)  # one question, and what was said last
    assert habits.rate == Rate(4, 1)
    assert (habits.lag, habits.lead) == (USUAL_LAG, USUAL_LEAD)  # one answer is not enough
    assert habits_in([history] * 8).lead == 2 * HOUR
