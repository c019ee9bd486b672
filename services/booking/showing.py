"""What the pages show: places and words, escaped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

from events.motives import MOTIVES
from services.fhir.bundle import Shown
from services.french import moment
from services.reports.reasons import REASONS

_MODES = {"AMB": "au cabinet", "HH": "à domicile", "VR": "en téléconsultation"}
SEXES = (("UN", "Non précisé"), ("F", "Féminin"), ("M", "Masculin"), ("O", "Autre"))
_SAFE = {
    # Nothing from elsewhere, nobody's frame, nothing kept: a patient may be named in it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Place(NamedTuple):
    """One to choose: the slot and how one meets."""

    value: str
    when: str
    where: str


def places(slots: Sequence[Shown]) -> list[Place]:
    """As they are chosen from, the earliest first: one a slot and a way of meeting."""
    return [
        Place(
            f"{slot.slot_id}/{mode}",
            f"{moment(slot.start, slot.zone)}, {_MODES[mode]}",
            _address(slot.site, slot.place),
        )
        for slot in slots
        for mode in slot.modes
    ]


def clock(at: datetime) -> str:
    """`14:05`, in Paris: of a moment that is near."""
    return f"{at.astimezone(ZoneInfo('Europe/Paris')):%H:%M}"


def motives() -> list[tuple[str, str]]:
    """Those that are no emergency by themselves come with the rest: the regulator decides."""
    return sorted(MOTIVES.items(), key=lambda one: one[1])


def page(name: str, /, status: int = 200, **what: Any) -> HTMLResponse:
    """A page, with nothing of anybody else's in it."""
    return HTMLResponse(_pages().get_template(f"{name}.html").render(what), status, _SAFE)


def in_french(told: Mapping[str, Any]) -> str:
    """Why something was refused; of what nobody foresaw, its code."""
    code = str(told.get("code", "?"))
    fields = ", ".join(str(one["field"]) for one in told.get("problems", ()))
    if code in _FIELDS_WRONG:
        return f"Un champ est vide ou mal écrit : {fields or code}."
    if code in _REFUSED:
        return _REFUSED[code]
    why = REASONS[code].fr if code in REASONS else code
    return f"La demande n'a pas été prise : {why}."


_FIELDS_WRONG = {"missing_field", "malformed", "invalid_value", "unknown_code", "unknown_field"}
_REFUSED = {
    "no_place_left": "Cette place vient d'être prise : choisissez-en une autre.",
    "already_assigned": "Ce patient a déjà un rendez-vous.",
    "unknown_commune": "Aucune communauté ne dessert cette commune.",
    "no_community_for_commune": "Aucune communauté ne dessert cette commune.",
    "due_in_the_past": "Cette place est passée : choisissez-en une autre.",
    "request_closed": "La demande est close.",
    "not_allowed": "Votre compte ne permet pas cela.",
    "log_unavailable": "Le service est momentanément indisponible : recommencez.",
}


@cache
def _pages() -> Environment:
    return Environment(loader=PackageLoader("services.booking", "pages"), autoescape=True)


def _address(site: Mapping[str, Any], place: str) -> str:
    address = site["address"]
    return f"{place}, {address['line']}, {address['postal_code']} {address['city']}"
