"""A message of the past made as if it were written now, so that real examples can be dispatched."""

import re
from datetime import datetime, timedelta
from typing import Any

import orjson

from services.intake.twice import urgent_reading

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def as_of(body: bytes, now: datetime) -> tuple[bytes, timedelta | None]:
    """The message with every instant shifted so that it was made now, and by how much.

    Dates without a time stay: a birth date is no instant. What is not JSON, has no instant or one
    that is none (a 30th of February), is nested too deeply or says a field twice is left as it is:
    the intake says what it thinks of it.
    """
    if urgent_reading(body) is not None:
        return body, None
    try:
        document = orjson.loads(body)
        made = _made(document) or max(_instants(document), default=None)
        if made is None:
            return body, None
        shift = timedelta(seconds=int((now - made).total_seconds()))
        return orjson.dumps(_shifted(document, shift)), shift
    except (ValueError, OverflowError, RecursionError, orjson.JSONEncodeError):
        return body, None


def _made(document: Any) -> datetime | None:
    """When the case, the demand or the request was made."""
    for path in (
        ("createCaseHealth", "creation"),
        ("resourcesRequest", "request", "datetime"),
        ("data", "asked_at"),
    ):
        value = _message(document)
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    return None


def _message(document: Any) -> Any:
    """What an EDXL-DE envelope carries, or the document itself."""
    try:
        return document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    except (KeyError, IndexError, TypeError):
        return document


def _instants(value: Any) -> list[datetime]:
    match value:
        case dict():
            return [instant for one in value.values() for instant in _instants(one)]
        case list():
            return [instant for one in value for instant in _instants(one)]
        case str() if _INSTANT.fullmatch(value):
            return [datetime.fromisoformat(value)]
        case _:
            return []


def _shifted(value: Any, shift: timedelta) -> Any:
    match value:
        case dict():
            return {key: _shifted(one, shift) for key, one in value.items()}
        case list():
            return [_shifted(one, shift) for one in value]
        case str() if _INSTANT.fullmatch(value):
            # The Hub writes seconds and an offset; ours reads either.
            return (datetime.fromisoformat(value) + shift).isoformat(timespec="seconds")
        case _:
            return value
