"""What may be asked of an agenda; the shell puts time and ids in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.agenda import Freed
from events.codes import Label, Mode, Origin, Profession, Setting, Source, Specialty
from events.place import CoarsePosition, Place


@dataclass(frozen=True)
class PublishSlot:
    slot_id: UUID
    rpps: str
    profession: Profession
    setting: Setting
    specialty: Specialty | None
    place: Place
    start: datetime
    end: datetime
    zone: str
    capacity: int
    modes: tuple[Mode, ...]
    radius_km: float | None
    labels: tuple[Label, ...]
    communities: tuple[str, ...]
    open_to: tuple[Source, ...]
    surge: bool
    origin: Origin
    at: datetime


@dataclass(frozen=True)
class TakePlace:
    slot_id: UUID
    request_id: UUID
    source: Source
    mode: Mode
    own_patient: bool
    where: CoarsePosition | None  # of a home visit
    at: datetime


@dataclass(frozen=True)
class FreePlace:
    slot_id: UUID
    request_id: UUID
    reason: Freed
    at: datetime


@dataclass(frozen=True)
class HoldPlace:
    slot_id: UUID
    request_id: UUID
    mode: Mode
    own_patient: bool  # of the practitioner
    where: CoarsePosition | None  # of a home visit
    until: datetime
    at: datetime


@dataclass(frozen=True)
class ReleasePlace:
    slot_id: UUID
    request_id: UUID
    at: datetime


@dataclass(frozen=True)
class MoveSlot:
    slot_id: UUID
    start: datetime
    end: datetime
    place: Place | None  # None: where it is
    at: datetime


@dataclass(frozen=True)
class ChangeCapacity:
    slot_id: UUID
    capacity: int
    at: datetime


@dataclass(frozen=True)
class OpenSlotTo:
    """More labels, communities and sources; those it has, it keeps."""

    slot_id: UUID
    labels: tuple[Label, ...]
    communities: tuple[str, ...]
    open_to: tuple[Source, ...]
    at: datetime


@dataclass(frozen=True)
class WithdrawSlot:
    slot_id: UUID
    at: datetime
    only_if_free: bool = False  # whoever takes it back does not know of a patient


@dataclass(frozen=True)
class CloseSlotTo:
    """Fewer sources; who has a place keeps it."""

    slot_id: UUID
    sources: tuple[Source, ...]
    at: datetime


@dataclass(frozen=True)
class ElapseSlot:
    """The slot is over."""

    slot_id: UUID
    at: datetime


SlotChange = MoveSlot | ChangeCapacity | OpenSlotTo | CloseSlotTo | WithdrawSlot
AgendaCommand = (
    PublishSlot | TakePlace | FreePlace | HoldPlace | ReleasePlace | ElapseSlot | SlotChange
)
