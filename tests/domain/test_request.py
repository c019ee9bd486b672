from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.decider import ImpossibleHistory, Refused
from domain.request import (
    AgreeDeadline,
    AlreadyAssigned,
    AskedInTheFuture,
    Assign,
    Assigned,
    Closed,
    DueBeforeReceived,
    DueInThePast,
    DueTooFar,
    Emergency,
    ErasePatient,
    HandBackRequest,
    KeepSearching,
    Likeness,
    NoSuchRequest,
    NothingAsked,
    PlaceAfterDeadline,
    ReceivedOtherwise,
    RefuseAsEmergency,
    RequestClosed,
    Waiting,
    WasAnEmergency,
    Withdraw,
    decider,
    may_be_of,
    may_become_an_emergency,
)
from events.codes import CareLevel, Delay, Mode, Priority, Sex, Source
from events.request import (
    HandBack,
    PatientErased,
    RequestDeadlineAgreed,
    RequestHandedBack,
    RequestRefusedAsEmergency,
    RequestWithdrawn,
    Unassigned,
    Withdrawal,
)
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    HOUR,
    MINUTE,
    MORNING,
    NEVERS,
    NOON,
    NOTHING_WEIGHED,
    VALENCIENNES,
    assigned,
    attended,
    called,
    confirmed,
    handed_back,
    published,
    receive,
    received,
    reopened,
    searching,
    unassigned,
)

given = Spec(decider).given

PATIENT = called("Anna's patient")


def search(next_at=NOON + 5 * MINUTE, owner="dispatch"):
    return KeepSearching(ANNA, owner, next_at, NOTHING_WEIGHED, NOON)


def assign(slot_id=AFTERNOON):
    return Assign(ANNA, published(slot_id), NOON + HOUR, Mode.OFFICE, 1.3, NOTHING_WEIGHED, NOON)


def agree(due_by=NOON + 2 * HOUR, asked_at=NOON):
    return AgreeDeadline(ANNA, Delay.HOURS_2, asked_at, due_by, NOON)


def agreed(due_by=NOON + 2 * HOUR):
    return RequestDeadlineAgreed(
        request_id=ANNA, delay=Delay.HOURS_2, due_by=due_by, agreed_at=NOON
    )


def hand_back():
    return HandBackRequest(ANNA, HandBack.NO_PLACE, None, NOTHING_WEIGHED, NOON)


def withdraw():
    return Withdraw(ANNA, Withdrawal.CANCELLED, NOON)


def withdrawn():
    return RequestWithdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED, withdrawn_at=NOON)


def refuse(**changes):
    fields: dict[str, Any] = {
        "request_id": ANNA,
        "case_id": None,
        "source": Source.SAS,
        "priority": Priority.P1,
        "care_level": None,
        "motive": None,
        "commune": None,
        "at": NOON,
    }
    return RefuseAsEmergency(**fields | changes)


def refused(**changes):
    fields: dict[str, Any] = {
        "request_id": ANNA,
        "case_id": None,
        "source": Source.SAS,
        "priority": Priority.P1,
        "care_level": None,
        "motive": None,
        "commune": None,
        "refused_at": NOON,
    }
    return RequestRefusedAsEmergency(**fields | changes)


def erase():
    return ErasePatient(ANNA, NOON)


def erased():
    return PatientErased(request_id=ANNA, patient_ref=PATIENT, erased_at=NOON)


# Receiving


def test_a_request_is_received_with_what_it_says():
    given().when(receive()).then(received())


def test_without_a_deadline_the_delay_gives_it():
    given().when(receive(due_by=None, delay=Delay.HOURS_2)).then(
        received(due_by=NOON + 2 * HOUR, delay=Delay.HOURS_2)
    )


@pytest.mark.parametrize(
    ("priority", "hours"), [(Priority.P2, 24), (Priority.P3, 48), (Priority.NR, 24)]
)
def test_without_delay_nor_deadline_the_priority_gives_the_usual_one(priority, hours):
    given().when(receive(due_by=None, priority=priority)).then(
        received(due_by=NOON + hours * HOUR, priority=priority)
    )


