"""After the assignment: the patient knows, comes or does not, and how it ended."""

from datetime import timedelta
from typing import assert_never

from domain.request.commands import CancelVisit, ConfirmVisit, RecordAttendance, RecordOutcome
from domain.request.refusals import NotYet
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
from events.request import RequestConfirmed, RequestEvent
from events.visit import OutcomeRecorded, VisitAttended, VisitCancelled, VisitMissed

EARLIEST_ARRIVAL = timedelta(minutes=30)
"""So long before its time a visit may have taken place."""


def confirm(command: ConfirmVisit, request: Request) -> list[RequestEvent]:
    match request:
        case Assigned(confirmed_at=None):
            return [RequestConfirmed(request_id=command.request_id, confirmed_at=command.at)]
        case Assigned() | Visited():
            return []
        case NotReceived() | Emergency() | Waiting() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def cancel(command: CancelVisit, request: Request) -> list[RequestEvent]:
    match request:
        case Assigned():
            return [VisitCancelled(request_id=command.request_id, cancelled_at=command.at)]
        case Closed(last=VisitCancelled()):
            return []
        case NotReceived() | Emergency() | Waiting() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def record_attendance(command: RecordAttendance, request: Request) -> list[RequestEvent]:
    """What is said last holds: who ticked the wrong box says it again."""
    match request:
        case Assigned(assigned=given):
            begins = given.start - (EARLIEST_ARRIVAL if command.attended else timedelta())
            if command.at < begins:
                raise NotYet(command.request_id, begins.isoformat())
            return [_attendance(command)]
        case Visited(attended=attended):
            return [] if attended == command.attended else [_attendance(command)]
        case NotReceived() | Emergency() | Waiting() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def _attendance(command: RecordAttendance) -> VisitAttended | VisitMissed:
    if command.attended:
        return VisitAttended(request_id=command.request_id, attended_at=command.at)
    return VisitMissed(request_id=command.request_id, missed_at=command.at)


def record_outcome(command: RecordOutcome, request: Request) -> list[RequestEvent]:
    """Of a visit, or of a request nobody here could serve. What is said last holds."""
    match request:
        case Visited(outcome=known) | Closed(outcome=known):
            if known is command.outcome:
                return []
            return [
                OutcomeRecorded(
                    request_id=command.request_id,
                    outcome=command.outcome,
                    recorded_at=command.at,
                )
            ]
        case Assigned():
            raise NotYet(command.request_id)
        case NotReceived() | Emergency() | Waiting():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)
