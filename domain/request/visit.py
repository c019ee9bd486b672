"""After the assignment: the patient knows, comes or does not, and how it ended."""

from datetime import timedelta
from typing import assert_never

from domain.request.commands import (
    BecomeTreatingDoctor,
    CancelVisit,
    ConfirmVisit,
    EndDoctorSearch,
    RateVisit,
    RecordAttendance,
    RecordOutcome,
    SeekDoctor,
)
from domain.request.refusals import DoctorFoundAlready, NoDoctorSought, NotYet, VisitWasMissed
from domain.request.states import (
    Assigned,
    Closed,
    Emergency,
    Found,
    NotFound,
    NotReceived,
    Request,
    Sought,
    Visited,
    Waiting,
    refusal_of,
)
from events.codes import Registration
from events.request import RequestConfirmed, RequestEvent, RequestReceived
from events.visit import (
    OF_WHO_CAME,
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
    VisitRated,
)

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
            return [_attendance(command), *_search(command, request.waiting.received)]
        case Visited(attended=attended, doctor=doctor):
            if attended == command.attended:
                return []
            received = request.assigned.waiting.received
            sought = _search(command, received) if doctor is None else []
            return [_attendance(command), *sought]
        case NotReceived() | Emergency() | Waiting() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def _attendance(command: RecordAttendance) -> VisitAttended | VisitMissed:
    if command.attended:
        return VisitAttended(request_id=command.request_id, attended_at=command.at)
    return VisitMissed(request_id=command.request_id, missed_at=command.at)


DOCTOR_SOUGHT_FOR = timedelta(days=30)


def _search(command: RecordAttendance, received: RequestReceived) -> list[PatientDoctorSought]:
    """Who came, has no treating doctor and wants one, is not left at that."""
    if not command.attended or received.registration is not Registration.SEEKS_ONE:
        return []
    return [_sought(command)]


def _sought(command: RecordAttendance | SeekDoctor) -> PatientDoctorSought:
    return PatientDoctorSought(
        request_id=command.request_id,
        until=command.at + DOCTOR_SOUGHT_FOR,
        sought_at=command.at,
    )


def seek_doctor(command: SeekDoctor, request: Request) -> list[RequestEvent]:
    """Said at the visit or after it: the file often does not tell. Sought in vain, once more."""
    match request:
        case Visited(attended=True, doctor=doctor):
            match doctor:
                case None | NotFound():
                    return [_sought(command)]
                case Sought():
                    return []
                case Found():
                    raise DoctorFoundAlready(command.request_id)
                case _:
                    assert_never(doctor)
        case Visited():
            raise VisitWasMissed(command.request_id)
        case Assigned():
            raise NotYet(command.request_id)
        case NotReceived() | Emergency() | Waiting() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def become_treating_doctor(command: BecomeTreatingDoctor, request: Request) -> list[RequestEvent]:
    doctor = request.doctor if isinstance(request, Visited) else None
    match doctor:
        case Sought(since=since):
            return [
                PatientDoctorFound(
                    request_id=command.request_id,
                    rpps=command.rpps,
                    days=round((command.at - since) / timedelta(days=1), 2),
                    found_at=command.at,
                )
            ]
        case Found(rpps=rpps):
            if rpps == command.rpps:
                return []
            raise DoctorFoundAlready(command.request_id)
        case None | NotFound():
            raise NoDoctorSought(command.request_id)
        case _:
            assert_never(doctor)


def end_doctor_search(command: EndDoctorSearch, request: Request) -> list[RequestEvent]:
    doctor = request.doctor if isinstance(request, Visited) else None
    match doctor:
        case Sought(until=until):
            if command.at < until:
                raise NotYet(command.request_id, until.isoformat())
            return [PatientDoctorNotFound(request_id=command.request_id, ended_at=command.at)]
        case Found() | NotFound():
            return []
        case None:
            raise NoDoctorSought(command.request_id)
        case _:
            assert_never(doctor)


def rate(command: RateVisit, request: Request) -> list[RequestEvent]:
    """What is said last holds."""
    match request:
        case Visited(ratings=ratings):
            if ratings.get(command.by) == command.score:
                return []
            return [
                VisitRated(
                    request_id=command.request_id,
                    by=command.by,
                    score=command.score,
                    rated_at=command.at,
                )
            ]
        case Assigned():
            raise NotYet(command.request_id)
        case NotReceived() | Emergency() | Waiting() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def record_outcome(command: RecordOutcome, request: Request) -> list[RequestEvent]:
    """Of a visit, or of a request nobody here could serve. What is said last holds."""
    match request:
        case Visited(attended=False) if command.outcome in OF_WHO_CAME:
            raise VisitWasMissed(command.request_id)
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
