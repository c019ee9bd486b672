"""A regulator keeps a place for the patient while they speak: nobody else gives or gets it."""

import pytest

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import HoldPlace, NoPlaceLeft, ReleasePlace, SlotTakenBack, WithdrawSlot
from domain.decider import ImpossibleHistory
from domain.ineligible import StartsAfterDue
from domain.placing import Hold, PlaceRequest, change_slot, end_hold, hold, place, withdraw
from domain.request import (
    AlreadyAssigned,
    AlreadyVisited,
    AnotherPlaceHeld,
    Assign,
    ClaimOffer,
    EndHold,
    HandBackRequest,
    HoldForRequest,
    HoldTooLong,
    NoSuchRequest,
    OfferOver,
    RequestClosed,
    Withdraw,
    agenda_of,
)
from events.codes import Mode
from events.offer import Lapse
from events.request import HandBack, HoldEnd, Withdrawal
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    DR_ADAM,
    HOUR,
    MINUTE,
    MORNING,
    NOON,
    NOTHING_WEIGHED,
    WEEK,
    assigned,
    attended,
    consented,
    enrolled,
    held,
    hold_ended,
    lapsed,
    moved,
    offered,
    place_held,
    published,
    received,
    released,
    reoriented,
    resized,
    take,
    taken,
    withdrawn,
)

given = Spec(requests.decider).given
agenda = Spec(agendas.decider).given
DOCTOR = practitioners.decider.replay([enrolled(), consented()])
UNTIL = NOON + 3 * MINUTE


def keep(until=UNTIL, slot_id=AFTERNOON):
    return HoldForRequest(ANNA, published(slot_id), NOON + HOUR, Mode.OFFICE, until, NOON)


def end(reason=HoldEnd.LAPSED):
    return EndHold(ANNA, reason, NOON)


def hold_place(request_id=ANNA, at=NOON):
    return HoldPlace(
        slot_id=AFTERNOON,
        request_id=request_id,
        mode=Mode.OFFICE,
        own_patient=False,
        where=None,
        until=at + 3 * MINUTE,
        at=at,
    )


def test_a_place_is_kept_for_a_moment_and_members_need_not_answer_meanwhile():
    given(received()).when(keep()).then(held())
    given(received(), held()).when(keep()).then_nothing()
    over = lapsed(reason=Lapse.PLACE_FOUND)
    given(received(), offered(DR_ADAM)).when(keep()).then(over, held())
    state = requests.decider.replay([received(), held()])
    assert (state.owner, state.next_at) == ("regulator", UNTIL)
    assert agenda_of(state) == (DR_ADAM, WEEK)
    assert agenda_of(requests.decider.replay([received(), assigned()])) == (DR_ADAM, WEEK)
    assert agenda_of(requests.decider.replay([received()])) is None


def test_a_moment_is_a_quarter_of_an_hour_at_most():
    for wrong in (NOON, NOON + 16 * MINUTE):
        given(received()).when(keep(wrong)).then_refused(HoldTooLong)


def test_one_place_is_kept_at_a_time_and_no_other_given():
    given(received(), held()).when(keep(slot_id=MORNING)).then_refused(AnotherPlaceHeld)
    other = Assign(ANNA, published(MORNING), NOON + HOUR, Mode.OFFICE, 1.3, NOTHING_WEIGHED, NOON)
    given(received(), held()).when(other).then_refused(AnotherPlaceHeld)
    back = HandBackRequest(ANNA, HandBack.NO_PLACE, None, NOTHING_WEIGHED, NOON)
    given(received(), held()).when(back).then_refused(AnotherPlaceHeld)
    late = ClaimOffer(ANNA, DR_ADAM, NOON + HOUR, NOON)
    before = (received(), offered(DR_ADAM), lapsed(reason=Lapse.PLACE_FOUND), held())
    given(*before).when(late).then_refused(OfferOver)


def test_what_is_kept_too_long_is_ended_before_it_is_kept_again():
    again = HoldForRequest(ANNA, published(), NOON + HOUR, Mode.OFFICE, UNTIL + 3 * MINUTE, UNTIL)

    given(received(), held()).when(again).then_refused(AnotherPlaceHeld)


def test_a_place_is_kept_for_who_waits():
    given().when(keep()).then_refused(NoSuchRequest)
    given(received(), assigned()).when(keep()).then_refused(AlreadyAssigned)
    given(received(), assigned(), attended()).when(keep()).then_refused(AlreadyVisited)
    given(received(), reoriented()).when(keep()).then_refused(RequestClosed)


