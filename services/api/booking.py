"""`/booking`: where a regulator of the platform books, signed in with their provider.

Without `origin`, or from elsewhere, a regulator's rights are not there (INTEROP, 1.7).
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import Response

from events.codes import Mode
from services.access.gate import NotAllowed, permitted
from services.access.permissions import Look, Principal, Scope
from services.access.tokens import InvalidToken
from services.api.browsers import Pages
from services.api.desk import AtDesk, Desk, where_from
from services.api.doors import DOOR_OF
from services.booking.showing import SEXES, clock, in_french, motives, page, places
from services.fhir.bundle import Shown
from services.fhir.codes import without_prefix
from services.fhir.search import SlotSearch
from services.fhir.slots import free_slots
from services.french import moment
from services.messaging.subjects import Kind

PREFIX = "/booking"
router = APIRouter(include_in_schema=False)

_SESSION = "snp_session"
_PAGES = Pages(PREFIX, _SESSION, "snp_sign_in")
_AHEAD = timedelta(days=3)
_MOST_FIELDS = 30
_SAID = ("motive", "age", "sex", "commune", "name", "phone")
_FARTHEST_KM = 300.0  # the regulator chose the place: how far it is, is theirs to judge


@router.get(PREFIX)
async def book(
    request: Request,
    desk: AtDesk,
    practitioner: Annotated[str, Query(max_length=60)] = "",
    origin: Annotated[str, Query(max_length=40)] = "",
    snp_session: Annotated[str | None, Cookie()] = None,
) -> Response:
    """Their free places; whoever did not sign in is sent to do so, and comes back."""
    if origin not in desk.house.settings.booking_origins:
        return _not_from_here()
    rpps = without_prefix(practitioner.rpartition("|")[2])
    who = await _who(desk, snp_session)
    if who is None:
        return _to_sign_in(request, desk, rpps, origin)
    if not _regulates(who):
        return _not_a_regulator()
    return await _slots(request, desk, who, rpps, origin)


@router.get(f"{PREFIX}/signed-in")
async def signed_in(
    request: Request,
    desk: AtDesk,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Back from the provider: who they are is asked of it, and of nobody's browser."""
    desk.knocks(where_from(request))
    try:
        signed, remembered = await _PAGES.come_back(request, desk, code, state)
    except InvalidToken:
        lines = [
            "La connexion n'a pas abouti, ou a pris trop de temps.",
            "Recommencez depuis la plateforme SAS.",
        ]
        return page("told", 401, title="Connexion refusée", lines=lines, done=False)
    back = {"practitioner": remembered["practitioner"], "origin": remembered["origin"]}
    where = f"{desk.address(request)}{PREFIX}?{urlencode(back)}"
    return _PAGES.let_in(request, desk, signed, where)


@router.post(PREFIX)
async def keep(
    request: Request, desk: AtDesk, snp_session: Annotated[str | None, Cookie()] = None
) -> Response:
    """The place is kept for this patient, while the regulator asks them."""
    form, who = await _form(request, desk, snp_session)
    if who is None:
        return _expired()
    rpps, origin = form.get("practitioner", ""), form.get("origin", "")
    slot, mode = await _meant(desk, rpps, form.get("place", ""))
    if slot is None:
        gone = "Cette place vient d'être prise : choisissez-en une autre."
        return await _slots(request, desk, who, rpps, origin, told=gone, said=form)
    now = desk.house.clock.now()
    told = await desk.saying.tell(
        DOOR_OF[Kind.CARE_REQUEST],
        who,
        {},
        orjson.dumps(_care_request(form, slot, mode, now)),
        community=_community(who, slot),
    )
    if told.get("state") != "held":
        why = in_french(told)
        return await _slots(request, desk, who, rpps, origin, told=why, said=form)
    return page(
        "kept",
        until=clock(datetime.fromisoformat(str(told["until"]))),
        when=moment(slot.start, slot.zone),
        where=places([slot])[0].where,
        request_id=told["id"],
        place=form["place"],
        **_usual(request, desk, snp_session, rpps, origin),
    )


@router.post(f"{PREFIX}/answer")
async def answer(
    request: Request, desk: AtDesk, snp_session: Annotated[str | None, Cookie()] = None
) -> Response:
    """The place is the patient's, or free again."""
    form, who = await _form(request, desk, snp_session)
    if who is None:
        return _expired()
    try:
        request_id = UUID(form.get("request_id", ""))
        slot_id, mode = _chosen(form.get("place", ""))
    except ValueError:
        return _expired()
    rpps, origin = form.get("practitioner", ""), form.get("origin", "")
    back = {"practitioner": rpps, "origin": origin}
    again = f"{desk.address(request)}{PREFIX}?{urlencode(back)}"
    if form.get("answer") != "confirm":
        await desk.saying.tell(
            DOOR_OF[Kind.WITHDRAWAL],
            who,
            {"request_id": str(request_id)},
            b'{"reason": "PATIENT_DECLINED"}',
        )
        lines = ["La place est de nouveau libre. Rien n'a été réservé."]
        return page("told", title="Abandonné", lines=lines, done=True, again=again)
    await desk.about_request(who, Look.TAKE, request_id)
    told = await desk.take(who, request_id, slot_id, mode, uuid4())
    if "code" in told:
        lines = [in_french(told), "La demande reste ouverte : une autre place est recherchée."]
        title = "La place n'est plus là"
        return page("told", 409, title=title, lines=lines, done=False, again=again)
    lines = [
        "Le professionnel est prévenu.",
        "La plateforme SAS reçoit ce rendez-vous et ce qu'il en advient.",
    ]
    return page("told", title="Rendez-vous pris", lines=lines, done=True, again=None)


