"""Why something was refused, as people at a console read it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from domain.decider import Refused
from services.console.languages import Language, said
from services.intake.rejections import refusal

_FRENCH = Path(__file__).parent / "refusals.json"
_FIELDS = {
    "title": "le titre",
    "first": "le premier jour",
    "last": "le dernier jour",
    "weekdays": "les jours",
    "weekday": "les jours",
    "minutes": "la durée",
    "hours": "la durée",
    "capacity": "le nombre de patients",
    "places": "le nombre de places",
    "weekly_cap": "le plafond de la semaine",
    "daily_cap": "le plafond du jour",
    "min_age": "l'âge le plus bas",
    "max_age": "l'âge le plus haut",
    "sources": "qui peut vous adresser des patients",
    "fairness": "le poids de l'équité",
    "purpose": "la raison",
    "treating_doctor": "le numéro RPPS du médecin traitant",
    "case_id": "le numéro du dossier",
    "phone": "le téléphone",
    "outcome": "l'issue",
    "to": "la destination",
    "answer": "la réponse",
    "priority": "la priorité",
    "without": "les dates à sauter",
    "motive": "le motif",
    "age": "l'âge",
    "commune": "la commune",
    "modes": "le mode",
    "delay": "le délai",
    "start": "le début",
    "end": "la fin",
    "starts": "le début",
    "ends": "la fin",
    "place": "le lieu",
    "until": "l'heure",
    "reason": "la raison",
    "secret": "le secret",
    "rpps": "le numéro RPPS",
}


class FieldsWrong(Refused):
    """Some fields are missing or wrong."""

    code = "fields_wrong"

    def __init__(self, *fields: str) -> None:
        super().__init__(*fields)
        self.fields = fields


@cache
def french() -> dict[str, str]:
    """Refusal's code → French."""
    found: dict[str, str] = orjson.loads(_FRENCH.read_bytes())
    return found


def why(told: Mapping[str, Any], language: Language) -> str:
    """What the intake, or dispatch, answered instead of doing it."""
    problems = told.get("problems", ())
    if problems:
        return _wrong([str(one["field"]) for one in problems], language)
    code, message = str(told["code"]), str(told.get("message", ""))
    if language == "en":
        return message or code
    return french().get(code) or message or code


def why_refused(refused: Refused, language: Language) -> str:
    """The same of a refusal of ours."""
    if isinstance(refused, FieldsWrong):
        return _wrong(refused.fields, language)
    return why(refusal(refused), language)


def _wrong(fields: list[str] | tuple[str, ...], language: Language) -> str:
    names = [said(_named(field), language) for field in fields]
    listed = ", ".join(dict.fromkeys(names)) or said("ce qui a été envoyé", language)
    colon = " : " if language == "fr" else ": "
    return f"{said('À compléter ou à corriger', language)}{colon}{listed}."


def _named(field: str) -> str:
    """`consent.sources.0` is the sources."""
    known = (_FIELDS.get(part) for part in (field, *reversed(field.split("."))))
    return next((name for name in known if name), "un champ")
