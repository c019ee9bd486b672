"""What may be asked of a request; the shell puts time and ids in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.request.reach import Reach
from events.agenda import SlotPublished
from events.codes import (
    CareLevel,
    Complaint,
    Delay,
    Mode,
    Priority,
    Profession,
    Registration,
    Sex,
    Source,
)
from events.destination import Destination
from events.explanation import Explanation
from events.ladder import StepKind
from events.offer import WhyNot
from events.place import CoarsePosition
from events.protocol import Pathway
from events.request import HandBack, HoldEnd, Unassigned, Withdrawal
from events.visit import Outcome, Rater


@dataclass(frozen=True)
class ReceiveRequest:
    request_id: UUID
    community: str
    case_id: str | None
    source: Source
    asked_at: datetime
    due_by: datetime | None  # neither this nor a delay: the usual delay of the priority
    delay: Delay | None
    priority: Priority
    care_level: CareLevel | None
    motive: str
    complaint: Complaint | None
    professions: tuple[Profession, ...]
    pathways: tuple[Pathway, ...]
    modes: tuple[Mode, ...]
    max_km: float
    patient_ref: UUID | None
    age: int | None
    sex: Sex
    commune: str | None
    position: CoarsePosition
    registration: Registration
    treating_doctor: str | None
    at: datetime


@dataclass(frozen=True)
class RefuseAsEmergency:
    """An emergency is refused wherever it is and however little else its message says."""

    request_id: UUID
    case_id: str | None
    source: Source
    priority: Priority
    care_level: CareLevel | None
    motive: str | None
    commune: str | None
    at: datetime


@dataclass(frozen=True)
class KeepSearching:
    request_id: UUID
    owner: str
    next_at: datetime
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class Assign:
    request_id: UUID
    slot: SlotPublished
    start: datetime  # of the visit: later than the slot's own where the patient joins a range
    mode: Mode
    km: float
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class Unassign:
    request_id: UUID
    reason: Unassigned
    at: datetime


@dataclass(frozen=True)
class AgreeDeadline:
    request_id: UUID
    delay: Delay
    asked_at: datetime
    due_by: datetime
    at: datetime


@dataclass(frozen=True)
class HandBackRequest:
    request_id: UUID
    reason: HandBack
    suggested: Destination | None
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class HoldForRequest:
    request_id: UUID
    slot: SlotPublished
    start: datetime  # of the visit
    mode: Mode
    until: datetime
    at: datetime


@dataclass(frozen=True)
class EndHold:
    request_id: UUID
    reason: HoldEnd
    at: datetime


@dataclass(frozen=True)
class Escalate:
    request_id: UUID
    step: int
    kind: StepKind
    reach: Reach
    owner: str
    until: datetime
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class OfferRequest:
    """Ask these members, who have until then."""

    request_id: UUID
    to: tuple[str, ...]
    until: datetime
    at: datetime


@dataclass(frozen=True)
class LapseOffers:
    """Whoever was asked and did not answer in time need not any more."""

    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class StopAsking:
    """The step in which members were asked is no more: whoever may still answer need not."""

    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class ReleaseMembers:
    request_id: UUID
    members: tuple[str, ...]  # who will not answer any more
    at: datetime


@dataclass(frozen=True)
class NoteReceipt:
    """The offer was delivered to the member, or seen."""

    request_id: UUID
    rpps: str
    seen: bool
    at: datetime


@dataclass(frozen=True)
class ClaimOffer:
    request_id: UUID
    rpps: str
    start: datetime
    at: datetime


@dataclass(frozen=True)
class ProposeTime:
    request_id: UUID
    rpps: str
    start: datetime
    at: datetime


@dataclass(frozen=True)
class RefuseOffer:
    request_id: UUID
    rpps: str
    reason: WhyNot
    at: datetime


@dataclass(frozen=True)
class DeferOffer:
    request_id: UUID
    rpps: str
    until: datetime
    at: datetime
    before: datetime | None = None  # when the SAS has the request again; None: when it is due


OfferCommand = (
    OfferRequest
    | LapseOffers
    | StopAsking
    | ReleaseMembers
    | NoteReceipt
    | ClaimOffer
    | ProposeTime
    | RefuseOffer
    | DeferOffer
)


@dataclass(frozen=True)
class Withdraw:
    request_id: UUID
    reason: Withdrawal
    at: datetime


@dataclass(frozen=True)
class Reorient:
    request_id: UUID
    to: Destination
    at: datetime


@dataclass(frozen=True)
class Merge:
    request_id: UUID
    into: UUID
    at: datetime


@dataclass(frozen=True)
class ConfirmVisit:
    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class CancelVisit:
    """By the patient, who wants no other place."""

    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class RecordAttendance:
    request_id: UUID
    attended: bool
    at: datetime


@dataclass(frozen=True)
class RecordOutcome:
    request_id: UUID
    outcome: Outcome
    at: datetime


@dataclass(frozen=True)
class RateVisit:
    request_id: UUID
    by: Rater
    score: int
    at: datetime


@dataclass(frozen=True)
class SeekDoctor:
    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class BecomeTreatingDoctor:
    request_id: UUID
    rpps: str
    at: datetime


@dataclass(frozen=True)
class EndDoctorSearch:
    """The time in which a treating doctor was sought is over."""

    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class ErasePatient:
    request_id: UUID
    at: datetime


RequestCommand = (
    ReceiveRequest
    | RefuseAsEmergency
    | KeepSearching
    | Assign
    | Unassign
    | AgreeDeadline
    | HandBackRequest
    | Withdraw
    | Reorient
    | Merge
    | ConfirmVisit
    | CancelVisit
    | RecordAttendance
    | RecordOutcome
    | RateVisit
    | SeekDoctor
    | BecomeTreatingDoctor
    | EndDoctorSearch
    | ErasePatient
    | Escalate
    | HoldForRequest
    | EndHold
    | OfferCommand
)