def test_it_ends_once_and_where_nothing_is_kept_nothing_ends():
    given(received(), held()).when(end()).then(hold_ended())
    for history in ((), (held(), hold_ended()), (assigned(),), (reoriented(),)):
        given(received(), *history).when(end()).then_nothing()
    given().when(end()).then_refused(NoSuchRequest)
    state = requests.decider.replay([received(), held(), hold_ended()])
    assert (state.owner, state.next_at, state.hold) == ("dispatch", NOON, None)


@pytest.mark.parametrize("event", [held(), hold_ended()])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        requests.decider.replay([event])


def test_a_place_that_is_kept_is_nobody_elses_until_it_is_over():
    agenda(published()).when(hold_place()).then(place_held())
    agenda(published(), place_held()).when(hold_place()).then_nothing()
    agenda(published(), place_held()).when(take(BEN)).then_refused(NoPlaceLeft)
    agenda(published(), place_held()).when(hold_place(BEN)).then_refused(NoPlaceLeft)
    agenda(published(), taken(BEN)).when(hold_place()).then_refused(NoPlaceLeft)
    agenda(published(), place_held()).when(take(BEN, at=UNTIL)).then(taken(BEN, at=UNTIL))
    assert agendas.decider.replay([published(), place_held()]).slots[AFTERNOON].free == 0


def test_who_keeps_a_place_takes_it():
    agenda(published(), place_held()).when(take(ANNA)).then(released(), taken(ANNA))


def test_a_place_is_released_once():
    release = ReleasePlace(AFTERNOON, ANNA, NOON)
    agenda(published(), place_held()).when(release).then(released())
    agenda(published(), place_held(), released()).when(release).then_nothing()
    agenda(published(), withdrawn()).when(release).then_refused(SlotTakenBack)


# Over both streams


def request(*history):
    return requests.decider.replay([received(), *history])


def week(*history):
    return agendas.decider.replay(history)


def command(at=NOON):
    return Hold(ANNA, AFTERNOON, Mode.OFFICE, at + 3 * MINUTE, at)


def test_the_request_and_the_agenda_hear_of_it_together():
    both = hold(command(), request(), week(published()), DOCTOR)

    assert list(both.request) == [held()]
    assert list(both.agenda) == [place_held()]


def test_asked_twice_it_decides_nothing():
    both = hold(command(), request(held()), week(published(), place_held()), DOCTOR)

    assert (list(both.request), list(both.agenda)) == ([], [])


def test_only_what_could_be_given_is_kept():
    too_late = published(start=NOON + 5 * HOUR, end=NOON + 6 * HOUR)

    with pytest.raises(StartsAfterDue):
        hold(command(), request(), week(too_late), DOCTOR)
    with pytest.raises(NoPlaceLeft):
        hold(command(), request(), week(published(), place_held(BEN)), DOCTOR)


def test_a_place_that_is_kept_is_given_to_who_it_is_kept_for():
    both = place(
        PlaceRequest(ANNA, AFTERNOON, Mode.OFFICE, NOTHING_WEIGHED, NOON),
        request(held()),
        week(published(), place_held()),
        DOCTOR,
    )

    assert [event.name for event in both.agenda] == ["slot.place_released", "slot.place_taken"]


def test_a_place_nobody_took_is_free_again():
    both = end_hold(end(), request(held()), week(published(), place_held()))
    nothing = end_hold(end(), request(), week(published()))

    assert (list(both.request), list(both.agenda)) == ([hold_ended()], [released()])
    assert (list(nothing.request), list(nothing.agenda)) == ([], [])


def test_a_request_that_ends_keeps_no_place():
    taken_back = Withdraw(ANNA, Withdrawal.CANCELLED, NOON)

    both = withdraw(taken_back, request(held()), week(published(), place_held()))

    assert list(both.agenda) == [released()]


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (WithdrawSlot(AFTERNOON, NOON), withdrawn()),
        (
            agendas.MoveSlot(AFTERNOON, NOON + 2 * HOUR, NOON + 2 * HOUR + 20 * MINUTE, None, NOON),
            moved(),
        ),
    ],
)
def test_a_slot_that_changes_keeps_no_place(change, then):
    both = change_slot(change, week(published(), place_held()), {ANNA: request(held())})

    assert list(both.agenda) == [released(), then]
    assert both.requests[ANNA] == [hold_ended(HoldEnd.SLOT_CHANGED)]


def test_of_fewer_places_who_only_keeps_one_loses_it_first():
    two = week(published(capacity=2), place_held(), taken(BEN))

    both = change_slot(
        agendas.ChangeCapacity(AFTERNOON, 1, NOON),
        two,
        {ANNA: request(held()), BEN: requests.decider.replay([received(BEN), assigned(BEN)])},
    )

    assert list(both.agenda) == [released(), resized(1)]
    assert both.requests.keys() == {ANNA}
