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
    "motive": "le motif",
    "age": "l'âge",
    "patient.age": "l'âge",
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
    names = [
        said(_FIELDS.get(field) or _FIELDS.get(field.rpartition(".")[2]) or field, language)
        for field in fields
    ]
    listed = ", ".join(dict.fromkeys(names))
    return f"{said('À compléter ou à corriger', language)} : {listed}."
