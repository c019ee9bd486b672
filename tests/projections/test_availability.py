"""Places: free, held, taken, lost, withdrawn or shut; where, to whom, and who spoke of them."""

from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random

import pytest

from domain import agenda as agendas
from domain.agenda import ChangeCapacity, ElapseSlot, FreePlace, WithdrawSlot
from domain.decider import Refused
from events.agenda import Freed, SlotCapacityChanged, SlotPlaceFreed
from events.codes import Label, Mode, Source
from events.practitioner import PractitionerPaused, PractitionerResumed
from projections import availability
from projections.availability import DIMENSIONS, STATES, Which, counted_by
from services.projector.queries import rows
from tests.examples import (
    AFTERNOON,
    ANNA,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    MORNING,
    NEVERS,
    NOON,
    PRACTICE,
    VALENCIENNES,
    called,
    closed_to,
    consented,
    elapsed,
    enrolled,
    formed,
    left,
    moved,
    opened_to,
    place_held,
    published,
    released,
    resized,
    take,
    taken,
    withdrawn,
)

OPEN = (formed(), enrolled(), consented())
DAY = timedelta(days=1)
FREED = SlotPlaceFreed(
    slot_id=AFTERNOON, request_id=ANNA, reason=Freed.REQUEST_WITHDRAWN, freed_at=NOON
)
PAUSED = PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)
RESUMED = PractitionerResumed(rpps=DR_ADAM, resumed_at=NOON)


async def told(pool, question, at):
    return await rows(pool, question.query, **question.given, at=at)


async def cells(pool, **which):
    at = which.pop("at", NOON)
    found = await told(pool, availability.free_places(Which(**which)), at)
    return [(c["profession"], c["mode"], c["label"], c["hour"], c["free"]) for c in found]


async def counts(pool, by=None, at=NOON, days=3, **which):
    """By value of the dimension, or altogether, what places are, but for nothing."""
    found = await told(pool, counted_by(by, Which(**which), days=days), at)
    by_value = {
        row.get(by): {name: count for name, count in row.items() if name != by and count}
        for row in found
    }
    return by_value if by else by_value.get(None, {})


async def silent(pool, at):
    found = await told(pool, availability.silent_senders(Which(), days=14), at)
    return [row["sender"] for row in found]


AT_ONE = datetime(2026, 11, 23, 14)  # noqa: DTZ001 the hour of the place of work


async def test_free_places_are_counted_by_hour_in_the_zone_of_the_place(shown, pool):
    later = published(MORNING, start=NOON + HOUR + 30 * MINUTE, end=NOON + 2 * HOUR, capacity=3)
    await shown(availability.projection, *OPEN, published(), later)

    assert await cells(pool, community=NEVERS) == [("10", "AMB", "SNP", AT_ONE, 4)]
    assert await cells(pool, community=VALENCIENNES) == []
    assert await cells(pool, mode="VR") == []
    assert await cells(pool, label="SNP", profession="10") == await cells(pool)


async def test_a_slot_seen_in_several_ways_is_in_each_cell(shown, pool):
    slot = published(
        modes=(Mode.OFFICE, Mode.VIDEO),
        labels=(Label.SNP, Label.CPTS),
        communities=(NEVERS, VALENCIENNES),
    )
    await shown(availability.projection, *OPEN, slot)

    assert len(await cells(pool)) == 8
    assert len(await cells(pool, community=VALENCIENNES, mode="VR")) == 2


async def test_places_of_who_left_are_not_shown_there_any_more(shown, pool):
    both = (NEVERS, VALENCIENNES)
    slot = published(communities=both)
    in_both = enrolled(communities=both)
    await shown(availability.projection, *OPEN, PAUSED, in_both, slot, RESUMED, left(VALENCIENNES))
    assert await cells(pool, community=NEVERS) == []
    assert len(await cells(pool, community=VALENCIENNES)) == 1
    assert await rows(pool, availability.open_slots(community=NEVERS), at=NOON) == []
    assert len(await rows(pool, availability.open_slots(community=VALENCIENNES), at=NOON)) == 1


async def test_places_of_who_is_back_are_shown_again(shown, pool):
    slot, gone = published(), left()
    await shown(availability.projection, *OPEN, PAUSED, gone, enrolled(), consented(), slot)
    assert len(await cells(pool, community=NEVERS)) == 1


async def test_a_place_taken_is_not_free_until_it_is_freed(shown, pool):
    await shown(availability.projection, *OPEN, published(capacity=2), taken())
    assert [cell[-1] for cell in await cells(pool)] == [1]


