"""A place is looked for, found, lost again; or nobody can, and the SAS has the request back."""

from typing import assert_never

from domain.request import asked
from domain.request.commands import Assign, Escalate, HandBackRequest, KeepSearching, Unassign
from domain.request.refusals import AnotherPlaceHeld
from domain.request.states import (
    Assigned,
    Closed,
    Emergency,
    NotReceived,
    Request,
    Visited,
    Waiting,
    refusal_of,
)
from events.codes import Delay
from events.offer import Lapse
from events.request import (
    RequestAssigned,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestEvent,
    RequestHandedBack,
    RequestSearching,
    RequestUnassigned,
    Unassigned,
)

FIRST_OWNER = "dispatch"
MEMBERS = "members"  # who were asked
TREATING_DOCTOR = "treating_doctor"  # who was asked first
PARTNERS = "partners"  # who were asked beside members
REGULATOR = "regulator"  # who holds a place
REGULATOR_ASKED = "regulator_asked"  # whether to take another time that a member proposed


def keep_searching(command: KeepSearching, request: Request) -> list[RequestEvent]:
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
        case NotReceived() | Emergency() | Assigned() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def escalate(command: Escalate, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(step=step, step_kind=kind, step_until=until, reach=reach):
            if (step, kind, until, reach) == (
                command.step,
                command.kind,
                command.until,
                command.reach,
            ):
                return []
            return [
                RequestEscalated(
                    request_id=command.request_id,
                    step=command.step,
                    kind=command.kind,
                    communities=command.reach.neighbours,
                    settings=command.reach.settings,
                    specialties=command.reach.specialties,
                    only=command.reach.only,
                    crisis=command.reach.crisis,
                    owner=command.owner,
                    until=command.until,
                    escalated_at=command.at,
                    explanation=command.explanation,
                )
            ]
        case NotReceived() | Emergency() | Assigned() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def assign(command: Assign, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(hold=held):
            slot = command.slot
            if held and held.slot_id != slot.slot_id:
                raise AnotherPlaceHeld(command.request_id, held.slot_id)
            return [
                *asked.over(request, Lapse.PLACE_FOUND, command.at),
                RequestAssigned(
                    request_id=command.request_id,
                    slot_id=slot.slot_id,
                    rpps=slot.rpps,
                    week=slot.week,
                    start=command.start,
                    end=slot.end,
                    mode=command.mode,
                    km=command.km,
                    assigned_at=command.at,
                    explanation=command.explanation,
                ),
            ]
        case Assigned(assigned=given) if given.slot_id == command.slot.slot_id:
            return []
        case NotReceived() | Emergency() | Assigned() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def unassign(command: Unassign, request: Request) -> list[RequestEvent]:
    match request:
        case Assigned(assigned=given, waiting=waiting):
            lost = RequestUnassigned(
                request_id=command.request_id,
                slot_id=given.slot_id,
                rpps=given.rpps,
                reason=command.reason,
                unassigned_at=command.at,
            )
            return [lost, *_due_as_before(command, waiting)]
        case NotReceived() | Emergency() | Waiting() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def _due_as_before(command: Unassign, waiting: Waiting) -> list[RequestDeadlineAgreed]:
    """A later time was agreed to for the place that is lost, and for no other.

    Who cancels it themselves, and wants another, has agreed to wait.
    """
    if waiting.put_off_from is None or command.reason is Unassigned.CANCELLED_BY_PATIENT:
        return []
    return [
        RequestDeadlineAgreed(
            request_id=command.request_id,
            delay=waiting.received.delay or Delay.RDV,
            due_by=waiting.put_off_from,
            agreed_at=command.at,
        )
    ]


def hand_back(command: HandBackRequest, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting(hold=held):
            if held:
                raise AnotherPlaceHeld(command.request_id, held.slot_id)
            return [
                *asked.over(request, Lapse.REQUEST_ENDED, command.at),
                RequestHandedBack(
                    request_id=command.request_id,
                    reason=command.reason,
                    suggested=command.suggested,
                    asked=asked.answers(request),
                    handed_back_at=command.at,
                    explanation=command.explanation,
                ),
            ]
        case Closed(last=RequestHandedBack()):
            return []
        case NotReceived() | Emergency() | Assigned() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)