def test_another_delay_after_the_hand_back_opens_the_request_again():
    back = (received(), handed_back())

    given(*back).when(agree()).then(reopened())
    given(*back, reopened()).when(agree()).then_nothing()
    given(*back).when(agree(NOON + 60 * HOUR)).then_refused(DueTooFar)
    given(*back, reopened()).when(assign()).then(assigned())
    waiting = decider.replay([received(patient_ref=PATIENT), handed_back(), erased(), reopened()])
    assert (waiting.due_by, waiting.offers, waiting.erased) == (NOON + 2 * HOUR, {}, True)


def test_a_deadline_before_the_request_is_refused():
    given().when(receive(due_by=NOON)).then_refused(DueBeforeReceived)


def test_a_request_for_yesterday_is_refused():
    yesterday = NOON - 24 * HOUR
    given().when(receive(asked_at=yesterday, due_by=yesterday + HOUR)).then_refused(DueInThePast)


def test_what_is_due_later_than_two_days_is_no_unscheduled_care():
    given().when(receive(due_by=NOON + 49 * HOUR)).then_refused(DueTooFar)


def test_a_request_from_the_future_is_refused_but_for_clocks_that_differ_a_little():
    given().when(receive(asked_at=NOON + HOUR)).then_refused(AskedInTheFuture)
    given().when(receive(asked_at=NOON + MINUTE)).then(received(asked_at=NOON + MINUTE))


def test_a_request_asks_for_a_profession_and_a_way_to_meet():
    given().when(receive(professions=())).then_refused(NothingAsked)
    given().when(receive(modes=())).then_refused(NothingAsked)


@pytest.mark.parametrize("priority", [Priority.P0, Priority.P1])
def test_an_emergency_is_the_samus(priority):
    given().when(receive(priority=priority)).then(
        refused(priority=priority, motive="M03.14", commune="58194")
    )


def test_a_vital_care_level_is_an_emergency_whatever_the_priority_says():
    given().when(receive(care_level=CareLevel.R1)).then(
        refused(priority=Priority.P2, care_level=CareLevel.R1, motive="M03.14", commune="58194")
    )


def test_an_emergency_is_refused_however_little_it_says():
    given().when(refuse()).then(refused())
    given(refused()).when(refuse()).then_nothing()


def test_an_open_request_that_turns_out_to_be_an_emergency_is_closed():
    given(received()).when(refuse()).then(refused())
    given(received(), assigned()).when(refuse()).then(refused())
    given(received(), refused()).when(refuse()).then_nothing()
    given(received(), refused()).when(assign()).then_refused(WasAnEmergency)


def test_a_closed_request_has_nothing_left_to_close():
    given(received(), withdrawn()).when(refuse()).then_nothing()


OPEN = {
    "waiting": (received(),),
    "assigned": (received(), assigned()),
    "handed back": (received(), handed_back()),
}
OVER = {
    "withdrawn": (received(), withdrawn()),
    "an emergency already": (received(), refused()),
    "an emergency from the first": (refused(),),
    "visited": (received(), assigned(), attended()),
}


NOBODY_SAYS = {"community": None, "commune": None, "age": None, "sex": None}


def is_of_the_same(history, **changes):
    said = {"community": NEVERS, "commune": "58194", "age": 10, "sex": Sex.FEMALE}
    return may_be_of(decider.replay(history), Likeness(**said | changes))


@pytest.mark.parametrize("history", OPEN.values(), ids=OPEN)
def test_an_emergency_under_the_id_of_an_open_request_is_its_patient_s_unless_it_says_another(
    history,
):
    assert is_of_the_same(history)
    assert is_of_the_same(history, **NOBODY_SAYS)
    assert is_of_the_same(history, sex=Sex.UNKNOWN)
    assert not is_of_the_same(history, community=VALENCIENNES)
    assert is_of_the_same(history, age=11)  # since their birthday
    assert not is_of_the_same(history, commune="59606")
    assert not is_of_the_same(history, age=12)
    assert not is_of_the_same(history, sex=Sex.MALE)


@pytest.mark.parametrize("history", OVER.values(), ids=OVER)
def test_an_emergency_under_the_id_of_what_is_over_is_another_one(history):
    assert not is_of_the_same(history)


