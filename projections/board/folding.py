"""How events make the board."""

from collections.abc import Sequence
from datetime import datetime

from events.envelope import Recorded
from events.ladder import StepKind
from events.offer import RequestOffered
from events.request import (
    RequestAssigned,
    RequestConfirmed,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestHandedBack,
    RequestHoldLapsed,
    RequestMerged,
    RequestPlaceHeld,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestReoriented,
    RequestSearching,
    RequestUnassigned,
    RequestWithdrawn,
)
from events.visit import (
    OF_WHO_CAME,
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
)
from projections.board.tables import (
    ASSIGNED,
    ATTENDED,
    CANCELLED,
    CONFIRMED,
    HANDED_BACK,
    MERGED,
    MISSED,
    NAME,
    NOT_FOUND,
    REFUSED_AS_EMERGENCY,
    REORIENTED,
    SOUGHT,
    WAITING,
    WITHDRAWN,
    requests,
)
from projections.rows import Place, Projection, Row, Rows

_ASKED: dict[str | None, str] = {
    StepKind.TREATING_DOCTOR: "treating_doctor",
    StepKind.PARTNER_OFFERS: "partners",
}
"""Who looks after a request while they may answer; in any other step, members."""
_MEMBERS = "members"
_REGULATOR = "regulator"  # holds a place for the patient
_DISPATCH = "dispatch"  # owns a request from its first instant

_EVENTS = (
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestSearching,
    RequestAssigned,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestPlaceHeld,
    RequestHoldLapsed,
    RequestOffered,
    RequestHandedBack,
    RequestReopened,
    RequestWithdrawn,
    RequestUnassigned,
    RequestConfirmed,
    RequestReoriented,
    RequestMerged,
    VisitAttended,
    VisitMissed,
    VisitCancelled,
    OutcomeRecorded,
    PatientDoctorSought,
    PatientDoctorFound,
    PatientDoctorNotFound,
)


def touched(recorded: Recorded) -> Sequence[Place]:
    """The row of the request."""
    if isinstance(recorded.event, _EVENTS):
        return [(requests, recorded.event.request_id)]
    return []


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    if isinstance(recorded.event, _EVENTS):
        values = _changes(recorded)
        if isinstance(recorded.event, RequestOffered):
            row = rows.get(requests, recorded.event.request_id)
            values |= {"owner": _ASKED.get(row["step"] if row else None, _MEMBERS)}
        if isinstance(recorded.event, VisitMissed) and (
            row := rows.get(requests, recorded.event.request_id)
        ):
            values |= {"outcome": None} if row["outcome"] in OF_WHO_CAME else {}
            values |= {"doctor": None, "doctor_by": None} if row["doctor"] == SOUGHT else {}
        rows.put(requests, recorded.event.request_id, values)


def _changes(recorded: Recorded) -> Row:
    match recorded.event:
        case RequestReceived() as event:
            return _empty() | {
                "state": WAITING,
                "community": event.community,
                "case_id": event.case_id,
                "source": event.source,
                "priority": event.priority,
                "care_level": event.care_level,
                "motive": event.motive,
                "age": event.age,
                "sex": event.sex,
                "commune": event.commune,
                "received_at": event.received_at,
                "due_by": event.due_by,
                "owner": _DISPATCH,
                "next_at": event.received_at,
            }
        case RequestRefusedAsEmergency() as event:
            return _empty() | {
                "state": REFUSED_AS_EMERGENCY,
                "community": recorded.meta.community,
                "case_id": event.case_id,
                "source": event.source,
                "priority": event.priority,
                "care_level": event.care_level,
                "motive": event.motive,
                "commune": event.commune,
                "received_at": event.refused_at,  # of one that was no emergency at first as well
                "settled_at": event.refused_at,
            }
        case RequestSearching() as event:
            return {
                "owner": event.owner,
                "next_at": event.next_at,
                "explanation": _explanation(event),
            }
        case RequestAssigned() as event:
            return {
                "state": ASSIGNED,
                "owner": None,
                "next_at": None,
                "slot_id": event.slot_id,
                "rpps": event.rpps,
                "start": event.start,
                "mode": event.mode,
                "km": event.km,
                "settled_at": event.assigned_at,
                "explanation": _explanation(event),
            }
        case RequestDeadlineAgreed() as event:
            return {"due_by": event.due_by}
        case RequestHandedBack() as event:
            return {
                "state": HANDED_BACK,
                "owner": None,
                "next_at": None,
                "settled_at": event.handed_back_at,
                "reason": event.reason,
                "suggested": event.suggested,
                "explanation": _explanation(event),
            }
        case RequestReopened() as event:
            return {
                "state": WAITING,
                "owner": _DISPATCH,
                "next_at": event.reopened_at,
                "step": None,
                "due_by": event.due_by,
                "settled_at": None,
                "reason": None,
                "suggested": None,
                "explanation": None,
            }
        case RequestWithdrawn() as event:
            return _over(WITHDRAWN, event.withdrawn_at, event.reason)
        case RequestPlaceHeld() as event:
            return {"owner": _REGULATOR, "next_at": event.until}
        case RequestHoldLapsed() as event:
            return {"owner": _DISPATCH, "next_at": event.lapsed_at}
        case RequestEscalated() as event:
            why = {"explanation": _explanation(event)} if event.explanation else {}
            return {"owner": event.owner, "next_at": event.until, "step": event.kind} | why
        case RequestOffered() as event:
            return {"next_at": event.until}  # and whose it is: by the step
        case RequestUnassigned() as event:
            return _PLACELESS | {
                "state": WAITING,
                "owner": _DISPATCH,
                "step": None,
                "next_at": event.unassigned_at,
                "settled_at": None,
                "reason": event.reason,
                "explanation": None,
            }
        case RequestConfirmed():
            return {"state": CONFIRMED}
        case VisitAttended():
            return {"state": ATTENDED}
        case VisitMissed():
            return {"state": MISSED}
        case VisitCancelled() as event:
            return _PLACELESS | {"state": CANCELLED, "settled_at": event.cancelled_at}
        case RequestReoriented() as event:
            return _over(REORIENTED, event.reoriented_at, event.to)
        case RequestMerged() as event:
            return _over(MERGED, event.merged_at, str(event.into))
        case OutcomeRecorded() as event:
            return {"outcome": event.outcome}
        case PatientDoctorSought() as event:
            return {"doctor": SOUGHT, "doctor_by": event.until}
        case PatientDoctorFound() as event:
            return {"doctor": event.rpps, "doctor_by": None}
        case PatientDoctorNotFound():
            return {"doctor": NOT_FOUND, "doctor_by": None}
        case _:
            return {}


_PLACELESS: Row = {
    "slot_id": None,
    "rpps": None,
    "start": None,
    "mode": None,
    "km": None,
}


def _over(state: str, at: datetime, reason: str) -> Row:
    return _PLACELESS | {
        "state": state,
        "owner": None,
        "next_at": None,
        "settled_at": at,
        "reason": reason,
    }


def _explanation(
    event: RequestSearching | RequestEscalated | RequestAssigned | RequestHandedBack,
) -> object:
    return event.model_dump(mode="json", include={"explanation"})["explanation"]


def _empty() -> Row:
    return {column.name: None for column in requests.columns if not column.primary_key}


projection = Projection(
    name=NAME,
    tables=(requests,),
    events=frozenset(event.name for event in _EVENTS),
    touched=touched,
    apply=apply,
)
