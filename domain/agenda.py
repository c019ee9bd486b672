"""One practitioner's week: the boundary inside which capacity and overlap hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.decider import Decider, ImpossibleHistory, Refused
from events.agenda import AgendaEvent, Freed, SlotPlaceFreed, SlotPlaceTaken, SlotPublished
from events.codes import Label, Mode, Origin, Profession, Source
from events.place import Place


class EndsBeforeItStarts(Refused):
    """A slot ends after it starts."""

    code = "ends_before_it_starts"


class CrossesTheWeek(Refused):
    """A slot lies in one week: it does not cross midnight on Sunday where care is given."""

    code = "crosses_the_week"


class AlreadyOver(Refused):
    """The slot is over already."""

    code = "already_over"


class LongerThanADay(Refused):
    """A slot ends within 24 hours of its start."""

    code = "longer_than_a_day"


class OverlapsAnotherSlot(Refused):
    """The same practitioner already has a slot at that time."""

    code = "overlaps_another_slot"


class SlotPublishedOtherwise(Refused):
    """A slot with this id exists already, with another content."""

    code = "slot_published_otherwise"


class SlotOpenToNobody(Refused):
    """A slot names at least one mode, one label, one community and one source."""

    code = "slot_open_to_nobody"


class HomeVisitWithoutRadius(Refused):
    """A slot for home visits says how far they go."""

    code = "home_visit_without_radius"


class NoSuchSlot(Refused):
    """This slot is not in the agenda."""

    code = "no_such_slot"


class NoPlaceLeft(Refused):
    """Every place of this slot is taken."""

    code = "no_place_left"


LONGEST_SLOT = timedelta(hours=24)


@dataclass(frozen=True)
class PublishSlot:
    slot_id: UUID
    rpps: str
    profession: Profession
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
    origin: Origin
    at: datetime


@dataclass(frozen=True)
class TakePlace:
    slot_id: UUID
    request_id: UUID
    source: Source
    mode: Mode
    at: datetime


@dataclass(frozen=True)
class FreePlace:
    slot_id: UUID
    request_id: UUID
    reason: Freed
    at: datetime


AgendaCommand = PublishSlot | TakePlace | FreePlace


@dataclass(frozen=True)
class Slot:
    """A published slot, and who has its places."""

    published: SlotPublished
    taken: Mapping[UUID, Mode] = field(default_factory=dict)  # request → how they meet

    @property
    def free(self) -> int:
        """Places left."""
        return self.published.capacity - len(self.taken)


@dataclass(frozen=True)
class Agenda:
    """The week's slots by id."""

    slots: Mapping[UUID, Slot] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """Places taken this week, over all slots."""
        return sum(len(slot.taken) for slot in self.slots.values())


def week_of(start: datetime, zone: str) -> str:
    """The ISO week in which the practitioner works at that instant: `2026-W48`."""
    year, week, _ = start.astimezone(ZoneInfo(zone)).isocalendar()
    return f"{year}-W{week:02}"


def weeks_at(start: datetime, end: datetime) -> set[str]:
    """Every ISO week it may be somewhere on earth in between, from UTC-12 to UTC+14.

    Who practises in two zones has two agendas for one instant: a slot looks into all of these.
    """
    instants = (start - timedelta(hours=12), start, end, end + timedelta(hours=14))
    return {week_of(instant, "UTC") for instant in instants}


def decide(command: AgendaCommand, agenda: Agenda) -> list[AgendaEvent]:
    match command:
        case PublishSlot():
            return _publish(command, agenda)
        case TakePlace():
            return _take(command, agenda)
        case FreePlace():
            return _free(command, agenda)
        case _:
            assert_never(command)