def test_an_emergency_of_a_file_is_written_to_its_request_unless_that_is_over():
    there = [*OPEN.values(), (), OVER["an emergency already"], OVER["an emergency from the first"]]
    assert all(may_become_an_emergency(decider.replay(history)) for history in there)
    for over in ("withdrawn", "visited"):
        assert not may_become_an_emergency(decider.replay(OVER[over]))


def test_an_emergency_under_an_id_that_is_new_is_of_that_id():
    assert is_of_the_same(())


def test_what_was_handed_back_is_never_searched_for_again_once_it_is_an_emergency():
    """Found in review: a demand that came after the emergency opened it again."""
    given(received(), handed_back()).when(refuse()).then(refused())
    after = given(received(), handed_back(), refused())
    after.when(agree(NOON + 60 * MINUTE)).then_refused(WasAnEmergency)


def test_who_the_patient_of_a_later_emergency_is_can_be_erased():
    named = received(patient_ref=PATIENT)
    given(named, refused()).when(ErasePatient(ANNA, NOON)).then(erased())
    given(named, assigned(), refused()).when(ErasePatient(ANNA, NOON)).then(erased())
    given(named, refused(), erased()).when(ErasePatient(ANNA, NOON)).then_nothing()
    given(named, erased(), refused()).when(ErasePatient(ANNA, NOON)).then_nothing()


def test_a_deadline_is_agreed_now_and_within_48_hours():
    given(received()).when(agree(NOON + 60 * HOUR)).then_refused(DueTooFar)
    later = NOON + 10 * MINUTE
    given(received()).when(agree(later + HOUR, asked_at=later)).then_refused(AskedInTheFuture)


def test_the_same_request_twice_is_received_once():
    given(received()).when(receive()).then_nothing()
    given(received(), assigned()).when(receive()).then_nothing()


def test_another_request_under_the_same_id_is_refused():
    given(received()).when(receive(age=70)).then_refused(ReceivedOtherwise)
    given(refused()).when(receive()).then_refused(WasAnEmergency)
    given(received(), handed_back()).when(receive()).then_refused(RequestClosed)


# Searching


def test_a_waiting_request_has_an_owner_and_a_next_instant():
    state = decider.replay([received()])

    assert isinstance(state, Waiting)
    assert (state.owner, state.next_at) == ("dispatch", NOON)


def test_whoever_finds_no_place_says_when_they_look_again():
    given(received()).when(search()).then(searching())
    given(received(), searching()).when(search()).then_nothing()
    given(received(), searching()).when(search(NOON + HOUR)).then(searching(NOON + HOUR))


def test_nobody_searches_for_what_has_a_place_or_is_closed():
    given(received(), assigned()).when(search()).then_refused(AlreadyAssigned)
    given(received(), withdrawn()).when(search()).then_refused(RequestClosed)
    given().when(search()).then_refused(NoSuchRequest)
    given(refused()).when(search()).then_refused(WasAnEmergency)


# Assigning


def test_a_waiting_request_is_given_a_place_once():
    given(received()).when(assign()).then(assigned())
    given(received(), assigned()).when(assign()).then_nothing()
    given(received(), assigned()).when(assign(MORNING)).then_refused(AlreadyAssigned)
    given(received(), handed_back()).when(assign()).then_refused(RequestClosed)


# Deadlines


def test_a_deadline_agreed_later_counts_at_once():
    given(received()).when(agree()).then(agreed())

    state = decider.replay([received(), searching(), agreed()])
    assert isinstance(state, Waiting)
    assert (state.due_by, state.next_at) == (NOON + 2 * HOUR, NOON)


def test_a_place_in_time_for_the_new_deadline_is_kept():
    given(received(), assigned()).when(agree()).then(agreed())

    state = decider.replay([received(), assigned(), agreed()])
    assert isinstance(state, Assigned)
    assert state.waiting.due_by == NOON + 2 * HOUR


