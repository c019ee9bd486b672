from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.decider import ImpossibleHistory, Refused
from domain.practitioner import (
    AgesCrossed,
    AlreadyEnrolledOtherwise,
    Enrol,
    Enrolled,
    GiveConsent,
    GiveContacts,
    Leave,
    NotAMember,
    Pause,
    Paused,
    PractitionerNotEnrolled,
    RecordRollCall,
    Resume,
    TakePartOtherwise,
    as_delegated,
    communities_left,
    decider,
    delegating,
    not_in_force,
)
from events.codes import Channel, Profession, Setting, Source
from events.practitioner import Delegation, PractitionerPaused, PractitionerResumed
from tests.domain.spec import Spec
from tests.examples import (
    DR_ADAM,
    DR_BLAIN,
    NEVERS,
    NOON,
    VALENCIENNES,
    consent,
    consented,
    contacts_given,
    enrolled,
    left,
    roll_called,
)

given = Spec(decider).given


def enrol(profession=Profession.DOCTOR):
    return Enrol(DR_ADAM, profession, (NEVERS,), Setting.TOWN, None, NOON)


def agree(**changes):
    return GiveConsent(DR_ADAM, consent(**changes), NOON)


PAUSE, PAUSED = Pause(DR_ADAM, NOON), PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)
RESUME, RESUMED = Resume(DR_ADAM, NOON), PractitionerResumed(rpps=DR_ADAM, resumed_at=NOON)


def test_a_practitioner_enrols_once():
    given().when(enrol()).then(enrolled())
    given(enrolled()).when(enrol()).then_nothing()
    given(enrolled(), PAUSED).when(enrol()).then_nothing()
    given(enrolled()).when(enrol(Profession.NURSE)).then_refused(AlreadyEnrolledOtherwise)


def test_a_practitioner_works_elsewhere_or_in_more_communities_from_now_on():
    elsewhere = enrolled(setting=Setting.HEALTH_HOUSE)
    there = TakePartOtherwise(DR_ADAM, (), Setting.HEALTH_HOUSE, None, NOON)
    given(enrolled()).when(there).then(elsewhere)
    given(enrolled(), elsewhere).when(there).then_nothing()
    in_both = enrolled(communities=(NEVERS, VALENCIENNES))
    joins = TakePartOtherwise(DR_ADAM, (VALENCIENNES,), Setting.TOWN, None, NOON)
    given(enrolled(), PAUSED).when(joins).then(in_both)
    given(enrolled(), in_both).when(joins).then_nothing()
    given(enrolled(), in_both).when(enrol()).then_nothing()
    given(enrolled(), elsewhere).when(enrol()).then_refused(AlreadyEnrolledOtherwise)
    given().when(joins).then_refused(PractitionerNotEnrolled)


def test_what_a_practitioner_agreed_to_stays_when_they_work_elsewhere():
    before = (enrolled(), consented(), contacts_given(Channel.SMS), PAUSED)

    state = decider.replay([*before, enrolled(setting=Setting.HEALTH_HOUSE)])

    known = decider.replay(before).enrolled
    assert state == Paused(replace(known, setting=Setting.HEALTH_HOUSE))


def test_a_practitioner_leaves_a_community_or_all():
    both = enrolled(communities=(NEVERS, VALENCIENNES))
    leave = Leave(DR_ADAM, (NEVERS,), NOON)
    given(both).when(leave).then(left(VALENCIENNES))
    given(both, PAUSED).when(Leave(DR_ADAM, (), NOON)).then(
        left(communities=(NEVERS, VALENCIENNES))
    )
    given(enrolled()).when(leave).then(left())
    given(both, left(VALENCIENNES)).when(leave).then_refused(NotAMember)
    given(both, PAUSED, left(VALENCIENNES)).when(RESUME).then(RESUMED)
    for before in ((), (enrolled(), left())):
        given(*before).when(leave).then_refused(PractitionerNotEnrolled)
        given(*before).when(enrol()).then(enrolled())
    for before in ([both, left(VALENCIENNES)], [both, PAUSED, left(VALENCIENNES)], [both, left()]):
        assert communities_left(decider.replay(before)) == {NEVERS}
    assert communities_left(decider.replay([both, left(), enrolled()])) == frozenset()


def test_only_who_is_enrolled_agrees_pauses_and_resumes():
    given().when(agree()).then_refused(PractitionerNotEnrolled)
    given().when(PAUSE).then_refused(PractitionerNotEnrolled)
    given().when(RESUME).then_refused(PractitionerNotEnrolled)


def test_a_consent_replaces_the_one_before():
    given(enrolled()).when(agree()).then(consented())
    given(enrolled(), consented()).when(agree()).then_nothing()
    given(enrolled(), consented()).when(agree(sources=())).then(consented(sources=()))
    given(enrolled(), PAUSED).when(agree()).then(consented())


