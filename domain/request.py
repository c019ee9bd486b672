"""A request for same-day care, from the call to the place or back to the SAS."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from domain.decider import Decider, ImpossibleHistory, Refused
from events.agenda import SlotPublished
from events.codes import CareLevel, Delay, Mode, Priority, Profession, Sex, Source
from events.explanation import Explanation
from events.place import CoarsePosition
from events.request import (
    HandBack,
    PatientErased,
    RequestAssigned,
    RequestDeadlineAgreed,
    RequestEvent,
    RequestHandedBack,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestSearching,
    RequestWithdrawn,
    Withdrawal,
)

# Without a delay from the regulator. Unscheduled care is care within 48 h (ministry, SAS); what is
# not deferred should not wait past tomorrow. A community's own delays come with its ladder.
USUAL_DELAY = {
    Priority.P2: timedelta(hours=24),
    Priority.P3: timedelta(hours=48),
    Priority.NR: timedelta(hours=24),
}
LONGEST_DELAY = timedelta(hours=48)


class NoSuchRequest(Refused):
    """No such request was received."""

    code = "no_such_request"


class ReceivedOtherwise(Refused):
    """This request was received already, with another content."""

    code = "request_received_otherwise"


class DueBeforeReceived(Refused):
    """The visit would be due before it was asked for."""

    code = "due_before_received"


class DueInThePast(Refused):
    """The visit was due before now: the request comes too late to be served."""

    code = "due_in_the_past"


class DueTooFar(Refused):
    """Unscheduled care is care within 48 hours: this request is due later."""

    code = "due_too_far"


class AskedInTheFuture(Refused):
    """The request says it was made later than now."""

    code = "asked_in_the_future"


class NothingAsked(Refused):
    """A request names at least one profession and one way to meet."""

    code = "nothing_asked"


class WasAnEmergency(Refused):
    """The case was refused as an emergency: it is the SAMU's."""

    code = "case_was_an_emergency"


class RequestClosed(Refused):
    """The request is closed: it was handed back or withdrawn."""

    code = "request_closed"


class AlreadyAssigned(Refused):
    """The request has a place already."""

    code = "already_assigned"


class PlaceAfterDeadline(Refused):
    """The place given begins later than the delay now asked: keep it, or withdraw the case."""

    code = "place_after_deadline"


@dataclass(frozen=True)
class ReceiveRequest:
    request_id: UUID
    community: str
    case_id: str | None
    source: Source
    asked_at: datetime
    due_by: datetime | None  # neither this nor a delay: the usual delay of the priority
    delay: Delay | None
    priority: Priority
    care_level: CareLevel | None
    motive: str
    professions: tuple[Profession, ...]
    modes: tuple[Mode, ...]
    max_km: float
    patient_ref: UUID | None
    age: int | None
    sex: Sex
    commune: str | None
    position: CoarsePosition
    at: datetime


@dataclass(frozen=True)
class RefuseAsEmergency:
    """An emergency is refused wherever it is and however little else its message says."""

    request_id: UUID
    case_id: str | None
    source: Source
    priority: Priority
    care_level: CareLevel | None
    motive: str | None
    commune: str | None
    at: datetime


@dataclass(frozen=True)
class KeepSearching:
    request_id: UUID
    owner: str
    next_at: datetime
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class Assign:
    request_id: UUID
    slot: SlotPublished
    mode: Mode
    km: float
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class AgreeDeadline:
    request_id: UUID
    delay: Delay
    asked_at: datetime
    due_by: datetime
    at: datetime


@dataclass(frozen=True)
class HandBackRequest:
    request_id: UUID
    reason: HandBack
    explanation: Explanation
    at: datetime


@dataclass(frozen=True)
class Withdraw:
    request_id: UUID
    reason: Withdrawal
    at: datetime


@dataclass(frozen=True)
class ErasePatient:
    request_id: UUID
    at: datetime


RequestCommand = (
    ReceiveRequest
    | RefuseAsEmergency
    | KeepSearching
    | Assign
    | AgreeDeadline
    | HandBackRequest
    | Withdraw
    | ErasePatient
)


@dataclass(frozen=True)
class NotReceived:
    """Nobody asked."""


@dataclass(frozen=True)
class Emergency:
    """Refused, at once or when an open request turned out to be one: the SAMU has it."""

    received: RequestReceived | None = None  # what it was before, if it was anything
    erased: bool = False


@dataclass(frozen=True)
class Waiting:
    """Open: somebody looks for a place, and looks again at `next_at`."""

    received: RequestReceived
    due_by: datetime
    owner: str
    next_at: datetime
    erased: bool = False


@dataclass(frozen=True)
class Assigned:
    """The patient has a place."""

    waiting: Waiting
    assigned: RequestAssigned


