"""A search for slots as the platform asks it, with the traps of its own examples (INTEROP, 1.1).

`+` that is not encoded comes as a space; instants without an offset are of Europe/Paris; numbers of
professionals come with or without the 8 before them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from domain.decider import Refused
from services.fhir.codes import PERSON, without_prefix

MOST_PRACTITIONERS = 25
_PARIS = ZoneInfo("Europe/Paris")
_ACTOR = "schedule.actor:Practitioner.identifier"
_INSTANT = re.compile(
    r"(ge|le)(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+\- ]\d{2}:\d{2})?)?"
)
_INCLUDES = {
    "Slot:schedule",
    "Slot:service-type-reference",
    "Schedule:actor",
    "HealthcareService:organization",
}
_CPTS = "Slot:service-type-reference"


class NotASearch(Refused):
    """The search cannot be executed: it names what it wants otherwise."""

    code = "invalid"


@dataclass(frozen=True)
class SlotSearch:
    """Free slots of these practitioners that begin from one instant to another."""

    since: datetime
    until: datetime
    rpps: Sequence[str]  # as asked, each once
    with_communities: bool  # INT_R04: slots shared with communities, and those


def slot_search(query: str) -> SlotSearch:
    """What a query string asks. Raises NotASearch that says which parameter is wrong."""
    starts: list[str] = []
    named: list[str] | None = None
    status = None
    includes: set[str] = set()
    for name, value in parameters(query):
        match name:
            case "start":
                starts.append(value)
            case "schedule.actor:Practitioner.identifier":
                found = identifiers(value, PERSON, _ACTOR)
                named = [*(named or []), *map(without_prefix, found)]
            case "status":
                status = value
            case "_include" | "_include:iterate":
                if value not in _INCLUDES:
                    msg = f"{name}: {', '.join(sorted(_INCLUDES))}"
                    raise NotASearch(msg)
                includes.add(value)
            case "_count" | "_format":
                pass
            case _:
                raise NotASearch("there is no such parameter")
    since, until = window(starts, "start")
    if status != "free":
        raise NotASearch("status: free")
    if not named or len(named) > MOST_PRACTITIONERS:
        msg = f"{_ACTOR}: from 1 to {MOST_PRACTITIONERS} of {PERSON}|"
        raise NotASearch(msg)
    return SlotSearch(since, until, tuple(dict.fromkeys(named)), _CPTS in includes)


def window(starts: Sequence[str], parameter: str) -> tuple[datetime, datetime]:
    """From when to when: one `ge` and one `le`. Raises NotASearch."""
    found: dict[str, datetime] = {}
    for text in starts:
        prefix, at = _instant(text, parameter)
        if prefix in found:
            msg = f"{parameter}: {prefix} is said twice"
            raise NotASearch(msg)
        found[prefix] = at
    if set(found) != {"ge", "le"}:
        msg = f"{parameter}: one with ge and one with le"
        raise NotASearch(msg)
    if found["ge"] > found["le"]:
        msg = f"{parameter}: ge is after le"
        raise NotASearch(msg)
    return found["ge"], found["le"]


def parameters(query: str) -> Sequence[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as malformed:
        raise NotASearch("the query is no text, or of too many parameters") from malformed


def _instant(text: str, parameter: str) -> tuple[str, datetime]:
    found = _INSTANT.fullmatch(text.strip())
    if found is None:
        msg = f"{parameter}: ge2026-11-23T08:00:00.000+01:00"
        raise NotASearch(msg)
    prefix, day, time, offset = found.groups()
    # As Python reads it: a space is a plus that nobody encoded, and microseconds are enough.
    clock = re.sub(r"(\.\d{6})\d+", r"\1", time or "00:00")
    shift = (offset or "").replace(" ", "+").replace("Z", "+00:00")
    try:
        instant = datetime.fromisoformat(f"{day}T{clock}{shift}")
    except ValueError as impossible:
        msg = f"{parameter}: no such instant"
        raise NotASearch(msg) from impossible
    return prefix, instant if instant.tzinfo else instant.replace(tzinfo=_PARIS)


def identifiers(text: str, wanted: str, parameter: str) -> list[str]:
    """Numbers of one system, with commas between. Raises NotASearch for another system's."""
    found = []
    for one in text.split(","):
        system, bar, value = one.strip().partition("|")
        if not bar or system != wanted or not re.fullmatch(r"[0-9A-Za-z/.-]{1,60}", value):
            msg = f"{parameter}: {wanted}| and the number, with commas"
            raise NotASearch(msg)
        found.append(value)
    return found
