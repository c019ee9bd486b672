"""After the assignment: the patient knows, comes or does not, is sent elsewhere; how it ended."""

from datetime import timedelta

import pytest

from domain import agenda as agendas
from domain import eligibility
from domain import practitioner as practitioners
from domain.decider import ImpossibleHistory
from domain.eligibility import Candidate, ways
from domain.ineligible import LostBefore
from domain.matching import by_urgency
from domain.merging import merge
from domain.placing import By, Cancel, cancel, reorient
from domain.request import (
    AgreeDeadline,
    AlreadyVisited,
    AnotherPatient,
    Assign,
    Assigned,
    BecomeTreatingDoctor,
    CancelVisit,
    Closed,
    ConfirmVisit,
    DoctorFoundAlready,
    EndDoctorSearch,
    ErasePatient,
    HandBackRequest,
    KeepSearching,
    Merge,
    NoDoctorSought,
    NoSuchRequest,
    NotAssigned,
    NothingToMergeInto,
    NotYet,
    OtherWayRound,
    RateVisit,
    ReceivedOtherwise,
    RecordAttendance,
    RecordOutcome,
    RefuseAsEmergency,
    Reorient,
    RequestClosed,
    SeekDoctor,
    Unassign,
    Visited,
    VisitWasMissed,
    Waiting,
    WasAnEmergency,
    Withdraw,
    decider,
    is_erased,
    place_of,
    received_of,
)
from events.agenda import Freed
from events.codes import Delay, Mode, Priority, Registration, Sex, Source
from events.request import (
    Destination,
    HandBack,
    PatientErased,
    RequestRefusedAsEmergency,
    RequestWithdrawn,
    Unassigned,
    Withdrawal,
)
from events.visit import Outcome, Rater
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NOON,
    NOTHING_WEIGHED,
    VALENCIENNES,
    assigned,
    attended,
    called,
    cancelled,
    confirmed,
    consented,
    doctor_found,
    doctor_not_found,
    doctor_sought,
    ended,
    enrolled,
    freed,
    handed_back,
    merged,
    missed,
    published,
    rated,
    receive,
    received,
    reopened,
    reoriented,
    resized,
    taken,
    unassigned,
    withdrawn,
)

given = Spec(decider).given

PLACED = (received(), assigned())
SEEN = (*PLACED, attended())
START = NOON + HOUR  # of the slot of the examples
HANDED_BACK = handed_back()
EMERGENCY = RequestRefusedAsEmergency(
    request_id=ANNA,
    case_id=None,
    source=Source.SAS,
    priority=Priority.P1,
    care_level=None,
    motive=None,
    commune=None,
    refused_at=NOON,
)
WITHDRAWN = RequestWithdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED, withdrawn_at=NOON)


def attend(at=START):
    return RecordAttendance(ANNA, attended=True, at=at)


def miss(at=START):
    return RecordAttendance(ANNA, attended=False, at=at)


def report(outcome=Outcome.TREATED):
    return RecordOutcome(ANNA, outcome, NOON + HOUR)


CONFIRM = ConfirmVisit(ANNA, NOON)
CANCEL = CancelVisit(ANNA, NOON)
UNASSIGN = Unassign(ANNA, Unassigned.SLOT_WITHDRAWN, NOON)
REORIENT = Reorient(ANNA, Destination.EMERGENCY_DEPARTMENT, NOON)
MERGE = Merge(ANNA, BEN, NOON)


def test_the_patient_is_told_of_the_place_once():
    given(*PLACED).when(CONFIRM).then(confirmed())
    given(*PLACED, confirmed()).when(CONFIRM).then_nothing()
    assert decider.replay([*PLACED, confirmed()]).confirmed_at == NOON


def test_a_visit_is_attended_or_missed_once_it_can_have_begun():
    given(*PLACED).when(attend()).then(attended())
    given(*PLACED).when(miss()).then(missed())
    given(*PLACED).when(attend(START - 31 * MINUTE)).then_refused(NotYet)
    given(*PLACED).when(miss(START - MINUTE)).then_refused(NotYet)


def test_a_patient_may_come_half_an_hour_early():
    early = attended().model_copy(update={"attended_at": START - 30 * MINUTE})

    given(*PLACED).when(attend(START - 30 * MINUTE)).then(early)


