"""Members are asked, and answer; the first who accepts sees the patient."""

import pytest

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain.agenda import NoTimeToTravel, OffTheGrid, OverlapsAnotherSlot, Slot
from domain.asking import (
    Askable,
    AskedBefore,
    Member,
    Rate,
    askable,
    is_away,
    may_be_asked,
    wave,
)
from domain.decider import ImpossibleHistory
from domain.eligibility import Candidate, search, ways
from domain.ineligible import (
    NoConsent,
    NotThisProfession,
    NotThisWay,
    PractitionerAway,
    RefusedBefore,
    StartsAfterDue,
    StartsTooSoon,
    TooFar,
    WeeklyCapReached,
)
from domain.overbooking import AcceptOffer, CorrectClaim, accept, correct
from domain.placing import By, Cancel, cancel, reorient, withdraw
from domain.practitioner import (
    GoOffCall,
    GoOnCall,
    NotAMember,
    NotAskedBeyondTheAgenda,
    OnCallTooLong,
    PractitionerIsPaused,
    PractitionerNotEnrolled,
)
from domain.request import (
    FOOT_REACH,
    AlreadyAssigned,
    AlreadyVisited,
    ClaimOffer,
    DeferOffer,
    DeferredTooFar,
    Escalate,
    GraceOver,
    HandBackRequest,
    LapseOffers,
    NoSuchRequest,
    NotAsked,
    NoteReceipt,
    OfferOver,
    OfferRequest,
    ProposedInThePast,
    ProposeTime,
    RefuseAsEmergency,
    RefuseOffer,
    ReleaseMembers,
    Reorient,
    RequestClosed,
    Unassign,
    Waiting,
    Withdraw,
    decider,
)
from events.agenda import Freed
from events.codes import Channel, Delay, Mode, Origin, Priority, Profession, Source
from events.destination import Destination
from events.ladder import StepKind
from events.offer import Answer, Asked, Lapse, WhyNot
from events.place import Position
from events.practitioner import Overbook, PractitionerPaused
from events.request import HandBack, RequestDeadlineAgreed, RequestWithdrawn, Unassigned, Withdrawal
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    CENTRE,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NOON,
    NOTHING_WEIGHED,
    OVERBOOK,
    PRACTICE,
    VALENCIENNES,
    ZONE,
    accepted,
    assigned,
    attended,
    busy,
    called,
    consented,
    contacts_given,
    deferred,
    delivered,
    enrolled,
    escalated,
    lapsed,
    left,
    off_call,
    offered,
    on_call,
    proposed,
    published,
    received,
    refused,
    resized,
    seen,
    taken,
    unassigned,
    vacation,
)

given = Spec(decider).given
practitioner = Spec(practitioners.decider).given

ASKED = (received(), offered(DR_ADAM, DR_BLAIN))
WITHDRAWN = RequestWithdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED, withdrawn_at=NOON)


def offer(*to):
    return OfferRequest(ANNA, to, NOON + 5 * MINUTE, NOON)


def lapse(at):
    return LapseOffers(ANNA, at)


def receipt(*, seen=False):
    return NoteReceipt(ANNA, DR_ADAM, seen, NOON)


def claim(rpps=DR_ADAM, start=NOON + 2 * HOUR):
    return ClaimOffer(ANNA, rpps, start, NOON)


def propose(start=NOON + 6 * HOUR):
    return ProposeTime(ANNA, DR_ADAM, start, NOON)


def refuse(rpps=DR_ADAM):
    return RefuseOffer(ANNA, rpps, WhyNot.FULL, NOON)


def defer(until=NOON + 20 * MINUTE):
    return DeferOffer(ANNA, DR_ADAM, until, NOON)


def escalate(step=1, until=NOON + 30 * MINUTE):
    kind, why = StepKind.MEMBER_OFFERS, NOTHING_WEIGHED
    return Escalate(ANNA, step, kind, FOOT_REACH, "members", until, why, NOON)


# The request's own stream


def test_members_are_asked_and_have_until_then():
    given(received()).when(offer(DR_ADAM, DR_BLAIN)).then(offered(DR_ADAM, DR_BLAIN))
    state = decider.replay(ASKED)
    assert (state.owner, state.next_at) == ("members", NOON + 5 * MINUTE)
    assert state.pending == [DR_ADAM, DR_BLAIN]


def test_who_may_still_answer_is_not_asked_again():
    given(*ASKED).when(offer(DR_ADAM)).then_nothing()