def test_a_place_after_the_new_deadline_is_given_up_where_the_patient_knows_of_none():
    sooner = agree(NOON + 30 * MINUTE)
    given_up = unassigned(reason=Unassigned.DEADLINE_SHORTENED)

    given(received(), assigned()).when(sooner).then(given_up, agreed(NOON + 30 * MINUTE))

    state = decider.replay([received(), assigned(), given_up, agreed(NOON + 30 * MINUTE)])
    assert (state.due_by, state.first_in_line) == (NOON + 30 * MINUTE, True)


def test_a_place_the_patient_knows_of_is_for_the_regulator_to_judge():
    known = (received(), assigned(), confirmed())

    given(*known).when(agree(NOON + 30 * MINUTE)).then_refused(PlaceAfterDeadline)


def test_a_deadline_that_is_so_already_decides_nothing():
    given(received(), agreed()).when(agree()).then_nothing()


def test_a_deadline_in_the_past_is_refused():
    given(received()).when(agree(NOON - HOUR, NOON - 2 * HOUR)).then_refused(DueInThePast)
    given(received(), withdrawn()).when(agree()).then_refused(RequestClosed)


# Handing back and withdrawing


def test_a_request_nobody_can_serve_goes_back_to_the_sas_once():
    given(received()).when(hand_back()).then(handed_back())
    given(received(), handed_back()).when(hand_back()).then_nothing()
    given(received(), assigned()).when(hand_back()).then_refused(AlreadyAssigned)
    given(received(), withdrawn()).when(hand_back()).then_refused(RequestClosed)


def test_the_asker_may_withdraw_what_is_open():
    given(received()).when(withdraw()).then(withdrawn())
    given(received(), assigned()).when(withdraw()).then(withdrawn())
    given(received(), withdrawn()).when(withdraw()).then_nothing()
    given(received(), handed_back()).when(withdraw()).then_refused(RequestClosed)
    given().when(withdraw()).then_refused(NoSuchRequest)


# Erasing


def test_a_patient_is_erased_once_at_any_time():
    known = received(patient_ref=PATIENT)
    given(known).when(erase()).then(erased())
    given(known, erased()).when(erase()).then_nothing()
    given(known, assigned()).when(erase()).then(erased())
    given(known, assigned(), erased()).when(erase()).then_nothing()
    given(known, handed_back()).when(erase()).then(erased())
    given(known, handed_back(), erased()).when(erase()).then_nothing()
    given(known, erased(), withdrawn()).when(erase()).then_nothing()


def test_where_no_patient_is_known_nothing_is_erased():
    given(received()).when(erase()).then_nothing()
    given().when(erase()).then_refused(NoSuchRequest)
    given(refused()).when(erase()).then_refused(WasAnEmergency)


# Any history


@pytest.mark.parametrize(
    "history",
    [
        (searching(),),
        (assigned(),),
        (received(), assigned(), assigned()),
        (received(), assigned(), handed_back()),
        (withdrawn(),),
        (agreed(),),
        (erased(),),
        (refused(), erased()),
    ],
)
def test_a_history_that_cannot_be_is_noticed(history):
    with pytest.raises(ImpossibleHistory):
        decider.replay(history)


commands = st.sampled_from(
    [
        receive(patient_ref=PATIENT),
        receive(age=70),
        refuse(),
        search(),
        search(NOON + HOUR),
        assign(),
        assign(MORNING),
        agree(),
        agree(NOON + 30 * MINUTE),
        hand_back(),
        withdraw(),
        erase(),
    ]
)


def accepted(command: Any, state: Any) -> Sequence[Any]:
    try:
        return decider.decide(command, state)
    except Refused:
        return []


@for_all(st.lists(commands, max_size=12))
def test_a_command_delivered_twice_changes_nothing_the_second_time(script):
    state = decider.initial
    for command in script:
        state = decider.replay(accepted(command, state), since=state)

        assert accepted(command, state) == []


@for_all(st.lists(commands, max_size=12))
def test_what_is_closed_stays_closed_but_for_what_the_sas_has_again(script):
    state = decider.initial
    closed = False
    for command in script:
        before, state = state, decider.replay(accepted(command, state), since=state)

        assert not closed or isinstance(state, Closed | Emergency)
        closed = isinstance(state, Closed | Emergency)
        if closed and isinstance(getattr(state, "last", None), RequestHandedBack):
            closed = False
            assert isinstance(before, Waiting | Closed)
