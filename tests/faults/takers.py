"""A process that takes places as it is told, a line of JSON at a time. See test_races."""

import asyncio
import json
import sys
from uuid import UUID, uuid4

from domain.decider import Refused
from services.addresses import Addresses
from services.app import Service, open_house
from services.clock import SimulatedClock
from services.dispatch.taking import LostThePlace, Take
from services.settings import settings_with
from tests.examples import NOON
from tests.running import until
from tests.services.test_dispatch import elsewhere


async def taken(house, request_id, slot_id):
    asked = Take(command_id=uuid4(), request_id=request_id, slot_id=slot_id)
    try:
        await house.taking.take(asked)
    except LostThePlace as lost:
        return {"request": request_id, "alternatives": len(lost.alternatives)}
    except Refused as refused:
        return {"request": request_id, "code": refused.code}
    return {"request": request_id, "won": True}


async def main(state, database_url, nats_url):
    settings = settings_with(state=state)
    async with open_house(
        settings,
        Addresses(database_url, nats_url),
        services={Service.DISPATCH},
        clock=SimulatedClock(NOON),
        partition=elsewhere(),
    ) as house:
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            told = json.loads(line)
            await until(lambda told=told: house.dispatcher.board.agenda_of(UUID(told["slot"])))
            results = await asyncio.gather(
                *(taken(house, request_id, told["slot"]) for request_id in told["requests"])
            )
            print(json.dumps(results), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
