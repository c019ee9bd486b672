"""`snp up --demo`: three communities, their practitioners, slots from now to tomorrow."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson

from services.app import House
from services.messaging import subjects
from services.simulator.day import ZONE, Happening, beginnings, slots
from services.simulator.territory import Territory, territories

SEED = 1
DAYS = 2  # tomorrow too: whoever calls in the evening is seen in the morning
AT_ONCE = 64


async def seed_now(house: House) -> None:
    """Tell the intake. Told again it changes nothing; on another day it adds that day's slots."""
    now = house.clock.now()
    day = now.astimezone(ZONE).date()
    made = territories(SEED)
    await tell_beginnings(house, made)
    opened = [
        happening
        for territory in made
        for ahead in range(DAYS)
        for happening in slots(territory, day + timedelta(days=ahead), SEED)
        if _starts(happening) > now + timedelta(minutes=20)
    ]
    await tell(house, opened)
    await house.settled()


async def tell_beginnings(house: House, made: Iterable[Territory]) -> None:
    """Each community, then its members."""
    for territory in made:
        community, *practitioners = beginnings(territory, house.clock.now())
        await tell(house, [community])
        await tell(house, practitioners)


async def tell(house: House, happenings: Iterable[Happening]) -> list[dict[str, Any]]:
    """Send each to the intake and wait for every answer: theirs, in the same order."""
    gate = asyncio.Semaphore(AT_ONCE)
    nats = house.broker.connection

    async def one(happening: Happening) -> dict[str, Any]:
        async with gate:
            subject = subjects.ask(happening.community, happening.kind)
            answer = await nats.request(subject, happening.body, timeout=30)
            told: dict[str, Any] = orjson.loads(answer.data)
            return told

    return await asyncio.gather(*(one(happening) for happening in happenings))


def _starts(happening: Happening) -> datetime:
    return datetime.fromisoformat(orjson.loads(happening.body)["data"]["start"])
