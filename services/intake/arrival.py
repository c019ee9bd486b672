"""A message as it arrives: bytes made into something to decide about, known if it comes again."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, NamedTuple, assert_never
from uuid import UUID

import orjson
from pydantic import ValidationError

from domain.request import is_emergency
from events.envelope import Actor, Role
from services.hub_sante import reading
from services.hub_sante.messages import (
    Cancellation,
    Case,
    CaseUpdate,
    NationalMessage,
    ResourcesRequest,
)
from services.intake.changes import AboutARequest
from services.intake.cloudevents import CloudEvent, Named
from services.intake.message_types import SAID_BY, TYPES, Message
from services.intake.messages import CareRequest, EmergencyCall
from services.intake.naming import command_of, named, request_of
from services.intake.rejections import (
    DuplicateField,
    Invalid,
    NotJson,
    NulCharacter,
    TooDeep,
    TooLarge,
    UnknownType,
    WrongSubject,
    invalid,
)
from services.intake.twice import urgent_reading
from services.log.vault import Sealer
from services.messaging import subjects


@dataclass(frozen=True)
class Arrival:
    """What was sent, where, and who it is from."""

    message: Message | NationalMessage
    command_id: UUID
    begins: UUID  # the request it makes, of what has no file
    community: str | None  # None: the message itself must tell
    actor: Actor
    fingerprint: str
    at: datetime
    if_version: int | None = None  # of the request it is about, as its sender saw it
    expired: bool = False  # it is of use to nobody but who sent it before, and asks again


def case_of(message: Message | NationalMessage) -> str | None:
    """The regulation file it is about."""
    match message:
        case Case() | CaseUpdate() | ResourcesRequest() | Cancellation():
            return message.caseId
        case CareRequest() | EmergencyCall():
            return message.case_id
        case AboutARequest():
            return message.case_id
        case _:
            return None


def arrival(
    body: bytes, subject: str, *, sealer: Sealer, now: datetime, body_max_bytes: int
) -> Arrival:
    """The message, read. Raises a Rejected that says everything that is wrong with it."""
    body = body.removeprefix(BOM_UTF8)  # of Windows: RFC 8259 lets a reader ignore it
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        _check_size(body, body_max_bytes)
        raise NotJson from error
    if not isinstance(document, dict):
        raise NotJson
    community, kind = subjects.parts(subject)
    whole = document
    otherwise = urgent_reading(body) if len(body) <= body_max_bytes else None
    try:
        _check_size(body, body_max_bytes)
        _check_once(otherwise)
        # The same content in another order of fields is the same content.
        fingerprint = sealer.fingerprint(check_text(document))
    except (TooLarge, TooDeep, NulCharacter, DuplicateField):
        call = _emergency_in(document, kind)
        if call is None and otherwise is not None:
            document = otherwise
            call = _emergency_in(document, kind)
        if call is None:
            raise
        # What it says of it is little and clean: the rest is not even looked at.
        fingerprint = sealer.fingerprint(body)
        document = _enveloped(call, document)
    if reading.is_national(document):
        _expect(kind, subjects.Kind.CARE_REQUEST)
        understood, expires_at = _of_the_samu(document, fingerprint, community)
    else:
        of_a_call = partial(_fingerprint_of_a_call, whole, fingerprint, sealer)
        understood, expires_at = _of_ours(document, fingerprint, community, kind, of_a_call), None
    return Arrival(
        message=understood.message,
        command_id=understood.command_id,
        begins=understood.begins or understood.command_id,
        community=None if community == subjects.ANY_COMMUNITY else community,
        actor=understood.actor,
        fingerprint=understood.fingerprint,
        at=now,
        if_version=document.get("ifversion") if "specversion" in document else None,
        expired=expires_at is not None and expires_at <= now,
    )


def _check_size(body: bytes, most: int) -> None:
    if len(body) > most:
        raise TooLarge(f"{len(body)} bytes, at most {most}")


def _check_once(otherwise: Mapping[str, Any] | None) -> None:
    if otherwise is not None:
        raise DuplicateField


def _emergency_in(document: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    """The little that tells an emergency, as the data of a message of ours."""
    if kind != subjects.Kind.CARE_REQUEST:
        return None
    found: EmergencyCall | None
    if reading.is_national(document):
        found = reading.emergency(document)
    else:
        found = EmergencyCall.found_in(document.get("data"))
    return found.model_dump(mode="json", exclude_none=True) if found else None


def _enveloped(call: dict[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """As a message of ours: in the envelope it came in, where that can be kept."""
    if reading.is_national(document):
        return {"data": call}
    short = {name: document.get(name) for name in _ENVELOPE if name in document} | {"data": call}
    try:
        check_text(short)
    except (TooDeep, NulCharacter):
        return {"data": call}
    return short


_ENVELOPE = ("specversion", "id", "source", "type", "actorrole")


def _fingerprint_of_a_call(document: dict[str, Any], otherwise: str, sealer: Sealer) -> str:
    """Of an emergency of ours: said again it is the same one, were the time another.

    Whoever presses twice says it is now, twice.
    """
    data = document.get("data")
    if not isinstance(data, dict):
        return otherwise  # a file of the SAMU that was shortened
    said = {name: value for name, value in data.items() if name != "asked_at"}
    timeless = {name: value for name, value in document.items() if name != "time"} | {"data": said}
    try:
        return sealer.fingerprint(orjson.dumps(timeless, option=orjson.OPT_SORT_KEYS))
    except orjson.JSONEncodeError:
        return otherwise  # too deep


class _Understood(NamedTuple):
    """What a message says, the id of the command it is, and who says it."""

    message: Message | NationalMessage
    command_id: UUID
    actor: Actor
    fingerprint: str
    begins: UUID | None = None


def _of_the_samu(
    document: dict[str, Any], fingerprint: str, community: str
) -> tuple[_Understood, datetime | None]:
    """And until when it is of use; an emergency always is."""
    try:
        message, expires_at, sender = reading.read(document)
    except Invalid:
        if (call := reading.emergency(document)) is None:
            raise
        return _call(call, fingerprint, community, "hub"), None
    # `fr.health.samu950.DRFR…` was made by `fr.health.samu950`.
    sender = sender or ".".join(message.caseId.split(".")[:3])
    command_id = _national_id(message, fingerprint, community)
    actor = Actor(ref=sender, role=Role.REGULATOR)
    understood = _Understood(message, command_id, actor, fingerprint)
    return understood, None if reading.tells_an_emergency(message) else expires_at


def _of_ours(
    document: dict[str, Any],
    fingerprint: str,
    community: str,
    kind: str,
    of_a_call: Callable[[], str],
) -> _Understood:
    """`of_a_call`: the fingerprint, where it is an emergency's."""
    try:
        event = _cloud_event(document)
        message = _data(event, kind)
    except (Invalid, UnknownType):
        # Whatever is wrong with the envelope, an emergency is told at once.
        call = EmergencyCall.found_in(document.get("data"))
        if call is None or kind != subjects.Kind.CARE_REQUEST:
            raise
        return _of_a_bad_envelope(document, call, fingerprint, community, of_a_call)
    role = event.actorrole or SAID_BY[subjects.Kind(kind)]
    actor, made = Actor(ref=event.source, role=role), command_of(event.source, event.id)
    if not _is_a_call(message):
        return _Understood(message, made, actor, fingerprint, made)
    # Whatever was said under that id before, an emergency is told.
    fingerprint = of_a_call()
    return _Understood(message, _call_of(fingerprint, community), actor, fingerprint, made)