def test_who_does_not_answer_in_time_need_not_any_more():
    given(*ASKED).when(lapse(NOON)).then_nothing()
    at = NOON + 5 * MINUTE
    given(*ASKED, refused()).when(lapse(at)).then(lapsed(DR_BLAIN, at=at))
    given(*ASKED, deferred()).when(lapse(at)).then(lapsed(DR_BLAIN, at=at))


def test_a_wave_is_looked_at_when_its_first_answer_is_due():
    later = offered(DR_BLAIN, wave=2, until=NOON + 30 * MINUTE)
    state = decider.replay([received(), offered(DR_ADAM), deferred(), later])

    assert state.next_at == NOON + 20 * MINUTE


def test_delivered_and_seen_are_noted_once():
    given(*ASKED).when(receipt()).then(delivered())
    given(*ASKED, delivered()).when(receipt()).then_nothing()
    given(*ASKED, delivered()).when(receipt(seen=True)).then(seen())
    given(*ASKED, seen()).when(receipt(seen=True)).then_nothing()
    given(*ASKED, refused()).when(receipt(seen=True)).then_nothing()


def test_an_offer_may_be_refused_without_penalty_and_accepted_after_all():
    given(*ASKED).when(refuse()).then(refused())
    given(*ASKED, refused()).when(refuse()).then_nothing()
    given(*ASKED, refused()).when(claim()).then(accepted())
    given(*ASKED, lapsed()).when(claim()).then(accepted())


def test_another_time_may_be_proposed():
    given(*ASKED).when(propose()).then(proposed())
    given(*ASKED, proposed()).when(propose()).then_nothing()
    for wrong in (NOON, NOON + 49 * HOUR):
        given(*ASKED).when(propose(wrong)).then_refused(ProposedInThePast)


def test_an_answer_may_be_put_off_to_a_time_before_the_visit_is_due():
    given(*ASKED).when(defer()).then(deferred())
    given(*ASKED, deferred()).when(defer()).then_nothing()
    given(*ASKED, deferred()).when(defer(NOON + 30 * MINUTE)).then(
        deferred(until=NOON + 30 * MINUTE)
    )
    for wrong in (NOON, NOON + 4 * HOUR):
        given(*ASKED).when(defer(wrong)).then_refused(DeferredTooFar)
    given(*ASKED, refused()).when(defer()).then_refused(OfferOver)


def test_an_answer_comes_before_the_sas_has_the_request_again():
    in_time = DeferOffer(ANNA, DR_ADAM, NOON + 20 * MINUTE, NOON, before=NOON + 21 * MINUTE)
    too_late = DeferOffer(ANNA, DR_ADAM, NOON + 20 * MINUTE, NOON, before=NOON + 20 * MINUTE)

    given(*ASKED).when(in_time).then(deferred())
    given(*ASKED).when(too_late).then_refused(DeferredTooFar)


def test_who_said_they_would_answer_and_did_not_is_told_of_as_such():
    back = HandBackRequest(ANNA, HandBack.NOBODY_ACCEPTED, None, NOTHING_WEIGHED, NOON)

    *_, event = decider.decide(back, decider.replay([*ASKED, deferred(), lapsed()]))

    assert [one.answer for one in event.asked] == [Answer.DEFERRED, Answer.NONE]


def test_another_time_is_proposed_at_a_quarter_of_an_hour():
    """Else nobody could take it: when it is taken is too late to say so."""
    given(*ASKED).when(propose(NOON + 6 * HOUR + MINUTE)).then_refused(OffTheGrid)


ANSWERS = [receipt(), claim(), propose(), refuse(), defer()]


@pytest.mark.parametrize("command", ANSWERS)
def test_who_was_not_asked_does_not_answer(command):
    given(received(), offered(DR_BLAIN)).when(command).then_refused(NotAsked)


@pytest.mark.parametrize("command", [*ANSWERS, offer(DR_ADAM), lapse(NOON)])
def test_of_nothing_received_nobody_answers(command):
    given().when(command).then_refused(NoSuchRequest)


@pytest.mark.parametrize("command", ANSWERS)
@pytest.mark.parametrize(
    "history",
    [(assigned(),), (assigned(), attended()), (WITHDRAWN,)],
    ids=["assigned", "visited", "withdrawn"],
)
def test_once_a_place_is_found_or_the_request_ended_the_offer_is_over(history, command):
    given(*ASKED, lapsed(), lapsed(DR_BLAIN), *history).when(command).then_refused(OfferOver)


def test_the_same_claim_told_again_decides_nothing():
    given(*ASKED, accepted(), lapsed(DR_BLAIN), assigned()).when(claim()).then_nothing()
    given(*ASKED, accepted(), lapsed(DR_BLAIN), assigned()).when(claim(DR_BLAIN)).then_refused(
        OfferOver
    )


