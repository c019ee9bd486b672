"""A process with an intake of its own that takes answers as it is told, a line of JSON at a time.

See test_acceptance.py.
"""

import asyncio
import json
import sys

import orjson

from domain.decider import Refused
from services.addresses import Addresses
from services.app import Service, open_house
from services.clock import SimulatedClock
from services.messaging import subjects
from services.settings import settings_with
from tests.examples import NOON
from tests.talking import cloud_event


async def answered(house, told, offer):
    """What a member is told who accepts this request."""
    request_id, rpps = offer
    data = {
        "request_id": request_id,
        "rpps": rpps,
        "answer": "ACCEPTEE",
        "start": told["start"],
    }
    event = cloud_event("offer-answer", data, id=f"{request_id} {rpps}")
    subject = subjects.ask(subjects.ANY_COMMUNITY, "offer-answer")
    try:
        answer = await house.reception.take_in(orjson.dumps(event), subject)
    except Refused as refused:
        return {"offer": offer, "said": refused.code}
    return {"offer": offer, "said": answer["state"]}


async def main(state, database_url, nats_url):
    async with open_house(
        settings_with(state=state),
        Addresses(database_url, nats_url),
        services={Service.INTAKE},
        clock=SimulatedClock(NOON),
    ) as house:
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            told = json.loads(line)
            answers = (answered(house, told, offer) for offer in told["offers"])
            print(json.dumps(await asyncio.gather(*answers)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
