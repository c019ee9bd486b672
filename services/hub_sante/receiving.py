"""A message that came over the Hub: what is told the intake, and what its sender hears of it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from events.envelope import Role
from services.hub_sante import reading
from services.hub_sante.messages import Case, NationalMessage, ResourcesRequest
from services.hub_sante.reading import Exercise, NoCareAsked, SeveralMessages
from services.hub_sante.replying import REFUSED_AS_EMERGENCY, About, Replies, told_of
from services.hub_sante.schemas import NoSchema, OneMessage, Schemas
from services.hub_sante.threads import Thread, Threads
from services.hub_sante.writing import Between, Fault, Kind, Message, Step
from services.intake.arrival import check_text
from services.intake.cloudevents import told as event_of
from services.intake.messages import EmergencyInAnUpdate
from services.intake.rejections import (
    DuplicateField,
    Invalid,
    NotJson,
    NulCharacter,
    Rejected,
    TooDeep,
    TooLarge,
    UnknownType,
    refusal,
)
from services.messaging import subjects

Ask = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Tells the intake a message, and gives its answer, however long that takes."""
IsKnown = Callable[[str], Awaitable[bool]]
"""Whether anything happened in that case, whoever told of it."""
_JSON = "application/json"


class AnotherContentType(Rejected):
    """Messages come as application/json."""

    code = "not_allowed_content_type"


class AnotherSender(Rejected):
    """The envelope, its number and the message name different senders."""

    code = "sender_inconsistency"


class NotOurs(Rejected):
    """The message is for somebody else."""

    code = "not_for_us"


class NotTheirs(Rejected):
    """The case is of another SAMU, which did not share it with who writes of it."""

    code = "not_their_case"


class NobodyNamed(Rejected):
    """The message does not say who sent it: nobody can be answered."""

    code = "nobody_to_reply_to"


class UnknownDemand(Rejected):
    """Of what was demanded in this case, nothing of that number was by who takes it back."""

    code = "unknown_demand"


class NotUnderstood(Rejected):
    """The message could not be dealt with for a reason of ours: it was put aside."""

    code = "internal_error"


