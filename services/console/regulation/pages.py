"""What a regulator asks for and does: parts of one page, each with an address of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from domain.request import NoSuchRequest, Proposed, Waiting, decider, received_of
from domain.request import Request as RequestState
from events import streams
from events.codes import Mode, Sex
from events.roles import Role
from projections import board
from services.access.gate import permitted
from services.access.permissions import Look, Scope
from services.api import reading
from services.api.doors import DOOR_OF
from services.api.scopes import uuid_of
from services.console.forms import fields_of, form_of
from services.console.frame import PARIS, PREFIX, page
from services.console.identities import identity_of
from services.console.places import communes_of, folded, slots_by_id, zones_of
from services.console.pushing import A_STREAM, pushed
from services.console.refusals import FieldsWrong
from services.console.regulation import board as lists
from services.console.regulation import drafts, maps
from services.console.regulation.timeline import timeline
from services.console.telling import refused, told_to
from services.console.visitors import Guest, Visitor
from services.fhir.codes import without_prefix
from services.messaging.subjects import Kind

AT = f"{PREFIX}/regulation"
router = APIRouter(include_in_schema=False)
_MOST_FOUND = 12
_MOST_LISTED = 2000  # communes that come with the page


@router.get(AT)
async def regulation(
    visitor: Guest,
    inseecode: Annotated[str, Query(max_length=5)] = "",
    city: Annotated[str, Query(max_length=120)] = "",
    streetnumber: Annotated[str, Query(max_length=20)] = "",
    streetname: Annotated[str, Query(max_length=200)] = "",
    practitioner: Annotated[str, Query(max_length=80)] = "",
    case: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The whole console. Opened by regulation software, with what it says (INT_L01) filled in."""
    here = _here(visitor)
    communes = await communes_of(visitor.desk.house, here)
    meant = next((one for one in communes if one.insee == inseecode), None)
    if meant is None and city:
        meant = next((one for one in communes if folded(one.title) == folded(city)), None)
    doctor = without_prefix(practitioner.rpartition("|")[2])
    opened = {
        "commune": meant.insee if meant else "",
        "commune_title": meant.title if meant else "",
        "address": " ".join(one for one in (streetnumber, streetname) if one),
        "treating_doctor": doctor if doctor.isdecimal() else "",
        "case_id": case,
    }
    told = await lists.listed(visitor.desk.house, here)
    return page(
        visitor,
        "regulation/page.html",
        lists=told,
        opened=opened,
        key=uuid4(),
        delays=drafts.DELAYS,
        modes=drafts.MODES,
        all_motives=[{"value": c, "title": t} for c, t in drafts.motives_like("")],
        all_communes=[
            {"value": one.insee, "title": one.title}
            for one in (communes if len(communes) <= _MOST_LISTED else [])
        ],
        tiles=visitor.desk.house.settings.map_tiles_url,
        credit=visitor.desk.house.settings.map_tiles_credit,
    )


@router.get(f"{AT}/live", dependencies=[A_STREAM])
async def live(visitor: Guest, request: Request) -> StreamingResponse:
    """The list, whenever it is another."""
    here = _here(visitor)
    house = visitor.desk.house
    view = lists.view_of(here, visitor.language)

    async def make() -> bytes:
        return (await lists.as_html(house, here, visitor.language)).encode()

    return pushed(request, visitor, view, make, lists.NEEDS)


@router.get(f"{AT}/new")
async def new(visitor: Guest) -> Response:
    """An empty form."""
    _here(visitor)
    opened = dict.fromkeys(
        ("commune", "commune_title", "address", "treating_doctor", "case_id"), ""
    )
    return page(
        visitor,
        "regulation/form.html",
        opened=opened,
        key=uuid4(),
        delays=drafts.DELAYS,
        modes=drafts.MODES,
    )


