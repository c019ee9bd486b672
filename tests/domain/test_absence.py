"""A vacation takes with it what was published for it, and finds its patients another place."""

from datetime import timedelta

import pytest

from domain import absence, asking
from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import weeks_between
from domain.asking import Member
from domain.decider import ImpossibleHistory
from domain.eligibility import Candidate, search, ways
from domain.ineligible import NotThisCommunity, PractitionerAway
from domain.practitioner import (
    AnnounceVacation,
    CancelVacation,
    Leave,
    NoSuchVacation,
    PractitionerNotEnrolled,
    VacationEndsBeforeItStarts,
    VacationOver,
    VacationTooLong,
)
from domain.request import Waiting
from events import streams
from events.practitioner import PractitionerPaused
from events.request import Unassigned
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    CLEO,
    DR_ADAM,
    HOUR,
    MINUTE,
    MORNING,
    NEVERS,
    NOON,
    OVERBOOK,
    VALENCIENNES,
    WEEK,
    assigned,
    called,
    consented,
    enrolled,
    escalated,
    freed,
    held,
    left,
    place_held,
    published,
    received,
    released,
    taken,
    unassigned,
    vacation,
    vacation_cancelled,
    withdrawn,
)

given = Spec(practitioners.decider).given
AGENDA = streams.agenda(DR_ADAM, WEEK)
TWO_DAYS = AnnounceVacation(DR_ADAM, NOON, NOON + 48 * HOUR, NOON)
PAUSED = PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)


def test_a_vacation_is_announced_once_and_may_be_cancelled():
    given(enrolled()).when(TWO_DAYS).then(vacation())
    given(enrolled(), vacation()).when(TWO_DAYS).then_nothing()
    given(enrolled(), PAUSED).when(TWO_DAYS).then(vacation())
    cancel = CancelVacation(DR_ADAM, NOON, NOON)
    given(enrolled(), vacation()).when(cancel).then(vacation_cancelled())
    given(enrolled(), PAUSED, vacation()).when(cancel).then(vacation_cancelled())
    given(enrolled(), vacation(), vacation_cancelled()).when(cancel).then_refused(NoSuchVacation)
    given(enrolled()).when(cancel).then_refused(NoSuchVacation)
    for command in (TWO_DAYS, cancel):
        given().when(command).then_refused(PractitionerNotEnrolled)


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        (NOON + HOUR, NOON + HOUR, VacationEndsBeforeItStarts),
        (NOON + HOUR, NOON, VacationEndsBeforeItStarts),
        (NOON - 2 * HOUR, NOON, VacationOver),
        (NOON, NOON + timedelta(days=184), VacationTooLong),
    ],
)
def test_a_vacation_ends_after_it_starts_and_is_not_over_and_not_for_ever(start, end, refusal):
    given(enrolled()).when(AnnounceVacation(DR_ADAM, start, end, NOON)).then_refused(refusal)


@pytest.mark.parametrize("event", [vacation(), vacation_cancelled()])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        practitioners.decider.replay([event])


def away(*history, agenda=(), holders=None):
    week = agendas.decider.replay(agenda)
    practitioner = practitioners.decider.replay(history)
    return absence.announce(TWO_DAYS, practitioner, {AGENDA: week}, holders or {})


def test_what_is_published_for_it_is_withdrawn_and_its_patient_is_first_in_line():
    anna = requests.decider.replay([received(), assigned()])

    told = away(enrolled(), agenda=[published(), taken()], holders={ANNA: anna})

    assert list(told.practitioner) == [vacation()]
    assert told.agendas[AGENDA] == [freed(reason="SLOT_WITHDRAWN"), withdrawn()]
    assert told.requests == {ANNA: [unassigned(reason=Unassigned.SLOT_WITHDRAWN)]}
    after = requests.decider.replay(told.requests[ANNA], since=anna)
    assert isinstance(after, Waiting)
    assert after.first_in_line


def test_who_holds_a_place_is_told_as_well():
    anna = requests.decider.replay([received(), held()])

    told = away(enrolled(), agenda=[published(), place_held()], holders={ANNA: anna})

    assert told.agendas[AGENDA] == [released(), withdrawn()]
    assert [event.reason for event in told.requests[ANNA]] == ["SLOT_CHANGED"]


def test_of_several_slots_each_is_withdrawn_and_what_is_outside_stays():
    tomorrow, later, begun = called("tomorrow"), called("in three days"), called("begun")
    agenda = [
        published(),
        published(tomorrow, start=NOON + 24 * HOUR, end=NOON + 25 * HOUR),
        published(later, start=NOON + 72 * HOUR, end=NOON + 73 * HOUR),
        published(begun, start=NOON - HOUR, end=NOON + 30 * MINUTE),
    ]

    told = away(enrolled(), agenda=agenda)

    assert [event.slot_id for event in told.agendas[AGENDA]] == [AFTERNOON, tomorrow]


BEGUN = called("begun")


def range_under_way():
    """Anna is there, Ben comes in an hour, Cleo's place is held for then."""
    there, comes = NOON - 30 * MINUTE, NOON + HOUR
    anna = [received(), assigned(slot_id=BEGUN, start=there, assigned_at=NOON - HOUR)]
    ben = [received(BEN), assigned(BEN, BEGUN, start=comes)]
    cleo = [received(CLEO), held(CLEO, slot_id=BEGUN, start=comes)]
    agenda = [
        published(BEGUN, start=NOON - HOUR, end=NOON + 4 * HOUR, capacity=3),
        taken(ANNA, BEGUN),
        taken(BEN, BEGUN),
        place_held(CLEO, slot_id=BEGUN),
    ]
    known = {ANNA: anna, BEN: ben, CLEO: cleo}
    holders = {who: requests.decider.replay(history) for who, history in known.items()}
    return {"agenda": agenda, "holders": holders}


