"""One decision over several streams: a request takes a place in an agenda, or loses it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import request as requests
from domain.agenda import (
    Agenda,
    ChangeCapacity,
    CloseSlotTo,
    FreePlace,
    HoldPlace,
    ReleasePlace,
    Slot,
    SlotChange,
    TakePlace,
    WithdrawSlot,
)
from domain.eligibility import Candidate, Way, search, ways
from domain.ineligible import NotThisWay
from domain.practitioner import Practitioner
from domain.request import (
    AgreeDeadline,
    Assign,
    Assigned,
    CancelVisit,
    EndHold,
    HoldForRequest,
    RefuseAsEmergency,
    Reorient,
    Request,
    Unassign,
    Waiting,
    Withdraw,
    place_of,
    received_of,
)
from events.agenda import AgendaEvent, Freed, SlotPlaceFreed, SlotPlaceReleased, SlotPublished
from events.codes import Mode, Origin
from events.explanation import Explanation
from events.request import (
    HoldEnd,
    RequestEvent,
    RequestPlaceHeld,
    RequestUnassigned,
    Unassigned,
)


@dataclass(frozen=True)
class PlaceRequest:
    """Give this request a place of this slot."""

    request_id: UUID
    slot_id: UUID
    mode: Mode
    explanation: Explanation
    at: datetime
    start: datetime | None = None  # of the visit, where the practitioner says when


@dataclass(frozen=True)
class Hold:
    """A regulator keeps this place for the request until then."""

    request_id: UUID
    slot_id: UUID
    mode: Mode
    until: datetime
    at: datetime


@dataclass(frozen=True)
class OverTwoStreams:
    """What happens to the request and to the agenda: both or neither."""

    request: Sequence[RequestEvent]
    agenda: Sequence[AgendaEvent]


def place(
    command: PlaceRequest, request: Request, agenda: Agenda, practitioner: Practitioner
) -> OverTwoStreams:
    """The request has the place. Raises the refusal that forbids it."""
    slot = agenda.slot(command.slot_id)
    if not isinstance(request, Waiting):
        # Asked twice it decides nothing; any other state of the request refuses.
        same_again = Way(command.mode, 0.0, slot.published.start)
        return OverTwoStreams(requests.decide(_assign(command, slot, same_again), request), ())
    way = _way(command, request, Candidate(slot, agenda, practitioner))
    if command.start is not None:
        way = way._replace(start=command.start)
    take = TakePlace(
        slot_id=command.slot_id,
        request_id=command.request_id,
        source=request.received.source,
        mode=command.mode,
        own_patient=request.received.treating_doctor == slot.published.rpps,
        where=request.received.position if command.mode is Mode.HOME else None,
        at=command.at,
    )
    return OverTwoStreams(
        requests.decide(_assign(command, slot, way), request), agendas.decide(take, agenda)
    )


def _way(command: PlaceRequest | Hold, request: Waiting, candidate: Candidate) -> Way:
    found = ways(search(request, command.at), candidate)
    if not isinstance(found, list):
        raise found(command.slot_id)
    for way in found:
        if way.mode is command.mode:
            return way
    raise NotThisWay(command.slot_id, command.mode)


def _assign(command: PlaceRequest, slot: Slot, way: Way) -> Assign:
    return Assign(
        request_id=command.request_id,
        slot=slot.published,
        start=way.start,
        mode=way.mode,
        km=round(way.km, 1),
        explanation=command.explanation,
        at=command.at,
    )


def agree_deadline(command: AgreeDeadline, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The visit is wanted by then: a place that is later, and not known of yet, is free again."""
    agreed = requests.decide(command, request)
    if not any(isinstance(event, RequestUnassigned) for event in agreed):
        return OverTwoStreams(agreed, ())
    return freeing(agreed, request, agenda, Freed.DEADLINE_SHORTENED, command.at)