def test_whoever_need_not_answer_any_more_is_told_at_once():
    over = [lapsed(rpps, Lapse.REQUEST_ENDED) for rpps in (DR_ADAM, DR_BLAIN)]
    given(*ASKED).when(Withdraw(ANNA, Withdrawal.CANCELLED, NOON)).then(*over, WITHDRAWN)
    emergency = RefuseAsEmergency(ANNA, None, Source.SAS, Priority.P1, None, None, None, NOON)
    names = [e.name for e in decider.decide(emergency, decider.replay(ASKED))]
    assert names == ["offer.lapsed", "offer.lapsed", "request.refused_as_emergency"]


def test_the_sas_is_told_who_was_asked_and_what_they_said():
    back = HandBackRequest(ANNA, HandBack.NOBODY_ACCEPTED, None, NOTHING_WEIGHED, NOON)

    for said, answer, reason, start in (
        (deferred(), Answer.DEFERRED, None, None),
        (refused(), Answer.REFUSED, WhyNot.FULL, None),
        (proposed(), Answer.PARTIAL, None, proposed().start),
        (accepted(), Answer.ACCEPTED, None, None),
        (lapsed(), Answer.NONE, None, None),
    ):
        *_, event = decider.decide(back, decider.replay([*ASKED, said]))
        assert event.asked == (
            Asked(rpps=DR_ADAM, wave=1, answer=answer, reason=reason, start=start),
            Asked(rpps=DR_BLAIN, wave=1, answer=Answer.NONE),
        )


def test_each_step_of_the_ladder_has_somebody_and_an_instant():
    given(received()).when(escalate()).then(escalated())
    given(received(), escalated()).when(escalate()).then_nothing()
    given(received(), assigned()).when(escalate()).then_refused(AlreadyAssigned)
    given(received(), assigned(), attended()).when(escalate()).then_refused(AlreadyVisited)
    given(received(), WITHDRAWN).when(escalate()).then_refused(RequestClosed)


def test_who_lost_a_place_climbs_the_ladder_from_its_foot():
    back = decider.replay([received(), escalated(), assigned(), unassigned()])

    assert (back.step, back.step_until) == (-1, None)


@pytest.mark.parametrize(
    "history",
    [[escalated()], [offered(DR_ADAM)], [received(), refused()], [*ASKED, assigned(), refused()]],
)
def test_a_history_that_cannot_be_is_noticed(history):
    with pytest.raises(ImpossibleHistory):
        decider.replay(history)


def test_what_is_read_late_changes_nothing():
    before = decider.replay([*ASKED, refused()])

    assert decider.replay([delivered(), seen()], since=before) == before


# Accepting makes a slot

AGREES = (enrolled(), consented(overbook=OVERBOOK))
AGREED_BLAIN = (enrolled(DR_BLAIN), consented(DR_BLAIN, overbook=OVERBOOK))
DOCTOR = practitioners.decider.replay(AGREES)
SLOT = called("made for Anna")
AT_TWO = NOON + 2 * HOUR


def accepting(start=AT_TWO, rpps=DR_ADAM, at=NOON, minutes=20):
    return AcceptOffer(ANNA, rpps, SLOT, start, minutes, at)


def made(**changes):
    return published(
        SLOT,
        start=AT_TWO,
        end=AT_TWO + 20 * MINUTE,
        origin=Origin.OVERBOOK,
        labels=("CPTS",),
        open_to=(Source.SAS,),
        **changes,
    )


def agenda(*history):
    return agendas.decider.replay(history)


def test_who_accepts_sees_the_patient_in_a_slot_made_for_them_and_the_others_are_told():
    both = accept(accepting(), decider.replay(ASKED), agenda(), DOCTOR)

    assert [event.name for event in both.request] == [
        "offer.accepted",
        "offer.lapsed",
        "request.assigned",
    ]
    assert both.request[1] == lapsed(DR_BLAIN, Lapse.PLACE_FOUND)
    assert both.request[2].slot_id == SLOT
    assert [event.name for event in both.agenda] == ["slot.published", "slot.place_taken"]
    assert both.agenda[0] == made()


def test_the_same_acceptance_twice_makes_one_slot():
    both = accept(accepting(), decider.replay(ASKED), agenda(), DOCTOR)
    request = decider.replay(both.request, since=decider.replay(ASKED))

    again = accept(accepting(), request, agenda(*both.agenda), DOCTOR)

    assert (list(again.request), list(again.agenda)) == ([], [])