async def test_a_full_slot_a_begun_one_and_a_pausing_practitioner_have_no_place(shown, pool):
    await shown(availability.projection, *OPEN, published(), taken())
    assert await cells(pool) == []


async def test_a_slot_that_has_begun_is_not_shown(shown, pool):
    await shown(availability.projection, *OPEN, published(), taken(), FREED)

    assert len(await cells(pool)) == 1
    assert await cells(pool, at=NOON + HOUR) == []


async def test_a_range_that_has_begun_has_its_places_now_until_nobody_can_come_in_time(shown, pool):
    await shown(
        availability.projection,
        *OPEN,
        published(start=NOON, end=NOON + 3 * HOUR, capacity=4),
        taken(),
    )

    (before,), (begun,) = (
        await cells(pool, at=NOON - HOUR),
        await cells(pool, at=NOON + 80 * MINUTE),
    )

    assert (before[-2].hour, begun[-2].hour, begun[-1]) == (13, 14, 3)  # in Paris
    assert len(await cells(pool, at=NOON + 150 * MINUTE)) == 1
    assert await cells(pool, at=NOON + 151 * MINUTE) == []
    to_come = availability.slots_to_come(community=NEVERS)
    assert len(await rows(pool, to_come, at=NOON + 179 * MINUTE)) == 1
    assert len(await rows(pool, to_come, at=NOON + 3 * HOUR)) == 0


@pytest.mark.parametrize(("events", "count"), [((PAUSED,), 0), ((PAUSED, RESUMED), 1)])
async def test_places_of_who_has_paused_are_not_shown(shown, pool, events, count):
    await shown(availability.projection, *OPEN, published(), *events)

    assert len(await cells(pool)) == count
    assert len(await rows(pool, availability.open_slots(community=NEVERS), at=NOON)) == count


@pytest.mark.parametrize(
    ("events", "at", "told"),
    [
        ((), NOON, {"free": 3}),
        ((taken(),), NOON, {"free": 2, "taken": 1}),
        ((place_held(),), NOON, {"free": 2, "held": 1}),
        ((place_held(), released()), NOON, {"free": 3}),
        ((taken(), FREED), NOON, {"free": 3}),
        ((taken(), withdrawn()), NOON, {"taken": 1, "withdrawn": 2}),
        ((taken(), elapsed(lost=2)), NOON + 3 * HOUR, {"taken": 1, "lost": 2}),
        ((PAUSED,), NOON, {"shut": 3}),
        ((left(),), NOON, {"shut": 3}),
        ((closed_to(),), NOON, {"shut": 3}),
        ((), NOON + 90 * MINUTE, {"shut": 3}),  # nobody comes in time
        ((resized(5),), NOON, {"free": 5}),
    ],
)
async def test_a_place_is_one_thing_at_a_time(shown, pool, events, at, told):
    slot = published(capacity=3, end=NOON + 100 * MINUTE)
    await shown(availability.projection, *OPEN, slot, *events)

    assert await counts(pool, at=at) == {"offered": sum(told.values())} | told


async def test_places_kept_for_a_crisis_are_shut_until_there_is_one(shown, pool):
    await shown(availability.projection, *OPEN, published(surge=True))

    assert await counts(pool) == {"offered": 1, "shut": 1}


async def test_places_are_counted_by_whatever_one_asks(shown, pool):
    nurse = published(
        MORNING,
        rpps=DR_BLAIN,
        profession="60",
        specialty="SM26",
        start=NOON + DAY - 5 * HOUR,
        end=NOON + DAY - 4 * HOUR,
        capacity=2,
        modes=(Mode.HOME, Mode.VIDEO),
        labels=(Label.CPTS,),
        open_to=(Source.CPTS,),
        communities=(NEVERS, VALENCIENNES),
        place=PRACTICE.model_copy(update={"commune": "58121"}),
    )
    await shown(
        availability.projection, *OPEN, enrolled(DR_BLAIN, profession="60"), published(), nurse
    )
    one, two = {"offered": 1, "free": 1}, {"offered": 2, "free": 2}

    expected = {
        "community": {NEVERS: {"offered": 3, "free": 3}, VALENCIENNES: two},
        "practitioner": {DR_ADAM: one, DR_BLAIN: two},
        "profession": {"10": one, "60": two},
        "specialty": {None: one, "SM26": two},
        "commune": {"58194": one, "58121": two},
        "day": {date(2026, 11, 23): one, date(2026, 11, 24): two},
        "half_day": {"PM": one, "AM": two},
        "mode": {"AMB": one, "HH": two, "VR": two},
        "label": {"SNP": one, "CPTS": two},
        "source": {"SAS": one, "CPTS": {"offered": 3, "free": 3}},
    }
    for dimension in DIMENSIONS:
        assert await counts(pool, by=dimension) == expected[dimension], dimension
    asked = {
        "community": VALENCIENNES,
        "rpps": DR_BLAIN,
        "profession": "60",
        "specialty": "SM26",
        "commune": "58121",
        "half_day": "AM",
        "mode": "HH",
        "label": "CPTS",
    }
    for name, value in asked.items():
        assert await counts(pool, **{name: value}) == two, name
    assert await counts(pool, by="mode", mode="VR") == {"VR": two}
    assert await counts(pool, source="SAS") == one
    assert await counts(pool, community=NEVERS, half_day="PM", commune="58121") == {}