class Receiving:
    """`receive` is all there is to it; what it replies goes out before the message is let go."""

    def __init__(
        self,
        client_id: str,
        threads: Threads,
        ask: Ask,
        is_known: IsKnown,
        most_bytes: int,
        schemas: Schemas | None = None,
    ) -> None:
        self._client_id = client_id
        self._threads = threads
        self._ask = ask
        self._is_known = is_known
        self._most_bytes = most_bytes
        self._schemas = schemas

    async def receive(self, body: bytes, content_type: str | None, now: datetime) -> Replies:
        """What its sender is to hear. Raises NobodyNamed, of what does not say who that is."""
        document = _document(body)
        number, sender = _who(document)
        if sender is None:
            raise NobodyNamed
        about = About(Between(self._client_id, sender), number, now)
        try:
            self._check(content_type, document)
            message = reading.read(document).message
            await self._check_theirs(message.caseId, sender, may_open=isinstance(message, Case))
        except (NoCareAsked, Exercise):
            # Receipts and errors are never answered: they would be, for ever.
            if document.get("distributionKind") in {Kind.ACK, Kind.ERROR}:
                return Replies()
            return Replies([about.receipt(Step.RECEIVED)])
        except Rejected as rejected:
            return Replies(await self._rejected(document, about, rejected))
        demand_id = message.request.requestId if isinstance(message, ResourcesRequest) else None
        thread = Thread(sender, demand_id)
        told = await self._asked(message, document, thread, number)
        return told_of(about, message, told)

    async def _asked(
        self, message: NationalMessage, document: Mapping[str, Any], thread: Thread, number: str
    ) -> Mapping[str, Any]:
        """The intake's answer, and who is to hear what becomes of the case."""
        case_id = message.caseId
        if isinstance(message, ResourcesRequest) and message.status is not None:
            demands = await self._threads.demands(case_id)
            if demands and (thread.sender, thread.demand_id) not in demands:
                return refusal(UnknownDemand())
            # Before it is decided: who takes a demand back is not answered that it is refused.
            was_open = await self._threads.take_back(case_id, thread, number)
            told = await self._ask(document)
            if "code" in told and was_open:
                await self._threads.go_on(case_id, thread)
            return told
        await self._threads.keep(case_id, thread, number)
        told = await self._ask(document)
        # Of an emergency they may speak again: the same file, sent again, is theirs.
        if "code" in told and told.get("state") != REFUSED_AS_EMERGENCY:
            await self._threads.refused(case_id, thread, number)
        else:
            await self._threads.accepted(case_id, thread)
        return told

    def put_aside(self, body: bytes, now: datetime) -> list[Message]:
        """What its sender hears of a message nobody here could deal with."""
        number, sender = _who(_document(body))
        if sender is None:
            return []
        about = About(Between(self._client_id, sender), number, now)
        fault = NotUnderstood()
        return about.refused(Fault.INTERNAL_CLIENT_ERROR, f"{fault.code}: {fault}")

    async def _check_theirs(self, case_id: str, sender: str, *, may_open: bool) -> None:
        """Whoever opened a case, or shares it, speaks of it. Raises NotTheirs.

        `may_open`: the message is a file, and may be the first one hears of the case.
        """
        if case_id.startswith(f"{sender}."):
            return
        known = await self._threads.of(case_id)
        if sender in {thread.sender for thread in known}:
            return
        # It may have come by another door, of which no thread tells.
        if known or not may_open or await self._is_known(case_id):
            raise NotTheirs

    def _check(self, content_type: str | None, document: Mapping[str, Any]) -> None:
        if content_type is None or content_type.partition(";")[0].strip() != _JSON:
            raise AnotherContentType
        # As it goes on to the intake, where numbers may be written longer than they came.
        if len(check_text(document)) > self._most_bytes:
            raise TooLarge
        if self._schemas is not None:
            self._schemas.check(document)
        _check_sender(document)
        if _recipient(document) != self._client_id:
            raise NotOurs

    async def _rejected(
        self, document: Mapping[str, Any], about: "About", rejected: Rejected
    ) -> list[Message]:
        """Of a file that cannot be read, an emergency is told all the same, if it is theirs."""
        sender = about.between.recipient
        not_theirs = isinstance(rejected, AnotherSender | NotOurs | NotTheirs)
        call = None if not_theirs else reading.emergency(document)
        if call is None or _recipient(document) != self._client_id:
            return about.refused(_fault(rejected), f"{rejected.code}: {rejected}")
        try:
            _check_sender(document)
            if call.case_id is not None:
                may_open = not isinstance(call, EmergencyInAnUpdate)
                await self._check_theirs(call.case_id, sender, may_open=may_open)
                await self._threads.keep(call.case_id, Thread(sender, None), about.distribution_id)
        except Rejected as theirs:
            return about.refused(_fault(theirs), f"{theirs.code}: {theirs}")
        said = document
        if not isinstance(rejected, Invalid):  # it could not be read by the intake either
            kept = call.model_dump(mode="json", exclude_none=True)
            said = event_of(
                subjects.Kind.CARE_REQUEST,
                kept,
                source=sender,
                role=Role.REGULATOR,
                event_id=about.number("call"),
            )
        told = await self._ask(said)
        return about.refused(Fault.INVALID_MESSAGE, f"{told.get('code') or told.get('state')}")


def _fault(rejected: Rejected) -> Fault:
    match rejected:
        case AnotherContentType():
            return Fault.NOT_ALLOWED_CONTENT_TYPE
        case AnotherSender():
            return Fault.SENDER_INCONSISTENCY
        case NotOurs():
            return Fault.UNROUTABLE_MESSAGE
        case NotTheirs():
            return Fault.UNKNOWN_SENDER
        case NoSchema():
            return Fault.SCHEMA_NOT_FOUND
        case NotJson() | DuplicateField() | TooDeep() | TooLarge() | NulCharacter():
            return Fault.UNRECOGNIZED_MESSAGE_FORMAT
        case Invalid() | OneMessage() | SeveralMessages() | UnknownType():
            return Fault.INVALID_MESSAGE
        case _:
            return Fault.INTERNAL_CLIENT_ERROR


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _check_sender(document: Mapping[str, Any]) -> None:
    """The number, the envelope and what it carries are of one. Raises AnotherSender."""
    sender, number = str(document.get("senderID")), str(document.get("distributionID"))
    if not number.startswith(f"{sender}_"):
        raise AnotherSender
    named_sender = (reading.carried(document) or {}).get("sender")
    uri = named_sender.get("URI") if isinstance(named_sender, dict) else None
    if uri is not None and uri != f"hubex:{sender}":
        raise AnotherSender


def _who(document: Mapping[str, Any]) -> tuple[str, str | None]:
    """The message's number, and who sent it: of the number, where nothing else says so."""
    number, sender = document.get("distributionID"), document.get("senderID")
    if not isinstance(sender, str) and isinstance(number, str):
        sender = number.rpartition("_")[0] or None
    return (
        number if isinstance(number, str) else "unknown",
        sender if isinstance(sender, str) else None,
    )


def _recipient(document: Mapping[str, Any]) -> str | None:
    try:
        return str(document["descriptor"]["explicitAddress"]["explicitAddressValue"])
    except (LookupError, TypeError):
        return None
