"""What a practitioner, or who acts for them, does: answers, opens places, says who came."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.decider import Refused
from services.api.scopes import uuid_of
from services.console.cabinet import today
from services.console.cabinet.pages import AT, CONSULTATION_MINUTES, Rpps, check
from services.console.forms import form_of, instant, midnight, number
from services.console.frame import page
from services.console.identities import identity_of
from services.console.live import PATIENCE_SECONDS
from services.console.places import communes_of
from services.console.refusals import FieldsWrong
from services.console.telling import told_to
from services.console.visitors import Guest, Visitor
from services.messaging.subjects import Kind
from services.projector.past import shown_by

router = APIRouter(include_in_schema=False)
_MOST_AT_ONCE = 40  # places opened by one tap
_WEEKDAYS = frozenset("1234567")


class NoPractice(Refused):
    """Say where you see patients first: under Places."""

    code = "place_missing"


@router.post(f"{AT}/{{rpps}}/offers/{{request_id}}/{{answer}}")
async def reply(
    visitor: Guest, request: Request, rpps: Rpps, request_id: str, answer: str
) -> Response:
    """Accepted, at another time, refused, put off; corrected; seen."""
    form = await form_of(request)
    path = {"request_id": str(uuid_of(request_id)), "rpps": rpps}
    match answer:
        case "seen":
            await told_to(visitor, Kind.OFFER_RECEIPT, path, {"seen": True})
            return Response(status_code=204)
        case "accept":
            body = {"answer": "ACCEPTEE", "start": form.get("start")}
            told = visitor.said("Vous voyez ce patient. Une erreur ? 20 secondes pour corriger.")
        case "propose":
            body = {"answer": "PARTIELLE", "start": form.get("start")}
            told = visitor.said("Votre heure est proposée au régulateur.")
        case "refuse":
            body = {"answer": "REFUSEE", "reason": form.get("reason") or "FULL"}
            told = visitor.said("C'est noté, sans conséquence pour vous.")
        case "defer":
            minutes = min(number(form, "minutes") or 15, 600)
            until = visitor.desk.house.clock.now() + timedelta(minutes=minutes)
            body = {"answer": "DIFFEREE", "until": until.isoformat()}
            told = visitor.said("Vous avez un peu plus de temps.")
        case "correct":
            refused = await told_to(visitor, Kind.OFFER_CORRECTION, path, {})
            told = visitor.said("Acceptation annulée : la demande repart.")
            return refused or await _day(visitor, rpps, told)
        case _:
            raise FieldsWrong("answer")
    return await told_to(visitor, Kind.OFFER_ANSWER, path, body) or await _day(visitor, rpps, told)


@router.post(f"{AT}/{{rpps}}/on-call")
async def on_call(visitor: Guest, request: Request, rpps: Rpps) -> Response:
    """Available at once for so long, or no longer."""
    form = await form_of(request)
    hours = number(form, "hours") or 0
    until = visitor.desk.house.clock.now() + timedelta(hours=min(hours, 24))
    body = {"until": until.isoformat()} if hours else {}
    refused = await told_to(visitor, Kind.ON_CALL, {"rpps": rpps}, body)
    told = visitor.said("Vous êtes disponible : vous serez sollicité en premier.")
    if not hours:
        told = visitor.said("Vous n'êtes plus disponible tout de suite.")
    return refused or await _day(visitor, rpps, told)


@router.post(f"{AT}/{{rpps}}/pause")
async def pause(visitor: Guest, request: Request, rpps: Rpps) -> Response:
    """Nobody new, at once; or again."""
    wanted = (await form_of(request)).get("paused") == "yes"
    refused = await told_to(visitor, Kind.PRACTITIONER_CHANGE, {"rpps": rpps}, {"paused": wanted})
    told = visitor.said("Vous ne recevez plus de nouveaux patients.")
    if not wanted:
        told = visitor.said("Vous recevez de nouveau des patients.")
    return refused or await _day(visitor, rpps, told)


@router.post(f"{AT}/{{rpps}}/slots")
async def publish(visitor: Guest, request: Request, rpps: Rpps) -> Response:
    """One place an hour that was tapped, or one range with several."""
    form = await form_of(request, several=("start",))
    starts = sorted(instant(one, "start") for one in form["start"])
    if not 1 <= len(starts) <= _MOST_AT_ONCE:
        raise FieldsWrong("start")
    base = await _opening(visitor, rpps, form)
    length = timedelta(minutes=min(number(form, "minutes") or CONSULTATION_MINUTES, 24 * 60))
    key = str(form.get("key", ""))[:60] or str(uuid4())
    for nth, start in enumerate(starts):
        body = base | {"start": start.isoformat(), "end": (start + length).isoformat()}
        refused = await told_to(
            visitor, Kind.SLOT, {"rpps": rpps}, body, key=f"{key}-{start.isoformat()}"
        )
        if refused and not nth:
            return refused
        if refused:  # what was opened before it is open: the page shows it, and why no more is
            why_not = bytes(refused.body).decode()
            return await _day(visitor, rpps, f"{_opened(visitor, nth)} {why_not}")
    return await _day(visitor, rpps, _opened(visitor, len(starts)))


def _opened(visitor: Visitor, many: int) -> str:
    told = visitor.said("places ouvertes.") if many > 1 else visitor.said("place ouverte.")
    return f"{many} {told}"


@router.post(f"{AT}/{{rpps}}/series")
async def every_week(visitor: Guest, request: Request, rpps: Rpps) -> Response:
    """The same places every week."""
    form = await form_of(request, several=("weekday",))
    base = await _opening(visitor, rpps, form)
    without = [one.strip() for one in str(form.get("without", "")).replace(",", " ").split()]
    body = base | {
        "weekdays": sorted(int(one) for one in form["weekday"] if one in _WEEKDAYS),
        "starts": form.get("starts"),
        "ends": form.get("ends"),
        "first": form.get("first"),
        "last": form.get("last"),
        "without": without,
    }
    key = str(form.get("key", ""))[:60] or str(uuid4())
    refused = await told_to(visitor, Kind.SLOT_SERIES, {"rpps": rpps}, body, key=key)
    told = visitor.said("Places ouvertes chaque semaine.")
    return refused or await _day(visitor, rpps, told)


@router.post(f"{AT}/{{rpps}}/slots/{{slot_id}}/withdraw")
async def withdraw(visitor: Guest, rpps: Rpps, slot_id: str) -> Response:
    """Taken back: its patients are searched for again at once."""
    check(visitor, rpps)
    refused = await told_to(visitor, Kind.SLOT_WITHDRAWAL, {"slot_id": str(uuid_of(slot_id))}, {})
    told = visitor.said("Créneau retiré. Ses patients, s'il y en a, sont replacés en premier.")
    return refused or await _day(visitor, rpps, told)


@router.post(f"{AT}/{{rpps}}/vacation")
async def vacation(visitor: Guest, request: Request, rpps: Rpps) -> Response:
    """Away from a day to a day, both included; or there after all."""
    form = await form_of(request)
    path = {"rpps": rpps}
    if form.get("cancel"):
        body: dict[str, Any] = {"start": form["cancel"]}
        refused = await told_to(visitor, Kind.VACATION_CANCELLED, path, body)
        told = visitor.said("Absence annulée : publiez de nouveau ce qui doit être ouvert.")
        return refused or await _day(visitor, rpps, told)
    member, _ = await today.member_of(visitor.desk.house, rpps)
    zone = await today.zone_of(visitor.desk.house, member)
    first, last = midnight(form, "first", zone), midnight(form, "last", zone)
    now = visitor.desk.house.clock.now()
    body = {
        "start": max(first, now).isoformat(),
        "end": (last + timedelta(days=1)).isoformat(),
    }
    refused = await told_to(visitor, Kind.VACATION, path, body)
    told = visitor.said("Absence annoncée : ce qui était ouvert est retiré.")
    return refused or await _day(visitor, rpps, told)


@router.post(f"{AT}/{{rpps}}/accord")
async def agree(visitor: Guest, request: Request, rpps: Rpps) -> Response:
    """What they agree to from now on."""
    form = await form_of(request, several=("sources", "excluded"))
    consent: dict[str, Any] = {
        "sources": form["sources"],
        "weekly_cap": number(form, "weekly_cap"),
        "daily_cap": number(form, "daily_cap"),
        "min_age": number(form, "min_age"),
        "max_age": number(form, "max_age"),
        "excluded_motives": form["excluded"],
        "new_patients": form.get("new_patients") == "yes",
    }
    if form.get("overbook") == "yes":
        member, _ = await today.member_of(visitor.desk.house, rpps)
        before = member.consent.overbook if member.consent else None
        work = await today.work_place(visitor.desk.house, rpps)
        if before is None:
            if work is None:
                raise NoPractice
            consent["overbook"] = {
                "place": work.place.model_dump(mode="json"),
                "zone": work.zone,
                "modes": ["AMB"],
            }
    else:
        consent["overbook"] = None
    refused = await told_to(visitor, Kind.PRACTITIONER_CHANGE, {"rpps": rpps}, {"consent": consent})
    if refused:
        return refused
    told = visitor.said("C'est enregistré, et vaut dès maintenant.")
    member, paused = await today.member_of(visitor.desk.house, rpps)
    found = page(visitor, "cabinet/consent.html", rpps=rpps, member=member, paused=paused)
    found.headers["X-Told"] = quote(told)
    return found


@router.post(f"{AT}/{{rpps}}/visits/{{request_id}}/{{act}}")
async def visit(
    visitor: Guest, request: Request, rpps: Rpps, request_id: str, act: str
) -> Response:
    """Seen, not come, cancelled; how it ended; who the patient is."""
    check(visitor, rpps)
    form = await form_of(request)
    identity = uuid_of(request_id)
    path = {"request_id": str(identity)}
    if act == "identity":
        return await identity_of(visitor, identity, "soin")
    if act == "outcome":
        body = {"outcome": form.get("outcome")}
        if form.get("note"):
            body["note"] = form["note"]
        refused = await told_to(visitor, Kind.OUTCOME, path, body)
        return refused or await _day(visitor, rpps, visitor.said("Issue enregistrée."))
    status = {"seen": "fulfilled", "missed": "noshow", "cancel": "cancelled"}.get(act)
    if status is None:
        raise FieldsWrong("status")
    refused = await told_to(
        visitor, Kind.APPOINTMENT, path, {"status": status, "by": "PRACTITIONER"}
    )
    told = {
        "seen": "Patient vu.",
        "missed": "Absence notée.",
        "cancel": "Visite annulée : une autre place est cherchée tout de suite.",
    }[act]
    return refused or await _day(visitor, rpps, visitor.said(told))


async def _opening(visitor: Visitor, rpps: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """What is common to all places opened at once. Raises NoPractice."""
    check(visitor, rpps)
    work = await today.work_place(visitor.desk.house, rpps)
    member, _ = await today.member_of(visitor.desk.house, rpps)
    modes = [one for one in str(form.get("mode", "")).split() if one] or ["AMB"]
    base: dict[str, Any] = {
        "capacity": number(form, "capacity") or 1,
        "modes": modes,
        "communities": list(member.communities),
    }
    if "HH" in modes:
        base["radius_km"] = 10.0
    if form.get("place_title"):
        communes = await communes_of(visitor.desk.house, frozenset(member.communities))
        commune = next((one for one in communes if one.insee == form.get("place_commune")), None)
        if commune is None:
            raise FieldsWrong("commune")
        base["place"] = {
            "title": form["place_title"],
            "commune": commune.insee,
            "position": commune.position.model_dump(mode="json"),
        }
        base["zone"] = (await today.zone_of(visitor.desk.house, member)).key
        return base
    if work is None:
        raise NoPractice
    return base | {"place": work.place.model_dump(mode="json"), "zone": work.zone}


async def _day(visitor: Visitor, rpps: str, told: str) -> Response:
    """What is on their page as it is now, and a word about what was done."""
    house = visitor.desk.house
    await shown_by(house.pool, today.NEEDS, await house.log.head(), PATIENCE_SECONDS)
    found = await today.day_of(house, rpps)
    part = "opened" if visitor.looks_at.endswith("/places") else "day"
    answer = page(visitor, f"cabinet/{part}.html", day=found)
    answer.headers["X-Told"] = quote(told)
    return answer
