"""A message that came over the Hub: what is told the intake, and what its sender hears of it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid5

import orjson

from events.codes import Delay
from services.hub_sante import reading
from services.hub_sante.messages import Cancellation, Case, CaseUpdate, ResourcesRequest
from services.hub_sante.reading import Exercise, Expired, NoCareAsked, SeveralMessages
from services.hub_sante.schemas import NoSchema, OneMessage, Schemas
from services.hub_sante.threads import Thread, Threads
from services.hub_sante.writing import (
    Answer,
    Between,
    Fault,
    Kind,
    Message,
    Step,
    enveloped,
    error,
    reference,
    response,
)
from services.intake.naming import named
from services.intake.rejections import Invalid, NotJson, Rejected, TooDeep, TooLarge, UnknownType

Ask = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Tells the intake a message, and gives its answer, however long that takes."""
_JSON = "application/json"
_MOST_BYTES = 1_000_000


class AnotherContentType(Rejected):
    """Messages come as application/json."""

    code = "not_allowed_content_type"


class AnotherSender(Rejected):
    """The envelope, its number and the message name different senders."""

    code = "sender_inconsistency"


class NotOurs(Rejected):
    """The message is for somebody else."""

    code = "not_for_us"


class Receiving:
    """`receive` is all there is to it; what it replies goes out before the message is let go."""

    def __init__(
        self, client_id: str, threads: Threads, ask: Ask, schemas: Schemas | None = None
    ) -> None:
        self._client_id = client_id
        self._threads = threads
        self._ask = ask
        self._schemas = schemas

    async def receive(self, body: bytes, content_type: str | None, now: datetime) -> list[Message]:
        """What its sender is to hear. None, of what names no sender: nobody can be told."""
        document = _document(body)
        number, sender = _who(document)
        if sender is None:
            return []
        about = _About(Between(self._client_id, sender), number, now)
        try:
            self._check(body, content_type, document)
            message = reading.read(document, now)
        except (NoCareAsked, Exercise):
            # Receipts and errors are never answered: they would be, for ever.
            if document.get("distributionKind") in {Kind.ACK, Kind.ERROR}:
                return []
            return [about.receipt(Step.RECEIVED)]
        except Rejected as rejected:
            return await self._rejected(document, about, rejected)
        demand_id = message.request.requestId if isinstance(message, ResourcesRequest) else None
        await self._threads.keep(message.caseId, Thread(sender, demand_id))
        told = await self._ask(document)
        return self._told(about, message, told)

    def _check(self, body: bytes, content_type: str | None, document: Mapping[str, Any]) -> None:
        if content_type is None or content_type.partition(";")[0].strip() != _JSON:
            raise AnotherContentType
        if len(body) > _MOST_BYTES:
            raise TooLarge
        if self._schemas is not None:
            self._schemas.check(document)
        sender, number = str(document.get("senderID")), str(document.get("distributionID"))
        if not number.startswith(f"{sender}_"):
            raise AnotherSender
        header = _message(document)
        uri = header.get("sender", {}).get("URI") if header else None
        if uri is not None and uri != f"hubex:{sender}":
            raise AnotherSender
        if _recipient(document) != self._client_id:
            raise NotOurs

    async def _rejected(
        self, document: Mapping[str, Any], about: "_About", rejected: Rejected
    ) -> list[Message]:
        """Of a file that cannot be read, an emergency is told all the same."""
        call = reading.emergency(document) if isinstance(rejected, Invalid) else None
        if call is not None:
            told = await self._ask(document)
            return about.refused(Fault.INVALID_MESSAGE, f"{told.get('code') or told.get('state')}")
        return about.refused(_fault(rejected), f"{rejected.code}: {rejected}")

    def _told(
        self,
        about: "_About",
        message: Case | CaseUpdate | ResourcesRequest | Cancellation,
        told: Mapping[str, Any],
    ) -> list[Message]:
        code = told.get("code")
        if isinstance(message, ResourcesRequest) and message.status is None:
            answered = _answer(told)
            if code is None or code in _ANSWERED:
                text = told.get("message") if code else None
                said = response(
                    message.caseId,
                    message.request.requestId,
                    answered,
                    about.now,
                    deadline=Delay.RDV if answered is Answer.DEFERRED else None,
                    text=str(text) if text else None,
                )
                return [about.receipt(Step.INTEGRATED), about.says("answer", Kind.REPORT, said)]
        if code is not None:
            fault = _FAULTS.get(str(code), Fault.INTERNAL_CLIENT_ERROR)
            return about.refused(fault, f"{code}: {told.get('message')}")
        if told.get("state") == "refused_as_emergency":
            cause = "refused_as_emergency: the case is an emergency, and the SAMU's"
            return about.refused(Fault.INTERNAL_CLIENT_ERROR, cause)
        return [about.receipt(Step.INTEGRATED)]