def test_announced_twice_it_withdraws_nothing_more():
    told = away(enrolled(), vacation(), agenda=[published(MORNING)])

    assert (told.practitioner, told.agendas, told.requests) == ([], {}, {})


def gone(*communities, agenda=(), holders=None, history=()):
    week = agendas.decider.replay(agenda)
    practitioner = practitioners.decider.replay(
        [enrolled(communities=(NEVERS, VALENCIENNES)), *history]
    )
    leave = Leave(DR_ADAM, communities, NOON)
    return absence.leave(leave, practitioner, {AGENDA: week}, holders or {})


@pytest.mark.parametrize("goes", [lambda **week: away(enrolled(), **week), gone])
def test_of_a_range_under_way_those_to_come_are_searched_for_again(goes):
    """Found in review: they kept a place with somebody who was gone."""
    told = goes(**range_under_way())

    assert [(e.name, e.request_id) for e in told.agendas[AGENDA]] == [
        ("slot.place_freed", BEN),
        ("slot.place_released", CLEO),
    ]
    assert told.requests.keys() == {BEN, CLEO}
    assert [event.reason for event in told.requests[BEN]] == [Unassigned.SLOT_WITHDRAWN]


def test_who_leaves_gives_no_place_any_more_and_their_patients_are_first_in_line():
    anna = requests.decider.replay([received(), assigned()])
    begun = published(called("begun"), start=NOON - HOUR, end=NOON + 30 * MINUTE)

    told = gone(agenda=[begun, published(), taken()], holders={ANNA: anna})

    assert list(told.practitioner) == [left(communities=(NEVERS, VALENCIENNES))]
    assert told.agendas[AGENDA] == [freed(reason="SLOT_WITHDRAWN"), withdrawn()]
    assert told.requests == {ANNA: [unassigned(reason=Unassigned.SLOT_WITHDRAWN)]}


def test_who_leaves_one_community_keeps_the_slots_of_the_others():
    there = published(called("there"), start=NOON + 8 * HOUR, end=NOON + 9 * HOUR)
    there = there.model_copy(update={"communities": (NEVERS, VALENCIENNES)})

    told = gone(NEVERS, agenda=[published(), there])

    assert [event.slot_id for event in told.agendas[AGENDA]] == [AFTERNOON]
    assert list(told.practitioner) == [left(VALENCIENNES)]


def test_nobody_of_a_community_is_sent_to_who_left_it():
    patient = requests.decider.replay([received()])
    week = agendas.decider.replay([published(communities=(NEVERS, VALENCIENNES))])
    candidate = week.slots[AFTERNOON]
    found = {}
    for name, history in {"in both": [], "in one": [left(VALENCIENNES)]}.items():
        doctor = practitioners.decider.replay(
            [enrolled(communities=(NEVERS, VALENCIENNES)), consented(), *history]
        )
        found[name] = ways(search(patient, NOON), Candidate(candidate, week, doctor))
    neighbour = requests.decider.replay([received(), escalated(communities=(VALENCIENNES,))])

    assert found["in one"] is NotThisCommunity
    assert isinstance(found["in both"], list)
    assert isinstance(ways(search(neighbour, NOON), Candidate(candidate, week, doctor)), list)


def test_who_never_took_part_leaves_nothing_over():
    leave = Leave(DR_ADAM, (), NOON)
    nobody = practitioners.decider.replay([])
    assert absence.left_over(leave, nobody, agendas.decider.replay([published()])) == []


def test_nobody_is_sent_to_a_practitioner_who_is_away():
    patient = requests.decider.replay([received()])
    week = agendas.decider.replay([published()])
    found = {}
    for name, history in {
        "there": [],
        "away": [vacation()],
        "back": [vacation(), vacation_cancelled()],
        "before": [vacation(NOON + HOUR + 20 * MINUTE, NOON + 9 * HOUR)],
    }.items():
        doctor = practitioners.decider.replay([enrolled(), consented(), *history])
        found[name] = ways(search(patient, NOON), Candidate(week.slots[AFTERNOON], week, doctor))

    assert found["away"] is PractitionerAway
    assert all(isinstance(found[name], list) for name in ("there", "back", "before"))


def test_nobody_is_asked_while_they_are_away():
    patient = search(requests.decider.replay([received()]), NOON)

    def asked(*history):
        agreed = [enrolled(), consented(overbook=OVERBOOK), *history]
        member = Member(DR_ADAM, practitioners.decider.replay(agreed), agendas.Agenda())
        return asking.may_be_asked(patient, member, NOON)

    assert asked(vacation()) is PractitionerAway
    assert asked(vacation(NOON - HOUR, NOON)) is not PractitionerAway
    assert asked(vacation(NOON + HOUR, NOON + 2 * HOUR)) is not PractitionerAway


def test_a_vacation_is_of_every_week_it_touches_somewhere_on_earth():
    assert weeks_between(NOON, NOON + HOUR) == ["2026-W48"]
    assert weeks_between(NOON, NOON + timedelta(days=14)) == ["2026-W48", "2026-W49", "2026-W50"]
    across = weeks_between(NOON + timedelta(days=35), NOON + timedelta(days=42))
    assert across == ["2026-W53", "2027-W01"]
