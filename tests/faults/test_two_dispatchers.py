"""Any number of each service: two of all that decide, on the same communities, under load."""

import asyncio
from random import Random

import pytest

from domain.matching import rank
from projections.catalogue import PROJECTIONS
from services.app import Service, open_house
from services.log.verify import verify
from services.projector.projector import rebuild
from tests.examples import HOUR, MINUTE, NEVERS, NOON
from tests.projections.tables import contents
from tests.talking import (
    ask,
    community_told,
    practitioner_told,
    request_told,
    slot_told,
    tell,
)

DOCTORS = [f"1097800{n:04}" for n in range(1, 7)]
ROUNDS = 150


@pytest.fixture
async def other(house, addresses, clock):
    """A second intake and dispatch; in a process of its own it would be the same."""
    both = {Service.INTAKE, Service.DISPATCH}
    async with open_house(house.settings, addresses, services=both, clock=clock) as opened:
        yield opened


async def happenings(house, random):
    """Slots that open, requests that ask, files that are cancelled, doctors that pause."""
    opened = dict.fromkeys(DOCTORS, 0)
    cases = []
    for n in range(ROUNDS):
        kind = random.random()
        doctor = random.choice(DOCTORS)
        if kind < 0.5:
            case = f"fr.health.samu580.S{n}"
            cases.append(case)
            yield tell(house, "care-request", request_told(case_id=case, modes=["VR"]))
        elif kind < 0.75:
            start = NOON + HOUR + opened[doctor] * 5 * MINUTE
            opened[doctor] += 1
            changes = {"modes": ["VR"], "capacity": random.choice((1, 1, 2))}
            end = (start + 5 * MINUTE).isoformat()
            yield tell(house, "slot", slot_told(start, doctor, end=end, **changes))
        elif kind < 0.9 and cases:
            yield ask(house, "care-request", cancelled(cases.pop(random.randrange(len(cases)))))
        else:
            sheet = practitioner_told(doctor, paused=random.random() < 0.3)
            yield tell(house, "practitioner", sheet)


def cancelled(case):
    return {
        "resourcesRequest": {
            "caseId": case,
            "status": "ANNULEE",
            "request": {"requestId": f"{case}.1", "datetime": NOON.isoformat(), "purpose": "MG"},
        }
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_two_that_decide_on_everything_lose_nothing_and_agree(house, other, settings, seed):
    random = Random(seed)
    await tell(house, "community", community_told())
    for doctor in DOCTORS:
        await tell(house, "practitioner", practitioner_told(doctor))

    gate = asyncio.Semaphore(16)

    async def within(happening):
        async with gate:
            return await happening

    async with asyncio.TaskGroup() as tasks:
        async for happening in happenings(house, random):
            tasks.create_task(within(happening))
    for doctor in DOCTORS:  # nobody pauses any more
        await tell(house, "practitioner", practitioner_told(doctor))
    await house.dispatcher.settled()
    await other.dispatcher.settled()
    await house.settled()

    assert (await verify(house.pool, settings)).violations == []
    for each in (house, other):
        board = each.dispatcher.board
        for held in board.waiting.get(NEVERS, {}).values():
            assert not rank(held.state, board.candidates((NEVERS,), NOON), NOON).eligible
    for projection in PROJECTIONS.values():
        live = await contents(house.pool, projection)
        await rebuild(house.pool, projection, settings)
        assert await contents(house.pool, projection) == live
