"""Slots are published, moved, widened, shown to more people, and taken back."""

from collections.abc import Iterable
from typing import assert_never
from uuid import UUID

from domain.agenda.commands import (
    ChangeCapacity,
    CloseSlotTo,
    ElapseSlot,
    MoveSlot,
    OpenSlotTo,
    PublishSlot,
    SlotChange,
    WithdrawSlot,
)
from domain.agenda.refusals import (
    AlreadyBegun,
    HomeVisitWithoutRadius,
    MovesToAnotherWeek,
    MovesToThePast,
    NotOverYet,
    PatientsThere,
    SlotOpenToNobody,
    SlotPublishedOtherwise,
)
from domain.agenda.week import Agenda, Slot, check_free, check_hours, week_of
from events.agenda import (
    AgendaEvent,
    Freed,
    SlotCapacityChanged,
    SlotClosedTo,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceReleased,
    SlotPublished,
    SlotWithdrawn,
)
from events.codes import Mode


def publish(command: PublishSlot, agenda: Agenda) -> list[AgendaEvent]:
    event = SlotPublished(
        slot_id=command.slot_id,
        rpps=command.rpps,
        week=week_of(command.start, command.zone),
        profession=command.profession,
        setting=command.setting,
        specialty=command.specialty,
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
        surge=command.surge,
        origin=command.origin,
        published_at=command.at,
    )
    if command.slot_id in agenda.withdrawn:
        agenda.slot(command.slot_id)  # says so
    if known := agenda.slots.get(command.slot_id):
        if known.published == event.model_copy(
            update={"published_at": known.published.published_at}
        ):
            return []
        raise SlotPublishedOtherwise(command.slot_id)
    check_hours(event, command.at)
    if not (event.modes and event.labels and event.communities and event.open_to):
        raise SlotOpenToNobody(command.slot_id)
    if Mode.HOME in event.modes and event.radius_km is None:
        raise HomeVisitWithoutRadius(command.slot_id)
    check_free(event, agenda)
    return [event]


def change(command: SlotChange, agenda: Agenda) -> list[AgendaEvent]:
    """What changes about a published slot; who has no place in it any more is freed first."""
    if isinstance(command, WithdrawSlot) and command.slot_id in agenda.withdrawn:
        return []
    slot = agenda.slot(command.slot_id)
    match command:
        case MoveSlot():
            events = _move(command, slot, agenda)
        case ChangeCapacity():
            events = _change_capacity(command, slot)
        case OpenSlotTo():
            events = _open(command, slot)
        case CloseSlotTo():
            events = _close(command, slot)
        case WithdrawSlot(only_if_free=True) if slot.taken or slot.held:
            raise PatientsThere(command.slot_id)
        case WithdrawSlot():
            events = [
                *_freed(slot.taken, Freed.SLOT_WITHDRAWN, command),
                *_released(slot.held, command),
                SlotWithdrawn(slot_id=command.slot_id, withdrawn_at=command.at),
            ]
        case _:
            assert_never(command)
    if events and not _in_time(command, slot, events):
        raise AlreadyBegun(command.slot_id)
    return events


def _in_time(command: SlotChange, slot: Slot, events: Iterable[AgendaEvent]) -> bool:
    """Whether it may change so now: a range that has begun, only for those who are to come yet."""
    match command:
        case MoveSlot() | WithdrawSlot():
            return slot.published.start > command.at
        case ChangeCapacity() | OpenSlotTo() | CloseSlotTo():
            # Whoever had a place since it began may have been seen already.
            begun = slot.published.start <= command.at
            nobody_loses = not any(isinstance(event, SlotPlaceFreed) for event in events)
            return slot.may_join(command.at) and (nobody_loses or not begun)
        case _:
            assert_never(command)


def _move(command: MoveSlot, slot: Slot, agenda: Agenda) -> list[AgendaEvent]:
    before = slot.published
    moved = before.model_copy(
        update={
            "start": command.start,
            "end": command.end,
            "place": command.place or before.place,
        }
    )
    if moved == before:
        return []
    if moved.start <= command.at:
        raise MovesToThePast(command.slot_id)
    check_hours(moved.model_copy(update={"week": week_of(moved.start, moved.zone)}), command.at)
    if week_of(moved.start, moved.zone) != before.week:
        raise MovesToAnotherWeek(command.slot_id)
    check_free(moved, agenda)
    return [
        *_freed(slot.taken, Freed.SLOT_MOVED, command),
        *_released(slot.held, command),
        SlotMoved(
            slot_id=command.slot_id,
            start=moved.start,
            end=moved.end,
            place=moved.place,
            moved_at=command.at,
        ),
    ]


def _change_capacity(command: ChangeCapacity, slot: Slot) -> list[AgendaEvent]:
    if slot.published.capacity == command.capacity:
        return []
    # Who only holds a place loses it before who has one, and who came last before who came first.
    places_held = list(slot.held)[max(command.capacity - len(slot.taken), 0) :]
    return [
        *_freed(list(slot.taken)[command.capacity :], Freed.SLOT_REDUCED, command),
        *_released(places_held, command),
        SlotCapacityChanged(
            slot_id=command.slot_id, capacity=command.capacity, changed_at=command.at
        ),
    ]


def _open(command: OpenSlotTo, slot: Slot) -> list[AgendaEvent]:
    before = slot.published
    opened = SlotOpenedTo(
        slot_id=command.slot_id,
        labels=tuple(dict.fromkeys((*before.labels, *command.labels))),
        communities=tuple(dict.fromkeys((*before.communities, *command.communities))),
        open_to=tuple(dict.fromkeys((*before.open_to, *command.open_to))),
        opened_at=command.at,
    )
    if (opened.labels, opened.communities, opened.open_to) == (
        before.labels,
        before.communities,
        before.open_to,
    ):
        return []
    return [opened]


def _close(command: CloseSlotTo, slot: Slot) -> list[AgendaEvent]:
    before = slot.published.open_to
    left = tuple(source for source in before if source not in command.sources)
    if left == before:
        return []
    return [SlotClosedTo(slot_id=command.slot_id, open_to=left, closed_at=command.at)]


def elapse(command: ElapseSlot, agenda: Agenda) -> list[AgendaEvent]:
    """The places nobody took, if any: once. Raises NotOverYet."""
    slot = agenda.slot(command.slot_id)
    if command.at < slot.published.end:
        raise NotOverYet(command.slot_id)
    lost = slot.published.capacity - len(slot.taken)
    if slot.elapsed or lost == 0:
        return []
    return [SlotElapsed(slot_id=command.slot_id, lost=lost, elapsed_at=command.at)]


def _released(holders: Iterable[UUID], command: SlotChange) -> list[SlotPlaceReleased]:
    return [
        SlotPlaceReleased(slot_id=command.slot_id, request_id=request_id, released_at=command.at)
        for request_id in holders
    ]


def _freed(patients: Iterable[UUID], reason: Freed, command: SlotChange) -> list[SlotPlaceFreed]:
    return [
        SlotPlaceFreed(
            slot_id=command.slot_id, request_id=request_id, reason=reason, freed_at=command.at
        )
        for request_id in patients
    ]
