"""A request as it is being typed: what is wanted, which places would do, what looks like it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from domain import request as requests
from domain.request import NotReceived
from events.codes import Delay, Mode, Sex, Source
from events.explanation import Option
from events.motives import MOTIVES
from events.request import RequestReceived
from events.roles import Role
from projections import board
from services.api.asking import ask
from services.console.forms import number
from services.console.languages import Language
from services.console.places import folded, slots_by_id
from services.console.refusals import FieldsWrong
from services.intake.directory import Known
from services.intake.messages import CareRequest, EmergencyCall
from services.intake.receiving import receiving
from services.intake.rejections import NoCommunityForCommune, invalid
from services.messaging import subjects
from services.projector.queries import rows
from services.reports.because import of_option

if TYPE_CHECKING:
    from services.api.desk import Desk

DELAYS = (Delay.HOURS_1, Delay.HOURS_2, Delay.HOURS_4, Delay.HOURS_12, Delay.HOURS_24, Delay.RDV)
"""By the keys 1 to 6."""
MODES = ((Mode.OFFICE, "C"), (Mode.HOME, "D"), (Mode.VIDEO, "V"))
_OPTIONS: TypeAdapter[list[Option]] = TypeAdapter(list[Option])
_ALIKE_SINCE = timedelta(hours=24)
_SHOWN = 9  # by the keys 1 to 9


@dataclass(frozen=True)
class Candidate:
    """A place the request may have: when, where, how far, and why it is where it stands."""

    slot_id: UUID
    mode: str
    start: datetime
    km: float
    place: str
    profession: str
    why: str
    zone: ZoneInfo
    kept: bool  # for more urgent requests that are expected


@dataclass(frozen=True)
class Candidates:
    """The best first; and why the others do not do: how many by reason."""

    found: list[Candidate]
    aside: list[tuple[str, int]]
    considered: int


def motives_like(text: str) -> list[tuple[str, str]]:
    """Reasons for calling that have these words, those that begin with them first."""
    words = folded(text).split()
    found = [
        (code, title)
        for code, title in MOTIVES.items()
        if all(word in folded(f"{code} {title}") for word in words)
    ]
    return sorted(found, key=lambda one: (not folded(one[1]).startswith(" ".join(words)), one[1]))


def wanted_in(form: Mapping[str, list[str]], now: datetime, role: Role) -> dict[str, Any]:
    """The care request a form says. Raises FieldsWrong."""
    one = {name: values[-1].strip() for name, values in form.items()}
    missing = [name for name in ("motive", "commune") if not one.get(name)]
    age = number(one, "age")
    if age is None:
        missing.append("age")
    if missing:
        raise FieldsWrong(*missing)
    said = _said(form, age, now, role) | {"treating_doctor": one.get("treating_doctor") or None}
    try:
        CareRequest.model_validate(said)
    except ValidationError as error:
        problems = invalid(error).problems
        raise FieldsWrong(*(problem.field for problem in problems)) from error
    return said


def emergency_in(form: Mapping[str, list[str]], now: datetime, role: Role) -> dict[str, Any] | None:
    """The emergency a form says, however little was filled in. None: it says none."""
    age = None
    with suppress(FieldsWrong):
        age = number({name: values[-1] for name, values in form.items()}, "age")
    said = _said(form, age, now, role)
    return said if EmergencyCall.found_in(said) else None


def _said(
    form: Mapping[str, list[str]], age: int | None, now: datetime, role: Role
) -> dict[str, Any]:
    one = {name: values[-1].strip() for name, values in form.items()}
    said: dict[str, Any] = {
        "asked_at": now.isoformat(),
        "source": Source.IOA if role is Role.TRIAGE_NURSE else Source.SAS,
        "priority": one.get("priority") or "P2",
        "delay": one.get("delay") or Delay.HOURS_24,
        "motive": one.get("motive") or None,
        "modes": form.get("modes") or [Mode.OFFICE],
        "commune": one.get("commune") or None,
        "patient": {
            "age": age,
            "sex": one.get("sex") or Sex.UNKNOWN,
            "name": one.get("name") or None,
            "phone": one.get("phone") or None,
            "address": one.get("address") or None,
        },
        "note": one.get("note") or None,
    }
    if one.get("case_id"):
        said["case_id"] = one["case_id"]
    return said


async def community_for(desk: "Desk", commune: str, of: frozenset[str] | None) -> Known:
    """Whose request it is: of theirs, one that serves the commune. Raises NoCommunityForCommune."""
    serving = await desk.house.directory.serving(commune)
    if serving is not None and (of is None or serving.finess in of):
        return serving
    for finess in sorted(of or ()):
        known = await desk.house.directory.community(finess)
        if known and any(one.insee == commune for one in known.formed.communes):
            return known
    raise NoCommunityForCommune(commune)


async def candidates_for_draft(
    desk: "Desk", said: Mapping[str, Any], community: Known, language: Language
) -> Candidates:
    """Places the request would find if it were sent now: nothing of it is written down."""
    asked = CareRequest.model_validate(said)
    now = desk.house.clock.now()
    nobody = UUID(int=0)
    command = await receiving(desk.house.directory, asked, nobody, community, None, now)
    (received,) = requests.decide(command, NotReceived())
    if not isinstance(received, RequestReceived):
        return Candidates([], [], 0)  # an emergency: the SAMU's, as whoever sends it is told
    question = {"received": received.model_dump(mode="json"), "limit": _SHOWN}
    return await _candidates(desk, question, ZoneInfo(community.formed.zone), language)


async def candidates_of(
    desk: "Desk", request_id: UUID, zone: ZoneInfo, language: Language
) -> Candidates:
    """Places a waiting request may have now."""
    return await _candidates(desk, {"request_id": str(request_id), "limit": _SHOWN}, zone, language)


async def _candidates(
    desk: "Desk", question: Mapping[str, Any], zone: ZoneInfo, language: Language
) -> Candidates:
    told = await ask(desk.house, subjects.RANK_ANY, question)
    if "code" in told:
        return Candidates([], [], 0)
    ranked = [(one, False) for one in _OPTIONS.validate_python(told["candidates"])]
    ranked += [(one, True) for one in _OPTIONS.validate_python(told["kept_for_others"])]
    slots = await slots_by_id(desk.house, (one.slot_id for one, _ in ranked))
    found = [
        _candidate(option, slots[option.slot_id], zone, language, kept=kept)
        for option, kept in ranked
        if option.slot_id in slots
    ][:_SHOWN]
    aside = [(str(one["reason"]), int(one["slots"])) for one in told["not_eligible"]]
    return Candidates(found, sorted(aside, key=lambda one: -one[1]), int(told["considered"]))


def _candidate(
    option: Option, slot: Mapping[str, Any], zone: ZoneInfo, language: Language, *, kept: bool
) -> Candidate:
    return Candidate(
        slot_id=option.slot_id,
        mode=option.mode,
        start=option.start,
        km=option.km,
        place=slot["place"],
        profession=slot["profession"],
        why=of_option(option, zone, language),
        zone=zone,
        kept=kept,
    )


async def alike(
    desk: "Desk", of: frozenset[str] | None, commune: str, age: str
) -> list[dict[str, Any]]:
    """Requests of the last day that may be the same need."""
    if not (commune and age.isascii() and age.isdigit()):
        return []
    since = desk.house.clock.now() - _ALIKE_SINCE
    return await rows(desk.house.pool, board.alike(of, commune, int(age[:3]), since))
