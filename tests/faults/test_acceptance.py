"""Members who accept at once, through intakes in several processes: one sees the patient.

The others are told within a second, by their answer and by `offer.lapsed`. And who is a member of
two communities is in two places at once in neither.
"""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import UUID

import orjson

from domain.asking import MOST_AT_ONCE, Rate
from services.dispatch.surroundings import Rates
from services.log.verify import verify
from tests.examples import DR_ADAM, HOUR, NEVERS, NOON, VALENCIENNES
from tests.running import until
from tests.services.test_offers import AGREES, members
from tests.talking import community_told, practitioner_told, request_told, tell

ROUNDS = 200
PROCESSES = 4
DOCTORS = [f"109780{n:05}" for n in range(MOST_AT_ONCE)]


async def test_of_twelve_who_accept_in_4_processes_one_sees_the_patient_200_times(
    house, settings, addresses
):
    await members(house, *DOCTORS, weekly_cap=None)
    nobody_accepts = Rates({NEVERS: Rate(asked=3000)})  # all are asked
    house.dispatcher.deciding.rates = nobody_accepts
    loop = asyncio.get_running_loop()
    lapsed = await heard_lapses(house)
    slowest = 0.0
    async with AsyncExitStack() as stack:
        intakes = [
            await stack.enter_async_context(intake(settings, addresses)) for _ in range(PROCESSES)
        ]
        for nth in range(ROUNDS):
            asked, request_id = await offered(house, delay="24H")
            start = (NOON + HOUR + nth // 4 * timedelta(minutes=15)).isoformat()
            began = loop.time()
            answers = await accept(intakes, [(request_id, rpps) for rpps in asked], start)
            assert Counter(answers.values())["assigned"] == 1, answers
            losers = {rpps for (_, rpps), said in answers.items() if said != "assigned"}
            assert len(losers) == MOST_AT_ONCE - 1
            told = lapsed[request_id]
            await until(lambda losers=losers, told=told: losers <= told.keys())
            slowest = max(slowest, *(told[rpps] - began for rpps in losers))

    assert slowest < 1.0
    verdict = await verify(house.pool, settings)
    assert (verdict.violations, verdict.double_booked) == ([], 0)


async def test_a_member_of_two_communities_sees_one_patient_at_a_time(house, settings, addresses):
    """Both ask for the same quarter of an hour, each through a process of its own."""
    await members(house)
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)
    both = practitioner_told(
        consent=AGREES | {"weekly_cap": None}, communities=[NEVERS, VALENCIENNES]
    )
    assert (await tell(house, "practitioner", both, "any"))["state"] == "enrolled"
    async with AsyncExitStack() as stack:
        intakes = [await stack.enter_async_context(intake(settings, addresses)) for _ in range(2)]
        for nth in range(40):
            requests = [
                (await offered(house, community=finess, delay="24H"))[1]
                for finess in (NEVERS, VALENCIENNES)
            ]
            start = (NOON + HOUR + nth * timedelta(minutes=15)).isoformat()
            answers = await accept(intakes, [(request, DR_ADAM) for request in requests], start)
            assert sorted(answers.values()) == ["assigned", "overlaps_another_slot"]

    verdict = await verify(house.pool, settings)
    assert (verdict.violations, verdict.double_booked) == ([], 0)


async def heard_lapses(house):
    """When each member was told, by request, as they come."""
    lapsed = defaultdict(dict)

    async def hear(message):
        data = orjson.loads(message.data)["data"]
        lapsed[data["request_id"]][data["rpps"]] = asyncio.get_running_loop().time()

    await house.broker.connection.subscribe("snp.event.*.offer.lapsed.*", cb=hear)
    return lapsed


async def offered(house, *, community=NEVERS, **changes):
    """A request about which members are asked: who, and its id."""
    told = await tell(house, "care-request", request_told(**changes), community)
    await house.dispatcher.settled()
    held = house.dispatcher.board.request(UUID(told["id"]))
    assert held.state.pending
    return held.state.pending, told["id"]


async def accept(intakes, offers, start):
    """Every offer accepted at once, dealt out to the processes: what each was told."""
    for nth, process in enumerate(intakes):
        told = {"start": start, "offers": offers[nth :: len(intakes)]}
        process.stdin.write(json.dumps(told).encode() + b"\n")
    said = await asyncio.gather(*(process.stdout.readline() for process in intakes))
    return {tuple(a["offer"]): a["said"] for line in said for a in json.loads(line)}


@asynccontextmanager
async def intake(settings, addresses):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults.accepters"),
        *(str(settings.state), addresses.database_url, addresses.nats_url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.stdin.close()
        await process.wait()