@pytest.mark.parametrize(
    ("command", "doctor", "week", "reason"),
    [
        (accepting(NOON + 7 * MINUTE), AGREES, (), OffTheGrid),
        (accepting(NOON), AGREES, (), StartsTooSoon),
        (accepting(NOON + 5 * HOUR), AGREES, (), StartsAfterDue),
        (accepting(), (enrolled(), consented()), (), NoConsent),
        (accepting(), (enrolled(),), (), NoConsent),
        (accepting(), (), (), PractitionerNotEnrolled),
        (
            accepting(),
            (*AGREES, PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)),
            (),
            PractitionerAway,
        ),
        (accepting(NOON + HOUR), AGREES, (published(), taken(BEN)), OverlapsAnotherSlot),
        (accepting(NOON + HOUR + 15 * MINUTE), AGREES, (published(),), OverlapsAnotherSlot),
        (
            accepting(NOON + 15 * MINUTE),  # before the patient can be there
            AGREES,
            (published(start=NOON + 15 * MINUTE, end=NOON + 3 * HOUR, capacity=4),),
            OverlapsAnotherSlot,
        ),
        (
            accepting(NOON + HOUR + 30 * MINUTE),
            AGREES,
            (
                published(
                    place=PRACTICE.model_copy(update={"position": Position(lat=47.3, lon=3.16)})
                ),
            ),
            NoTimeToTravel,
        ),
        (
            accepting(),
            (enrolled(), consented(overbook=OVERBOOK, weekly_cap=1)),
            busy(1),
            WeeklyCapReached,
        ),
        (
            accepting(),
            (enrolled(), consented(overbook=OVERBOOK.model_copy(update={"modes": (Mode.VIDEO,)}))),
            (),
            NotThisWay,
        ),
    ],
)
def test_what_forbids_an_acceptance_is_said(command, doctor, week, reason):
    with pytest.raises(reason):
        accept(command, decider.replay(ASKED), agenda(*week), practitioners.decider.replay(doctor))


def test_who_accepts_at_the_time_of_a_free_place_of_theirs_gives_that_place():
    """Found by an attack: it was refused, and beside it another would have come at that time."""
    both = accept(accepting(NOON + HOUR), decider.replay(ASKED), agenda(published()), DOCTOR)

    assert [event.name for event in both.agenda] == ["slot.place_taken"]
    assert (both.request[-1].slot_id, both.request[-1].start) == (AFTERNOON, NOON + HOUR)


def test_who_accepts_within_a_range_of_theirs_says_when_the_patient_comes():
    hours = published(start=NOON + HOUR, end=NOON + 3 * HOUR, capacity=4)
    request = decider.replay(ASKED)

    both = accept(accepting(NOON + 90 * MINUTE), request, agenda(hours), DOCTOR)

    assert [event.name for event in both.agenda] == ["slot.place_taken"]
    assert both.request[-1].start == NOON + 90 * MINUTE
    for minutes in (97, 175):  # between two quarters; nobody comes any more
        with pytest.raises(OffTheGrid):
            accept(accepting(NOON + minutes * MINUTE), request, agenda(hours), DOCTOR)


ENDS = [
    (withdraw, Withdraw(ANNA, Withdrawal.CANCELLED, NOON)),
    (reorient, Reorient(ANNA, Destination.ADVICE, NOON)),
    (cancel, Cancel(ANNA, By.PATIENT, search_again=True, at=NOON)),
    (cancel, Cancel(ANNA, By.PRACTITIONER, search_again=True, at=NOON)),
]


@pytest.mark.parametrize(("end", "command"), ENDS)
def test_what_was_made_for_one_patient_is_open_to_no_other(end, command):
    """Found by an attack: a patient the member had just refused was sent to the place at once."""
    both = end(command, *claimed())
    assert [event.name for event in both.agenda] == ["slot.place_freed", "slot.withdrawn"]


def test_of_what_was_made_for_one_patient_and_widened_since_the_rest_stays():
    request, week = claimed()
    wider = agendas.decider.replay([resized(2, SLOT)], since=week)
    both = withdraw(Withdraw(ANNA, Withdrawal.CANCELLED, NOON), request, wider)
    assert [event.name for event in both.agenda] == ["slot.place_freed"]
    late = withdraw(Withdraw(ANNA, Withdrawal.CANCELLED, AT_TWO), request, week)
    assert [event.name for event in late.agenda] == ["slot.place_freed"]