def _of_a_bad_envelope(
    document: dict[str, Any],
    call: EmergencyCall,
    fingerprint: str,
    community: str,
    of_a_call: Callable[[], str],
) -> _Understood:
    try:
        named = Named.model_validate(document)
    except ValidationError:
        # Known by nothing but the whole of it: asked another day, it is another one.
        return _call(call, fingerprint, community, "unknown")
    begins = command_of(named.source, named.id)
    return _call(call, of_a_call(), community, named.source)._replace(begins=begins)


def _is_a_call(message: Message) -> bool:
    match message:
        case CareRequest():
            return is_emergency(message.priority, message.care_level)
        case EmergencyCall():
            return True
        case _:
            return False


def _call(call: EmergencyCall, fingerprint: str, community: str, sender: str) -> _Understood:
    command_id = _call_of(fingerprint, community)
    return _Understood(call, command_id, Actor(ref=sender, role=Role.REGULATOR), fingerprint)


def _call_of(fingerprint: str, community: str) -> UUID:
    """Known by its content alone: sent there again it is the same call."""
    return named("call", fingerprint, community)


# In what orjson writes: an escape that is not itself escaped. PostgreSQL cannot store it.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def check_text(document: Mapping[str, Any]) -> bytes:
    """The document, its fields sorted. Raises TooDeep, and NulCharacter, which is no text."""
    try:
        content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise TooDeep from error
    if _NUL.search(content):
        raise NulCharacter
    return content


def _expect(kind: str, wanted: str) -> None:
    if kind != wanted:
        raise WrongSubject(f"send it to .{wanted}")


def _cloud_event(document: dict[str, Any]) -> CloudEvent:
    if "specversion" not in document:
        raise UnknownType
    try:
        return CloudEvent.model_validate(document)
    except ValidationError as error:
        raise invalid(error) from error


def _data(event: CloudEvent, kind: str) -> Message:
    model = TYPES.get(event.type)
    if model is None:
        near = ", ".join(get_close_matches(event.type, TYPES))
        raise UnknownType(f"perhaps {near}; all of them: /asyncapi" if near else "see /asyncapi")
    _expect(kind, event.type.split(".")[1])
    try:
        return model.model_validate(event.data)
    except ValidationError as error:
        if model is CareRequest and (call := EmergencyCall.found_in(event.data)):
            return call
        raise invalid(error) from error


def _national_id(message: NationalMessage, fingerprint: str, community: str) -> UUID:
    """A file is created once and a resource asked once; an update has no id but its content.

    Nor has an emergency: whatever the file said before, it is told.
    """
    match message:
        case Case() if reading.tells_an_emergency(message):
            return _call_of(fingerprint, community)
        case Case():
            return request_of(message.caseId)
        case ResourcesRequest():
            return named("demand", message.caseId, message.request.requestId, message.status or "")
        case Cancellation():
            return named("cancel", message.caseId)
        case CaseUpdate():
            return named("update", fingerprint)
        case _:
            assert_never(message)