async def _slots(
    request: Request,
    desk: Desk,
    who: Principal,
    rpps: str,
    origin: str,
    *,
    told: str | None = None,
    said: Mapping[str, str] | None = None,
) -> Response:
    permitted(who, Look.SLOT_SEARCH, Scope())
    given = dict.fromkeys(_SAID, "") | dict(said or {})
    return page(
        "slots",
        200 if told is None else 409,
        slots=places(await _free(desk, rpps)),
        told=told,
        said=given,
        chosen=given.get("place"),
        motives=motives(),
        sexes=SEXES,
        **_usual(request, desk, request.cookies.get(_SESSION), rpps, origin),
    )


async def _free(desk: Desk, rpps: str) -> list[Shown]:
    now = desk.house.clock.now()
    search = SlotSearch(now, now + _AHEAD, (rpps,), with_communities=True)
    return await free_slots(desk.house.pool, search, now)


async def _meant(desk: Desk, rpps: str, place: str) -> tuple[Shown | None, Mode]:
    """The slot they chose, where it is free still."""
    try:
        slot_id, mode = _chosen(place)
    except ValueError:
        return None, Mode.OFFICE
    found = [one for one in await _free(desk, rpps) if one.slot_id == str(slot_id)]
    return (found[0] if found and mode in found[0].modes else None), mode


def _chosen(place: str) -> tuple[UUID, Mode]:
    """Raises ValueError."""
    slot_id, _, mode = place.partition("/")
    return UUID(slot_id), Mode(mode)


def _care_request(
    form: Mapping[str, str], slot: Shown, mode: Mode, now: datetime
) -> dict[str, Any]:
    patient = {
        "age": int(form["age"]) if form.get("age", "").isdecimal() else None,
        "sex": form.get("sex") or "UN",
        "name": form.get("name") or None,
        "phone": form.get("phone") or None,
    }
    return {
        "asked_at": now.isoformat(),
        "due_by": slot.end.isoformat(),
        "priority": "P2",
        "motive": form.get("motive"),
        "commune": form.get("commune") or None,
        "modes": [mode],
        "professions": [slot.profession],
        "max_km": _FARTHEST_KM,
        "patient": patient,
        "hold": {"slot_id": slot.slot_id, "mode": mode},
    }


def _community(who: Principal, slot: Shown) -> str:
    """Of those the slot is shared with, one the regulator regulates for."""
    for finess in slot.communities:
        if who.may(Kind.CARE_REQUEST, Scope(frozenset({finess}))) is not None:
            return finess
    raise NotAllowed(Kind.CARE_REQUEST)


async def _who(desk: Desk, session: str | None) -> Principal | None:
    if not session:
        return None
    try:
        return await desk.gate.signed_in(desk.tokens.session(session))
    except InvalidToken:
        return None


async def _form(
    request: Request, desk: Desk, session: str | None
) -> tuple[dict[str, str], Principal | None]:
    """What was sent by a page of ours to who still may; None: nobody whose word counts here."""
    try:
        text = (await request.body()).decode()
        form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}, None
    who = await _who(desk, session)
    if who is None or not hmac.compare_digest(form.get("token", ""), _token(desk, session or "")):
        return form, None
    if form.get("origin") not in desk.house.settings.booking_origins or not _regulates(who):
        return form, None
    return form, who


def _token(desk: Desk, session: str) -> str:
    """Only a page of ours knows it: no other site sends a form in somebody's name."""
    return desk.house.vault.sealer.fingerprint(b"form" + session.encode())


def _regulates(who: Principal) -> bool:
    return who.may(Look.SLOT_SEARCH, Scope()) is not None and any(
        who.may(Kind.CARE_REQUEST, Scope(one.communities or frozenset({"any"})))
        for one in who.capacities
    )


def _usual(
    request: Request, desk: Desk, session: str | None, rpps: str, origin: str
) -> dict[str, Any]:
    token = _token(desk, session or "")
    return {"base": desk.address(request), "token": token, "rpps": rpps, "origin": origin}


def _to_sign_in(request: Request, desk: Desk, rpps: str, origin: str) -> Response:
    try:
        return _PAGES.leave(request, desk, practitioner=rpps, origin=origin)
    except InvalidToken:
        lines = ["Aucun fournisseur d'identité n'est configuré ici : dites-le à l'exploitant."]
        return page("told", 503, title="Connexion impossible", lines=lines, done=False)


def _not_from_here() -> Response:
    lines = [
        "Cette page s'ouvre depuis la recherche de la plateforme nationale SAS.",
        "Ouverte autrement, elle ne donne aucun droit de régulation.",
    ]
    return page("told", 403, title="Accès depuis la plateforme SAS", lines=lines, done=False)


def _not_a_regulator() -> Response:
    lines = [
        "Votre compte n'est pas, ou n'est plus, celui d'un régulateur.",
        "Votre gestionnaire de comptes SAS peut vous y autoriser.",
    ]
    return page("told", 403, title="Compte sans droit de régulation", lines=lines, done=False)


def _expired() -> Response:
    lines = ["Votre session est terminée. Recommencez depuis la plateforme SAS."]
    return page("told", 401, title="Session terminée", lines=lines, done=False)