@pytest.mark.parametrize("reason", [WhyNot.OUT_OF_SCOPE, WhyNot.TOO_FAR, WhyNot.OTHER])
def test_who_does_not_see_a_patient_is_not_sent_them(reason):
    place = Candidate(Slot(published()), agenda(published()), DOCTOR)
    no = refused().model_copy(update={"reason": reason})
    assert ways(search(decider.replay([*ASKED, no]), NOON), place) is RefusedBefore
    full = refused().model_copy(update={"reason": WhyNot.FULL})
    assert isinstance(ways(search(decider.replay([*ASKED, full]), NOON), place), list)


LATER = NOON + 6 * HOUR
PUT_OFF = (
    *ASKED,
    proposed(start=LATER),
    RequestDeadlineAgreed(request_id=ANNA, delay=Delay.RDV, due_by=LATER, agreed_at=NOON),
    accepted(start=LATER),
    assigned(),
)


@pytest.mark.parametrize(
    ("reason", "due_by"),
    [
        (Unassigned.CLAIM_CORRECTED, received().due_by),
        (Unassigned.CANCELLED_BY_PRACTITIONER, received().due_by),
        (Unassigned.SLOT_WITHDRAWN, received().due_by),
        (Unassigned.CANCELLED_BY_PATIENT, LATER),
    ],
)
def test_a_later_time_is_agreed_to_for_the_place_that_was_proposed_alone(reason, due_by):
    before = decider.replay(PUT_OFF)
    lost = decider.decide(Unassign(ANNA, reason, NOON), before)
    after = decider.replay(lost, since=before)
    assert (after.due_by, after.put_off_from) == (due_by, None)


def test_a_deadline_agreed_to_otherwise_holds_whatever_becomes_of_the_place():
    agreed = RequestDeadlineAgreed(
        request_id=ANNA, delay=Delay.HOURS_12, due_by=LATER + HOUR, agreed_at=NOON
    )
    for history in ((*ASKED, proposed(), agreed, assigned()), (*PUT_OFF, agreed)):
        before = decider.replay(history)
        lost = decider.decide(Unassign(ANNA, Unassigned.SLOT_WITHDRAWN, NOON), before)
        assert decider.replay(lost, since=before).due_by == LATER + HOUR


@pytest.mark.parametrize("week", [(), (published(start=AT_TWO, end=AT_TWO + HOUR),)])
def test_who_said_no_and_sees_the_patient_after_all_is_welcome(week):
    no = refused(reason=WhyNot.OUT_OF_SCOPE)
    both = accept(accepting(), decider.replay([*ASKED, no]), agenda(*week), DOCTOR)
    assert both.request[-1].start == AT_TWO


@pytest.mark.parametrize("hours", [{"end": NOON + 90 * MINUTE}, {"end": NOON + 3 * HOUR}])
def test_hours_that_were_open_before_a_slip_are_open_after_it(hours):
    """Found by an attack: the range lost a place, and the member could not accept there again."""
    request, week = decider.replay(ASKED), agenda(published(capacity=2, **hours))
    both = accept(accepting(NOON + HOUR), request, week, DOCTOR)
    request = decider.replay(both.request, since=request)
    week = agendas.decider.replay(both.agenda, since=week)

    both = correct(CorrectClaim(ANNA, DR_ADAM, NOON), request, week)

    assert [event.name for event in both.agenda] == ["slot.place_freed"]
    request = decider.replay(both.request, since=request)
    week = agendas.decider.replay(both.agenda, since=week)
    again = accept(accepting(NOON + HOUR + 15 * MINUTE), request, week, DOCTOR)
    assert again.request[-1].start == NOON + HOUR + 15 * MINUTE


def test_who_is_slower_learns_that_the_offer_is_over():
    request = decider.replay([*ASKED, accepted(DR_BLAIN), lapsed(), assigned()])

    with pytest.raises(OfferOver):
        accept(accepting(), request, agenda(), DOCTOR)


def claimed():
    both = accept(accepting(), decider.replay(ASKED), agenda(), DOCTOR)
    return decider.replay(both.request, since=decider.replay(ASKED)), agenda(*both.agenda)


def test_a_claim_made_by_mistake_is_taken_back_within_twenty_seconds():
    request, week = claimed()
    command = CorrectClaim(ANNA, DR_ADAM, NOON + MINUTE / 3)

    both = correct(command, request, week)

    assert [event.reason for event in both.request] == [Unassigned.CLAIM_CORRECTED]
    assert [event.name for event in both.agenda] == ["slot.place_freed", "slot.withdrawn"]
    assert both.agenda[0].reason is Freed.CLAIM_CORRECTED
    after = decider.replay(both.request, since=request)
    assert isinstance(after, Waiting)
    assert after.first_in_line
    again = correct(command, after, agenda())
    assert (list(again.request), list(again.agenda)) == ([], [])


