"""One practitioner's week and the slots in it: stream `agenda-{rpps}-{ISO week}`."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Event, Finess, Instant, IsoWeek, Rpps, ZoneName
from events.codes import Label, Mode, Origin, Profession, Source
from events.place import Place

Capacity = Annotated[int, Field(ge=1, le=500)]


class SlotPublished(Event):
    """A practitioner opens places: one (`créneau`) or several in a range (`plage`)."""

    name = "slot.published"

    slot_id: UUID
    rpps: Rpps
    week: IsoWeek
    profession: Profession
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
    origin: Origin
    published_at: Instant


class SlotPlaceTaken(Event):
    """One place of the slot is a request's."""

    name = "slot.place_taken"

    slot_id: UUID
    request_id: UUID
    source: Source
    mode: Mode
    taken_at: Instant


class Freed(StrEnum):
    """Why a place is free again."""

    REQUEST_WITHDRAWN = "REQUEST_WITHDRAWN"
    BECAME_EMERGENCY = "BECAME_EMERGENCY"


class SlotPlaceFreed(Event):
    """A place that was taken is free again."""

    name = "slot.place_freed"

    slot_id: UUID
    request_id: UUID
    reason: Freed
    freed_at: Instant


AgendaEvent = SlotPublished | SlotPlaceTaken | SlotPlaceFreed
