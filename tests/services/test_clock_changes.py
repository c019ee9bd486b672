"""The nights the clocks change: a deadline is so many minutes away, a day is the day there."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.clock import SimulatedClock
from services.log.verify import verify
from tests.conftest import house_at
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, MINUTE, NEVERS
from tests.looking import on_board, story
from tests.talking import community_told, practitioner_told, request_told, slot_told, tell

# Half an hour before France changes its clocks; Reunion never does.
NIGHTS = [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
ZONES = ["Europe/Paris", "Indian/Reunion"]

pytestmark = [
    pytest.mark.parametrize("night", NIGHTS, ids=["29 March", "25 October"]),
    pytest.mark.parametrize("zone", ZONES),
]


@pytest.fixture
async def night_house(settings, addresses, night, zone):
    clock = SimulatedClock(night)
    async with house_at(settings, addresses, clock=clock) as house:
        told = community_told() | {"zone": zone}
        assert (await tell(house, "community", told))["state"] == "formed"
        yield house, clock


async def asked(house, at, **changes):
    told = await tell(house, "care-request", request_told(at, **changes))
    await house.settled()
    return told["id"]


async def test_a_request_goes_back_two_hours_after_it_was_asked_less_the_margin(night_house, night):
    house, clock = night_house
    request_id = await asked(house, night, delay="2H")
    row = await on_board(house, request_id)
    assert row["due_by"] == night + 2 * HOUR

    await clock.move_to(night + 109 * MINUTE)
    await house.settled()
    assert (await on_board(house, request_id))["state"] == "waiting"
    await clock.move_to(night + 110 * MINUTE)
    await house.settled()

    last = (await story(house, request_id))[-1]
    assert (last.name, last.handed_back_at) == ("request.handed_back", night + 110 * MINUTE)


async def test_a_place_is_held_three_minutes_and_a_member_has_as_long_as_ever(
    night_house, night, zone
):
    house, clock = night_house
    overbook = {"place": slot_told(night)["place"], "zone": zone}
    consent = {"sources": ["SAS"], "overbook": overbook}
    always = {"kind": "MEMBER_OFFERS", "minutes": 40}
    ladder = {"title": "At night too", "rules": [{"title": "All", "steps": [always]}]}
    await tell(house, "ladder", {"finess": NEVERS, "ladder": ladder})
    await tell(house, "practitioner", practitioner_told(DR_ADAM, consent=consent))

    request_id = await asked(house, night, delay="1H")

    (offer,) = [e for e in await story(house, request_id) if e.name == "request.offered"]
    assert 2 * MINUTE <= offer.until - night <= 5 * MINUTE
    await clock.move_to(offer.until)
    await house.settled()
    lapsed = [e for e in await story(house, request_id) if e.name == "offer.lapsed"]
    assert [event.lapsed_at for event in lapsed] == [offer.until]


async def test_the_places_of_a_day_are_those_of_the_day_there(night_house, night, zone, settings):
    """23, 24 or 25 hours: a cap a day counts from midnight to midnight of the wall clock."""
    house, _ = night_house
    consent = {"sources": ["SAS"], "daily_cap": 1}
    await tell(house, "practitioner", practitioner_told(DR_BLAIN, consent=consent))
    last = night.astimezone(ZoneInfo(zone)).replace(hour=23, minute=30)
    for start in (night + HOUR, last, last + timedelta(hours=1)):
        told = slot_told(start.astimezone(UTC), DR_BLAIN, zone=zone)
        assert (await tell(house, "slot", told))["state"] == "published"
    visits = []
    for _ in range(3):
        request_id = await asked(house, night, due_by=(night + 30 * HOUR).isoformat())
        row = await on_board(house, request_id)
        visits.append(row["start"] if row["state"] == "assigned" else None)

    assert visits == [night + HOUR, (last + timedelta(hours=1)).astimezone(UTC), None]
    assert (await verify(house.pool, settings)).violations == []