def test_another_patient_of_the_same_slot_keeps_their_place():
    """Found in review: the slot was withdrawn under whoever else had been placed there."""
    request, week = claimed()
    two = agendas.decider.replay([resized(2, SLOT), taken(BEN, SLOT)], since=week)

    both = correct(CorrectClaim(ANNA, DR_ADAM, NOON), request, two)

    assert list(both.agenda)[1:] == [resized(1, SLOT)]
    assert list(agendas.decider.replay(both.agenda, since=two).slots[SLOT].taken) == [BEN]


def test_later_a_visit_is_cancelled_instead():
    request, week = claimed()

    with pytest.raises(GraceOver):
        correct(CorrectClaim(ANNA, DR_ADAM, NOON + MINUTE), request, week)
    with pytest.raises(OfferOver):
        correct(CorrectClaim(ANNA, DR_BLAIN, NOON), request, week)
    with pytest.raises(OfferOver):
        correct(CorrectClaim(ANNA, DR_ADAM, NOON), decider.replay([]), agenda())


def test_a_claim_that_led_to_nothing_any_more_is_not_corrected():
    elsewhere = decider.replay(
        [*ASKED, accepted(), lapsed(DR_BLAIN), assigned(), unassigned(), assigned(rpps=DR_BLAIN)]
    )

    with pytest.raises(OfferOver):
        correct(CorrectClaim(ANNA, DR_ADAM, NOON), elsewhere, agenda())


# Whom to ask


def member(rpps=DR_ADAM, history=AGREES, week=0):
    return Member(rpps, practitioners.decider.replay(history), agenda(*busy(week)))


def asked_about(history=()):
    return search(decider.replay(history or [received()]), NOON)


@pytest.mark.parametrize(
    ("history", "request_history", "reason"),
    [
        ((), (received(),), PractitionerNotEnrolled),
        ((enrolled(), consented()), (received(),), NoConsent),
        (
            (*AGREES, PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)),
            (received(),),
            PractitionerAway,
        ),
        (AGREES, (received(community=VALENCIENNES),), NotAMember),
        (AGREES, (received(professions=(Profession.NURSE,)),), NotThisProfession),
        (AGREES, (received(source=Source.IOA),), NoConsent),
        (AGREES, ASKED, AskedBefore),
        (AGREES, (*ASKED, refused()), AskedBefore),
        (AGREES, (received(modes=(Mode.VIDEO,)),), NotThisWay),
        (AGREES, (received(max_km=0.5),), TooFar),
    ],
)
def test_who_is_not_asked_and_why(history, request_history, reason):
    found = may_be_asked(asked_about(request_history), member(history=history), NOON)

    assert found is reason


def order(*members):
    return [one.rpps for one in askable(asked_about(), members, NOON)]


def test_whoever_is_asked_for_others_already_is_asked_after_who_is_not():
    busy_now, free = member(DR_ADAM)._replace(asked=2), member(DR_BLAIN, AGREED_BLAIN, week=1)

    assert order(busy_now, free) == [DR_BLAIN, DR_ADAM]
    assert order(busy_now._replace(asked=0), free) == [DR_ADAM, DR_BLAIN]


def test_whom_a_message_reaches_is_asked_before_who_must_look_for_themselves():
    reached = member(DR_BLAIN, (*AGREED_BLAIN, contacts_given(Channel.SMS, rpps=DR_BLAIN)), week=2)

    assert order(member(DR_ADAM), reached) == [DR_BLAIN, DR_ADAM]


@pytest.mark.parametrize(
    ("history", "away"),
    [
        (AGREES, False),
        ((*AGREES, PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)), True),
        ((*AGREES, left()), True),
        ((*AGREES, vacation(NOON - HOUR, NOON + HOUR)), True),
        ((enrolled(), consented()), True),
        ((enrolled(), consented(overbook=OVERBOOK, sources=(Source.IOA,))), True),
    ],
)
def test_who_pauses_or_agrees_no_longer_is_not_waited_for(history, away):
    practitioner = practitioners.decider.replay(history)
    waiting = decider.replay([received(), offered(DR_ADAM)])

    assert is_away(practitioner, waiting, waiting.communities, NOON) is away


def test_who_is_not_waited_for_may_be_asked_again_once_they_are_back():
    release = ReleaseMembers(ANNA, (DR_ADAM, DR_BLAIN), NOON)
    gone = lapsed(DR_ADAM, Lapse.AWAY)

    given(received(), offered(DR_ADAM)).when(release).then(gone)
    given(received(), offered(DR_ADAM), gone).when(release).then_nothing()
    again = asked_about((received(), offered(DR_ADAM), gone))
    assert isinstance(may_be_asked(again, member(), NOON), Askable)


