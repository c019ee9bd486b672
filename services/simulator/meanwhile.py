"""What happened to agendas while days went by, and as what it happens when they are played anew.

What others did stays: a slot is moved, widened and taken back when it was, and the places of other
patients are theirs from the first. Where somebody has a place by then who had none in the log, the
patient comes first: what cannot be beside them does not happen.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, assert_never
from uuid import UUID

from domain.agenda import Agenda, check_free
from domain.decider import Refused
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
from events.base import Event
from events.codes import Origin
from events.instants import happened_at
from services.simulator.simulating import shrinking, taking_back


class Told(NamedTuple):
    """Something was said, by a community or a practitioner, or of an agenda."""

    stream: str
    event: Event


def told_of(stream: str, history: Sequence[Any]) -> Iterator[tuple[datetime, Told]]:
    """In the order of the stream, whatever its events say of when they were."""
    at = datetime.min.replace(tzinfo=UTC)
    for event in history:
        at = max(at, happened_at(event))
        yield at, Told(stream, event)


def told_of_agenda(
    stream: str, history: Sequence[AgendaEvent], ours: Collection[UUID]
) -> Iterator[tuple[datetime, Told]]:
    """As above; of places only what became of those of others in the end.

    `ours`: the requests that are played anew. What was made for them alone is not there.
    """
    others = of_others(history, ours)
    made_for_them = {
        event.slot_id
        for event in history
        if isinstance(event, SlotPublished)
        and event.origin is Origin.OVERBOOK
        and not any(one.slot_id == event.slot_id for one in others)
    }
    kept = {(one.slot_id, one.request_id) for one in others}
    for at, told in told_of(stream, history):
        event = told.event
        assert isinstance(event, AgendaEvent)
        if event.slot_id in made_for_them:
            continue
        match event:
            case SlotPlaceFreed() | SlotPlaceHeld() | SlotPlaceReleased() | SlotElapsed():
                continue
            case SlotPlaceTaken():
                if (event.slot_id, event.request_id) not in kept:
                    continue
                kept.discard((event.slot_id, event.request_id))
            case _:
                pass
        yield at, told
        if isinstance(event, SlotPublished):
            for one in others:
                if one.slot_id == event.slot_id:
                    yield at, Told(stream, _kept_for(one, at))


def of_others(history: Sequence[AgendaEvent], ours: Collection[UUID]) -> tuple[SlotPlaceTaken, ...]:
    """Places that patients have in the end who are not among those played anew."""
    taken: dict[UUID, SlotPlaceTaken] = {}
    for event in history:
        if isinstance(event, SlotPlaceTaken) and event.request_id not in ours:
            taken[event.request_id] = event
        elif isinstance(event, SlotPlaceFreed):
            taken.pop(event.request_id, None)
    return tuple(taken.values())


def _kept_for(taken: SlotPlaceTaken, at: datetime) -> SlotPlaceHeld:
    """Theirs from the first, and counted when they take it."""
    return SlotPlaceHeld(
        slot_id=taken.slot_id,
        request_id=taken.request_id,
        mode=taken.mode,
        own_patient=taken.own_patient,
        where=taken.where,
        until=taken.taken_at,
        held_at=at,
    )


def as_it_may_be(
    event: AgendaEvent, agenda: Agenda, given: Collection[UUID], now: datetime
) -> list[AgendaEvent]:
    """What of it happens in a play in which these slots were `given` to somebody."""
    if isinstance(event, SlotPublished):
        return [event] if _fits(event, agenda) else []
    slot = agenda.slots.get(event.slot_id)
    if slot is None:
        return []  # it could not be published, or was taken back for good
    match event:
        case SlotPlaceTaken(request_id=request_id):
            free = SlotPlaceReleased(
                slot_id=event.slot_id, request_id=request_id, released_at=event.taken_at
            )
            return [free, event] if request_id in slot.held else [event]
        case SlotMoved():
            hours = {"start": event.start, "end": event.end, "place": event.place}
            moved = slot.published.model_copy(update=hours)
            return [event] if event.slot_id not in given and _fits(moved, agenda) else []
        case SlotCapacityChanged(capacity=capacity):
            return shrinking(slot, capacity, now)
        case SlotWithdrawn():
            return taking_back(slot, now)
        case SlotOpenedTo() | SlotClosedTo() | SlotPlaceHeld():
            return [event]
        case SlotPlaceFreed() | SlotPlaceReleased() | SlotElapsed():
            return []
        case _:
            assert_never(event)


def _fits(published: SlotPublished, agenda: Agenda) -> bool:
    try:
        check_free(published, agenda)
    except Refused:
        return False
    return True
