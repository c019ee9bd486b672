"""One practitioner's week: the boundary inside which capacity and overlap hold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never
from uuid import UUID

from domain.agenda import places, slots
from domain.agenda.commands import (
    AgendaCommand,
    ChangeCapacity,
    CloseSlotTo,
    ElapseSlot,
    FreePlace,
    HoldPlace,
    MoveSlot,
    OpenSlotTo,
    PublishSlot,
    ReleasePlace,
    SlotChange,
    TakePlace,
    WithdrawSlot,
)
from domain.agenda.refusals import (
    AlreadyBegun,
    AlreadyOver,
    CrossesTheWeek,
    EndsBeforeItStarts,
    HomeVisitWithoutRadius,
    LongerThanADay,
    MovesToAnotherWeek,
    MovesToThePast,
    NoPlaceLeft,
    NoSuchSlot,
    NoTimeToTravel,
    NotOverYet,
    OffTheGrid,
    OverlapsAnotherSlot,
    PatientsThere,
    SlotOpenToNobody,
    SlotPublishedOtherwise,
    SlotTakenBack,
)
from domain.agenda.week import (
    GRID,
    LONGEST_SLOT,
    Agenda,
    Kept,
    Slot,
    check_free,
    day_of,
    next_on_the_grid,
    on_the_grid,
    week_of,
    weeks_at,
    weeks_between,
)
from domain.decider import Decider, ImpossibleHistory
from events.agenda import (
    AgendaEvent,
    SlotCapacityChanged,
    SlotClosedTo,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)

__all__ = [
    "GRID",
    "LONGEST_SLOT",
    "Agenda",
    "AgendaCommand",
    "AlreadyBegun",
    "AlreadyOver",
    "ChangeCapacity",
    "CloseSlotTo",
    "CrossesTheWeek",
    "ElapseSlot",
    "EndsBeforeItStarts",
    "FreePlace",
    "HoldPlace",
    "HomeVisitWithoutRadius",
    "LongerThanADay",
    "MoveSlot",
    "MovesToAnotherWeek",
    "MovesToThePast",
    "NoPlaceLeft",
    "NoSuchSlot",
    "NoTimeToTravel",
    "NotOverYet",
    "OffTheGrid",
    "OpenSlotTo",
    "OverlapsAnotherSlot",
    "PatientsThere",
    "PublishSlot",
    "ReleasePlace",
    "Slot",
    "SlotChange",
    "SlotOpenToNobody",
    "SlotPublishedOtherwise",
    "SlotTakenBack",
    "TakePlace",
    "WithdrawSlot",
    "check_free",
    "day_of",
    "decide",
    "decider",
    "evolve",
    "next_on_the_grid",
    "on_the_grid",
    "week_of",
    "weeks_at",
    "weeks_between",
]


def decide(command: AgendaCommand, agenda: Agenda) -> list[AgendaEvent]:
    match command:
        case PublishSlot():
            return slots.publish(command, agenda)
        case MoveSlot() | ChangeCapacity() | OpenSlotTo() | CloseSlotTo() | WithdrawSlot():
            return slots.change(command, agenda)
        case ElapseSlot():
            return slots.elapse(command, agenda)
        case TakePlace():
            return places.take(command, agenda)
        case FreePlace():
            return places.free(command, agenda)
        case HoldPlace():
            return places.hold(command, agenda)
        case ReleasePlace():
            return places.release(command, agenda)
        case _:
            assert_never(command)


def evolve(agenda: Agenda, event: AgendaEvent) -> Agenda:
    if isinstance(event, SlotPublished):
        return _with(agenda, Slot(event, is_range=event.capacity > 1))
    slot = _known(agenda, event)
    match event:
        case SlotPlaceTaken():
            taken = {**slot.taken, event.request_id: event.mode}
            own = slot.own | {event.request_id} if event.own_patient else slot.own
            visits = slot.visits
            if event.where is not None:
                visits = {**visits, event.request_id: event.where}
            return _with(agenda, replace(slot, taken=taken, own=own, visits=visits))
        case SlotPlaceFreed():
            left = {r: mode for r, mode in slot.taken.items() if r != event.request_id}
            visits = {r: where for r, where in slot.visits.items() if r != event.request_id}
            return _with(agenda, replace(slot, taken=left, visits=visits))
        case SlotPlaceHeld():
            kept = Kept(event.until, event.mode, event.own_patient, event.where)
            held = {**slot.held, event.request_id: kept}
            return _with(agenda, replace(slot, held=held))
        case SlotPlaceReleased():
            held = {r: kept for r, kept in slot.held.items() if r != event.request_id}
            return _with(agenda, replace(slot, held=held))
        case SlotMoved():
            moved = {"start": event.start, "end": event.end, "place": event.place}
            return _with(agenda, _changed(slot, moved))
        case SlotCapacityChanged():
            resized = _changed(slot, {"capacity": event.capacity})
            is_range = slot.is_range or event.capacity > 1
            return _with(agenda, replace(resized, is_range=is_range))
        case SlotOpenedTo():
            wider = {
                "labels": event.labels,
                "communities": event.communities,
                "open_to": event.open_to,
            }
            return _with(agenda, _changed(slot, wider))
        case SlotClosedTo():
            return _with(agenda, _changed(slot, {"open_to": event.open_to}))
        case SlotElapsed():
            return _with(agenda, replace(slot, elapsed=True))
        case SlotWithdrawn():
            left_over = {key: kept for key, kept in agenda.slots.items() if key != event.slot_id}
            return Agenda(left_over, agenda.withdrawn | {event.slot_id})
        case _:
            assert_never(event)


def _known(
    agenda: Agenda,
    event: SlotPlaceTaken
    | SlotPlaceFreed
    | SlotPlaceHeld
    | SlotPlaceReleased
    | SlotMoved
    | SlotCapacityChanged
    | SlotOpenedTo
    | SlotClosedTo
    | SlotWithdrawn
    | SlotElapsed,
) -> Slot:
    if slot := agenda.slots.get(event.slot_id):
        return slot
    raise ImpossibleHistory(event.name, event.slot_id)


def _changed(slot: Slot, fields: Mapping[str, object]) -> Slot:
    return replace(slot, published=slot.published.model_copy(update=fields))


def _with(agenda: Agenda, slot: Slot) -> Agenda:
    slots_now: dict[UUID, Slot] = {**agenda.slots, slot.published.slot_id: slot}
    return replace(agenda, slots=slots_now)


decider: Decider[AgendaCommand, Agenda, AgendaEvent] = Decider(Agenda(), decide, evolve)
