"""Messages we send over the Hub: envelopes, receipts, errors, answers, appointments.

Shaped after the published models (26.07.29): their use between a SAMU and a community is none of
the Hub's published perimeters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from events.codes import Delay

Message = dict[str, Any]
_KEPT = timedelta(hours=24)  # by the Hub (INTEROP, 4.1)
_PARIS = ZoneInfo("Europe/Paris")
_TEXT_LENGTH = 500
_UNKNOWN_MAIL = "non-renseigne@sas.invalid"  # RFC 2606: nobody's


class Kind(StrEnum):
    """EDXL-DE `distributionKind`: it says into which queue the Hub puts it."""

    REPORT = "Report"
    ACK = "Ack"
    ERROR = "Error"


class Step(StrEnum):
    """RC-REF `step`: how far a message came."""

    RECEIVED = "RECU"  # understood, and nothing of it is for us
    INTEGRATED = "INTEGRE"
    ERROR = "ERREUR"


class Answer(StrEnum):
    """RS-RR `answer` (Hub Santé, `reponseDemande`)."""

    ACCEPTED = "ACCEPTEE"
    PARTLY = "PARTIELLE"
    REFUSED = "REFUSEE"
    DEFERRED = "DIFFEREE"


class Fault(Enum):
    """Error codes (INTEROP, 4.6)."""

    NOT_ALLOWED_CONTENT_TYPE = 101
    UNRECOGNIZED_MESSAGE_FORMAT = 102
    SENDER_INCONSISTENCY = 200
    INVALID_MESSAGE = 300
    SCHEMA_NOT_FOUND = 301
    EXPIRED_MESSAGE_BEFORE_ROUTING = 400
    UNROUTABLE_MESSAGE = 501
    INTERNAL_CLIENT_ERROR = 700
    CASE_ALREADY_EXISTS = 701
    WRONG_MESSAGE_SEQUENCE = 702
    UNKNOWN_SENDER = 703
    INSUFFICIENT_DATA = 704


@dataclass(frozen=True)
class Between:
    """Who writes to whom: client ids of the Hub."""

    sender: str
    recipient: str


def enveloped(
    between: Between, kind: Kind, number: str, content: Mapping[str, Any], now: datetime
) -> Message:
    """EDXL-DE around RC-DE around the content. The same number is the same message."""
    distribution_id = f"{between.sender}_{number}"
    header = {
        "messageId": distribution_id,
        "sender": {"name": between.sender, "URI": f"hubex:{between.sender}"},
        "sentAt": instant(now),
        "kind": kind,
        "status": "Actual",
        "recipient": [{"name": between.recipient, "URI": f"hubex:{between.recipient}"}],
    }
    return {
        "distributionID": distribution_id,
        "senderID": between.sender,
        "dateTimeSent": instant(now),
        "dateTimeExpires": instant(now + _KEPT),
        "distributionStatus": "Actual",
        "distributionKind": kind,
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {
                "explicitAddressScheme": "hubex",
                "explicitAddressValue": between.recipient,
            },
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": header | dict(content)}}}],
    }


def reference(distribution_id: str, step: Step, *, error_id: str | None = None) -> Message:
    """RC-REF: what became of a message of theirs."""
    found: Message = {"distributionID": distribution_id, "step": step}
    if error_id is not None:
        found |= {"refused": True, "errorDistributionID": error_id}
    return {"reference": found}


def error(distribution_id: str, fault: Fault, cause: str) -> Message:
    """RS-ERROR: why a message of theirs was not taken. Nothing of what it says is quoted."""
    return {
        "error": {
            "errorCode": {"statusCode": fault.value, "statusString": fault.name},
            "errorCause": cause[:_TEXT_LENGTH],
            "referencedDistributionID": distribution_id,
        }
    }


def response(
    case_id: str,
    demand_id: str,
    answer: Answer,
    at: datetime,
    *,
    deadline: Delay | None = None,
    text: str | None = None,
) -> Message:
    """RS-RR: what we answer to a demand of theirs."""
    said: Message = {"datetime": instant(at), "answer": answer}
    if deadline is not None:
        said["deadline"] = deadline
    if text is not None:
        said["freetext"] = text[:_TEXT_LENGTH]
    return {"resourcesResponse": {"caseId": case_id, "requestId": demand_id, "response": said}}


@dataclass(frozen=True)
class Appointment:
    """What an RS-SAS-RDV says: a community's appointment, and of which case."""

    case_id: str
    created_at: datetime
    start: datetime
    end: datetime
    status: str  # as INT_R03 has it
    finess: str
    community: str
    asked_by: str  # the SAMU's client id: who regulated is not ours to know
    known: bool


def appointment(of: Appointment) -> Message:
    """RS-SAS-RDV. The case is in the number of the appointment: the model has no place for it."""
    return {
        "appointment": {
            "appointmentId": f"{of.case_id}.rdv",
            "method": "UpdateAppointment" if of.known else "CreateAppointment",
            "created": instant(of.created_at),
            "status": of.status,
            "orientationCategory": "CPTS",
            "start": instant(of.start),
            "end": instant(of.end),
            "organization": {"organizationId": f"1{of.finess}", "name": of.community},
            "regulator": {
                "regulatorName": of.asked_by,
                "regulatorFirstname": "SAMU",
                "regulatorEmail": _UNKNOWN_MAIL,
            },
        }
    }


def delay_until(start: datetime, now: datetime) -> Delay:
    """The shortest written delay within which it begins."""
    for delay in (
        Delay.MIN_30,
        Delay.MIN_45,
        Delay.HOURS_1,
        Delay.HOURS_2,
        Delay.HOURS_4,
        Delay.HOURS_8,
        Delay.HOURS_12,
        Delay.HOURS_24,
    ):
        if start - now <= delay.longest:
            return delay
    return Delay.RDV


def instant(at: datetime) -> str:
    """`2026-11-23T14:00:00+01:00`: no milliseconds, no Z (INTEROP, 4.2)."""
    return at.astimezone(_PARIS).isoformat(timespec="seconds")
