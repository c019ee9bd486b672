import pytest

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import NoPlaceLeft, NoSuchSlot
from domain.ineligible import NotThisWay, StartsTooSoon
from domain.placing import (
    Hold,
    PlaceRequest,
    agree_deadline,
    hold,
    place,
    refuse_as_emergency,
    withdraw,
)
from domain.request import (
    AgreeDeadline,
    AlreadyAssigned,
    NoSuchRequest,
    RefuseAsEmergency,
    Withdraw,
)
from events.agenda import Freed, SlotPlaceFreed
from events.codes import Delay, Mode, Priority, Source
from events.request import RequestWithdrawn, Withdrawal
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    HOUR,
    MINUTE,
    MORNING,
    NOON,
    NOTHING_WEIGHED,
    assigned,
    consented,
    enrolled,
    freed,
    published,
    received,
    resized,
    taken,
)

DOCTOR = practitioners.decider.replay([enrolled(), consented()])


def request(*history):
    return requests.decider.replay(history)


def agenda(*history):
    return agendas.decider.replay(history)


def command(slot_id=AFTERNOON, mode=Mode.OFFICE, at=NOON):
    return PlaceRequest(ANNA, slot_id, mode, NOTHING_WEIGHED, at)


def test_the_request_and_the_agenda_hear_of_it_together():
    both = place(command(), request(received()), agenda(published()), DOCTOR)

    assert list(both.request) == [assigned()]
    assert list(both.agenda) == [taken()]


def test_asked_twice_it_decides_nothing():
    both = place(command(), request(received(), assigned()), agenda(published(), taken()), DOCTOR)

    assert (list(both.request), list(both.agenda)) == ([], [])


def test_what_forbids_it_is_said():
    with pytest.raises(NoSuchSlot):
        place(command(MORNING), request(received()), agenda(published()), DOCTOR)
    with pytest.raises(NoPlaceLeft):
        place(command(), request(received()), agenda(published(), taken(BEN)), DOCTOR)
    late, by_video = command(at=NOON + 55 * MINUTE), command(mode=Mode.VIDEO)
    with pytest.raises(StartsTooSoon):
        place(late, request(received()), agenda(published()), DOCTOR)
    with pytest.raises(NotThisWay):
        place(by_video, request(received()), agenda(published()), DOCTOR)
    with pytest.raises(NoSuchRequest):
        place(command(), request(), agenda(published()), DOCTOR)
    other = published(MORNING, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR)
    week = agenda(published(), other, taken())
    with pytest.raises(AlreadyAssigned):
        place(command(MORNING), request(received(), assigned()), week, DOCTOR)


def test_who_joins_a_range_is_told_when_and_the_place_held_for_them_keeps_its_time():
    week = agenda(published(start=NOON - HOUR, end=NOON + 2 * HOUR, capacity=2))
    until = NOON + 3 * MINUTE

    keep = Hold(ANNA, AFTERNOON, Mode.OFFICE, until, NOON - 3 * MINUTE)
    kept = hold(keep, request(received()), week, DOCTOR)
    waiting = request(received(), *kept.request)
    held = agendas.decider.replay(kept.agenda, since=week)
    both = place(command(at=NOON + 2 * MINUTE), waiting, held, DOCTOR)
    at_once = place(command(at=NOON + 2 * MINUTE), request(received()), week, DOCTOR)

    assert waiting.hold.start == both.request[-1].start == NOON + HOUR / 4
    assert at_once.request[-1].start == NOON + HOUR / 2


def test_a_place_held_in_a_range_keeps_its_time_whatever_places_are_left():
    """Found in review: another patient was cancelled, and it was no range any more."""
    week = agenda(published(start=NOON - HOUR, end=NOON + 2 * HOUR, capacity=2), taken(BEN))
    keep = Hold(ANNA, AFTERNOON, Mode.OFFICE, NOON + 3 * MINUTE, NOON)
    kept = hold(keep, request(received()), week, DOCTOR)
    after = agendas.decider.replay([*kept.agenda, freed(BEN), resized(1)], since=week)

    both = place(command(at=NOON + MINUTE), request(received(), *kept.request), after, DOCTOR)

    assert both.request[-1].start == kept.request[-1].start


