"""A published slot moves, grows, shrinks, is shown to more people, and is taken back."""

import pytest

from domain import request as requests
from domain.agenda import (
    AlreadyBegun,
    ChangeCapacity,
    CloseSlotTo,
    ElapseSlot,
    EndsBeforeItStarts,
    FreePlace,
    MoveSlot,
    MovesToAnotherWeek,
    MovesToThePast,
    NoSuchSlot,
    NotOverYet,
    OpenSlotTo,
    OverlapsAnotherSlot,
    PatientsThere,
    SlotTakenBack,
    WithdrawSlot,
    decider,
)
from domain.decider import ImpossibleHistory
from domain.placing import change_slot
from domain.request import AlreadyVisited, Waiting
from events.agenda import Freed
from events.codes import Label, Source
from events.request import Unassigned
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    CLEO,
    HOUR,
    MINUTE,
    MORNING,
    NEVERS,
    NOON,
    PRACTICE,
    VALENCIENNES,
    assigned,
    attended,
    closed_to,
    elapsed,
    freed,
    moved,
    opened_to,
    place_held,
    publish,
    published,
    received,
    resized,
    take,
    taken,
    unassigned,
    withdrawn,
)

given = Spec(decider).given

TWO = published(capacity=2)
LATER = published(MORNING, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR)


def move(start=NOON + 2 * HOUR, minutes=20, place=None, at=NOON):
    return MoveSlot(AFTERNOON, start, start + minutes * MINUTE, place, at)


def resize(capacity, at=NOON):
    return ChangeCapacity(AFTERNOON, capacity, at)


def open_to(*communities, labels=(), sources=()):
    return OpenSlotTo(AFTERNOON, labels, communities, sources, NOON)


def withdraw(at=NOON):
    return WithdrawSlot(AFTERNOON, at)


def test_a_slot_moves_within_its_week_and_where_the_practitioner_is_free():
    given(published()).when(move()).then(moved())
    given(published()).when(move(start=NOON + HOUR)).then_nothing()
    given(published(), LATER).when(move()).then_refused(OverlapsAnotherSlot)
    given(published()).when(move(start=NOON + 168 * HOUR)).then_refused(MovesToAnotherWeek)
    given(published()).when(move(minutes=0)).then_refused(EndsBeforeItStarts)
    for gone in (NOON - HOUR, NOON - 10 * MINUTE, NOON):
        given(published()).when(move(start=gone)).then_refused(MovesToThePast)


def test_a_slot_may_move_a_little_over_its_own_time():
    a_bit_later = NOON + HOUR + 10 * MINUTE

    given(published()).when(move(start=a_bit_later)).then(moved(start=a_bit_later))


def test_a_slot_may_move_elsewhere_at_the_same_time():
    annex = PRACTICE.model_copy(update={"title": "Annexe"})

    state = decider.replay(
        [
            published(),
            *decider.decide(move(NOON + HOUR, place=annex), decider.replay([published()])),
        ]
    )

    assert state.slots[AFTERNOON].published.place == annex


def test_who_had_a_place_in_a_slot_that_moves_is_freed_first():
    given(TWO, taken(ANNA), taken(BEN)).when(move()).then(
        freed(ANNA, reason=Freed.SLOT_MOVED), freed(BEN, reason=Freed.SLOT_MOVED), moved()
    )


def test_a_slot_may_have_more_places():
    given(published(), taken(ANNA)).when(resize(2)).then(resized(2))
    given(published(), taken(ANNA), resized(2)).when(take(BEN)).then(taken(BEN))
    given(TWO).when(resize(2)).then_nothing()


def test_of_fewer_places_who_came_first_keeps_theirs():
    given(TWO, taken(BEN), taken(ANNA)).when(resize(1)).then(
        freed(ANNA, reason=Freed.SLOT_REDUCED), resized(1)
    )
    given(TWO, taken(BEN)).when(resize(1)).then(resized(1))


def test_a_slot_is_shown_to_more_people_and_never_to_fewer():
    given(published()).when(open_to(VALENCIENNES)).then(opened_to(NEVERS, VALENCIENNES))
    given(published()).when(open_to(NEVERS, sources=(Source.CPTS,))).then_nothing()
    public = opened_to(NEVERS).model_copy(update={"labels": (Label.SNP, Label.PUBLIC)})
    given(published()).when(open_to(labels=(Label.PUBLIC,))).then(public)
    given(published(), public).when(open_to(labels=(Label.PUBLIC,))).then_nothing()


def test_a_slot_is_closed_to_a_source_and_opened_again():
    close = CloseSlotTo(AFTERNOON, (Source.SAS,), NOON)
    given(published()).when(close).then(closed_to(Source.CPTS))
    given(published(), closed_to(Source.CPTS)).when(close).then_nothing()
    both = CloseSlotTo(AFTERNOON, (Source.SAS, Source.CPTS), NOON)
    given(published()).when(both).then(closed_to())
    given(published(), taken()).when(both).then(closed_to())
    again = open_to(sources=(Source.CPTS, Source.SAS))
    reopened = opened_to(NEVERS).model_copy(update={"open_to": (Source.CPTS, Source.SAS)})
    given(published(), closed_to()).when(again).then(reopened)


