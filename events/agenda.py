"""One practitioner's week and the slots in it: stream `agenda-{rpps}-{ISO week}`."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Event, Finess, Instant, IsoWeek, Rpps, ZoneName
from events.codes import Label, Mode, Origin, Profession, Setting, Source, Specialty
from events.place import CoarsePosition, Place

Capacity = Annotated[int, Field(ge=1, le=500)]


class SlotPublished(Event):
    """A practitioner opens places: one (`créneau`) or several in a range (`plage`)."""

    name = "slot.published"
    version = 3

    slot_id: UUID
    rpps: Rpps
    week: IsoWeek
    profession: Profession
    setting: Setting
    specialty: Specialty | None
    place: Place
    start: Instant
    end: Instant
    zone: ZoneName
    capacity: Capacity
    modes: tuple[Mode, ...]
    radius_km: Annotated[float, Field(gt=0, le=300)] | None  # how far home visits go
    labels: tuple[Label, ...]
    communities: tuple[Finess, ...]
    open_to: tuple[Source, ...]
    surge: bool  # kept for a crisis of a community it is open to
    origin: Origin
    published_at: Instant


class SlotPlaceTaken(Event):
    """One place of the slot is a request's."""

    name = "slot.place_taken"
    version = 3

    slot_id: UUID
    request_id: UUID
    source: Source
    mode: Mode
    own_patient: bool  # of the practitioner, their treating doctor: the cap a week is for others
    where: CoarsePosition | None  # about where a home visit is: the next one may be near
    taken_at: Instant


class SlotPlaceHeld(Event):
    """One place is kept for a request until then: a regulator is on the telephone."""

    name = "slot.place_held"
    version = 2

    slot_id: UUID
    request_id: UUID
    mode: Mode
    own_patient: bool  # as of `slot.place_taken`, which it may become
    where: CoarsePosition | None
    until: Instant
    held_at: Instant


class SlotPlaceReleased(Event):
    """A place that was held is not any more."""

    name = "slot.place_released"

    slot_id: UUID
    request_id: UUID
    released_at: Instant


class Freed(StrEnum):
    """Why a place is free again."""

    REQUEST_WITHDRAWN = "REQUEST_WITHDRAWN"
    BECAME_EMERGENCY = "BECAME_EMERGENCY"
    REORIENTED = "REORIENTED"
    MERGED = "MERGED"  # asked for twice, the other one goes on
    VISIT_CANCELLED = "VISIT_CANCELLED"
    SLOT_WITHDRAWN = "SLOT_WITHDRAWN"
    SLOT_MOVED = "SLOT_MOVED"
    SLOT_REDUCED = "SLOT_REDUCED"
    DEADLINE_SHORTENED = "DEADLINE_SHORTENED"
    CLAIM_CORRECTED = "CLAIM_CORRECTED"


class SlotPlaceFreed(Event):
    """A place that was taken is free again."""

    name = "slot.place_freed"

    slot_id: UUID
    request_id: UUID
    reason: Freed
    freed_at: Instant


class SlotMoved(Event):
    """The slot is at another time of the same week, or elsewhere."""

    name = "slot.moved"
    version = 2

    slot_id: UUID
    start: Instant
    end: Instant
    place: Place
    moved_at: Instant


class SlotCapacityChanged(Event):
    """The slot has more places, or fewer."""

    name = "slot.capacity_changed"

    slot_id: UUID
    capacity: Capacity
    changed_at: Instant


class SlotOpenedTo(Event):
    """What is left of the slot is shown to more people. The fields are whole, as they are now."""

    name = "slot.opened_to"

    slot_id: UUID
    labels: tuple[Label, ...]
    communities: tuple[Finess, ...]
    open_to: tuple[Source, ...]
    opened_at: Instant


class SlotWithdrawn(Event):
    """The practitioner takes the slot back: nobody has a place in it any more."""

    name = "slot.withdrawn"

    slot_id: UUID
    withdrawn_at: Instant


class SlotClosedTo(Event):
    """Whoever is named no more sends nobody else here. The field is whole, as it is now."""

    name = "slot.closed_to"

    slot_id: UUID
    open_to: tuple[Source, ...]  # none: nobody, and who has a place keeps it
    closed_at: Instant


class SlotElapsed(Event):
    """The slot is over, and places were left: they are lost."""

    name = "slot.elapsed"

    slot_id: UUID
    lost: Annotated[int, Field(ge=1)]
    elapsed_at: Instant


AgendaEvent = (
    SlotPublished
    | SlotPlaceTaken
    | SlotPlaceFreed
    | SlotPlaceHeld
    | SlotPlaceReleased
    | SlotMoved
    | SlotCapacityChanged
    | SlotOpenedTo
    | SlotClosedTo
    | SlotWithdrawn
    | SlotElapsed
)