def test_what_was_held_too_long_is_weighed_as_it_is_now():
    """Found by any history: given half an hour later, at a time that was over."""
    week = agenda(published(start=NOON - HOUR, end=NOON + 2 * HOUR, capacity=2))
    keep = Hold(ANNA, AFTERNOON, Mode.OFFICE, NOON + MINUTE, NOON)
    kept = hold(keep, request(received()), week, DOCTOR)
    held = agendas.decider.replay(kept.agenda, since=week)

    both = place(command(at=NOON + HOUR), request(received(), *kept.request), held, DOCTOR)

    assert both.request[-1].start == NOON + HOUR + 30 * MINUTE


def test_a_place_that_is_held_is_taken_though_it_begins_sooner_now():
    start = published().start
    week = agenda(published())
    keep = Hold(ANNA, AFTERNOON, Mode.OFFICE, start - 15 * MINUTE, start - 18 * MINUTE)
    kept = hold(keep, request(received()), week, DOCTOR)
    both = place(
        command(at=start - 16 * MINUTE),
        request(received(), *kept.request),
        agendas.decider.replay(kept.agenda, since=week),
        DOCTOR,
    )

    assert both.request[-1].start == start


WITHDRAW = Withdraw(ANNA, Withdrawal.CANCELLED, NOON)
WITHDRAWN = RequestWithdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED, withdrawn_at=NOON)


def test_a_withdrawn_request_gives_its_place_back():
    both = withdraw(WITHDRAW, request(received(), assigned()), agenda(published(), taken()))

    assert list(both.request) == [WITHDRAWN]
    assert list(both.agenda) == [
        SlotPlaceFreed(
            slot_id=AFTERNOON, request_id=ANNA, reason=Freed.REQUEST_WITHDRAWN, freed_at=NOON
        )
    ]


def test_without_a_place_there_is_nothing_to_give_back():
    both = withdraw(WITHDRAW, request(received()), agenda())
    assert (list(both.request), list(both.agenda)) == ([WITHDRAWN], [])

    again = withdraw(WITHDRAW, request(received(), WITHDRAWN), agenda())
    assert (list(again.request), list(again.agenda)) == ([], [])


def test_a_place_is_free_again_when_its_request_was_an_emergency():
    request = requests.decider.replay([received(), assigned()])
    agenda = agendas.decider.replay([published(), taken()])
    command = RefuseAsEmergency(ANNA, None, Source.SAS, Priority.P1, None, None, None, NOON)

    both = refuse_as_emergency(command, request, agenda)

    assert [event.name for event in both.request] == ["request.refused_as_emergency"]
    assert [(event.name, event.reason) for event in both.agenda] == [
        ("slot.place_freed", Freed.BECAME_EMERGENCY)
    ]


def test_a_visit_wanted_before_its_place_begins_gives_the_place_back():
    sooner = AgreeDeadline(ANNA, Delay.HOURS_2, NOON, NOON + 30 * MINUTE, NOON)

    both = agree_deadline(sooner, request(received(), assigned()), agenda(published(), taken()))

    assert [event.name for event in both.request] == [
        "request.unassigned",
        "request.deadline_agreed",
    ]
    assert list(both.agenda) == [freed(reason=Freed.DEADLINE_SHORTENED)]


def test_a_visit_wanted_after_its_place_begins_keeps_the_place():
    later = AgreeDeadline(ANNA, Delay.HOURS_12, NOON, NOON + 12 * HOUR, NOON)

    both = agree_deadline(later, request(received(), assigned()), agenda(published(), taken()))

    assert [event.name for event in both.request] == ["request.deadline_agreed"]
    assert not both.agenda