class _About(NamedTuple):
    """Of which message of theirs we speak, to whom, and when."""

    between: Between
    distribution_id: str
    now: datetime

    def says(self, what: str, kind: Kind, content: Message) -> Message:
        """A message of ours about it: said again, it is the same."""
        number = uuid5(named("hub", self.distribution_id), what)
        return enveloped(self.between, kind, str(number), content, self.now)

    def receipt(self, step: Step) -> Message:
        """RC-REF."""
        return self.says("receipt", Kind.ACK, reference(self.distribution_id, step))

    def refused(self, fault: Fault, cause: str) -> list[Message]:
        """RS-ERROR, and an RC-REF that names it."""
        told = self.says("error", Kind.ERROR, error(self.distribution_id, fault, cause))
        error_id = str(told["distributionID"])
        receipt = reference(self.distribution_id, Step.ERROR, error_id=error_id)
        return [told, self.says("receipt", Kind.ACK, receipt)]


_FAULTS = {
    "same_id_other_content": Fault.CASE_ALREADY_EXISTS,
    "request_received_otherwise": Fault.CASE_ALREADY_EXISTS,
    "unknown_case": Fault.WRONG_MESSAGE_SEQUENCE,
    "request_closed": Fault.WRONG_MESSAGE_SEQUENCE,
    "already_visited": Fault.WRONG_MESSAGE_SEQUENCE,
    "nowhere_to_route": Fault.INSUFFICIENT_DATA,
    "unknown_commune": Fault.INSUFFICIENT_DATA,
    "missing_field": Fault.INSUFFICIENT_DATA,
}
"""What the intake refuses, in the Hub's codes; all else is 700, with our code in the cause."""

_ANSWERED = {"not_a_gp_request", "no_community_for_commune", "request_closed", "already_visited"}
"""Why a demand is refused: an answer to it, and no error of whoever asked."""


def _answer(told: Mapping[str, Any]) -> Answer:
    match told.get("state"):
        case "assigned" | "confirmed" | "attended":
            return Answer.ACCEPTED
        case "waiting":
            return Answer.DEFERRED
        case _:
            return Answer.REFUSED


def _fault(rejected: Rejected) -> Fault:
    match rejected:
        case AnotherContentType():
            return Fault.NOT_ALLOWED_CONTENT_TYPE
        case AnotherSender():
            return Fault.SENDER_INCONSISTENCY
        case NotOurs():
            return Fault.UNROUTABLE_MESSAGE
        case NoSchema():
            return Fault.SCHEMA_NOT_FOUND
        case Expired():
            return Fault.EXPIRED_MESSAGE_BEFORE_ROUTING
        case NotJson() | TooDeep() | TooLarge():
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


def _who(document: Mapping[str, Any]) -> tuple[str, str | None]:
    """The message's number, and who sent it: of the number, where nothing else says so."""
    number, sender = document.get("distributionID"), document.get("senderID")
    if not isinstance(sender, str) and isinstance(number, str):
        sender = number.rpartition("_")[0] or None
    return (
        number if isinstance(number, str) else "unknown",
        sender if isinstance(sender, str) else None,
    )


def _message(document: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    except (LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _recipient(document: Mapping[str, Any]) -> str | None:
    try:
        return str(document["descriptor"]["explicitAddress"]["explicitAddressValue"])
    except (LookupError, TypeError):
        return None