@router.get(f"{AT}/motives")
async def motives(_: Guest, q: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Reasons for calling that have these words."""
    found = drafts.motives_like(q)[:_MOST_FOUND]
    return reading.Json([{"value": code, "title": title} for code, title in found])


@router.get(f"{AT}/communes")
async def communes(visitor: Guest, q: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Communes they regulate for whose name, or INSEE code, begins like that."""
    known = await communes_of(visitor.desk.house, _here(visitor))
    text = folded(q)
    found = [c for c in known if folded(c.title).startswith(text) or c.insee.startswith(q.upper())]
    found += [c for c in known if c not in found and text in folded(c.title)]
    return reading.Json([{"value": one.insee, "title": one.title} for one in found[:_MOST_FOUND]])


@router.get(f"{AT}/map")
async def on_a_map(visitor: Guest) -> Response:
    """Points for the map."""
    found = await maps.on_a_map(visitor.desk.house, _here(visitor), visitor.language)
    return reading.Json(found)


@router.get(f"{AT}/alike")
async def alike(
    visitor: Guest,
    commune: Annotated[str, Query(max_length=5, pattern="^[0-9AB]*$")] = "",
    age: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """A warning, where the same need may have been asked for already."""
    here = _here(visitor)
    found = await drafts.alike(visitor.desk, here, commune, age)
    zones = await zones_of(visitor.desk.house, here)
    return page(visitor, "regulation/alike.html", found=found, zones=zones)


@router.post(f"{AT}/places")
async def places(visitor: Guest, request: Request) -> Response:
    """Places the request would find, the best first: nothing is sent yet."""
    here = _here(visitor)
    form = await fields_of(request)
    said = drafts.wanted_in(form, visitor.desk.house.clock.now(), _role(visitor))
    community = await drafts.community_for(visitor.desk, said["commune"], here)
    permitted(visitor.principal, Kind.CARE_REQUEST, Scope(frozenset({community.finess})))
    found = await drafts.candidates_for_draft(visitor.desk, said, community, visitor.language)
    return page(visitor, "regulation/places.html", candidates=found)


@router.post(f"{AT}/requests")
async def send(visitor: Guest, request: Request) -> Response:
    """The request, with the place that was chosen kept for it; or for the system to place."""
    here = _here(visitor)
    form, now = await fields_of(request), visitor.desk.house.clock.now()
    key = (form.get("key") or [""])[-1][:60] or None  # sent twice, whatever the place, it is one
    urgent = drafts.emergency_in(form, now, _role(visitor))
    if urgent is not None:
        told = await _told(visitor, urgent, None, key)
        if told.get("state") == "refused_as_emergency":
            return page(visitor, "regulation/emergency.html")
        return refused(visitor, told)
    said = drafts.wanted_in(form, now, _role(visitor))
    community = await drafts.community_for(visitor.desk, said["commune"], here)
    chosen = (form.get("place") or [""])[-1]
    if chosen:
        slot_id, mode = _chosen(chosen)
        said["hold"] = {"slot_id": str(slot_id), "mode": mode}
        said["modes"] = sorted({*said["modes"], mode})
    told = await _told(visitor, said, community.finess, key)
    if "code" in told:
        return refused(visitor, told)
    request_id = uuid_of(str(told["id"]))
    if not chosen:
        await visitor.desk.decided(request_id, _WAIT_SECONDS)
    return await _detail(visitor, request_id)


async def _told(
    visitor: Visitor, said: Mapping[str, Any], community: str | None, key: str | None
) -> dict[str, Any]:
    return await visitor.desk.saying.tell(
        DOOR_OF[Kind.CARE_REQUEST],
        visitor.principal,
        {},
        orjson.dumps(said),
        community=community,
        key=key,
    )


_WAIT_SECONDS = 1.5  # for the system's decision to be on the page it is answered with


@router.get(f"{AT}/requests/{{request_id}}")
async def detail(visitor: Guest, request_id: str) -> Response:
    """One of them: how it stands, what can be done, what happened."""
    return await _detail(visitor, uuid_of(request_id))


@router.get(f"{AT}/requests/{{request_id}}/candidates")
async def candidates(visitor: Guest, request_id: str) -> Response:
    """Places it may have now."""
    identity = uuid_of(request_id)
    state, _ = await visitor.desk.about_request(visitor.principal, Look.CANDIDATES, identity)
    received = received_of(state)
    zone = await _zone(visitor, received.community if received else None)
    found = await drafts.candidates_of(visitor.desk, identity, zone, visitor.language)
    return page(visitor, "regulation/choose.html", candidates=found, request_id=identity)


_KINDS = {
    "hold": Kind.HOLD,
    "release": Kind.HOLD_END,
    "confirm": Kind.APPOINTMENT,
    "cancel": Kind.APPOINTMENT,
    "deadline": Kind.DEADLINE,
    "reorient": Kind.REORIENTATION,
    "withdraw": Kind.WITHDRAWAL,
    "duplicate": Kind.DUPLICATE,
    "proposal": Kind.PROPOSAL,
}


@router.post(f"{AT}/requests/{{request_id}}/{{act}}")
async def act(visitor: Guest, request: Request, request_id: str, act: str) -> Response:
    """Something is done with it; how it stands then."""
    identity = uuid_of(request_id)
    form = await form_of(request)
    if act == "identity":
        return await identity_of(visitor, identity, form.get("purpose", ""))
    if act == "take":
        slot_id, mode = _chosen(form.get("place", ""))
        await visitor.desk.about_request(visitor.principal, Look.TAKE, identity)
        told = await visitor.desk.take(visitor.principal, identity, slot_id, mode, uuid4())
        why_not = refused(visitor, told) if "code" in told else None
    elif act in _KINDS:
        path = {"request_id": str(identity)}
        if act == "proposal":
            path["rpps"] = form.get("rpps", "")
        why_not = await told_to(visitor, _KINDS[act], path, _body(act, form))
    else:
        raise NoSuchRequest(identity)
    return why_not or await _detail(visitor, identity)


def _body(act: str, form: dict[str, str]) -> dict[str, Any]:
    match act:
        case "hold":
            slot_id, mode = _chosen(form.get("place", ""))
            return {"slot_id": str(slot_id), "mode": mode}
        case "confirm":
            return {"status": "booked"}
        case "cancel":
            return {
                "status": "cancelled",
                "by": "PATIENT",
                "search_again": form.get("again") == "yes",
            }
        case "deadline":
            return {"delay": form.get("delay")}
        case "reorient":
            return {"to": form.get("to")}
        case "withdraw":
            return {"reason": form.get("reason") or "PATIENT_DECLINED"}
        case "duplicate":
            return {"of": form.get("of")}
        case _:
            return {}


_OPEN = {board.WAITING, board.ASSIGNED, board.CONFIRMED}
_TO_DO = _OPEN | {board.HANDED_BACK}


async def _detail(visitor: Visitor, request_id: UUID) -> Response:
    house = visitor.desk.house
    regulated = _here(visitor)
    history = await house.log.history(streams.request(request_id))
    happened: list[Any] = [one.event for one in history]
    state: RequestState = decider.replay(happened)
    visitor.desk.check_request(visitor.principal, Look.ONE_REQUEST, state)
    seen = reading.as_of(history, request_id, None)
    if seen is None:
        raise NoSuchRequest(request_id)
    row = seen.row
    here = await house.directory.community(row["community"]) if row["community"] else None
    zone = ZoneInfo(here.formed.zone) if here else PARIS
    held = state.hold if isinstance(state, Waiting) else None
    slot_id = row["slot_id"] or (held.slot_id if held else None)
    slots = await slots_by_id(house, [slot_id] if slot_id else [])
    received = received_of(state)
    communes = {one.insee: one.title for one in here.formed.communes} if here else {}
    found = page(
        visitor,
        "regulation/detail.html",
        request_id=request_id,
        row=row,
        line=lists.line_of(row, house.clock.now(), communes, zone),
        held=held,
        slot=slots.get(slot_id) if slot_id else None,
        to_do=row["state"] in _TO_DO,
        proposals=_proposals(state),
        timeline=timeline(seen.events, zone, visitor.language)[::-1],
        where=zone,
        named=received is not None and received.patient_ref is not None,
        same=await _alike(visitor, regulated, row),
        delays=drafts.DELAYS,
    )
    # A reload, a bookmark and the back key come to the same request.
    found.headers["HX-Push-Url"] = f"{AT}#{request_id}"
    return found


async def _alike(
    visitor: Visitor, of: frozenset[str] | None, row: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Others of its community that may be the same need, and go on when this one ends."""
    if row["state"] not in _OPEN:
        return []
    found = await drafts.alike(visitor.desk, of, row["commune"] or "", str(row["age"]))
    return [
        one
        for one in found
        if one["request_id"] != row["request_id"]
        and one["community"] == row["community"]
        and one["state"] in _OPEN | {board.ATTENDED}
        and {one["sex"], row["sex"]} != {Sex.MALE, Sex.FEMALE}
    ]


def _proposals(state: RequestState) -> list[tuple[str, datetime]]:
    """Other times members would see the patient at."""
    offered = state.offers if isinstance(state, Waiting) else {}
    return [(rpps, one.start) for rpps, one in offered.items() if isinstance(one, Proposed)]


def _here(visitor: Visitor) -> frozenset[str] | None:
    """Where they regulate. Raises NotAllowed for who does not."""
    here = visitor.communities(Look.REQUESTS)
    permitted(visitor.principal, Look.REQUESTS, Scope(here or frozenset()))
    return here


def _role(visitor: Visitor) -> Role:
    return visitor.capacities(Kind.CARE_REQUEST)[0].role


async def _zone(visitor: Visitor, finess: str | None) -> ZoneInfo:
    known = await visitor.desk.house.directory.community(finess) if finess else None
    return ZoneInfo(known.formed.zone) if known else PARIS


def _chosen(place: str) -> tuple[UUID, Mode]:
    """Raises FieldsWrong."""
    slot_id, _, mode = place.partition("/")
    try:
        return UUID(slot_id), Mode(mode)
    except ValueError as wrong:
        raise FieldsWrong("place") from wrong
