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
    Pause,
    Paused,
    PractitionerNotEnrolled,
    RecordRollCall,
    Resume,
    decider,
)
from events.codes import Channel, Profession, Setting, Source
from events.practitioner import PractitionerPaused, PractitionerResumed
from tests.domain.spec import Spec
from tests.examples import (
    DR_ADAM,
    NEVERS,
    NOON,
    consent,
    consented,
    contacts_given,
    enrolled,
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


@pytest.mark.parametrize("history", [(consented(),), (PAUSED,), (RESUMED,)])
def test_a_history_that_cannot_be_is_noticed(history):
    with pytest.raises(ImpossibleHistory):
        decider.replay(history)


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