def test_the_lowest_age_is_not_above_the_highest():
    given(enrolled()).when(agree(min_age=16, max_age=15)).then_refused(AgesCrossed)
    given(enrolled()).when(agree(min_age=16, max_age=16)).then(consented(min_age=16, max_age=16))
    given(enrolled()).when(agree(min_age=16)).then(consented(min_age=16))


def test_a_pause_ends_when_the_practitioner_is_back():
    given(enrolled()).when(PAUSE).then(PAUSED)
    given(enrolled(), PAUSED).when(PAUSE).then_nothing()
    given(enrolled(), PAUSED).when(RESUME).then(RESUMED)
    given(enrolled()).when(RESUME).then_nothing()


def test_what_was_agreed_during_a_pause_counts_after_it():
    state = decider.replay([enrolled(), PAUSED, consented(weekly_cap=5), RESUMED])

    assert state == Enrolled(Profession.DOCTOR, (NEVERS,), consent=consent(weekly_cap=5))
    assert decider.replay([enrolled(), PAUSED]) == Paused(Enrolled(Profession.DOCTOR, (NEVERS,)))


def test_how_they_are_reached_is_told_whole_and_whenever_it_changes():
    give = GiveContacts(DR_ADAM, (Channel.SMS,), NOON)
    given(enrolled()).when(give).then(contacts_given(Channel.SMS))
    # The same channel, and perhaps another number: the log does not know.
    given(enrolled(), contacts_given(Channel.SMS)).when(give).then(contacts_given(Channel.SMS))
    given(enrolled(), PAUSED).when(give).then(contacts_given(Channel.SMS))
    given().when(give).then_refused(PractitionerNotEnrolled)


def test_the_roll_is_called_once_a_month():
    call = RecordRollCall(DR_ADAM, "2026-11", (Channel.SMS,), (Channel.EMAIL,), NOON)
    given(enrolled()).when(call).then(roll_called(Channel.EMAIL))
    given(enrolled(), roll_called()).when(call).then_nothing()
    another_number = (enrolled(), roll_called(), contacts_given(Channel.SMS))
    given(*another_number).when(call).then(roll_called(Channel.EMAIL))
    given(enrolled(), roll_called(month="2026-10")).when(call).then(roll_called(Channel.EMAIL))
    given().when(call).then_refused(PractitionerNotEnrolled)


@pytest.mark.parametrize("event", [consented(), PAUSED, RESUMED, left(), left(NEVERS)])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        decider.replay([event])


commands = st.sampled_from(
    [enrol(), agree(), agree(sources=(Source.CPTS,)), agree(min_age=3), PAUSE, RESUME]
)


@for_all(st.lists(commands, max_size=10))
def test_a_command_delivered_twice_changes_nothing_the_second_time(script):
    state = decider.initial
    for command in script:
        try:
            state = decider.replay(decider.decide(command, state), since=state)
        except Refused:
            continue

        assert decider.decide(command, state) == []


DELEGATION = Delegation(protocol="ODYNOPHAGIE", by=DR_BLAIN)
NURSE = (enrolled(profession=Profession.NURSE), consented(protocols=(DELEGATION,)))


@pytest.mark.parametrize(
    ("doctor", "counts"),
    [
        ((enrolled(DR_BLAIN),), True),
        ((enrolled(DR_BLAIN), PractitionerPaused(rpps=DR_BLAIN, paused_at=NOON)), True),
        ((), False),
        ((enrolled(DR_BLAIN, profession=Profession.NURSE),), False),
        ((enrolled(DR_BLAIN, communities=(VALENCIENNES,)),), False),
    ],
)
def test_acts_are_delegated_by_a_doctor_of_the_same_community(doctor, counts):
    nurse, known = decider.replay(NURSE), {DR_BLAIN: decider.replay(doctor)}

    assert delegating(nurse) == {DR_BLAIN}
    assert not_in_force(nurse, known.__getitem__) == (() if counts else (DELEGATION,))
    acts_as = as_delegated(nurse, known.__getitem__)
    assert acts_as.consent.protocols == ((DELEGATION,) if counts else ())
    assert replace(acts_as, consent=nurse.consent) == nurse


@pytest.mark.parametrize(
    "history", [(), (enrolled(),), (*NURSE, PractitionerPaused(rpps=DR_ADAM, paused_at=NOON))]
)
def test_who_takes_nobody_now_stays_as_they_are(history):
    practitioner, nobody = decider.replay(history), {DR_BLAIN: decider.initial}
    assert as_delegated(practitioner, nobody.__getitem__) == practitioner
    assert bool(not_in_force(practitioner, nobody.__getitem__)) is (len(history) > 2)
    assert bool(delegating(practitioner)) is (len(history) > 2)
