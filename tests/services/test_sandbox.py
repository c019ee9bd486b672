"""A time of its own: it passes faster, is stepped, and everything that waits wakes in time."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from services.clock import SandboxClock
from tests.conftest import house_at
from tests.examples import DR_ADAM, HOUR, MINUTE, NOON
from tests.looking import on_board
from tests.running import until
from tests.services.test_offers import members, names_of
from tests.talking import request_told, tell


async def clock_told(house, **wanted):
    nats = house.broker.connection
    message = await nats.request("snp.clock", orjson.dumps(wanted), timeout=5)
    return orjson.loads(message.data)


@pytest.fixture
async def sandbox(settings, addresses):
    """It is noon, and stands still until the test says otherwise."""
    async with house_at(settings, addresses, clock=SandboxClock(NOON, 0)) as house:
        yield house


async def test_who_waits_for_an_instant_wakes_however_it_comes_about():
    clock = SandboxClock(NOON, 0)
    waiting = [asyncio.create_task(clock.until(NOON + hours * HOUR)) for hours in (0, 1, 2, 3)]
    await waiting[0]

    clock.move_to(NOON + HOUR)
    await waiting[1]
    assert clock.now() == NOON + HOUR
    clock.move_to(NOON)  # it never goes back
    assert clock.now() == NOON + HOUR
    clock.run_at(3600 * 100)
    await asyncio.wait_for(asyncio.gather(*waiting), timeout=5)
    assert clock.now() >= NOON + 3 * HOUR


async def test_the_clock_is_told_stepped_and_sped_up(sandbox):
    assert await clock_told(sandbox) == {"now": NOON.isoformat(), "speed": 0}
    assert (await clock_told(sandbox, step_minutes=30))["now"] == (NOON + 30 * MINUTE).isoformat()
    later = (NOON + 2 * HOUR).isoformat()
    assert (await clock_told(sandbox, to=later))["now"] == later
    faster = await clock_told(sandbox, speed=60)
    assert faster["speed"] == 60
    wrong = await clock_told(sandbox, speed=-1, minutes=3)
    assert {problem["field"] for problem in wrong["problems"]} == {"speed", "?"}


async def test_time_that_is_moved_on_jumps_over_nothing(sandbox):
    """Found in review: of four waves none was asked, and the request went back at once."""
    await members(sandbox, *(f"1097800{nth:04}" for nth in range(8)))
    told = await tell(sandbox, "care-request", request_told(delay="1H"))

    await clock_told(sandbox, step_minutes=55)

    await sandbox.settled()
    happened = [r.event for r in await sandbox.log.history(f"request-{told['id']}")]
    asked = [event.offered_at - NOON for event in happened if event.name == "request.offered"]
    assert len(asked) > 2
    assert max(asked) < 35 * MINUTE
    assert happened[-1].handed_back_at == NOON + 50 * MINUTE


async def test_time_does_not_go_back(sandbox):
    refused = await clock_told(sandbox, to=(NOON - MINUTE).isoformat())

    assert refused["code"] == "time_goes_on"
    assert (await clock_told(sandbox))["now"] == NOON.isoformat()


async def test_a_wave_ends_and_a_request_goes_back_in_the_time_of_the_sandbox(sandbox):
    await members(sandbox, DR_ADAM)
    told = await tell(sandbox, "care-request", request_told(delay="1H"))
    assert (await on_board(sandbox, told["id"]))["owner"] == "members"

    await clock_told(sandbox, step_minutes=10)
    await sandbox.settled()
    assert "offer.lapsed" in await names_of(sandbox, told["id"])

    await clock_told(sandbox, speed=3600)  # an hour a second

    async def is_back():
        return (await on_board(sandbox, told["id"]))["state"] == "handed_back"

    await until(is_back)
    *_, back = await sandbox.log.history(f"request-{told['id']}")
    early = back.event.handed_back_at - (NOON + 50 * MINUTE)
    assert timedelta() <= early < timedelta(minutes=10)


async def test_elsewhere_nobody_sets_the_clock(house):
    from nats.errors import NoRespondersError  # noqa: PLC0415 here alone

    with pytest.raises(NoRespondersError):
        await clock_told(house)
