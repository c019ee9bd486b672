"""A request comes in, or turns out to be an emergency; its deadline is agreed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from domain.request import asked
from domain.request.commands import AgreeDeadline, ReceiveRequest, RefuseAsEmergency
from domain.request.refusals import (
    AskedInTheFuture,
    DueBeforeReceived,
    DueInThePast,
    DueTooFar,
    NothingAsked,
    PlaceAfterDeadline,
    ReceivedOtherwise,
)
from domain.request.states import (
    Assigned,
    Closed,
    Emergency,
    NotReceived,
    Request,
    Visited,
    Waiting,
    received_of,
    refusal_of,
)
from events.codes import CareLevel, Priority, Sex
from events.offer import Lapse
from events.request import (
    RequestDeadlineAgreed,
    RequestEvent,
    RequestHandedBack,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestUnassigned,
    Unassigned,
)

# Without a delay from the regulator. Unscheduled care is care within 48 h (ministry, SAS); what is
# not deferred should not wait past tomorrow. A community's own delays come with its ladder.
USUAL_DELAY = {
    Priority.P2: timedelta(hours=24),
    Priority.P3: timedelta(hours=48),
    Priority.NR: timedelta(hours=24),
}
LONGEST_DELAY = timedelta(hours=48)

# The clocks of two systems are never quite together.
CLOCK_SKEW = timedelta(minutes=2)


def is_emergency(priority: Priority, care_level: CareLevel | None) -> bool:
    """P0 and P1 are the SAMU's, and so is a vital care level whatever the priority says."""
    return priority in {Priority.P0, Priority.P1} or care_level is CareLevel.R1


def receive(command: ReceiveRequest, request: Request) -> list[RequestEvent]:
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
        return refuse(emergency, request)
    event = _received(command)
    match request:
        case NotReceived():
            _check_times(event.request_id, event.received_at, event.due_by, command.at)
            if not (event.professions and event.modes):
                raise NothingAsked(command.request_id)
            return [event]
        case Waiting() | Assigned() | Visited():
            if received_of(request) == event:
                return []
            raise ReceivedOtherwise(command.request_id)
        case Emergency() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def refuse(command: RefuseAsEmergency, request: Request) -> list[RequestEvent]:
    match request:
        # Handed back, it could be searched for again: as an emergency it never is.
        case NotReceived() | Waiting() | Assigned() | Closed(last=RequestHandedBack()):
            waiting = request if isinstance(request, Waiting) else None
            return [
                *(asked.over(waiting, Lapse.REQUEST_ENDED, command.at) if waiting else ()),
                RequestRefusedAsEmergency(
                    request_id=command.request_id,
                    case_id=command.case_id,
                    source=command.source,
                    priority=command.priority,
                    care_level=command.care_level,
                    motive=command.motive,
                    commune=command.commune,
                    refused_at=command.at,
                ),
            ]
        case Emergency() | Closed() | Visited():
            return []  # there is nothing left to close
        case _:
            assert_never(request)


@dataclass(frozen=True)
class Likeness:
    """What tells one patient from another, as far as it was said: all else of them is sealed."""

    community: str | None  # it was sent to
    commune: str | None
    age: int | None  # in years
    sex: Sex | None


def may_become_an_emergency(request: Request) -> bool:
    """Whether an emergency of that request's file is written there.

    What is over stays as it ended: an emergency of the same file is one of its own.
    """
    match request:
        case Visited():
            return False
        case Closed():
            return isinstance(request.last, RequestHandedBack)
        case NotReceived() | Waiting() | Assigned() | Emergency():
            return True
        case _:
            assert_never(request)


def may_be_of(request: Request, whose: Likeness) -> bool:
    """Whether an emergency told under the id of that request, of no file, is its patient's.

    Of what is over it is not: told then, it is another one.
    """
    match request:
        case NotReceived():
            return True
        case (
            Waiting(received=known)
            | Assigned(waiting=Waiting(received=known))
            | Closed(received=known, last=RequestHandedBack())
        ):
            return (
                whose.community in {None, known.community}
                and len({known.commune, whose.commune} - {None}) <= 1
                and len({known.sex, whose.sex} - {None, Sex.UNKNOWN}) <= 1
                and of_one_age(known.age, whose.age)
            )
        case Emergency() | Visited() | Closed():
            return False
        case _:
            assert_never(request)


def of_one_age(known: int | None, age: int | None) -> bool:
    """Whether two ages, in years, may be of one patient: a birthday may lie between the two."""
    return known is None or age is None or abs(known - age) <= 1


def agree_deadline(command: AgreeDeadline, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(due_by=due_by) | Assigned(waiting=Waiting(due_by=due_by)):
            if due_by == command.due_by:
                return []
            _check_times(command.request_id, command.asked_at, command.due_by, command.at)
            return [*_too_late_by_then(command, request), _deadline_agreed(command)]
        case Closed(last=RequestHandedBack()):
            _check_times(command.request_id, command.asked_at, command.due_by, command.at)
            return [
                RequestReopened(
                    request_id=command.request_id,
                    delay=command.delay,
                    due_by=command.due_by,
                    reopened_at=command.at,
                )
            ]
        case NotReceived() | Emergency() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def _deadline_agreed(command: AgreeDeadline) -> RequestDeadlineAgreed:
    return RequestDeadlineAgreed(
        request_id=command.request_id,
        delay=command.delay,
        due_by=command.due_by,
        agreed_at=command.at,
    )


def _too_late_by_then(
    command: AgreeDeadline, request: Waiting | Assigned
) -> list[RequestUnassigned]:
    """The place it had, where that is after what is wanted now and the patient knows of none yet.

    Raises PlaceAfterDeadline where the patient knows: what to do is for the regulator to judge.
    """
    if not isinstance(request, Assigned) or request.assigned.start <= command.due_by:
        return []
    if request.confirmed_at is not None:
        raise PlaceAfterDeadline(command.request_id)
    return [
        RequestUnassigned(
            request_id=command.request_id,
            slot_id=request.assigned.slot_id,
            rpps=request.assigned.rpps,
            reason=Unassigned.DEADLINE_SHORTENED,
            unassigned_at=command.at,
        )
    ]


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
        complaint=command.complaint,
        professions=command.professions,
        pathways=command.pathways,
        modes=command.modes,
        max_km=command.max_km,
        patient_ref=command.patient_ref,
        age=command.age,
        sex=command.sex,
        commune=command.commune,
        position=command.position,
        registration=command.registration,
        treating_doctor=command.treating_doctor,
    )


def _check_times(request_id: UUID, asked_at: datetime, due_by: datetime, now: datetime) -> None:
    if due_by <= asked_at:
        raise DueBeforeReceived(request_id)
    if asked_at > now + CLOCK_SKEW:
        raise AskedInTheFuture(request_id)
    if due_by <= now:
        raise DueInThePast(request_id)
    if due_by > asked_at + LONGEST_DELAY:
        raise DueTooFar(request_id)
