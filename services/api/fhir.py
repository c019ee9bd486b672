"""`/fhir`: the national platform searches free slots here (INT_R01, INT_R04)."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from services.access.gate import permitted
from services.access.permissions import Look, Scope
from services.api.desk import AtDesk, Desk, Who
from services.api.problems import status_of
from services.fhir.bulk import NDJSON, lines, manifest
from services.fhir.capability import capability, outcome
from services.fhir.codes import MEDIA_TYPE
from services.fhir.kept import KeptSlots, Terms
from services.fhir.search import slot_search
from services.fhir.sos import schedules, site_search

PREFIX = "/fhir"
_IN_MEMORY, _CHUNK = 4_000_000, 65_536  # bytes

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
    base = base_of(desk, request)
    kept: KeptSlots = request.app.state.kept
    terms = Terms(base, _booking(desk, base), search.with_communities)
    found = await kept.found(search, f"{base}/Slot?{query}", terms)
    return Response(found, media_type=f"{MEDIA_TYPE}; charset=utf-8")


@router.get("/Schedule")
async def sites(request: Request, desk: AtDesk, who: Who) -> Response:
    """Free slots of SOS Médecins' fixed sites, by the numbers of up to 25 structures.

    `_has:Slot:schedule:start=ge…&_has:Slot:schedule:start=le…&_has:Slot:schedule:status=free`
    `&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2|3…`
    `&_revinclude=Slot:schedule&_include=Schedule:actor:Location`
    """
    permitted(who, Look.SLOT_SEARCH, Scope())
    query, base, house = request.url.query, base_of(desk, request), desk.house
    bundle = await schedules(
        house.pool,
        site_search(query),
        house.clock.now(),
        base=base,
        link=f"{base}/Schedule?{query}",
        booking=_booking(desk, base),
    )
    return answer(bundle)


@router.get("/$bulk-publish")
async def bulk(request: Request, desk: AtDesk, who: Who) -> Response:
    """Where all free slots of four weeks are, for whoever copies them (SMART Scheduling Links)."""
    permitted(who, Look.SLOT_SEARCH, Scope())
    found = manifest(base_of(desk, request), desk.house.clock.now())
    return Response(orjson.dumps(found), media_type="application/json")


@router.get("/bulk/{kind}.ndjson", response_class=StreamingResponse)
async def bulk_file(
    kind: Literal["Location", "Schedule", "Slot"], request: Request, desk: AtDesk, who: Who
) -> StreamingResponse:
    """One resource a line: places, who has slots there, and the slots."""
    permitted(who, Look.SLOT_SEARCH, Scope())
    house = desk.house
    booking = _booking(desk, base_of(desk, request))
    # Into a file first: who reads slowly keeps no connection to the database.
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 closed when it was read
    try:
        async for line in lines(house.pool, kind, house.clock.now(), booking):
            file.write(line)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return StreamingResponse(_chunks(file), media_type=NDJSON)


@router.get("/metadata")
async def metadata(request: Request, desk: AtDesk) -> Response:
    """What this server does."""
    house = desk.house
    return answer(capability(house.version, base_of(desk, request), house.clock.now()))


def _chunks(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def answer(resource: dict[str, Any], status: int = 200) -> Response:
    """A resource, as FHIR sends it."""
    return Response(orjson.dumps(resource), status, media_type=f"{MEDIA_TYPE}; charset=utf-8")


def _booking(desk: Desk, base: str) -> str:
    """Where a regulator books, with the names of what is meant in it."""
    ours = base.removesuffix(PREFIX)
    return desk.house.settings.booking_url or f"{ours}/booking?practitioner={{rpps}}"


def refused(code: str, text: str) -> Response:
    """An OperationOutcome, with the status of the refusal."""
    status = 400 if code == "invalid" else status_of(code)
    given = answer(outcome(code, text), status)
    if status == status_of("invalid_token"):
        given.headers["WWW-Authenticate"] = "Bearer"
    return given


def base_of(desk: Desk, request: Request) -> str:
    """Where FHIR is, as others know it."""
    return f"{desk.address(request)}{PREFIX}"