def _publish(command: PublishSlot, agenda: Agenda) -> list[AgendaEvent]:
    event = SlotPublished(
        slot_id=command.slot_id,
        rpps=command.rpps,
        week=week_of(command.start, command.zone),
        profession=command.profession,
        place=command.place,
        start=command.start,
        end=command.end,
        zone=command.zone,
        capacity=command.capacity,
        modes=command.modes,
        radius_km=command.radius_km,
        labels=command.labels,
        communities=command.communities,
        open_to=command.open_to,
        origin=command.origin,
        published_at=command.at,
    )
    if known := agenda.slots.get(command.slot_id):
        if known.published == event.model_copy(
            update={"published_at": known.published.published_at}
        ):
            return []
        raise SlotPublishedOtherwise(command.slot_id)
    _check_hours(event)
    if not (event.modes and event.labels and event.communities and event.open_to):
        raise SlotOpenToNobody(command.slot_id)
    if Mode.HOME in event.modes and event.radius_km is None:
        raise HomeVisitWithoutRadius(command.slot_id)
    check_free(command, agenda)
    return [event]


def check_free(command: PublishSlot, agenda: Agenda) -> None:
    """The practitioner is nowhere else meanwhile. Raises OverlapsAnotherSlot."""
    for slot in agenda.slots.values():
        other = slot.published
        if command.start < other.end and other.start < command.end:
            raise OverlapsAnotherSlot(command.slot_id, other.slot_id)


def _check_hours(slot: SlotPublished) -> None:
    if slot.end <= slot.start:
        raise EndsBeforeItStarts(slot.slot_id)
    if slot.end - slot.start > LONGEST_SLOT:
        raise LongerThanADay(slot.slot_id)
    # The last instant that belongs to the slot: one that ends at midnight on Sunday is of the week.
    if week_of(slot.end - timedelta.resolution, slot.zone) != slot.week:
        raise CrossesTheWeek(slot.slot_id)
    if slot.end <= slot.published_at:
        raise AlreadyOver(slot.slot_id)


def _take(command: TakePlace, agenda: Agenda) -> list[AgendaEvent]:
    slot = _slot(command.slot_id, agenda)
    if command.request_id in slot.taken:
        return []
    if slot.free <= 0:
        raise NoPlaceLeft(command.slot_id)
    return [
        SlotPlaceTaken(
            slot_id=command.slot_id,
            request_id=command.request_id,
            source=command.source,
            mode=command.mode,
            taken_at=command.at,
        )
    ]


def _free(command: FreePlace, agenda: Agenda) -> list[AgendaEvent]:
    if command.request_id not in _slot(command.slot_id, agenda).taken:
        return []
    return [
        SlotPlaceFreed(
            slot_id=command.slot_id,
            request_id=command.request_id,
            reason=command.reason,
            freed_at=command.at,
        )
    ]


def _slot(slot_id: UUID, agenda: Agenda) -> Slot:
    slot = agenda.slots.get(slot_id)
    if slot is None:
        raise NoSuchSlot(slot_id)
    return slot


def evolve(agenda: Agenda, event: AgendaEvent) -> Agenda:
    match event:
        case SlotPublished():
            return Agenda({**agenda.slots, event.slot_id: Slot(event)})
        case SlotPlaceTaken():
            slot = _known(agenda, event)
            return _with(agenda, replace(slot, taken={**slot.taken, event.request_id: event.mode}))
        case SlotPlaceFreed():
            slot = _known(agenda, event)
            left = {r: mode for r, mode in slot.taken.items() if r != event.request_id}
            return _with(agenda, replace(slot, taken=left))
        case _:
            assert_never(event)


def _known(agenda: Agenda, event: SlotPlaceTaken | SlotPlaceFreed) -> Slot:
    if slot := agenda.slots.get(event.slot_id):
        return slot
    raise ImpossibleHistory(event.name, event.slot_id)


def _with(agenda: Agenda, slot: Slot) -> Agenda:
    return Agenda({**agenda.slots, slot.published.slot_id: slot})


decider: Decider[AgendaCommand, Agenda, AgendaEvent] = Decider(Agenda(), decide, evolve)