async def test_a_slot_in_two_communities_is_counted_once_where_none_is_named(shown, pool):
    slot = published(communities=(NEVERS, VALENCIENNES))
    await shown(availability.projection, *OPEN, slot)

    assert await counts(pool) == {"offered": 1, "free": 1}
    assert await counts(pool, by="profession") == {"10": {"offered": 1, "free": 1}}


async def test_a_slot_is_found_where_it_was_moved_and_in_whose_list_it_is_now(shown, pool):
    slot = published(communities=(NEVERS,))
    later = moved(start=NOON + 2 * DAY)
    await shown(availability.projection, *OPEN, slot, opened_to(NEVERS, VALENCIENNES), later)

    assert await counts(pool, community=VALENCIENNES, days=2) == {}
    for finess in (NEVERS, VALENCIENNES):
        assert await counts(pool, community=finess) == {"offered": 1, "free": 1}


@pytest.mark.parametrize(("days", "count"), [(1, 1), (2, 2), (3, 3), (7, 4)])
async def test_today_is_a_day_and_d2_is_the_third(shown, pool, days, count):
    starts = (NOON + HOUR, NOON + DAY + 10 * HOUR, NOON + 2 * DAY, NOON + 3 * DAY - 12 * HOUR)
    # Half past eleven in the evening in Paris is still that day; midnight is the next.
    slots = [published(called(f"slot {start}"), start=start, end=start + HOUR) for start in starts]
    await shown(availability.projection, *OPEN, *slots)

    found = await counts(pool, days=days)
    assert found["offered"] == count


async def test_days_are_those_of_the_place(shown, pool):
    """At noon in Paris it is 15:00 in Saint-Denis: at 21:00 the next day has begun there."""
    start = NOON + 10 * HOUR
    there = published(zone="Indian/Reunion", start=start, end=start + HOUR)
    await shown(availability.projection, *OPEN, there)

    assert await counts(pool, by="day") == {date(2026, 11, 24): {"offered": 1, "free": 1}}
    assert await counts(pool, days=1) == {}
    assert await counts(pool, days=1, at=NOON + 9 * HOUR) == {"offered": 1, "free": 1}


async def test_a_range_that_began_in_the_morning_has_its_places_now(shown, pool):
    day = published(start=NOON - 4 * HOUR, end=NOON + 5 * HOUR, capacity=6)
    night = published(MORNING, start=NOON - 14 * HOUR, end=NOON + 2 * HOUR, capacity=2)
    await shown(availability.projection, *OPEN, day, night)

    assert await counts(pool, by="half_day", at=NOON + HOUR) == {"PM": {"offered": 8, "free": 8}}
    over = NOON + 9 * HOUR
    assert await counts(pool, by="half_day", at=over) == {
        "AM": {"offered": 6, "shut": 6}  # the night was yesterday's
    }


def history_of(slot, rng):
    """Whatever may become of a slot, as the rules let it."""
    history = [slot]
    patients = [called(f"{slot.slot_id} {nth}") for nth in range(4)]
    for _ in range(rng.randrange(12)):
        patient = rng.choice(patients)
        commands = [
            take(patient, slot.slot_id),
            FreePlace(slot.slot_id, patient, Freed.VISIT_CANCELLED, NOON),
            ChangeCapacity(slot.slot_id, rng.randint(1, 5), NOON),
            *([WithdrawSlot(slot.slot_id, NOON)] if rng.random() < 0.2 else []),
        ]
        with suppress(Refused):
            before = agendas.decider.replay(history)
            history += agendas.decider.decide(rng.choice(commands), before)
    if rng.random() < 0.5 and agendas.decider.replay(history).slots:
        before = agendas.decider.replay(history)
        history += agendas.decider.decide(ElapseSlot(slot.slot_id, slot.end + HOUR), before)
    return history


