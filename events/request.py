"""The life of a request for same-day care: stream `request-{id}`."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import CaseId, Event, Finess, Insee, Instant, IsoWeek, Rpps
from events.codes import (
    CareLevel,
    Complaint,
    Delay,
    Mode,
    Priority,
    Profession,
    Registration,
    Setting,
    Sex,
    Source,
    Specialty,
)
from events.destination import Destination
from events.explanation import Explanation
from events.ladder import StepKind
from events.motives import Motive
from events.offer import (
    Asked,
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
)
from events.place import CoarsePosition
from events.protocol import Age, Pathway
from events.visit import (
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
    VisitRated,
)

Kilometres = Annotated[float, Field(ge=0, le=300)]


class RequestReceived(Event):
    """A regulator, a community's desk or a triage nurse asks for same-day care."""

    name = "request.received"
    version = 2

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
    complaint: Complaint | None
    professions: tuple[Profession, ...]
    pathways: tuple[Pathway, ...]  # other professions, by the rules of the day it was received
    modes: tuple[Mode, ...]
    max_km: Kilometres
    patient_ref: UUID | None
    age: Age | None
    sex: Sex
    commune: Insee | None
    position: CoarsePosition
    registration: Registration
    treating_doctor: Rpps | None


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
    version = 3

    request_id: UUID
    owner: str
    next_at: Instant
    searched_at: Instant
    explanation: Explanation


class RequestAssigned(Event):
    """A place of a slot is the patient's."""

    name = "request.assigned"
    version = 3

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


class RequestPlaceHeld(Event):
    """A regulator keeps a place for the patient while they speak: nobody else gives them one."""

    name = "request.place_held"

    request_id: UUID
    slot_id: UUID
    rpps: Rpps
    week: IsoWeek
    start: Instant
    mode: Mode
    until: Instant
    held_at: Instant


class HoldEnd(StrEnum):
    """Why a place is no longer held."""

    LAPSED = "LAPSED"
    GIVEN_UP = "GIVEN_UP"  # by the regulator, or the request ended
    SLOT_CHANGED = "SLOT_CHANGED"


class RequestHoldLapsed(Event):
    """The place is no longer held: the request is searched for as before."""

    name = "request.hold_lapsed"

    request_id: UUID
    slot_id: UUID
    reason: HoldEnd
    lapsed_at: Instant


class RequestEscalated(Event):
    """The next step of the community's ladder: who looks after the request, and until when."""

    name = "request.escalated"
    version = 3

    request_id: UUID
    step: Annotated[int, Field(ge=0)]  # of the rule that fits the request, from 0
    kind: StepKind
    communities: tuple[Finess, ...]  # neighbours whose places it may have from now on
    settings: tuple[Setting, ...]  # and of these settings
    specialties: dict[Setting, tuple[Specialty, ...]]  # of those in which it matters; else any
    only: Rpps | None  # nobody else's: the treating doctor's
    crisis: bool  # what members keep for a crisis as well
    owner: str
    until: Instant
    escalated_at: Instant
    explanation: Explanation | None  # of the places there are: why none of them; None: not kept


class HandBack(StrEnum):
    """Why a request goes back to the SAS."""

    NO_PLACE = "NO_PLACE"  # no place fitted before it was due
    NOBODY_ACCEPTED = "NOBODY_ACCEPTED"  # members were asked as well


class RequestHandedBack(Event):
    """Nobody can before it is due: the SAS has the request again, in time to act."""

    name = "request.handed_back"
    version = 6

    request_id: UUID
    reason: HandBack
    suggested: Destination | None  # by the community's ladder; the regulator decides
    asked: tuple[Asked, ...]
    handed_back_at: Instant
    explanation: Explanation


class RequestReopened(Event):
    """The SAS agreed another delay after the hand-back: the request is searched for again."""

    name = "request.reopened"

    request_id: UUID
    delay: Delay
    due_by: Instant
    reopened_at: Instant


class Unassigned(StrEnum):
    """Why a patient who had a place has none any more, and is searched for again."""

    SLOT_WITHDRAWN = "SLOT_WITHDRAWN"
    SLOT_MOVED = "SLOT_MOVED"
    SLOT_REDUCED = "SLOT_REDUCED"  # fewer places than patients
    CANCELLED_BY_PRACTITIONER = "CANCELLED_BY_PRACTITIONER"
    CANCELLED_BY_PATIENT = "CANCELLED_BY_PATIENT"  # who wants another time
    CLAIM_CORRECTED = "CLAIM_CORRECTED"  # accepted by mistake, and said so at once
    DEADLINE_SHORTENED = "DEADLINE_SHORTENED"  # the SAS wants the visit before the place begins


NOT_THE_PRACTITIONERS = frozenset(
    {Unassigned.CANCELLED_BY_PATIENT, Unassigned.DEADLINE_SHORTENED},
)
"""Reasons for which the practitioner would have seen the patient."""


class RequestUnassigned(Event):
    """The place is no longer the patient's: another is looked for at once, before everybody's."""

    name = "request.unassigned"

    request_id: UUID
    slot_id: UUID
    rpps: Rpps
    reason: Unassigned
    unassigned_at: Instant


class RequestConfirmed(Event):
    """The patient knows of the place, and comes."""

    name = "request.confirmed"

    request_id: UUID
    confirmed_at: Instant


class RequestReoriented(Event):
    """A regulator sends the patient elsewhere: the request ends here."""

    name = "request.reoriented"

    request_id: UUID
    to: Destination
    reoriented_at: Instant


class RequestMerged(Event):
    """The same need was asked for twice: the other request goes on, this one ends."""

    name = "request.merged"

    request_id: UUID
    into: UUID
    merged_at: Instant


class Withdrawal(StrEnum):
    """Why the asker takes a request back."""

    CANCELLED = "CANCELLED"  # the demand was cancelled
    PATIENT_DECLINED = "PATIENT_DECLINED"  # the patient no longer wants it


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
    | RequestReopened
    | RequestWithdrawn
    | RequestUnassigned
    | RequestConfirmed
    | RequestReoriented
    | RequestMerged
    | RequestOffered
    | RequestEscalated
    | RequestPlaceHeld
    | RequestHoldLapsed
    | OfferDelivered
    | OfferSeen
    | OfferAccepted
    | OfferPartiallyAccepted
    | OfferRefused
    | OfferDeferred
    | OfferLapsed
    | VisitAttended
    | VisitMissed
    | VisitCancelled
    | VisitRated
    | OutcomeRecorded
    | PatientDoctorSought
    | PatientDoctorFound
    | PatientDoctorNotFound
    | PatientErased
)