def test_who_ticked_the_wrong_box_says_it_again():
    given(*PLACED, missed()).when(attend()).then(attended())
    given(*PLACED, missed()).when(miss()).then_nothing()
    assert decider.replay([*PLACED, missed(), attended()]).attended


def test_how_it_ended_is_told_after_the_visit_and_may_be_told_better():
    given(*PLACED, attended()).when(report()).then(ended())
    given(*PLACED, attended(), ended()).when(report()).then_nothing()
    hospital = Outcome.HOSPITALISED
    given(*PLACED, attended(), ended()).when(report(hospital)).then(ended(hospital))


def test_how_it_ended_is_told_of_what_nobody_here_could_serve_too():
    emergency = Outcome.EMERGENCY_DEPARTMENT
    given(received(), HANDED_BACK).when(report(emergency)).then(ended(emergency))


def rate(by=Rater.PATIENT, score=4, at=NOON + HOUR):
    return RateVisit(ANNA, by, score, at)


def test_patient_and_professional_say_how_content_they_are():
    given(*SEEN).when(rate()).then(rated())
    given(*SEEN, rated()).when(rate()).then_nothing()
    given(*SEEN, rated()).when(rate(score=2)).then(rated(score=2))
    given(*SEEN, rated()).when(rate(Rater.PRACTITIONER)).then(rated(Rater.PRACTITIONER))
    given(*PLACED).when(rate()).then_refused(NotYet)
    given(received()).when(rate()).then_refused(NotAssigned)


SEEKS = (received(registration=Registration.SEEKS_ONE), assigned())
SEARCHING_DOCTOR = (*SEEKS, attended(), doctor_sought())


def become(rpps=DR_BLAIN, days=1.0):
    return BecomeTreatingDoctor(ANNA, rpps, NOON + HOUR + timedelta(days=days))


def end_search(days):
    return EndDoctorSearch(ANNA, NOON + HOUR + timedelta(days=days))


def test_after_the_visit_a_treating_doctor_is_sought_for_who_wants_one():
    seen, not_seen = attend(), missed()
    given(*SEEKS).when(seen).then(attended(), doctor_sought())
    given(*SEEKS, not_seen).when(seen).then(attended(), doctor_sought())
    given(*SEARCHING_DOCTOR, not_seen).when(seen).then(attended(), doctor_sought())
    given(*SEARCHING_DOCTOR, doctor_found(), not_seen).when(seen).then(attended())
    given(*PLACED).when(seen).then(attended())
    given(*SEEKS).when(miss()).then(missed())


def test_a_treating_doctor_is_sought_for_whoever_says_so_at_the_visit_or_after():
    seek = SeekDoctor(ANNA, NOON + HOUR)

    given(*SEEN).when(seek).then(doctor_sought())
    given(*SEEN, doctor_sought()).when(seek).then_nothing()
    given(*SEEN, doctor_sought(), doctor_not_found()).when(seek).then(doctor_sought())
    given(*SEEN, doctor_sought(), doctor_found()).when(seek).then_refused(DoctorFoundAlready)
    given(*PLACED).when(seek).then_refused(NotYet)
    given(*PLACED, missed()).when(seek).then_refused(VisitWasMissed)
    given(received()).when(seek).then_refused(NotAssigned)


def test_the_first_member_who_takes_the_patient_is_the_treating_doctor():
    given(*SEARCHING_DOCTOR).when(become()).then(doctor_found())
    given(*SEARCHING_DOCTOR, doctor_found()).when(become()).then_nothing()
    given(*SEARCHING_DOCTOR, doctor_found()).when(become(DR_ADAM)).then_refused(DoctorFoundAlready)
    given(*SEARCHING_DOCTOR, doctor_not_found()).when(become()).then_refused(NoDoctorSought)
    given(*SEEN).when(become()).then_refused(NoDoctorSought)
    given(*SEARCHING_DOCTOR, missed()).when(become()).then_refused(NoDoctorSought)
    given(*PLACED).when(become()).then_refused(NoDoctorSought)


