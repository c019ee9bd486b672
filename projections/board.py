"""The regulator's board: every request, its state, who looks after it and until when."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from events.base import Frozen
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
from projections.rows import Place, Projection, Row, Rows

NAME = "board"
metadata = MetaData(schema=NAME)

WAITING = "waiting"
ASSIGNED = "assigned"
REFUSED_AS_EMERGENCY = "refused_as_emergency"
HANDED_BACK = "handed_back"
WITHDRAWN = "withdrawn"
CONFIRMED = "confirmed"  # assigned, and the patient knows
ATTENDED = "attended"
MISSED = "missed"
CANCELLED = "cancelled"
REORIENTED = "reoriented"
MERGED = "merged"
STATES = (
    WAITING,
    ASSIGNED,
    CONFIRMED,
    ATTENDED,
    MISSED,
    CANCELLED,
    HANDED_BACK,
    REORIENTED,
    MERGED,
    WITHDRAWN,
    REFUSED_AS_EMERGENCY,
)

requests = Table(
    "requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("community", Text),  # null: an emergency where no community is
    Column("case_id", Text),
    Column("source", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("care_level", Text),
    Column("motive", Text),
    Column("age", Integer),
    Column("sex", Text),
    Column("commune", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("due_by", DateTime(timezone=True)),
    Column("owner", Text),  # who looks after an open request…
    Column("next_at", DateTime(timezone=True)),  # …and when they act again at the latest
    Column("step", Text),  # of the ladder it is in, once one was announced
    Column("slot_id", Uuid),
    Column("rpps", Text),
    Column("start", DateTime(timezone=True)),
    Column("mode", Text),
    Column("km", Float),
    Column("settled_at", DateTime(timezone=True)),
    Column("reason", Text),  # of the last hand-back, withdrawal, reorientation or lost place
    Column("suggested", Text),  # where the SAS is advised to send who was handed back
    Column("outcome", Text),
    Column("doctor", Text),  # sought: a treating doctor; else who it is, or not_found
    Column("doctor_by", DateTime(timezone=True)),  # until when one is sought
    Column("explanation", JSONB(none_as_null=True)),
)
Index("requests_community_state", requests.c.community, requests.c.state)
Index("requests_case", requests.c.case_id)
Index("requests_rpps", requests.c.rpps)

_ASKED: dict[str | None, str] = {
    StepKind.TREATING_DOCTOR: "treating_doctor",
    StepKind.PARTNER_OFFERS: "partners",
}
"""Who looks after a request while they may answer; in any other step, members."""
_MEMBERS = "members"
SOUGHT = "sought"
NOT_FOUND = "not_found"
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
        if isinstance(recorded.event, VisitMissed):
            row = rows.get(requests, recorded.event.request_id)
            values |= {"outcome": None} if row and row["outcome"] in OF_WHO_CAME else {}
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
            return {"owner": event.owner, "next_at": event.until, "step": event.kind}
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


def _explanation(event: RequestSearching | RequestAssigned | RequestHandedBack) -> object:
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


class After(Frozen):
    """A row of the board: what comes after it is asked for."""

    waits: bool
    due_by: datetime | None
    received_at: datetime
    request_id: UUID

    @model_validator(mode="after")
    def _due(self) -> Self:
        if self.waits and self.due_by is None:
            msg = "who waits is due"
            raise ValueError(msg)
        return self


def on_board(
    *,
    community: str | None = None,
    state: str | None = None,
    rpps: str | None = None,
    after: After | None = None,
) -> Select[Any]:
    """Requests, the open ones first by due date, then the newest."""
    query = select(requests)
    if community:
        query = query.where(requests.c.community == community)
    if state:
        query = query.where(requests.c.state == state)
    if rpps:
        query = query.where(requests.c.rpps == rpps)
    if after:
        query = query.where(_after(after))
    still_open = case((requests.c.state == WAITING, 0), else_=1)
    return query.order_by(
        still_open,
        case((requests.c.state == WAITING, requests.c.due_by)),
        requests.c.received_at.desc(),
        requests.c.request_id,
    )


def _after(last: After) -> ColumnElement[bool]:
    of, waits = requests.c, requests.c.state == WAITING
    later = or_(
        of.received_at < last.received_at,
        and_(of.received_at == last.received_at, of.request_id > last.request_id),
    )
    if not last.waits:
        return and_(~waits, later)
    due_later = or_(of.due_by > last.due_by, and_(of.due_by == last.due_by, later))
    return or_(~waits, and_(waits, due_later))


def of_case(case_id: str) -> Select[Any]:
    """The requests of a regulation file."""
    return select(requests.c.request_id).where(requests.c.case_id == case_id)


def doctor_sought(*, community: str | None = None) -> Select[Any]:
    """Requests of patients who want a treating doctor, the earliest end first."""
    query = select(requests).where(requests.c.doctor == SOUGHT)
    if community:
        query = query.where(requests.c.community == community)
    return query.order_by(requests.c.doctor_by, requests.c.request_id)


def placed(rpps: str, slots: Sequence[UUID], since: datetime) -> Select[Any]:
    """Requests with a place of these slots with the practitioner, to come from then on."""
    return select(requests.c.request_id).where(
        requests.c.state.in_([ASSIGNED, CONFIRMED]),
        requests.c.rpps == rpps,
        requests.c.slot_id.in_(slots),
        requests.c.start >= since,
    )


def at_work(communities: Collection[str] | None, since: datetime) -> Select[Any]:
    """What a regulator has before them: who waits by when it is due, and all of late, newest first.

    `communities`: None for all. What was settled before `since` is left out.
    """
    of = requests.c
    query = select(requests).where(or_(of.state == WAITING, of.settled_at >= since))
    if communities is not None:
        query = query.where(of.community.in_(communities))
    return query.order_by(
        case((of.state == WAITING, 0), (of.state == HANDED_BACK, 1), else_=2),
        case((of.state == WAITING, of.due_by)),
        of.settled_at.desc(),
        of.request_id,
    )


def alike(
    communities: Collection[str] | None, commune: str, age: int, since: datetime
) -> Select[Any]:
    """Requests that may be the same need asked for again: of the same commune and age, of late."""
    of = requests.c
    query = select(requests).where(
        of.commune == commune,
        of.age.between(age - 1, age + 1),
        of.received_at >= since,
        of.state.not_in([MERGED, WITHDRAWN]),
    )
    if communities is not None:
        query = query.where(of.community.in_(communities))
    return query.order_by(of.received_at.desc()).limit(5)


def of_practitioner(rpps: str, since: datetime, until: datetime) -> Select[Any]:
    """Who has a place with a practitioner that begins between these instants, by the hour."""
    of = requests.c
    return (
        select(requests)
        .where(of.rpps == rpps, of.start >= since, of.start < until)
        .order_by(of.start, of.request_id)
    )


def assigned_to_others(communities: Collection[str], rpps: str, since: datetime) -> Select[Any]:
    """Requests that got a place with somebody else, the newest first."""
    of = requests.c
    return (
        select(of.request_id, of.settled_at)
        .where(
            of.community.in_(communities),
            of.rpps.is_not(None),
            of.rpps != rpps,
            of.settled_at >= since,
        )
        .order_by(of.settled_at.desc(), of.request_id)
    )


def counted(community: str, since: datetime) -> Select[Any]:
    """How many requests received since then are what now."""
    of = requests.c
    return (
        select(of.state, func.count().label("requests"))
        .where(of.community == community, of.received_at >= since)
        .group_by(of.state)
        .order_by(of.state)
    )


def by_hour(community: str, since: datetime, zone: str) -> Select[Any]:
    """Requests received since then by hour of that zone: how many, and how many have a place."""
    of = requests.c
    hour = func.date_part("hour", func.timezone(zone, of.received_at)).label("hour")
    return (
        select(
            hour,
            func.count().label("requests"),
            func.count().filter(of.rpps.is_not(None)).label("placed"),
            func.count().filter(of.state == HANDED_BACK).label("handed_back"),
        )
        .where(of.community == community, of.received_at >= since)
        .group_by(hour)
        .order_by(hour)
    )