@dataclass(frozen=True)
class Closed:
    """Handed back to the SAS, or withdrawn by the asker."""

    received: RequestReceived
    last: RequestHandedBack | RequestWithdrawn
    erased: bool = False


Request = NotReceived | Emergency | Waiting | Assigned | Closed

FIRST_OWNER = "dispatch"


def decide(command: RequestCommand, request: Request) -> list[RequestEvent]:
    match command:
        case ReceiveRequest():
            return _receive(command, request)
        case RefuseAsEmergency():
            return _refuse(command, request)
        case KeepSearching():
            return _keep_searching(command, request)
        case Assign():
            return _assign(command, request)
        case AgreeDeadline():
            return _agree_deadline(command, request)
        case HandBackRequest():
            return _hand_back(command, request)
        case Withdraw():
            return _withdraw(command, request)
        case ErasePatient():
            return _erase(command, request)
        case _:
            assert_never(command)


def is_emergency(priority: Priority, care_level: CareLevel | None) -> bool:
    """P0 and P1 are the SAMU's, and so is a vital care level whatever the priority says."""
    return priority in {Priority.P0, Priority.P1} or care_level is CareLevel.R1


def _receive(command: ReceiveRequest, request: Request) -> list[RequestEvent]:
    if is_emergency(command.priority, command.care_level):
        emergency = RefuseAsEmergency(
            request_id=command.request_id,
            case_id=command.case_id,
            source=command.source,
            priority=command.priority,
            care_level=command.care_level,
            motive=command.motive,
            commune=command.commune,
            at=command.at,
        )
        return _refuse(emergency, request)
    event = _received(command)
    match request:
        case NotReceived():
            _check_times(event.request_id, event.received_at, event.due_by, command.at)
            if not (event.professions and event.modes):
                raise NothingAsked(command.request_id)
            return [event]
        case Waiting(received=known) | Assigned(waiting=Waiting(received=known)):
            if known == event:
                return []
            raise ReceivedOtherwise(command.request_id)
        case Emergency() | Closed():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)


def _refuse(command: RefuseAsEmergency, request: Request) -> list[RequestEvent]:
    match request:
        case NotReceived() | Waiting() | Assigned():
            return [
                RequestRefusedAsEmergency(
                    request_id=command.request_id,
                    case_id=command.case_id,
                    source=command.source,
                    priority=command.priority,
                    care_level=command.care_level,
                    motive=command.motive,
                    commune=command.commune,
                    refused_at=command.at,
                )
            ]
        case Emergency() | Closed():
            return []  # told as an emergency all the same; there is nothing left to close
        case _:
            assert_never(request)


def _received(command: ReceiveRequest) -> RequestReceived:
    wait = command.delay.longest if command.delay else USUAL_DELAY[command.priority]
    return RequestReceived(
        request_id=command.request_id,
        community=command.community,
        case_id=command.case_id,
        source=command.source,
        received_at=command.asked_at,
        due_by=command.due_by or command.asked_at + wait,
        delay=command.delay,
        priority=command.priority,
        care_level=command.care_level,
        motive=command.motive,
        professions=command.professions,
        modes=command.modes,
        max_km=command.max_km,
        patient_ref=command.patient_ref,
        age=command.age,
        sex=command.sex,
        commune=command.commune,
        position=command.position,
    )


# The clocks of two systems are never quite together.
CLOCK_SKEW = timedelta(minutes=2)


def _check_times(request_id: UUID, asked_at: datetime, due_by: datetime, now: datetime) -> None:
    if due_by <= asked_at:
        raise DueBeforeReceived(request_id)
    if asked_at > now + CLOCK_SKEW:
        raise AskedInTheFuture(request_id)
    if due_by <= now:
        raise DueInThePast(request_id)
    if due_by > asked_at + LONGEST_DELAY:
        raise DueTooFar(request_id)


def _keep_searching(command: KeepSearching, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(owner=owner, next_at=next_at):
            if (owner, next_at) == (command.owner, command.next_at):
                return []
            return [
                RequestSearching(
                    request_id=command.request_id,
                    owner=command.owner,
                    next_at=command.next_at,
                    searched_at=command.at,
                    explanation=command.explanation,
                )
            ]
        case Assigned():
            raise AlreadyAssigned(command.request_id)
        case NotReceived() | Emergency() | Closed():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)


def _assign(command: Assign, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting():
            slot = command.slot
            return [
                RequestAssigned(
                    request_id=command.request_id,
                    slot_id=slot.slot_id,
                    rpps=slot.rpps,
                    week=slot.week,
                    start=slot.start,
                    end=slot.end,
                    mode=command.mode,
                    km=command.km,
                    assigned_at=command.at,
                    explanation=command.explanation,
                )
            ]
        case Assigned(assigned=given) if given.slot_id == command.slot.slot_id:
            return []
        case Assigned():
            raise AlreadyAssigned(command.request_id)
        case NotReceived() | Emergency() | Closed():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)


