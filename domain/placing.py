"""One decision over two streams: a request takes a place in an agenda, or gives it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import agenda as agendas
from domain import request as requests
from domain.agenda import Agenda, FreePlace, NoSuchSlot, Slot, TakePlace
from domain.eligibility import Candidate, NotThisWay, Way, search, ways
from domain.practitioner import Practitioner
from domain.request import Assign, Assigned, RefuseAsEmergency, Request, Waiting, Withdraw
from events.agenda import AgendaEvent, Freed
from events.codes import Mode
from events.explanation import Explanation
from events.request import RequestEvent


@dataclass(frozen=True)
class PlaceRequest:
    """Give this request a place of this slot."""

    request_id: UUID
    slot_id: UUID
    mode: Mode
    explanation: Explanation
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
    slot = agenda.slots.get(command.slot_id)
    if slot is None:
        raise NoSuchSlot(command.slot_id)
    if not isinstance(request, Waiting):
        # Asked twice it decides nothing; any other state of the request refuses.
        return OverTwoStreams(requests.decide(_assign(command, slot, 0.0), request), ())
    way = _way(command, request, Candidate(slot, agenda.taken, practitioner))
    take = TakePlace(
        slot_id=command.slot_id,
        request_id=command.request_id,
        source=request.received.source,
        mode=command.mode,
        at=command.at,
    )
    return OverTwoStreams(
        requests.decide(_assign(command, slot, way.km), request), agendas.decide(take, agenda)
    )


def _way(command: PlaceRequest, request: Waiting, candidate: Candidate) -> Way:
    found = ways(search(request, command.at), candidate)
    if not isinstance(found, list):
        raise found(command.slot_id)
    for way in found:
        if way.mode is command.mode:
            return way
    raise NotThisWay(command.slot_id, command.mode)


def _assign(command: PlaceRequest, slot: Slot, km: float) -> Assign:
    return Assign(
        request_id=command.request_id,
        slot=slot.published,
        mode=command.mode,
        km=round(km, 1),
        explanation=command.explanation,
        at=command.at,
    )


def withdraw(command: Withdraw, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The request is withdrawn, and the place it had is free again."""
    withdrawn = requests.decide(command, request)
    return _freeing(withdrawn, request, agenda, Freed.REQUEST_WITHDRAWN, command.at)


def refuse_as_emergency(
    command: RefuseAsEmergency, request: Request, agenda: Agenda
) -> OverTwoStreams:
    """The request is an emergency's: it is closed, and the place it had is free again."""
    refused = requests.decide(command, request)
    return _freeing(refused, request, agenda, Freed.BECAME_EMERGENCY, command.at)


def _freeing(
    happened: Sequence[RequestEvent], request: Request, agenda: Agenda, reason: Freed, at: datetime
) -> OverTwoStreams:
    if not happened or not isinstance(request, Assigned):
        return OverTwoStreams(happened, ())
    assigned = request.assigned
    free = FreePlace(assigned.slot_id, assigned.request_id, reason, at)
    return OverTwoStreams(happened, agendas.decide(free, agenda))
