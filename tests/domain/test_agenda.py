from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.agenda import (
    Agenda,
    AlreadyOver,
    CrossesTheWeek,
    EndsBeforeItStarts,
    FreePlace,
    HomeVisitWithoutRadius,
    LongerThanADay,
    NoPlaceLeft,
    NoSuchSlot,
    OverlapsAnotherSlot,
    SlotOpenToNobody,
    SlotPublishedOtherwise,
    decider,
    week_of,
    weeks_at,
)
from domain.decider import ImpossibleHistory, Refused
from events.agenda import Freed
from events.codes import Mode
from tests.domain.spec import Spec
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    CLEO,
    HOUR,
    MINUTE,
    MORNING,
    NOON,
    freed,
    publish,
    published,
    take,
    taken,
)

given = Spec(decider).given


def free(request_id=ANNA):
    return FreePlace(AFTERNOON, request_id, Freed.REQUEST_WITHDRAWN, NOON)


def test_a_slot_is_published_in_its_week():
    given().when(publish()).then(published())
    assert published().week == "2026-W48"


def test_the_same_slot_twice_is_published_once():
    given(published()).when(publish(at=NOON + MINUTE)).then_nothing()
    given(published()).when(publish(capacity=2)).then_refused(SlotPublishedOtherwise)


def test_a_slot_ends_after_it_starts():
    given().when(publish(end=NOON + HOUR)).then_refused(EndsBeforeItStarts)
    given().when(publish(end=NOON)).then_refused(EndsBeforeItStarts)


def test_a_slot_that_is_over_is_not_published():
    given().when(publish(at=NOON + 3 * HOUR)).then_refused(AlreadyOver)


def test_a_slot_that_has_begun_may_still_be_published():
    given().when(publish(at=NOON + HOUR + MINUTE)).then(published(at=NOON + HOUR + MINUTE))


def test_a_slot_does_not_cross_midnight_on_sunday_where_care_is_given():
    sunday = datetime(2026, 11, 29, 22, 0, tzinfo=UTC)  # 23:00 in Paris
    until_midnight = publish(start=sunday, end=sunday + HOUR)
    past_midnight = publish(start=sunday, end=sunday + HOUR + MINUTE)

    given().when(until_midnight).then(published(start=sunday, end=sunday + HOUR))
    given().when(past_midnight).then_refused(CrossesTheWeek)


def test_the_week_is_that_of_the_place_of_work():
    sunday_evening = datetime(2026, 11, 29, 21, 0, tzinfo=UTC)

    assert week_of(sunday_evening, "Europe/Paris") == "2026-W48"
    assert week_of(sunday_evening, "Indian/Reunion") == "2026-W49"
    assert week_of(datetime(2027, 1, 1, 12, tzinfo=UTC), "Europe/Paris") == "2026-W53"


def test_a_practitioner_is_at_one_place_at_a_time():
    later = {"start": NOON + HOUR + 10 * MINUTE, "end": NOON + 2 * HOUR}
    given(published()).when(publish(MORNING, **later)).then_refused(OverlapsAnotherSlot)


def test_slots_may_touch():
    after = {"start": NOON + HOUR + 20 * MINUTE, "end": NOON + 2 * HOUR}
    given(published()).when(publish(MORNING, **after)).then(published(MORNING, **after))


@pytest.mark.parametrize("field", ["modes", "labels", "communities", "open_to"])
def test_a_slot_is_open_to_somebody(field):
    given().when(publish(**{field: ()})).then_refused(SlotOpenToNobody)


def test_home_visits_say_how_far_they_go():
    given().when(publish(modes=(Mode.HOME,))).then_refused(HomeVisitWithoutRadius)
    given().when(publish(modes=(Mode.HOME,), radius_km=10)).then(
        published(modes=(Mode.HOME,), radius_km=10)
    )


def test_the_last_place_is_taken_once():
    given(published()).when(take(ANNA)).then(taken(ANNA))
    given(published(), taken(ANNA)).when(take(BEN)).then_refused(NoPlaceLeft)
    given(published(), taken(ANNA)).when(take(ANNA)).then_nothing()