def _agree_deadline(command: AgreeDeadline, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(due_by=due_by) | Assigned(waiting=Waiting(due_by=due_by)):
            if due_by == command.due_by:
                return []
            _check_times(command.request_id, command.asked_at, command.due_by, command.at)
            if isinstance(request, Assigned) and request.assigned.start > command.due_by:
                raise PlaceAfterDeadline(command.request_id)
            return [
                RequestDeadlineAgreed(
                    request_id=command.request_id,
                    delay=command.delay,
                    due_by=command.due_by,
                    agreed_at=command.at,
                )
            ]
        case NotReceived() | Emergency() | Closed():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)


def _hand_back(command: HandBackRequest, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting():
            return [
                RequestHandedBack(
                    request_id=command.request_id,
                    reason=command.reason,
                    handed_back_at=command.at,
                    explanation=command.explanation,
                )
            ]
        case Closed(last=RequestHandedBack()):
            return []
        case Assigned():
            raise AlreadyAssigned(command.request_id)
        case NotReceived() | Emergency() | Closed():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)


def _withdraw(command: Withdraw, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting() | Assigned():
            return [
                RequestWithdrawn(
                    request_id=command.request_id,
                    reason=command.reason,
                    withdrawn_at=command.at,
                )
            ]
        case Closed(last=RequestWithdrawn()):
            return []
        case NotReceived() | Emergency() | Closed():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)


def _erase(command: ErasePatient, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(received=received, erased=erased) | Closed(received=received, erased=erased):
            pass
        case Assigned(waiting=Waiting(received=received, erased=erased)):
            pass
        case Emergency(received=RequestReceived() as received, erased=erased):
            pass
        case NotReceived() | Emergency():
            raise _not_open(command.request_id, request)
        case _:
            assert_never(request)
    if erased or received.patient_ref is None:
        return []
    return [
        PatientErased(
            request_id=command.request_id,
            patient_ref=received.patient_ref,
            erased_at=command.at,
        )
    ]


def _not_open(request_id: UUID, request: NotReceived | Emergency | Closed) -> Refused:
    match request:
        case NotReceived():
            return NoSuchRequest(request_id)
        case Emergency():
            return WasAnEmergency(request_id)
        case Closed():
            return RequestClosed(request_id)
        case _:
            assert_never(request)


def evolve(request: Request, event: RequestEvent) -> Request:
    match event:
        case RequestReceived():
            return Waiting(event, event.due_by, FIRST_OWNER, event.received_at)
        case RequestRefusedAsEmergency():
            return _as_emergency(request)
        case RequestSearching():
            if isinstance(request, Waiting):
                return replace(request, owner=event.owner, next_at=event.next_at)
        case RequestAssigned():
            if isinstance(request, Waiting):
                return Assigned(request, event)
        case RequestDeadlineAgreed():
            return _with_deadline(request, event)
        case RequestHandedBack():
            if isinstance(request, Waiting):
                return Closed(request.received, event, erased=request.erased)
        case RequestWithdrawn():
            if isinstance(request, Waiting | Assigned):
                waiting = request.waiting if isinstance(request, Assigned) else request
                return Closed(waiting.received, event, erased=waiting.erased)
        case PatientErased():
            return _without_patient(request, event)
        case _:
            assert_never(event)
    raise ImpossibleHistory(event.name, request)


def _as_emergency(request: Request) -> Emergency:
    match request:
        case Waiting(received=received, erased=erased):
            return Emergency(received, erased)
        case Assigned(waiting=Waiting(received=received, erased=erased)):
            return Emergency(received, erased)
        case NotReceived() | Emergency() | Closed():
            return Emergency()
        case _:
            assert_never(request)


def _with_deadline(request: Request, event: RequestDeadlineAgreed) -> Request:
    match request:
        case Waiting():
            # Whoever waits is looked at again at once: what did not fit may fit now, or no longer.
            return replace(request, due_by=event.due_by, next_at=event.agreed_at)
        case Assigned(waiting=waiting):
            return replace(request, waiting=replace(waiting, due_by=event.due_by))
        case NotReceived() | Emergency() | Closed():
            raise ImpossibleHistory(event.name, request)
        case _:
            assert_never(request)


def _without_patient(request: Request, event: PatientErased) -> Request:
    match request:
        case Waiting() | Closed() | Emergency(received=RequestReceived()):
            return replace(request, erased=True)
        case Assigned(waiting=waiting):
            return replace(request, waiting=replace(waiting, erased=True))
        case NotReceived() | Emergency():
            raise ImpossibleHistory(event.name, request)
        case _:
            assert_never(request)


decider: Decider[RequestCommand, Request, RequestEvent] = Decider(NotReceived(), decide, evolve)