def test_places_nobody_took_are_lost_once_the_slot_is_over():
    over = NOON + 2 * HOUR
    elapse = ElapseSlot(AFTERNOON, over)
    given(TWO).when(elapse).then(elapsed(2))
    given(TWO, taken()).when(elapse).then(elapsed(1))
    given(TWO, taken(), taken(BEN)).when(elapse).then_nothing()
    given(TWO, elapsed(2)).when(elapse).then_nothing()
    given(TWO).when(ElapseSlot(AFTERNOON, NOON)).then_refused(NotOverYet)
    given(TWO, withdrawn()).when(elapse).then_refused(SlotTakenBack)


def test_a_withdrawn_slot_has_no_patient_and_no_place():
    given(TWO, taken(ANNA)).when(withdraw()).then(
        freed(ANNA, reason=Freed.SLOT_WITHDRAWN), withdrawn()
    )
    given(published(), withdrawn()).when(withdraw()).then_nothing()
    for command in (take(BEN), FreePlace(AFTERNOON, ANNA, Freed.MERGED, NOON), resize(2), move()):
        given(published(), withdrawn()).when(command).then_refused(SlotTakenBack)


def test_a_withdrawn_slot_is_not_published_again_but_leaves_its_time_free():
    given(published(), withdrawn()).when(publish()).then_refused(SlotTakenBack)
    given(published(), withdrawn()).when(publish(MORNING)).then(published(MORNING))


@pytest.mark.parametrize("command", [withdraw, lambda at: resize(2, at)])
def test_what_has_begun_is_cancelled_visit_by_visit(command):
    given(published()).when(command(NOON + HOUR)).then_refused(AlreadyBegun)


@pytest.mark.parametrize(
    ("command", "then"),
    [
        (resize(3, NOON + HOUR), (resized(3),)),
        (resize(1, NOON + HOUR), (resized(1),)),
        (CloseSlotTo(AFTERNOON, (Source.SAS,), NOON + HOUR), (closed_to(Source.CPTS),)),
    ],
)
def test_a_range_that_has_begun_changes_for_those_to_come(command, then):
    now = {"changed_at": NOON + HOUR} if isinstance(command, ChangeCapacity) else {}
    now = now or {"closed_at": NOON + HOUR}
    then = [event.model_copy(update=now) for event in then]
    given(TWO, taken(ANNA)).when(command).then(*then)


def test_a_range_stays_one_whatever_places_it_has_left():
    now = {"changed_at": NOON + HOUR}
    wider = resized(2).model_copy(update=now)
    given(TWO, resized(1)).when(resize(2, NOON + HOUR)).then(wider)
    given(published(), resized(2), resized(1)).when(resize(2, NOON + HOUR)).then(wider)
    given(published()).when(resize(2, NOON + HOUR)).then_refused(AlreadyBegun)


def test_of_a_range_that_has_begun_nobody_loses_a_place():
    for command in (resize(1, NOON + HOUR), withdraw(NOON + HOUR), move(at=NOON + HOUR)):
        given(TWO, taken(ANNA), taken(BEN)).when(command).then_refused(AlreadyBegun)
    over = published().end
    given(TWO).when(resize(3, over)).then_refused(AlreadyBegun)


def test_what_is_not_there_does_not_change():
    given().when(withdraw()).then_refused(NoSuchSlot)


@pytest.mark.parametrize("event", [moved(), resized(2), opened_to(NEVERS), withdrawn()])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        decider.replay([event])


def holders(**histories):
    named = {"anna": ANNA, "ben": BEN, "cleo": CLEO}
    return {
        named[name]: requests.decider.replay([received(named[name]), *events])
        for name, events in histories.items()
    }


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (withdraw(), Unassigned.SLOT_WITHDRAWN),
        (move(), Unassigned.SLOT_MOVED),
        (resize(1), Unassigned.SLOT_REDUCED),
    ],
)
def test_whoever_loses_a_place_is_searched_for_again_first_in_line(command, reason):
    agenda = decider.replay([TWO, taken(BEN), taken(ANNA)])
    both = holders(anna=[assigned(ANNA)], ben=[assigned(BEN)])

    change = change_slot(command, agenda, both)

    assert change.requests[ANNA] == [unassigned(ANNA, reason=reason)]
    anna = requests.decider.replay(change.requests[ANNA], since=both[ANNA])
    assert isinstance(anna, Waiting)
    assert anna.first_in_line
    assert anna.next_at == NOON
    assert decider.replay(change.agenda, since=agenda).taken == len(both) - len(change.requests)


def test_nobody_loses_a_place_by_one_more():
    agenda = decider.replay([published(), taken(ANNA)])

    assert change_slot(resize(2), agenda, holders(anna=[assigned(ANNA)])).requests == {}


def test_a_slot_whose_patient_came_early_is_no_longer_withdrawn():
    agenda = decider.replay([published(), taken(ANNA)])

    with pytest.raises(AlreadyVisited):
        change_slot(withdraw(), agenda, holders(anna=[assigned(ANNA), attended()]))


def test_taken_back_only_if_free_a_slot_with_patients_is_left_as_it_is():
    only_if_free = WithdrawSlot(AFTERNOON, NOON, only_if_free=True)

    given(published()).when(only_if_free).then(withdrawn())
    given(TWO, taken(ANNA)).when(only_if_free).then_refused(PatientsThere)
    given(TWO, place_held()).when(only_if_free).then_refused(PatientsThere)
