"""Slots that come back every week are published together, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest

from domain import practitioner as practitioners
from domain.practitioner import enrolment
from events import streams
from projections import availability
from services.clock import SimulatedClock
from services.projector.queries import rows
from tests.conftest import house_at
from tests.examples import DR_ADAM, HOUR, NEVERS, NOON
from tests.looking import on_board
from tests.talking import (
    ask,
    cloud_event,
    community_told,
    opened,
    practitioner_told,
    request_told,
    slot_told,
    tell,
)


def series_told(**changes):
    """Monday and Thursday mornings of four weeks, the second of which begins tomorrow week."""
    told = slot_told(NOON, capacity=4)
    del told["start"], told["end"]
    return (
        told
        | {
            "weekdays": [1, 4],
            "starts": "09:00",
            "ends": "12:00",
            "first": "2026-11-24",
            "last": "2026-12-20",
        }
        | changes
    )


async def to_come(house, at=NOON):
    await house.settled()
    return await rows(house.pool, availability.slots_to_come(), at=at)


async def test_a_series_is_published_week_by_week(house):
    await opened(house)

    told = await tell(house, "slot-series", series_told(without=["2026-12-03"]))

    assert told["state"] == "published"
    found = [row for row in await to_come(house) if str(row["slot_id"]) in told["slots"]]
    assert len(found) == len(told["slots"]) == 6
    assert [row["start"].day for row in found] == [26, 30, 7, 10, 14, 17]
    assert {row["start"].hour for row in found} == {8}


async def test_nine_o_clock_is_nine_o_clock_where_the_community_is(house):
    """Found by an attack: in Reunion the hours of Paris were meant, three hours late."""
    await tell(house, "community", community_told(departement="974"))
    overbook = {"place": slot_told(NOON)["place"]}
    consent = practitioner_told()["consent"] | {"overbook": overbook}
    await tell(house, "practitioner", practitioner_told(consent=consent))

    told = await tell(house, "slot-series", series_told())

    found = [row for row in await to_come(house) if str(row["slot_id"]) in told["slots"]]
    assert {(row["zone"], row["start"].hour) for row in found} == {("Indian/Reunion", 5)}
    known = await house.log.state(practitioners.decider, streams.practitioner(DR_ADAM))
    assert enrolment(known).consent.overbook.zone == "Indian/Reunion"


async def test_a_day_the_clocks_take_away_is_named(house):
    """Found by an attack: two slots were answered where three were wanted, without a word."""
    await opened(house)
    night = {"weekdays": [7], "starts": "02:30", "ends": "03:00"}
    days = {"first": "2027-03-21", "last": "2027-04-05"}

    told = await tell(house, "slot-series", series_told(**night, **days))

    assert (len(told["slots"]), told["skipped"]) == (2, ["2027-03-28"])


async def test_one_that_overlaps_refuses_them_all(house):
    await opened(house)
    await tell(house, "slot", slot_told(NOON + 7 * timedelta(days=1) - 3 * HOUR))
    before = len(await to_come(house))

    told = await tell(house, "slot-series", series_told())

    assert told["code"] == "overlaps_another_slot"
    assert len(await to_come(house)) == before


async def test_a_series_over_the_end_of_summer_time(settings, addresses):
    clock = SimulatedClock(datetime(2026, 10, 20, 12, tzinfo=UTC))
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house, start=clock.now() + HOUR)
        days = {"first": "2026-10-21", "last": "2026-10-28", "weekdays": [1, 2, 3, 4, 5, 6, 7]}
        told = await tell(house, "slot-series", series_told(**days))
        found = {str(row["slot_id"]): row for row in await to_come(house, clock.now())}
        hours = [found[slot]["start"].hour for slot in told["slots"]]
        assert hours == [7, 7, 7, 7, 8, 8, 8, 8]

        # A deadline is so many hours, whatever the clocks show: asked on Saturday evening…
        await clock.move_to(datetime(2026, 10, 24, 18, tzinfo=UTC))
        request = request_told(clock.now(), delay="24H")
        told = await tell(house, "care-request", request, NEVERS)
        await house.settled()
        row = await house.dispatcher._log.history(f"request-{told['id']}")
        assert row[0].event.due_by - row[0].event.received_at == timedelta(hours=24)
        assert row[-1].event.start == datetime(2026, 10, 25, 8, tzinfo=UTC)


async def test_sent_again_when_it_is_over_it_is_answered_as_the_first_time(house, clock):
    await opened(house)
    message = cloud_event("slot-series", series_told())
    first = await ask(house, "slot-series", message)
    await clock.move_to(NOON + timedelta(days=60))

    assert await ask(house, "slot-series", message) == first


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weekdays": []}, "invalid_value"),
        ({"weekdays": [8]}, "invalid_value"),
        ({"starts": "25:00"}, "malformed"),
        ({"starts": "09:00Z"}, "malformed"),
        ({"starts": 32400}, "invalid_value"),
        ({"last": "2500-01-01"}, "invalid_value"),
        ({"last": "2026-11-01"}, "nothing_in_the_series"),
        ({"last": "2036-11-01"}, "series_too_long"),
        ({"rpps": "10999999999"}, "practitioner_not_enrolled"),
    ],
)
async def test_what_cannot_be_a_series_is_refused_with_its_code(house, change, code):
    await opened(house)

    told = await tell(house, "slot-series", series_told(**change))

    codes = {problem["code"] for problem in told.get("problems", ())}
    assert code in {told["code"]} | codes


async def test_a_series_is_withdrawn_as_one_from_a_day_on_and_its_patients_searched_for(house):
    await opened(house, start=NOON + 3 * HOUR)
    told = await tell(house, "slot-series", series_told(weekdays=[2]))
    await tell(house, "care-request", request_told())  # has the single slot
    await house.settled()
    tomorrow = await tell(house, "care-request", request_told())
    before = len(await to_come(house))

    some = await tell(house, "series-withdrawal", {"series_id": told["id"], "first": "2026-11-30"})
    assert (some["withdrawn"], some["searched_again"]) == (3, 0)
    assert len(await to_come(house)) == before - 3
    rest = await tell(house, "series-withdrawal", {"series_id": told["id"]})

    assert (rest["state"], rest["withdrawn"], rest["searched_again"]) == ("withdrawn", 1, 1)
    row = await on_board(house, tomorrow["id"])
    assert (row["state"], row["reason"]) == ("waiting", "SLOT_WITHDRAWN")
    again = await tell(house, "series-withdrawal", {"series_id": told["id"]})
    assert again["withdrawn"] == 0
    nobody = await tell(house, "series-withdrawal", {"series_id": tomorrow["id"]})
    assert nobody["code"] == "no_such_slot"
