"""What became of the place that was given: in the stream of its request."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Event, Instant, Rpps


class VisitAttended(Event):
    """The patient came, and was seen (`fulfilled`)."""

    name = "visit.attended"

    request_id: UUID
    attended_at: Instant


class VisitMissed(Event):
    """The patient did not come (`noshow`): an outcome `OF_WHO_CAME` told before holds no longer."""

    name = "visit.missed"

    request_id: UUID
    missed_at: Instant


class VisitCancelled(Event):
    """The patient does not come, said so before, and wants no other place (`cancelled`)."""

    name = "visit.cancelled"

    request_id: UUID
    cancelled_at: Instant


class Outcome(StrEnum):
    """What followed from the visit, or from its absence; what was found stays with the carer."""

    TREATED = "TREATED"  # nothing more is needed
    FOLLOW_UP = "FOLLOW_UP"  # seen again in town
    EMERGENCY_DEPARTMENT = "EMERGENCY_DEPARTMENT"
    HOSPITALISED = "HOSPITALISED"


OF_WHO_CAME = frozenset({Outcome.TREATED, Outcome.FOLLOW_UP})
"""What a visit alone may lead to: of who did not come it is not true."""


class OutcomeRecorded(Event):
    """How it ended for the patient, as the professional tells it."""

    name = "outcome.recorded"

    request_id: UUID
    outcome: Outcome
    recorded_at: Instant


class Rater(StrEnum):
    """Whose opinion it is."""

    PATIENT = "PATIENT"
    PRACTITIONER = "PRACTITIONER"


class VisitRated(Event):
    """How content they are with how it went; what they wrote is in the vault."""

    name = "visit.rated"

    request_id: UUID
    by: Rater
    score: Annotated[int, Field(ge=1, le=5)]  # 5 is best
    rated_at: Instant


class PatientDoctorSought(Event):
    """A patient without a treating doctor wants one: members who take new patients are told."""

    name = "patient.doctor_sought"

    request_id: UUID
    until: Instant
    sought_at: Instant


class PatientDoctorFound(Event):
    """This professional is the patient's treating doctor from now on."""

    name = "patient.doctor_found"

    request_id: UUID
    rpps: Rpps
    days: Annotated[float, Field(ge=0)]  # since one was sought
    found_at: Instant


class PatientDoctorNotFound(Event):
    """Nobody took the patient before the time was over."""

    name = "patient.doctor_not_found"

    request_id: UUID
    ended_at: Instant
