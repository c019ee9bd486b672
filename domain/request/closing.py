"""A request ends without a visit: taken back, sent elsewhere, merged; or its patient is erased."""

from datetime import datetime
from typing import assert_never

from domain.request import asked
from domain.request.commands import ErasePatient, Merge, Reorient, Withdraw
from domain.request.refusals import NothingToMergeInto
from domain.request.states import (
    Assigned,
    Closed,
    Emergency,
    NotReceived,
    Request,
    Visited,
    Waiting,
    is_erased,
    received_of,
    refusal_of,
)
from events.offer import Lapse
from events.request import (
    PatientErased,
    RequestEvent,
    RequestHandedBack,
    RequestMerged,
    RequestReoriented,
    RequestWithdrawn,
)


def withdraw(command: Withdraw, request: Request) -> list[RequestEvent]:
    if isinstance(request, Closed) and isinstance(request.last, RequestWithdrawn):
        return []
    event = RequestWithdrawn(
        request_id=command.request_id, reason=command.reason, withdrawn_at=command.at
    )
    return _ending(event, request, command.at)


def reorient(command: Reorient, request: Request) -> list[RequestEvent]:
    match request:
        case Closed(last=RequestReoriented(to=to)) if to is command.to:
            return []
        case _:
            event = RequestReoriented(
                request_id=command.request_id, to=command.to, reoriented_at=command.at
            )
            if isinstance(request, Closed) and isinstance(request.last, RequestHandedBack):
                return [event]  # what the SAS did with it
            return _ending(event, request, command.at)


def merge(command: Merge, request: Request) -> list[RequestEvent]:
    if command.into == command.request_id:
        raise NothingToMergeInto(command.request_id)
    match request:
        case Closed(last=RequestMerged(into=into)) if into == command.into:
            return []
        case _:
            event = RequestMerged(
                request_id=command.request_id, into=command.into, merged_at=command.at
            )
            return _ending(event, request, command.at)


def _ending(
    event: RequestWithdrawn | RequestReoriented | RequestMerged, request: Request, at: datetime
) -> list[RequestEvent]:
    match request:
        case Waiting():
            return [*asked.over(request, Lapse.REQUEST_ENDED, at), event]
        case Assigned():
            return [event]
        case NotReceived() | Emergency() | Visited() | Closed():
            raise refusal_of(event.request_id, request)
        case _:
            assert_never(request)


def erase(command: ErasePatient, request: Request) -> list[RequestEvent]:
    received = received_of(request)
    if received is None:
        raise refusal_of(command.request_id, request)
    if is_erased(request) or received.patient_ref is None:
        return []
    return [
        PatientErased(
            request_id=command.request_id,
            patient_ref=received.patient_ref,
            erased_at=command.at,
        )
    ]
