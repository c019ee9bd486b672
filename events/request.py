"""The life of a request for same-day care: stream `request-{id}`."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import CaseId, Event, Finess, Insee, Instant, IsoWeek, Rpps
from events.codes import CareLevel, Delay, Mode, Priority, Profession, Sex, Source
from events.explanation import Explanation
from events.motives import Motive
from events.place import CoarsePosition

OLDEST = 130  # years
Age = Annotated[int, Field(ge=0, le=OLDEST)]
Kilometres = Annotated[float, Field(ge=0, le=300)]


class RequestReceived(Event):
    """A regulator, a community's desk or a triage nurse asks for same-day care."""

    name = "request.received"

    request_id: UUID
    community: Finess
    case_id: CaseId | None
    source: Source
    received_at: Instant
    due_by: Instant
    delay: Delay | None
    priority: Priority
    care_level: CareLevel | None
    motive: Motive
    professions: tuple[Profession, ...]
    modes: tuple[Mode, ...]
    max_km: Kilometres
    patient_ref: UUID | None
    age: Age | None
    sex: Sex
    commune: Insee | None
    position: CoarsePosition


class RequestRefusedAsEmergency(Event):
    """The case is an emergency: it goes back to the SAMU, and nothing of the patient is kept."""

    name = "request.refused_as_emergency"

    request_id: UUID
    case_id: CaseId | None
    source: Source
    priority: Priority
    care_level: CareLevel | None
    motive: Motive | None
    commune: Insee | None
    refused_at: Instant


class RequestSearching(Event):
    """No place fits now: who looks after the request, and until when."""

    name = "request.searching"

    request_id: UUID
    owner: str
    next_at: Instant
    searched_at: Instant
    explanation: Explanation


class RequestAssigned(Event):
    """A place of a slot is the patient's."""

    name = "request.assigned"

    request_id: UUID
    slot_id: UUID
    rpps: Rpps
    week: IsoWeek
    start: Instant
    end: Instant
    mode: Mode
    km: float
    assigned_at: Instant
    explanation: Explanation


class RequestDeadlineAgreed(Event):
    """The SAMU said, after the case itself, within what time the visit is wanted."""

    name = "request.deadline_agreed"

    request_id: UUID
    delay: Delay
    due_by: Instant
    agreed_at: Instant


class HandBack(StrEnum):
    """Why a request goes back to the SAS."""

    NO_PLACE = "NO_PLACE"  # no place fitted before it was due


class RequestHandedBack(Event):
    """Nobody can before it is due: the SAS has the request again, in time to act."""

    name = "request.handed_back"

    request_id: UUID
    reason: HandBack
    handed_back_at: Instant
    explanation: Explanation


class Withdrawal(StrEnum):
    """Why the asker takes a request back."""

    CANCELLED = "CANCELLED"  # the demand was cancelled


class RequestWithdrawn(Event):
    """The asker no longer wants care for this request."""

    name = "request.withdrawn"

    request_id: UUID
    reason: Withdrawal
    withdrawn_at: Instant


class PatientErased(Event):
    """The key that opens the patient's identity was destroyed."""

    name = "patient.erased"

    request_id: UUID
    patient_ref: UUID
    erased_at: Instant


RequestEvent = (
    RequestReceived
    | RequestRefusedAsEmergency
    | RequestSearching
    | RequestAssigned
    | RequestDeadlineAgreed
    | RequestHandedBack
    | RequestWithdrawn
    | PatientErased
)
