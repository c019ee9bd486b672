"""What may be asked of a practitioner; the shell puts time in."""

from dataclasses import dataclass
from datetime import datetime

from domain.practitioner.states import Consent
from events.codes import Channel, Profession, Setting, Specialty


@dataclass(frozen=True)
class Enrol:
    rpps: str
    profession: Profession
    communities: tuple[str, ...]
    setting: Setting
    specialty: Specialty | None
    at: datetime


@dataclass(frozen=True)
class TakePartOtherwise:
    rpps: str
    joins: tuple[str, ...]  # beside the communities they are in
    setting: Setting
    specialty: Specialty | None
    at: datetime


@dataclass(frozen=True)
class Leave:
    rpps: str
    communities: tuple[str, ...]  # none: all
    at: datetime


@dataclass(frozen=True)
class GiveConsent:
    rpps: str
    consent: Consent
    at: datetime


@dataclass(frozen=True)
class Pause:
    rpps: str
    at: datetime


@dataclass(frozen=True)
class Resume:
    rpps: str
    at: datetime


@dataclass(frozen=True)
class GoOnCall:
    rpps: str
    until: datetime
    at: datetime


@dataclass(frozen=True)
class GoOffCall:
    rpps: str
    at: datetime


@dataclass(frozen=True)
class AnnounceVacation:
    rpps: str
    start: datetime
    end: datetime
    at: datetime


@dataclass(frozen=True)
class CancelVacation:
    rpps: str
    start: datetime
    at: datetime


@dataclass(frozen=True)
class GiveContacts:
    rpps: str
    channels: tuple[Channel, ...]
    at: datetime


@dataclass(frozen=True)
class RecordRollCall:
    rpps: str
    month: str  # 2026-11
    reached: tuple[Channel, ...]
    failed: tuple[Channel, ...]
    at: datetime


PractitionerCommand = (
    Enrol
    | TakePartOtherwise
    | Leave
    | GiveConsent
    | Pause
    | Resume
    | GoOnCall
    | GoOffCall
    | AnnounceVacation
    | CancelVacation
    | GiveContacts
    | RecordRollCall
)