def withdraw(command: Withdraw, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The request is withdrawn, and the place it had is free again."""
    withdrawn = requests.decide(command, request)
    return freeing(withdrawn, request, agenda, Freed.REQUEST_WITHDRAWN, command.at)


def reorient(command: Reorient, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The patient is sent elsewhere, and the place they had is free again."""
    reoriented = requests.decide(command, request)
    return freeing(reoriented, request, agenda, Freed.REORIENTED, command.at)


def refuse_as_emergency(
    command: RefuseAsEmergency, request: Request, agenda: Agenda
) -> OverTwoStreams:
    """The request is an emergency's: it is closed, and the place it had is free again."""
    refused = requests.decide(command, request)
    return freeing(refused, request, agenda, Freed.BECAME_EMERGENCY, command.at)


class By(StrEnum):
    """Who cancels a visit."""

    PATIENT = "PATIENT"
    PRACTITIONER = "PRACTITIONER"


@dataclass(frozen=True)
class Cancel:
    """A visit that was to be does not take place."""

    request_id: UUID
    by: By
    search_again: bool  # of a patient; who is cancelled by the practitioner always is searched for
    at: datetime


def cancel(command: Cancel, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The place is free again for others, unless the practitioner no longer gives it."""
    match command.by:
        case By.PATIENT:
            ends = (
                Unassign(command.request_id, Unassigned.CANCELLED_BY_PATIENT, command.at)
                if command.search_again
                else CancelVisit(command.request_id, command.at)
            )
            cancelled = requests.decide(ends, request)
            return freeing(cancelled, request, agenda, Freed.VISIT_CANCELLED, command.at)
        case By.PRACTITIONER:
            back = Unassign(command.request_id, Unassigned.CANCELLED_BY_PRACTITIONER, command.at)
            both = freeing(
                requests.decide(back, request), request, agenda, Freed.VISIT_CANCELLED, command.at
            )
            return without_the_place(both, request, agenda, command.at)
        case _:
            assert_never(command.by)


def without_the_place(
    both: OverTwoStreams, request: Request, agenda: Agenda, at: datetime
) -> OverTwoStreams:
    """Who cannot see one patient is not sent another then; who else is there keeps their place."""
    place = place_of(request)
    slot = agenda.slots.get(place.slot_id) if place else None
    if slot is None or not slot.may_join(at):
        return both
    slot_id, less = slot.published.slot_id, slot.published.capacity - 1
    change: SlotChange
    if less:
        change = ChangeCapacity(slot_id, less, at)
    elif slot.published.start > at:
        change = WithdrawSlot(slot_id, at)
    else:
        change = CloseSlotTo(slot_id, slot.published.open_to, at)
    freed = agendas.decider.replay(both.agenda, since=agenda)
    return OverTwoStreams(both.request, [*both.agenda, *agendas.decide(change, freed)])


def hold(
    command: Hold, request: Request, agenda: Agenda, practitioner: Practitioner
) -> OverTwoStreams:
    """The place is nobody else's meanwhile. Raises the refusal that forbids it."""
    slot = agenda.slot(command.slot_id)
    start = slot.published.start
    if isinstance(request, Waiting) and request.hold is None:
        start = _way(command, request, Candidate(slot, agenda, practitioner)).start
    keep = HoldForRequest(
        command.request_id, slot.published, start, command.mode, command.until, command.at
    )
    held = requests.decide(keep, request)
    received = received_of(request)
    if not held or received is None:
        return OverTwoStreams(held, ())
    place = HoldPlace(
        slot_id=command.slot_id,
        request_id=command.request_id,
        mode=command.mode,
        own_patient=received.treating_doctor == slot.published.rpps,
        where=received.position if command.mode is Mode.HOME else None,
        until=command.until,
        at=command.at,
    )
    return OverTwoStreams(held, agendas.decide(place, agenda))


def end_hold(command: EndHold, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The place that was held is free for others."""
    ended = requests.decide(command, request)
    return OverTwoStreams(ended, _release(request, agenda, command.at) if ended else ())


def _release(request: Request, agenda: Agenda, at: datetime) -> Sequence[AgendaEvent]:
    if not isinstance(request, Waiting) or request.hold is None:
        return ()
    slot_id, request_id = request.hold.slot_id, request.hold.request_id
    return agendas.decide(ReleasePlace(slot_id, request_id, at), agenda)


def freeing(
    happened: Sequence[RequestEvent], request: Request, agenda: Agenda, reason: Freed, at: datetime
) -> OverTwoStreams:
    """What happens to a request, and with it the place it had is free again, if it had one."""
    if not happened or not isinstance(request, Assigned):
        return OverTwoStreams(happened, _release(request, agenda, at) if happened else ())
    assigned = request.assigned
    free = FreePlace(assigned.slot_id, assigned.request_id, reason, at)
    freed = agendas.decide(free, agenda)
    if _is_for_one(agenda.slot(assigned.slot_id).published, at):
        after = agendas.decider.replay(freed, since=agenda)
        freed += agendas.decide(WithdrawSlot(assigned.slot_id, at), after)
    return OverTwoStreams(happened, freed)


def _is_for_one(slot: SlotPublished, at: datetime) -> bool:
    """Whether a member made it for one patient: nobody else is sent there without asking.

    Unless they made more of it since, or it has begun.
    """
    return slot.origin is Origin.OVERBOOK and slot.capacity == 1 and slot.start > at


@dataclass(frozen=True)
class OverManyStreams:
    """What happens to an agenda and to everybody who had a place there: all or nothing."""

    agenda: Sequence[AgendaEvent]
    requests: Mapping[UUID, Sequence[RequestEvent]]


def change_slot(
    command: SlotChange, agenda: Agenda, holders: Mapping[UUID, Request]
) -> OverManyStreams:
    """The slot changes; whoever had a place there and has none any more is searched for again.

    `holders`: the requests that have or hold a place in the slot. Raises AlreadyVisited when one of
    those who would lose theirs was seen already.
    """
    happened = agendas.decide(command, agenda)
    told: dict[UUID, Sequence[RequestEvent]] = {}
    for event in happened:
        back: Unassign | EndHold
        match event:
            case SlotPlaceFreed():
                back = Unassign(event.request_id, _UNASSIGNED[event.reason], command.at)
            case SlotPlaceReleased():
                back = EndHold(event.request_id, HoldEnd.SLOT_CHANGED, command.at)
            case _:
                continue
        told[back.request_id] = requests.decide(back, holders[back.request_id])
    return OverManyStreams(happened, told)


def withdraw_slots(
    slots: Sequence[UUID], agenda: Agenda, holders: Mapping[UUID, Request], at: datetime
) -> OverManyStreams:
    """Each of them, in order; as `change_slot`."""
    events: list[AgendaEvent] = []
    told: dict[UUID, Sequence[RequestEvent]] = {}
    for slot_id in slots:
        change = change_slot(WithdrawSlot(slot_id, at), agenda, holders)
        agenda = agendas.decider.replay(change.agenda, since=agenda)
        events += change.agenda
        told |= change.requests
    return OverManyStreams(events, told)


def free_from(
    slot: Slot, agenda: Agenda, holders: Mapping[UUID, Request], since: datetime, at: datetime
) -> OverManyStreams:
    """Whoever was to come to the slot from then on is searched for again; the others are seen."""
    events: list[AgendaEvent] = []
    told: dict[UUID, Sequence[RequestEvent]] = {}
    for request_id in (*slot.taken, *slot.held):
        match holders[request_id]:
            case Assigned(assigned=place) if place.start >= since:
                back = Unassign(request_id, Unassigned.SLOT_WITHDRAWN, at)
                told[request_id] = requests.decide(back, holders[request_id])
                free = FreePlace(place.slot_id, request_id, Freed.SLOT_WITHDRAWN, at)
                events += agendas.decide(free, agenda)
            case Waiting(hold=RequestPlaceHeld() as kept) if kept.start >= since:
                end = EndHold(request_id, HoldEnd.SLOT_CHANGED, at)
                told[request_id] = requests.decide(end, holders[request_id])
                events += agendas.decide(ReleasePlace(kept.slot_id, request_id, at), agenda)
            case _:
                pass  # they came before
    return OverManyStreams(events, told)


_UNASSIGNED = {
    Freed.SLOT_WITHDRAWN: Unassigned.SLOT_WITHDRAWN,
    Freed.SLOT_MOVED: Unassigned.SLOT_MOVED,
    Freed.SLOT_REDUCED: Unassigned.SLOT_REDUCED,
}
