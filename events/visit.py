"""What became of the place that was given: in the stream of its request."""

from enum import StrEnum
from uuid import UUID

from events.base import Event, Instant


class VisitAttended(Event):
    """The patient came, and was seen (`fulfilled`)."""

    name = "visit.attended"

    request_id: UUID
    attended_at: Instant


class VisitMissed(Event):
    """The patient did not come (`noshow`)."""

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


class OutcomeRecorded(Event):
    """How it ended for the patient, as the professional tells it."""

    name = "outcome.recorded"

    request_id: UUID
    outcome: Outcome
    recorded_at: Instant
