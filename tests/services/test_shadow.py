"""A candidate policy decides beside the one in force, and changes nothing."""

from datetime import timedelta
from uuid import UUID

import pytest

from events.request import RequestAssigned
from services.settings import ShadowPolicy
from tests.conftest import house_at
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NOON
from tests.running import until
from tests.talking import community_told, practitioner_told, request_told, slot_told, tell


async def places(house):
    """Adam in two hours, nearby; Blain a little earlier and far away."""
    await tell(house, "community", community_told())
    for rpps in (DR_ADAM, DR_BLAIN):
        await tell(house, "practitioner", practitioner_told(rpps))
    far = {"title": "a", "commune": "58194", "position": {"lat": 47.09, "lon": 3.16}}
    near = await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    early = await tell(
        house, "slot", slot_told(NOON + 2 * HOUR - timedelta(minutes=5), DR_BLAIN, place=far)
    )
    await house.settled()
    return near["id"], early["id"]


async def asked(house):
    told = await tell(
        house, "care-request", request_told(due_by=(NOON + 4 * HOUR).isoformat(), max_km=30)
    )
    await house.settled()
    return UUID(told["id"])


async def shadows(house):
    await until(lambda: house.dispatcher.shadow.settled)
    async with house.pool.connection() as connection:
        found = await connection.execute("select * from shadow_decisions order by decided_at")
        names = [column.name for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in await found.fetchall()]


async def given(house, request_id):
    found = [r.event for r in await house.log.history(f"request-{request_id}")]
    return next(e.slot_id for e in found if isinstance(e, RequestAssigned))


@pytest.mark.parametrize("policy", [None, *ShadowPolicy])
async def test_the_live_decision_is_the_same_whoever_looks_on(settings, addresses, clock, policy):
    tried = settings.model_copy(update={"shadow_policy": policy})
    async with house_at(tried, addresses, clock=clock) as house:
        near, _ = await places(house)
        request_id = await asked(house)

        assert str(await given(house, request_id)) == near
        assert len(await shadows(house)) == (policy is not None)


async def test_what_it_would_have_chosen_is_written_beside(settings, addresses, clock):
    tried = settings.model_copy(update={"shadow_policy": ShadowPolicy.EARLIEST})
    async with house_at(tried, addresses, clock=clock) as house:
        near, early = await places(house)
        request_id = await asked(house)

        (found,) = await shadows(house)
        assert found["request_id"] == request_id
        assert (str(found["live_slot"]), str(found["shadow_slot"])) == (near, early)
        assert found["live_loss"] < found["shadow_loss"]
        assert found["policy"] == "earliest"


async def test_who_waits_is_looked_at_too(settings, addresses, clock):
    tried = settings.model_copy(update={"shadow_policy": ShadowPolicy.LEAST_LOSS})
    async with house_at(tried, addresses, clock=clock) as house:
        await tell(house, "community", community_told())
        await asked(house)

        (found,) = await shadows(house)
        assert (found["live_slot"], found["shadow_slot"]) == (None, None)