def test_who_could_only_come_too_late_is_not_asked():
    soon = (received(due_by=NOON + 40 * MINUTE),)

    assert may_be_asked(asked_about((received(due_by=NOON + 20 * MINUTE),)), member(), NOON) is (
        StartsTooSoon
    )
    assert isinstance(may_be_asked(asked_about(soon), member(), NOON), Askable)


@pytest.mark.parametrize("modes", [(Mode.OFFICE, Mode.HOME), (Mode.HOME, Mode.OFFICE)])
@pytest.mark.parametrize(("radius_km", "kind"), [(30.0, Askable), (5.0, type)])
def test_who_can_come_is_asked_where_the_patient_could_not_in_whatever_order(
    modes, radius_km, kind
):
    """Found in review: only the first way they named was looked at."""
    place = OVERBOOK.place.model_copy(update={"position": Position(lat=47.1, lon=3.159)})
    far = OVERBOOK.model_copy(update={"place": place, "modes": modes, "radius_km": radius_km})
    soon = received(due_by=NOON + 35 * MINUTE, modes=modes, max_km=30.0)

    found = may_be_asked(
        asked_about((soon,)), member(history=(enrolled(), consented(overbook=far))), NOON
    )

    assert isinstance(found, kind)
    assert kind is Askable or found is StartsTooSoon


@pytest.mark.parametrize(("due", "kind"), [(4 * HOUR, type), (20 * HOUR, Askable)])
def test_who_has_had_the_patients_of_the_day_is_asked_for_tomorrow_only(due, kind):
    full = member(history=(enrolled(), consented(overbook=OVERBOOK, daily_cap=1)), week=1)
    busy_today = full._replace(agenda=agenda(*busy(1, 1)))

    asked = asked_about((received(due_by=NOON + due),))

    assert isinstance(may_be_asked(asked, busy_today, NOON), kind)


def test_who_cancelled_the_visit_is_not_asked_about_the_same_patient():
    history = (received(), assigned(), unassigned(reason=Unassigned.CANCELLED_BY_PRACTITIONER))

    assert may_be_asked(asked_about(history), member(), NOON) is AskedBefore


def test_a_patient_who_cancels_is_no_longer_first_in_line():
    by_patient = unassigned(reason=Unassigned.CANCELLED_BY_PATIENT)
    history = [received(), assigned(), unassigned(), assigned(), by_patient]

    assert not decider.replay(history).first_in_line


def test_of_two_ways_the_one_in_reach_is_taken():
    """Found in review: asked because of the video, refused because of the office."""
    both_ways = OVERBOOK.model_copy(update={"modes": (Mode.OFFICE, Mode.VIDEO)})
    doctor = practitioners.decider.replay([enrolled(), consented(overbook=both_ways)])
    request = decider.replay(
        [received(modes=(Mode.OFFICE, Mode.VIDEO), max_km=0.1), offered(DR_ADAM)]
    )

    both = accept(accepting(), request, agenda(), doctor)

    assert both.request[-1].mode is Mode.VIDEO


def test_who_proposed_another_time_is_told_that_it_is_over():
    ended = Withdraw(ANNA, Withdrawal.CANCELLED, NOON)
    over = lapsed(DR_ADAM, Lapse.REQUEST_ENDED)

    given(received(), offered(DR_ADAM), proposed()).when(ended).then(over, WITHDRAWN)


def test_a_home_visit_is_asked_of_who_goes_that_far():
    at_home = (received(modes=(Mode.HOME,)),)
    near = OVERBOOK.model_copy(update={"modes": (Mode.HOME,), "radius_km": 5.0})
    never = near.model_copy(update={"radius_km": None})

    for overbook, kind in ((near, Askable), (never, type)):
        who = member(history=(enrolled(), consented(overbook=overbook)))
        assert isinstance(may_be_asked(asked_about(at_home), who, NOON), kind)


def test_by_video_no_way_is_too_far():
    video = Overbook(place=PRACTICE, zone=ZONE, modes=(Mode.VIDEO,))
    who = member(history=(enrolled(), consented(overbook=video)))
    asked = asked_about((received(modes=(Mode.VIDEO,), max_km=0.0),))

    assert isinstance(may_be_asked(asked, who, NOON), Askable)


def test_who_was_told_that_a_place_was_found_may_be_asked_again_when_it_is_lost():
    history = (*ASKED, lapsed(reason=Lapse.PLACE_FOUND), assigned(), unassigned())

    assert isinstance(may_be_asked(asked_about(history), member(), NOON), Askable)


