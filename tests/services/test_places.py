"""Places as they were: what was shown at an instant is what is found when it is past."""

from dataclasses import replace
from datetime import timedelta

import pytest

from projections.availability import DIMENSIONS, Which, projection
from services.log.positions import NotYetWritten
from services.log.reader import ALL_OF_IT, Only
from services.projector.past import as_it_was
from services.reports.places import Looked, places
from tests.examples import DR_BLAIN, HOUR, NEVERS, NOON
from tests.talking import opened, practitioner_told, request_told, slot_told, tell

QUESTIONS = [Looked(Which(community=NEVERS), NOON, by=by) for by in (None, *DIMENSIONS)]


async def asked(house, question, **how):
    return await places(house.pool, house.settings, replace(question, **how))


async def test_places_of_the_past_are_those_that_were_shown_then(house, clock):
    await opened(house, capacity=3)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN))
    for weeks in (0, 1, 2):
        start = NOON + timedelta(weeks=weeks) + 2 * HOUR
        await tell(house, "slot", slot_told(start, DR_BLAIN, modes=["AMB", "VR"]))
    await tell(house, "care-request", request_told())
    await house.settled()
    then = clock.now()
    shown = [await asked(house, question, at=then) for question in QUESTIONS]

    await clock.move_to(NOON + HOUR)
    await tell(house, "slot", slot_told(NOON + 3 * HOUR, DR_BLAIN))
    await tell(house, "practitioner", practitioner_told(DR_BLAIN, paused=True))
    await house.settled()

    for question, before in zip(QUESTIONS, shown, strict=True):
        assert await asked(house, question, at=then, past=True, own_time=True) == before
        assert await asked(house, question, position=before.position, own_time=True) == before
    now = [await asked(house, question, at=clock.now()) for question in QUESTIONS]
    assert [one.places for one in now] != [one.places for one in shown]


async def test_what_began_long_before_is_whole_in_the_past_as_well(house, clock):
    """Found in review: what was published more than nine days before came without its beginning."""
    await opened(house, start=NOON + timedelta(days=12))
    await tell(house, "slot", slot_told(NOON + timedelta(days=13)))
    last = await tell(house, "slot", slot_told(NOON + timedelta(days=4), capacity=2))
    await house.settled()
    await clock.move_to(NOON + timedelta(days=10, hours=1))
    await house.settled()
    await tell(house, "slot-withdrawal", {"slot_id": last["id"]})
    next_week = await tell(house, "slot", slot_told(NOON + timedelta(days=20)))
    await tell(house, "slot-capacity", {"slot_id": next_week["id"], "capacity": 4})
    await house.settled()
    then = clock.now()
    shown = [await asked(house, question, at=then) for question in QUESTIONS]
    assert sum(row["free"] for row in shown[1].places) > 0

    await clock.move_to(then + HOUR)
    for question, before in zip(QUESTIONS, shown, strict=True):
        assert await asked(house, question, at=then, past=True, own_time=True) == before


async def test_only_the_streams_of_these_weeks_are_read(house, settings):
    await opened(house)
    await tell(house, "slot", slot_told(NOON + timedelta(weeks=3)))
    await house.settled()
    head = await house.log.head()

    async def slots(only):
        async with as_it_was(house.pool, projection, head, settings, None, only) as known:
            return len(await known.rows(projection.tables[0].select()))

    assert await slots(ALL_OF_IT) == 2
    weeks = ["practitioner-%", "agenda-%-2026-W48"]
    assert await slots(Only(streams=weeks, changed="agenda-%", since=head)) == 1
    assert await slots(Only(streams=weeks, changed="agenda-%", since=head - 1)) == 2


async def test_a_position_the_log_has_not_come_to_is_refused(house):
    with pytest.raises(NotYetWritten):
        await asked(house, QUESTIONS[0], position=10_000)
