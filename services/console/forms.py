"""What a page sent."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import Request

from services.console.refusals import FieldsWrong

_MOST_FIELDS = 400
_MOST_DIGITS = 6


async def fields_of(request: Request) -> dict[str, list[str]]:
    """Every field with all its values. Raises FieldsWrong for what is no form."""
    try:
        text = (await request.body()).decode()
        found = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as wrong:
        raise FieldsWrong from wrong
    if any("\0" in one for values in found.values() for one in values):
        raise FieldsWrong
    return found


async def form_of(request: Request, several: Collection[str] = ()) -> dict[str, Any]:
    """The last value of each field; of `several`, always the list of them."""
    found = await fields_of(request)
    one: dict[str, Any] = {name: values[-1].strip() for name, values in found.items()}
    return one | {name: [v for v in found.get(name, []) if v] for name in several}


def number(form: Mapping[str, Any], name: str, default: int | None = None) -> int | None:
    """A whole number of six digits at most; `default` where none is given. Raises FieldsWrong."""
    text = str(form.get(name) or "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise FieldsWrong(name)
    return int(text)


def day(form: Mapping[str, Any], name: str) -> date:
    """A day of our century. Raises FieldsWrong."""
    try:
        found = date.fromisoformat(str(form.get(name) or ""))
    except ValueError as wrong:
        raise FieldsWrong(name) from wrong
    if not _FIRST <= found <= _LAST:
        raise FieldsWrong(name)
    return found


_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 30)


def instant(text: str, name: str) -> datetime:
    """With its offset, in our century. Raises FieldsWrong."""
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError as wrong:
        raise FieldsWrong(name) from wrong
    if found.tzinfo is None or not _FIRST <= found.date() <= _LAST:
        raise FieldsWrong(name)
    return found


def midnight(form: Mapping[str, Any], name: str, zone: ZoneInfo) -> datetime:
    """The beginning of a day there. Raises FieldsWrong."""
    return datetime.combine(day(form, name), datetime.min.time(), zone)