def test_a_range_has_as_many_places_as_it_says():
    two = published(capacity=2)
    given(two, taken(ANNA)).when(take(BEN)).then(taken(BEN))
    given(two, taken(ANNA), taken(BEN)).when(take(CLEO)).then_refused(NoPlaceLeft)


def test_a_place_of_no_slot_is_not_taken():
    given().when(take()).then_refused(NoSuchSlot)
    given().when(free()).then_refused(NoSuchSlot)


def test_a_place_is_freed_once_and_taken_again():
    given(published(), taken()).when(free()).then(freed())
    given(published(), taken(), freed()).when(free()).then_nothing()
    given(published(), taken(), freed()).when(take(BEN)).then(taken(BEN))


def test_places_taken_in_the_week_are_counted_over_all_slots():
    later = published(MORNING, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, capacity=3)
    history = [published(), later, taken(ANNA), taken(BEN, MORNING), taken(CLEO, MORNING)]

    assert decider.replay(history).taken == 3


@pytest.mark.parametrize("event", [taken(), freed()])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        decider.replay([event])


starts = st.integers(0, 20).map(lambda quarters: NOON + quarters * timedelta(minutes=15))
commands = st.one_of(
    st.builds(
        lambda slot, start, length, capacity: publish(
            slot, start=start, end=start + length * timedelta(minutes=15), capacity=capacity
        ),
        st.sampled_from([MORNING, AFTERNOON]),
        starts,
        st.integers(0, 6),
        st.integers(1, 2),
    ),
    st.builds(take, st.sampled_from([ANNA, BEN, CLEO]), st.sampled_from([MORNING, AFTERNOON])),
    st.builds(free, st.sampled_from([ANNA, BEN, CLEO])),
)


@for_all(st.lists(commands, max_size=20))
def test_whatever_is_asked_no_slot_is_over_capacity_and_none_overlap(script):
    agenda = decider.initial
    for command in script:
        try:
            events = decider.decide(command, agenda)
        except Refused:
            continue
        agenda = decider.replay(events, since=agenda)

        assert decider.decide(command, agenda) == []
        _check(agenda)


@for_all(
    st.integers(-120, 240), st.integers(1, 180), st.sampled_from([1, 2, 9]), st.integers(0, 59)
)
def test_a_patient_comes_as_the_slot_begins_or_into_a_range_on_a_quarter(
    minutes, length, capacity, seconds
):
    slot = published(end=NOON + HOUR + length * MINUTE, capacity=capacity)
    earliest = NOON + timedelta(minutes=minutes, seconds=seconds)

    comes = decider.replay([slot]).slots[AFTERNOON].arrival(earliest)

    if earliest <= slot.start:
        assert comes == slot.start
    elif capacity == 1:
        assert comes is None
    elif comes is None:
        assert earliest + 30 * MINUTE > slot.end
    else:
        assert earliest <= comes <= slot.end - 15 * MINUTE
        assert comes - earliest < 15 * MINUTE
        assert (comes.minute % 15, comes.second) == (0, 0)


def _check(agenda: Agenda) -> None:
    slots = [slot.published for slot in agenda.slots.values()]
    assert all(slot.free >= 0 for slot in agenda.slots.values())
    assert not any(
        one.start < other.end and other.start < one.end
        for one in slots
        for other in slots
        if one is not other
    )


def test_a_slot_ends_within_a_day():
    start = NOON
    given().when(publish(start=start, end=start + 25 * HOUR)).then_refused(LongerThanADay)


@for_all(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 bounds are naive
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "Pacific/Kiritimati", "Etc/GMT+12"]),
)
def test_two_slots_at_one_instant_are_looked_for_in_each_others_weeks(start, zone):
    end = start + HOUR

    assert week_of(start, zone) in weeks_at(start, end)
    assert week_of(end, zone) in weeks_at(start, end)
