"""Every event there is, by its stored name; from the log and back."""

import json
from typing import get_args

from events.account import AccountEvent
from events.agenda import AgendaEvent
from events.base import Event
from events.community import CommunityEvent
from events.practitioner import PractitionerEvent
from events.request import RequestEvent
from events.upcasters import lifted

AnyEvent = RequestEvent | AgendaEvent | PractitionerEvent | CommunityEvent | AccountEvent

EVENTS: dict[str, type[Event]] = {event.name: event for event in get_args(AnyEvent)}


class UnknownEvent(Exception):
    """The log has an event this code does not know: the code is older than the log."""


def stored(event: Event) -> bytes:
    """The event as JSON."""
    return event.__pydantic_serializer__.to_json(event)


def restored(name: str, version: int, data: str | bytes) -> AnyEvent:
    """The event that was stored, in its newest version.

    Raises UnknownEvent for a name or a version written by newer code, and pydantic's
    ValidationError for data that no version of this event could have written.
    """
    kind = EVENTS.get(name)
    if kind is None or version > kind.version:
        raise UnknownEvent(name, version)
    if version < kind.version:
        data = json.dumps(lifted(name, version, json.loads(data), to=kind.version))
    return kind.model_validate_json(data)  # type: ignore[return-value]  # EVENTS holds AnyEvent only
