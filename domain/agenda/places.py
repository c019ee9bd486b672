"""Places of a slot are held, released, taken and freed."""

from domain.agenda.commands import FreePlace, HoldPlace, ReleasePlace, TakePlace
from domain.agenda.refusals import NoPlaceLeft
from domain.agenda.week import Agenda
from events.agenda import (
    AgendaEvent,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotPlaceTaken,
)


def take(command: TakePlace, agenda: Agenda) -> list[AgendaEvent]:
    slot = agenda.slot(command.slot_id)
    if command.request_id in slot.taken:
        return []
    if slot.free_for(command.request_id, command.at) <= 0:
        raise NoPlaceLeft(command.slot_id)
    return [
        *release(ReleasePlace(command.slot_id, command.request_id, command.at), agenda),
        SlotPlaceTaken(
            slot_id=command.slot_id,
            request_id=command.request_id,
            source=command.source,
            mode=command.mode,
            own_patient=command.own_patient,
            where=command.where,
            taken_at=command.at,
        ),
    ]


def free(command: FreePlace, agenda: Agenda) -> list[AgendaEvent]:
    if command.request_id not in agenda.slot(command.slot_id).taken:
        return []
    return [
        SlotPlaceFreed(
            slot_id=command.slot_id,
            request_id=command.request_id,
            reason=command.reason,
            freed_at=command.at,
        )
    ]


def hold(command: HoldPlace, agenda: Agenda) -> list[AgendaEvent]:
    slot = agenda.slot(command.slot_id)
    if command.request_id in slot.held:
        return []
    if slot.free_for(command.request_id, command.at) <= 0:
        raise NoPlaceLeft(command.slot_id)
    return [
        SlotPlaceHeld(
            slot_id=command.slot_id,
            request_id=command.request_id,
            mode=command.mode,
            own_patient=command.own_patient,
            where=command.where,
            until=command.until,
            held_at=command.at,
        )
    ]


def release(command: ReleasePlace, agenda: Agenda) -> list[AgendaEvent]:
    if command.request_id not in agenda.slot(command.slot_id).held:
        return []
    return [
        SlotPlaceReleased(
            slot_id=command.slot_id, request_id=command.request_id, released_at=command.at
        )
    ]