def test_that_nobody_took_the_patient_is_said_when_the_time_is_over():
    given(*SEARCHING_DOCTOR).when(end_search(30)).then(doctor_not_found())
    given(*SEARCHING_DOCTOR).when(end_search(29)).then_refused(NotYet)
    given(*SEARCHING_DOCTOR, doctor_found()).when(end_search(30)).then_nothing()
    given(*SEARCHING_DOCTOR, doctor_not_found()).when(end_search(31)).then_nothing()
    given(*SEEN).when(end_search(30)).then_refused(NoDoctorSought)


def test_a_patient_may_cancel_and_want_no_other_place():
    given(*PLACED).when(CANCEL).then(cancelled())
    given(*PLACED, cancelled()).when(CANCEL).then_nothing()


def test_a_regulator_may_send_the_patient_elsewhere():
    given(*PLACED).when(REORIENT).then(reoriented())
    given(received()).when(REORIENT).then(reoriented())
    given(received(), reoriented()).when(REORIENT).then_nothing()
    advice = Reorient(ANNA, Destination.ADVICE, NOON)
    given(received(), reoriented()).when(advice).then_refused(RequestClosed)


def test_what_the_sas_did_with_a_request_it_has_again_is_told():
    given(received(), HANDED_BACK).when(REORIENT).then(reoriented())
    given(received(), HANDED_BACK, reoriented()).when(REORIENT).then_nothing()
    given(received(), HANDED_BACK).when(MERGE).then_refused(RequestClosed)


def test_a_duplicate_ends_in_the_request_that_goes_on():
    given(received()).when(MERGE).then(merged())
    given(received(), merged()).when(MERGE).then_nothing()
    given(received()).when(Merge(ANNA, ANNA, NOON)).then_refused(NothingToMergeInto)


VISITS = [CONFIRM, attend(), CANCEL, report(), UNASSIGN]
ENDS = [REORIENT, MERGE]


@pytest.mark.parametrize("command", VISITS)
def test_without_a_place_there_is_no_visit(command):
    given(received()).when(command).then_refused(NotAssigned)


@pytest.mark.parametrize("command", [*VISITS, *ENDS, ErasePatient(ANNA, NOON)])
def test_of_nothing_received_nothing_is_told(command):
    given().when(command).then_refused(NoSuchRequest)


@pytest.mark.parametrize("command", [*VISITS, *ENDS])
def test_an_emergency_is_the_samus(command):
    given(EMERGENCY).when(command).then_refused(WasAnEmergency)


@pytest.mark.parametrize("command", [CONFIRM, attend(), CANCEL, UNASSIGN, *ENDS])
def test_what_is_closed_stays_closed(command):
    given(received(), WITHDRAWN).when(command).then_refused(RequestClosed)


def test_the_outcome_of_a_visit_to_come_is_not_known():
    given(*PLACED).when(report()).then_refused(NotYet)


@pytest.mark.parametrize("outcome", [Outcome.TREATED, Outcome.FOLLOW_UP])
def test_who_did_not_come_was_not_seen(outcome):
    away = (*PLACED, missed())
    given(*away).when(report(outcome)).then_refused(VisitWasMissed)
    given(*away, attended()).when(report(outcome)).then(ended(outcome))
    given(*away).when(report(Outcome.HOSPITALISED)).then(ended(Outcome.HOSPITALISED))


def test_of_who_did_not_come_after_all_it_is_not_said_any_more_that_they_were_treated():
    treated = decider.replay([*SEEN, ended(Outcome.TREATED), missed()])
    hospitalised = decider.replay([*SEEN, ended(Outcome.HOSPITALISED), missed()])
    assert (treated.attended, treated.outcome) == (False, None)
    assert hospitalised.outcome is Outcome.HOSPITALISED


AFTER_A_VISIT = [
    CANCEL,
    UNASSIGN,
    REORIENT,
    MERGE,
    Withdraw(ANNA, Withdrawal.CANCELLED, NOON),
    KeepSearching(ANNA, "dispatch", NOON + HOUR, NOTHING_WEIGHED, NOON),
    Assign(ANNA, published(), NOON + HOUR, Mode.OFFICE, 1.3, NOTHING_WEIGHED, NOON),
    HandBackRequest(ANNA, HandBack.NO_PLACE, None, NOTHING_WEIGHED, NOON),
    AgreeDeadline(ANNA, Delay.HOURS_2, NOON, NOON + 2 * HOUR, NOON),
]