async def test_places_add_up_whatever_became_of_them(shown, pool):
    rng = Random(4)
    events, taken_in_all = list(OPEN), 0
    for nth in range(120):
        start = NOON + nth * 20 * MINUTE
        slot = published(called(f"any {nth}"), start=start, end=start + 20 * MINUTE, capacity=3)
        history = history_of(slot, rng)
        known = agendas.decider.replay(history).slots.get(slot.slot_id)
        taken_in_all += len(known.taken) if known else 0
        events += history
    await shown(availability.projection, *events)

    for at in (NOON, NOON + 10 * HOUR):
        whole = await counts(pool, at=at)
        assert whole["offered"] == sum(whole.get(state, 0) for state in STATES)
        apart = Counter()
        for value in (await counts(pool, by="day", at=at)).values():
            apart.update(value)
        assert apart == whole
        assert min(min(v.values()) for v in (await counts(pool, by="day", at=at)).values()) >= 0
    assert (await counts(pool))["taken"] == taken_in_all
    grid = sum(cell[-1] for cell in await cells(pool))
    assert grid == (await counts(pool))["free"]


def spoken(*hours):
    """A slot of next week changed at these hours after the Monday before, 0:00."""
    monday = NOON - 7 * DAY - 12 * HOUR
    start = NOON + 3 * DAY
    slot = published(start=start, end=start + HOUR, capacity=3)
    return [
        slot.model_copy(update={"published_at": monday + 8 * HOUR}),
        *(
            SlotCapacityChanged(
                slot_id=AFTERNOON, capacity=2 + nth % 2, changed_at=monday + hour * HOUR
            )
            for nth, hour in enumerate(hours)
        ),
    ]


OFFICE_HOURS = [24 * day + hour for day in range(5) for hour in range(8, 18)]


@pytest.mark.parametrize(
    ("hours", "later", "is_silent"),
    [
        (OFFICE_HOURS, 24 * 5 + 12, False),  # Saturday
        (OFFICE_HOURS, 24 * 7 + 7, False),  # Monday before anybody is there
        ([*OFFICE_HOURS, 24 * 7 + 8], 24 * 7 + 9.5, False),  # a moment ago
        (OFFICE_HOURS, 24 * 7 + 10, True),  # Monday at ten: a week before it had spoken
        ([*OFFICE_HOURS, 24 * 7 + 8], 24 * 7 + 12, False),  # nothing on the day before
        ([*OFFICE_HOURS, *(24 * 7 + h for h in range(8, 18)), 24 * 8 + 8], 24 * 8 + 12, True),
        (OFFICE_HOURS[:20], 24 * 4 + 16, False),  # new here: missed after a weekend
        (OFFICE_HOURS[:20], 24 * 4 + 18, True),
    ],
)
async def test_who_is_silent_when_they_use_to_speak_is_said(shown, pool, hours, later, is_silent):
    await shown(availability.projection, *OPEN, *spoken(*hours))
    at = NOON - 7 * DAY - 12 * HOUR + later * HOUR

    assert await silent(pool, at) == (["tests"] if is_silent else [])
    found = await counts(pool, at=at, days=14)
    assert found.get("unsure", 0) == (found["free"] if is_silent else 0)


async def test_what_happens_by_itself_is_nobodys_word(shown, pool):
    await shown(availability.projection, *OPEN, published(), taken())
    first = await rows(pool, availability.senders.select())
    async with pool.connection() as connection:
        await connection.execute("drop schema availability cascade")

    later = elapsed(at=NOON + 5 * HOUR)
    await shown(availability.projection, *OPEN, published(), taken(), FREED, later)

    assert await rows(pool, availability.senders.select()) == first


async def test_by_whom_members_agree_to_be_sent_patients_is_counted(shown, pool):
    await shown(
        availability.projection,
        *OPEN,
        consented(sources=(Source.SAS, Source.CPTS)),
        enrolled(DR_BLAIN, communities=(NEVERS, VALENCIENNES)),
        consented(DR_BLAIN, sources=(Source.SAS,)),
        PAUSED,
        enrolled("10978000031"),
        left(),
        enrolled(),
    )

    async def told(community=None):
        found = await rows(pool, availability.consents(community))
        return {row["source"]: (row["members"], row["paused"]) for row in found}

    assert await told(VALENCIENNES) == {"SAS": (1, 0)}
    assert await told() == await told(NEVERS)
    assert (await told())["SAS"] == (1, 0), "who came back has to agree anew"
