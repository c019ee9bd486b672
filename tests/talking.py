"""Messages as others send them, and asking the intake."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import orjson

from services.app import House
from tests.examples import DR_ADAM, HOUR, NEVERS, NEVERS_COMMUNES, NOON

_ids = count(1)


def cloud_event(kind: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """A CloudEvent of one of our types."""
    return {
        "specversion": "1.0",
        "id": f"message-{next(_ids)}",
        "source": "/tests",
        "type": f"snp.{kind}.v1",
        "data": data,
    } | attributes


def community_told(finess: str = NEVERS, **changes: Any) -> dict[str, Any]:
    return {
        "finess": finess,
        "title": "CPTS Nevers",
        "departement": "58",
        "communes": [commune.model_dump(mode="json") for commune in NEVERS_COMMUNES],
    } | changes


def practitioner_told(rpps: str = DR_ADAM, **changes: Any) -> dict[str, Any]:
    return {
        "rpps": rpps,
        "profession": "10",
        "consent": {"sources": ["SAS", "CPTS"], "weekly_cap": None},
    } | changes


def slot_told(start: datetime, rpps: str = DR_ADAM, **changes: Any) -> dict[str, Any]:
    return {
        "rpps": rpps,
        "place": {
            "title": "Cabinet de la Gare",
            "commune": "58194",
            "position": {"lat": 46.99, "lon": 3.16},
        },
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=20)).isoformat(),
    } | changes


def request_told(asked_at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    at = asked_at or NOON
    return {
        "asked_at": at.isoformat(),
        "priority": "P2",
        "motive": "M03.14",
        "commune": "58194",
        "patient": {"age": 10, "sex": "F"},
    } | changes


async def ask(
    house: House, kind: str, body: dict[str, Any] | bytes, community: str = NEVERS
) -> dict[str, Any]:
    """What the intake answers."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    nats = house.broker.connection
    message = await nats.request(f"snp.ask.{community}.{kind}", raw, timeout=15)
    told: dict[str, Any] = orjson.loads(message.data)
    return told


async def tell(house: House, kind: str, data: dict[str, Any], community: str = NEVERS) -> Any:
    """As `ask`, with the data alone."""
    return await ask(house, kind, cloud_event(kind, data), community)


async def opened(house: House, **slot: Any) -> dict[str, Any]:
    """A community, a doctor who agrees, and a slot in two hours. Gives the slot's answer."""
    assert (await tell(house, "community", community_told()))["state"] == "formed"
    assert (await tell(house, "practitioner", practitioner_told()))["state"] == "enrolled"
    start = slot.pop("start", NOON + 2 * HOUR)
    told: dict[str, Any] = await tell(house, "slot", slot_told(start, **slot))
    assert told["state"] == "published"
    return told