@pytest.mark.parametrize("command", AFTER_A_VISIT)
def test_a_visit_that_was_is_not_undone(command):
    given(*PLACED, attended()).when(command).then_refused(AlreadyVisited)


def test_what_was_received_is_known_after_the_visit_too():
    given(*PLACED, attended()).when(receive()).then_nothing()
    given(*PLACED, attended()).when(receive(age=11)).then_refused(ReceivedOtherwise)
    given(*PLACED, attended()).when(CONFIRM).then_nothing()
    late = RefuseAsEmergency(ANNA, None, Source.SAS, Priority.P1, None, None, None, NOON)
    given(*PLACED, attended()).when(late).then_nothing()


def test_a_patient_is_erased_after_the_visit():
    ref = called("Anna's patient")
    before = [received(patient_ref=ref), assigned(), attended()]
    erased = PatientErased(request_id=ANNA, patient_ref=ref, erased_at=NOON)

    given(*before).when(ErasePatient(ANNA, NOON)).then(erased)
    given(*before, erased).when(ErasePatient(ANNA, NOON)).then_nothing()


@pytest.mark.parametrize(
    "history",
    [
        [unassigned()],
        [confirmed()],
        [attended()],
        [received(), missed()],
        [received(), ended()],
        [*PLACED, rated()],
        [*PLACED, doctor_sought()],
        [*PLACED, doctor_found()],
        [*PLACED, doctor_not_found()],
        [reoriented()],
        [received(), cancelled()],
        [received(), WITHDRAWN, reoriented()],
        [received(), HANDED_BACK, merged()],
        [received(), reopened()],
    ],
)
def test_a_history_that_cannot_be_is_noticed(history):
    with pytest.raises(ImpossibleHistory):
        decider.replay(history)


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        ([], type(None)),
        ([received()], type(None)),
        ([*PLACED], type(assigned())),
        ([*PLACED, attended()], type(assigned())),
        ([received(), HANDED_BACK], type(None)),
        ([EMERGENCY], type(None)),
    ],
)
def test_what_a_request_is_can_be_asked_of_every_state(history, kind):
    request = decider.replay(history)

    assert isinstance(place_of(request), kind)
    assert (received_of(request) is None) == (history in ([], [EMERGENCY]))
    assert not is_erased(request)


# Over both streams


def request(*history):
    return decider.replay(history)


def agenda(*history):
    return agendas.decider.replay(history)


def test_a_place_the_patient_gives_back_is_free_for_whoever_waits():
    for again in (True, False):
        both = cancel(
            Cancel(ANNA, By.PATIENT, again, NOON), request(*PLACED), agenda(published(), taken())
        )

        assert list(both.agenda) == [freed(reason=Freed.VISIT_CANCELLED)]
        after = decider.replay(both.request, since=request(*PLACED))
        assert isinstance(after, Waiting if again else Closed)


@pytest.mark.parametrize(
    ("capacity", "then"), [(1, withdrawn()), (2, resized(1))], ids=["single", "range"]
)
def test_a_practitioner_who_cancels_a_visit_is_not_sent_another_patient_instead(capacity, then):
    week = agenda(published(capacity=capacity), taken())

    both = cancel(
        Cancel(ANNA, By.PRACTITIONER, search_again=False, at=NOON), request(*PLACED), week
    )

    assert list(both.request) == [unassigned(reason=Unassigned.CANCELLED_BY_PRACTITIONER)]
    assert list(both.agenda) == [freed(reason=Freed.VISIT_CANCELLED), then]


def test_once_the_slot_has_begun_only_the_visit_is_cancelled():
    week = agenda(published(), taken())

    both = cancel(
        Cancel(ANNA, By.PRACTITIONER, search_again=False, at=START), request(*PLACED), week
    )

    assert [event.name for event in both.agenda] == ["slot.place_freed"]


