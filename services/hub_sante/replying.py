"""What the sender of a message hears of it: receipts, errors, and answers to demands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from events.codes import Delay
from services.hub_sante.messages import NationalMessage, ResourcesRequest
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
from services.intake.naming import named, request_of

REFUSED_AS_EMERGENCY = "refused_as_emergency"
"""How a request stands whose case is the SAMU's."""


@dataclass(frozen=True)
class Demand:
    """What was asked of us: it is answered by how the request stands when the answer goes out."""

    between: Between
    case_id: str
    demand_id: str
    request_id: UUID
    number: str

    def answer(self, standing: Mapping[str, Any], now: datetime) -> Message:
        """RS-RR: with the same number, however often it is said."""
        said = _answer(standing)
        deadline = Delay.RDV if said is Answer.DEFERRED else None
        told = response(self.case_id, self.demand_id, said, now, deadline=deadline)
        return enveloped(self.between, Kind.REPORT, self.number, told, now)


@dataclass(frozen=True)
class Replies:
    """What its sender is to hear at once, and what is yet to be answered."""

    messages: Sequence[Message] = ()
    demand: Demand | None = None


class About(NamedTuple):
    """Of which message of theirs we speak, to whom, and when."""

    between: Between
    distribution_id: str
    now: datetime

    def says(self, what: str, kind: Kind, content: Message) -> Message:
        """A message of ours about it: said again, it is the same."""
        return enveloped(self.between, kind, self.number(what), content, self.now)

    def number(self, what: str) -> str:
        """Of a message of ours about it."""
        return str(uuid5(named("hub", self.distribution_id), what))

    def receipt(self, step: Step) -> Message:
        """RC-REF."""
        return self.says("receipt", Kind.ACK, reference(self.distribution_id, step))

    def refused(self, fault: Fault, cause: str) -> list[Message]:
        """RS-ERROR, and an RC-REF that names it."""
        told = self.says("error", Kind.ERROR, error(self.distribution_id, fault, cause))
        error_id = str(told["distributionID"])
        receipt = reference(self.distribution_id, Step.ERROR, error_id=error_id)
        return [told, self.says("receipt", Kind.ACK, receipt)]


def told_of(
    about: "About",
    message: NationalMessage,
    told: Mapping[str, Any],
) -> Replies:
    """By the intake's answer: a receipt, an error, or an answer to what was demanded."""
    code = told.get("code")
    if isinstance(message, ResourcesRequest) and message.status is None:
        number = about.number("answer")
        demand_id = message.request.requestId
        if code in _ANSWERED:
            said = response(
                message.caseId,
                demand_id,
                Answer.REFUSED,
                about.now,
                text=str(told.get("message")),
            )
            refused = enveloped(about.between, Kind.REPORT, number, said, about.now)
            return Replies([about.receipt(Step.INTEGRATED), refused])
        if code is None:
            request_id = request_of(message.caseId)
            demand = Demand(about.between, message.caseId, demand_id, request_id, number)
            return Replies([about.receipt(Step.INTEGRATED)], demand)
    if code is not None:
        fault = _FAULTS.get(str(code), Fault.INTERNAL_CLIENT_ERROR)
        return Replies(about.refused(fault, f"{code}: {told.get('message')}"))
    if told.get("state") == REFUSED_AS_EMERGENCY:
        cause = "refused_as_emergency: the case is an emergency, and the SAMU's"
        return Replies(about.refused(Fault.INTERNAL_CLIENT_ERROR, cause))
    return Replies([about.receipt(Step.INTEGRATED)])


_FAULTS = {
    "same_id_other_content": Fault.CASE_ALREADY_EXISTS,
    "request_received_otherwise": Fault.CASE_ALREADY_EXISTS,
    "unknown_demand": Fault.WRONG_MESSAGE_SEQUENCE,
    "unknown_case": Fault.WRONG_MESSAGE_SEQUENCE,
    "request_closed": Fault.WRONG_MESSAGE_SEQUENCE,
    "already_visited": Fault.WRONG_MESSAGE_SEQUENCE,
    "nowhere_to_route": Fault.INSUFFICIENT_DATA,
    "unknown_commune": Fault.INSUFFICIENT_DATA,
    "missing_field": Fault.INSUFFICIENT_DATA,
    "expired_message": Fault.EXPIRED_MESSAGE_BEFORE_ROUTING,
}
"""What the intake refuses, in the Hub's codes; all else is 700, with our code in the cause."""

_ANSWERED = {
    "not_a_gp_request",
    "no_community_for_commune",
    "request_closed",
    "already_visited",
    "case_was_an_emergency",
}
"""Why a demand is refused: an answer to it, and no error of whoever asked."""


def _answer(told: Mapping[str, Any]) -> Answer:
    match told.get("state"):
        case "assigned" | "confirmed" | "attended":
            return Answer.ACCEPTED
        case "waiting":
            return Answer.DEFERRED
        case _:
            return Answer.REFUSED
