"""Places of a slot are taken, and freed."""

from domain.agenda.commands import FreePlace, TakePlace
from domain.agenda.refusals import NoPlaceLeft
from domain.agenda.week import Agenda
from events.agenda import AgendaEvent, SlotPlaceFreed, SlotPlaceTaken


def take(command: TakePlace, agenda: Agenda) -> list[AgendaEvent]:
    slot = agenda.slot(command.slot_id)
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
