"""What surrounds a fact: who, for whom, because of what, and where it lies in the log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter

from events.base import CaseId, Finess
from events.catalogue import AnyEvent


class Role(StrEnum):
    """In what capacity somebody acted."""

    REGULATOR = "regulator"
    PRACTITIONER = "practitioner"
    DELEGATE = "delegate"  # a secretary, or who manages the structure: in a practitioner's name
    COORDINATOR = "coordinator"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: an opaque reference (an account, an RPPS, a service), never a name."""

    ref: str
    role: Role


@dataclass(frozen=True, slots=True)
class Meta:
    """The circumstances of an event, stored beside it."""

    event_id: UUID  # uuid5(command_id, n): the same command twice makes the same events
    command_id: UUID
    community: Finess | None  # None only where no community serves the case
    actor: Actor
    correlation: UUID  # the request (or the agenda, the practitioner…) all this is about
    causation: UUID  # the event or message that led to the command
    case_id: CaseId | None = None


META: TypeAdapter[Meta] = TypeAdapter(Meta)
"""From JSON and back."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the log has it: position counts the log, version its stream, from 1."""

    position: int
    stream: str
    version: int
    event: AnyEvent
    meta: Meta
    recorded_at: datetime