@pytest.mark.parametrize(
    ("before", "then"),
    [((taken(BEN),), "slot.capacity_changed"), ((resized(1),), "slot.closed_to")],
)
def test_a_place_cancelled_in_a_range_that_has_begun_is_not_given_again(before, then):
    week = agenda(published(capacity=3), taken(), *before)

    both = cancel(
        Cancel(ANNA, By.PRACTITIONER, search_again=False, at=START), request(*PLACED), week
    )

    assert [event.name for event in both.agenda] == ["slot.place_freed", then]


def test_nobody_is_sent_again_to_a_place_that_was_cancelled():
    doctor = practitioners.decider.replay([enrolled(), consented()])
    week = agenda(published())
    candidate = Candidate(week.slots[AFTERNOON], week, doctor)
    for reason in (Unassigned.CANCELLED_BY_PATIENT, Unassigned.CANCELLED_BY_PRACTITIONER):
        again = request(*PLACED, unassigned(reason=reason))
        assert ways(eligibility.search(again, NOON), candidate) is LostBefore

    moved_away = request(*PLACED, unassigned(reason=Unassigned.SLOT_MOVED))
    assert isinstance(ways(eligibility.search(moved_away, NOON), candidate), list)


def test_who_lost_a_place_comes_before_the_most_urgent():
    urgent = request(received(BEN, due_by=NOON + HOUR))
    back = request(*PLACED, unassigned())
    by_choice = request(*PLACED, unassigned(reason=Unassigned.CANCELLED_BY_PATIENT))

    assert sorted([urgent, back, by_choice], key=by_urgency) == [back, urgent, by_choice]


def test_what_is_sent_elsewhere_or_merged_gives_its_place_back():
    week = agenda(published(), taken())

    sent = reorient(REORIENT, request(*PLACED), week)
    same = merge(MERGE, request(*PLACED), request(received(BEN)), week)

    assert list(sent.agenda) == [freed(reason=Freed.REORIENTED)]
    assert list(same.agenda) == [freed(reason=Freed.MERGED)]


def test_a_duplicate_is_one_of_an_open_or_served_request_of_the_same_community():
    one = request(*PLACED)
    week = agenda(published(), taken())
    served = request(received(BEN), assigned(BEN), attended(BEN))
    assert list(merge(MERGE, one, served, week).request) == [merged()]
    for into in (
        request(),
        request(received(BEN, community=VALENCIENNES)),
        request(received(BEN), HANDED_BACK.model_copy(update={"request_id": BEN})),
        request(received(BEN), assigned(BEN), missed(BEN)),  # nobody looks after it any more
    ):
        with pytest.raises(NothingToMergeInto):
            merge(MERGE, one, into, week)

    again = merge(MERGE, request(received(), merged()), request(), agenda())
    assert list(again.request) == []


def test_no_duplicate_takes_the_place_away_that_the_patient_knows_of():
    """Found in review: who knew of nine o'clock waited again, and nobody was told."""
    week = agenda(published(), taken())
    waits, placed = [received(BEN)], [received(BEN), assigned(BEN)]
    knows = [*placed, confirmed(BEN)]

    for into in (waits, placed):
        with pytest.raises(OtherWayRound):
            merge(MERGE, request(*PLACED, confirmed()), request(*into), week)
    for one, into in (
        ([received()], waits),
        (PLACED, waits),
        (PLACED, knows),
        ([*PLACED, confirmed()], knows),
        ([*PLACED, confirmed()], [*placed, attended(BEN)]),
    ):
        assert list(merge(MERGE, request(*one), request(*into), week).request) == [merged()]


def test_the_same_need_is_the_same_persons():
    girl = request(received(age=10, sex=Sex.FEMALE))
    for other in ({"age": 40}, {"age": 12}, {"sex": Sex.MALE}):
        into = request(received(BEN, **({"age": 10, "sex": Sex.FEMALE} | other)))
        with pytest.raises(AnotherPatient):
            merge(MERGE, girl, into, agenda())
    for other in ({"age": 11}, {"age": None}, {"sex": Sex.UNKNOWN}, {"sex": Sex.OTHER}):
        into = request(received(BEN, **({"age": 10, "sex": Sex.FEMALE} | other)))
        assert list(merge(MERGE, girl, into, agenda()).request) == [merged()]


def test_states_are_what_they_say():
    assert isinstance(decider.replay(PLACED), Assigned)
    assert isinstance(decider.replay([*PLACED, missed()]), Visited)
