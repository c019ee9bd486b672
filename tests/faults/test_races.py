"""One last place and many who want it: exactly one gets it, the others hear what is next best."""

import asyncio
import json
import sys
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import pytest

from domain.decider import Refused
from services.dispatch.taking import LostThePlace, Take
from services.log.verify import verify
from tests.conftest import house_at
from tests.examples import DR_BLAIN, HOUR, MINUTE, NOON
from tests.running import until
from tests.services.test_dispatch import asked, elsewhere
from tests.talking import opened, practitioner_told, slot_told, tell

TAKERS = 64
ROUNDS = 200
PROCESSES = 4


@pytest.fixture
async def ready(settings, addresses, clock):
    """A house that decides nothing by itself, requests that wait, and places that stay free."""
    async with house_at(settings, addresses, clock=clock, partition=elsewhere()) as house:
        await opened(house, start=NOON + 20 * HOUR)
        await tell(house, "practitioner", practitioner_told(DR_BLAIN))
        for n in range(3):
            spare = slot_told(NOON + (12 + n) * HOUR, DR_BLAIN, capacity=100)
            await tell(house, "slot", spare)
        waiting = [
            await asyncio.gather(*(asked(house, delay="24H") for _ in range(TAKERS)))
            for _ in range(-(-(ROUNDS + TAKERS) // TAKERS))
        ]
        yield house, deque(request_id for some in waiting for request_id in some)


async def last_places(house, rounds, doctors=40):
    """Slots with one place, one a round, in the weeks of forty doctors; open when it begins."""
    numbers = [f"109780{n:05}" for n in range(doctors)]
    for rpps in numbers:
        await tell(house, "practitioner", practitioner_told(rpps))
    for n in range(rounds):
        slot = slot_told(NOON + HOUR + (n // doctors) * 20 * MINUTE, numbers[n % doctors])
        slot_id = (await tell(house, "slot", slot))["id"]
        await until(lambda slot_id=slot_id: house.dispatcher.board.agenda_of(UUID(slot_id)))
        yield slot_id


def check(results):
    won = [result for result in results if result.get("won")]
    lost = [result for result in results if "alternatives" in result]
    assert len(won) == 1
    assert len(lost) == TAKERS - 1
    assert all(result["alternatives"] for result in lost)
    return won[0]["request"]


async def test_of_64_takers_in_one_process_one_wins_200_times(ready, settings):
    house, waiting = ready

    async def taken(request_id, slot_id):
        try:
            await house.taking.take(
                Take(command_id=uuid4(), request_id=request_id, slot_id=slot_id)
            )
        except LostThePlace as lost:
            return {"request": request_id, "alternatives": len(lost.alternatives)}
        except Refused as refused:
            return {"request": request_id, "code": refused.code}
        return {"request": request_id, "won": True}

    async for slot_id in last_places(house, ROUNDS):
        takers = [waiting.popleft() for _ in range(TAKERS)]
        winner = check(await asyncio.gather(*(taken(one, slot_id) for one in takers)))
        waiting.extendleft(one for one in takers if one != winner)

    verdict = await verify(house.pool, settings)
    assert (verdict.violations, verdict.double_booked) == ([], 0)


async def test_of_64_takers_in_4_processes_one_wins_200_times(ready, settings, addresses):
    house, waiting = ready
    async with AsyncExitStack() as stack:
        processes = [
            await stack.enter_async_context(taker(settings, addresses)) for _ in range(PROCESSES)
        ]
        async for slot_id in last_places(house, ROUNDS):
            takers = [waiting.popleft() for _ in range(TAKERS)]
            for nth, process in enumerate(processes):
                told = {"slot": slot_id, "requests": takers[nth::PROCESSES]}
                process.stdin.write(json.dumps(told).encode() + b"\n")
            answers = await asyncio.gather(*(process.stdout.readline() for process in processes))
            winner = check([result for answer in answers for result in json.loads(answer)])
            waiting.extendleft(one for one in takers if one != winner)

    verdict = await verify(house.pool, settings)
    assert (verdict.violations, verdict.double_booked) == ([], 0)


@asynccontextmanager
async def taker(settings, addresses):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.takers",
        str(settings.state),
        addresses.database_url,
        addresses.nats_url,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.stdin.close()
        await process.wait()
