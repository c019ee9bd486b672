"""`/fhir`: the national platform searches free slots here (INT_R01, INT_R04)."""

from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.access.gate import permitted
from services.access.permissions import Look, Scope
from services.api.desk import AtDesk, Desk, Who
from services.api.problems import status_of
from services.fhir.bundle import searchset
from services.fhir.capability import capability, outcome
from services.fhir.codes import MEDIA_TYPE
from services.fhir.search import slot_search
from services.fhir.slots import communities_of, free_slots

PREFIX = "/fhir"

router = APIRouter(tags=["fhir"], prefix=PREFIX)


@router.get("/Slot")
async def slots(request: Request, desk: AtDesk, who: Who) -> Response:
    """Free slots of up to 25 practitioners, with who, where and for which communities.

    `start=ge…&start=le…&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|8…`
    `&status=free&_include=Slot:schedule&_include:iterate=Schedule:actor`; with
    `_include=Slot:service-type-reference` what is shared with communities as well.
    """
    permitted(who, Look.SLOT_SEARCH, Scope())
    query = request.url.query
    search = slot_search(query)
    house, base = desk.house, base_of(desk, request)
    found = await free_slots(house.pool, search, house.clock.now())
    shared = await communities_of(house.log, found) if search.with_communities else {}
    bundle = searchset(
        found,
        shared,
        base=base,
        link=f"{base}/Slot?{query}",
        booking=house.settings.booking_url or f"{base}/booking?practitioner={{rpps}}",
        with_communities=search.with_communities,
    )
    return answer(bundle)


@router.get("/metadata")
async def metadata(request: Request, desk: AtDesk) -> Response:
    """What this server does."""
    house = desk.house
    return answer(capability(house.version, base_of(desk, request), house.clock.now()))


def answer(resource: dict[str, Any], status: int = 200) -> Response:
    """A resource, as FHIR sends it."""
    return Response(orjson.dumps(resource), status, media_type=f"{MEDIA_TYPE}; charset=utf-8")


def refused(code: str, text: str) -> Response:
    """An OperationOutcome, with the status of the refusal."""
    status = 400 if code == "invalid" else status_of(code)
    given = answer(outcome(code, text), status)
    if status == status_of("invalid_token"):
        given.headers["WWW-Authenticate"] = "Bearer"
    return given


def base_of(desk: Desk, request: Request) -> str:
    """Our address as others know it."""
    public = desk.house.settings.public_url
    return f"{public or str(request.base_url).rstrip('/')}{PREFIX}"