def test_members_of_a_neighbour_are_asked_once_the_request_may_go_there():
    elsewhere = (enrolled(communities=(VALENCIENNES,)), consented(overbook=OVERBOOK))
    opened = escalated(kind=StepKind.NEIGHBOUR_SLOTS, communities=(VALENCIENNES,))

    assert may_be_asked(asked_about(), member(history=elsewhere), NOON) is NotAMember
    asked = asked_about((received(), opened))
    assert isinstance(may_be_asked(asked, member(history=elsewhere), NOON), Askable)


def test_on_call_first_then_who_had_fewer_patients_then_the_nearest():
    far = OVERBOOK.model_copy(
        update={
            "place": PRACTICE.model_copy(
                update={"position": Position(lat=CENTRE.lat + 0.05, lon=CENTRE.lon)}
            )
        }
    )
    members = [
        member("10978000001", week=3),
        member("10978000002", history=(enrolled(), consented(overbook=far)), week=1),
        member("10978000003", week=1),
        member("10978000004", history=(*AGREES, on_call()), week=9),
        member("10978000005", history=(enrolled(), consented())),
    ]

    order = [one.rpps[-1] for one in askable(asked_about(), members, NOON)]

    assert order == ["4", "3", "2", "1"]


def test_the_less_members_accept_the_more_are_asked_at_once():
    rarely, often = Rate(asked=200, accepted=20), Rate(asked=200, accepted=150)

    assert Rate().probability == pytest.approx(0.32)
    assert wave(30 * MINUTE, rarely).members > wave(30 * MINUTE, often).members >= 1


def test_the_less_time_there_is_the_shorter_and_larger_a_wave_is():
    assert wave(60 * MINUTE, Rate()).length == 5 * MINUTE
    assert wave(14 * MINUTE, Rate()).length == 3.5 * MINUTE
    short = wave(3 * MINUTE, Rate())
    assert short.length == 2 * MINUTE
    assert short.members > wave(60 * MINUTE, Rate()).members
    assert wave(3 * MINUTE, Rate(asked=1000, accepted=0)).members == 12


# On call


def test_a_practitioner_is_available_at_once_until_they_say():
    practitioner(*AGREES).when(GoOnCall(DR_ADAM, NOON + 2 * HOUR, NOON)).then(on_call())
    practitioner(enrolled(), on_call()).when(
        GoOnCall(DR_ADAM, NOON + 2 * HOUR, NOON)
    ).then_nothing()
    practitioner(enrolled(), on_call()).when(GoOffCall(DR_ADAM, NOON)).then(off_call())
    practitioner(enrolled()).when(GoOffCall(DR_ADAM, NOON)).then_nothing()
    state = practitioners.decider.replay([enrolled(), on_call()])
    assert state.is_on_call(NOON)
    assert not state.is_on_call(NOON + 2 * HOUR)


def test_on_call_ends_within_a_day_and_not_before_it_begins():
    for wrong in (NOON, NOON + 25 * HOUR):
        practitioner(*AGREES).when(GoOnCall(DR_ADAM, wrong, NOON)).then_refused(OnCallTooLong)


@pytest.mark.parametrize("before", [(enrolled(),), (enrolled(), consented())])
def test_who_is_never_asked_beyond_the_agenda_is_not_available_at_once(before):
    """Found in review: they were on call, and nobody ever asked them."""
    practitioner(*before).when(GoOnCall(DR_ADAM, NOON + HOUR, NOON)).then_refused(
        NotAskedBeyondTheAgenda
    )


def test_who_has_paused_is_not_available_and_may_say_so():
    paused = (enrolled(), on_call(), PractitionerPaused(rpps=DR_ADAM, paused_at=NOON))
    practitioner(*paused).when(GoOnCall(DR_ADAM, NOON + HOUR, NOON)).then_refused(
        PractitionerIsPaused
    )
    practitioner(*paused).when(GoOffCall(DR_ADAM, NOON)).then(off_call())
    assert practitioners.decider.replay([enrolled(), on_call(), off_call()]).on_call_until is None
    state = practitioners.decider.replay([*paused, off_call()])
    assert state.enrolled.on_call_until is None


def test_who_is_not_enrolled_is_not_on_call():
    for command in (GoOnCall(DR_ADAM, NOON + HOUR, NOON), GoOffCall(DR_ADAM, NOON)):
        practitioner().when(command).then_refused(PractitionerNotEnrolled)
    for event in (on_call(), off_call()):
        with pytest.raises(ImpossibleHistory):
            practitioners.decider.replay([event])
