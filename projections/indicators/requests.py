"""The facts of a request: how it came, what became of it, what followed."""

from datetime import datetime
from typing import assert_never

from events.codes import Mode, Registration, Sex, Source
from events.envelope import Recorded, Role
from events.offer import Answer, RequestOffered, WhyNot
from events.request import (
    NOT_THE_PRACTITIONERS,
    HandBack,
    RequestAssigned,
    RequestConfirmed,
    RequestEscalated,
    RequestHandedBack,
    RequestMerged,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestReoriented,
    RequestUnassigned,
    RequestWithdrawn,
    Withdrawal,
)
from events.visit import (
    OF_WHO_CAME,
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    Rater,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
    VisitRated,
)
from projections.indicators.days import USUAL_ZONE, day_of, half_day_of
from projections.indicators.tables import communities, requests
from projections.rows import Place, Row, Rows

# What became of a request: each is in one of these, whatever happened before.
OPEN = "OPEN"
SERVED = "SERVED"
CANCELLED = "CANCELLED"  # had a place, and did not want it any more
HANDED_BACK = "HANDED_BACK"
REORIENTED = "REORIENTED"
WITHDRAWN = "WITHDRAWN"
MERGED = "MERGED"
EMERGENCY = "EMERGENCY"
ANSWERS = (OPEN, SERVED, CANCELLED, HANDED_BACK, REORIENTED, WITHDRAWN, MERGED, EMERGENCY)

BOOKED, CONFIRMED, ATTENDED, MISSED = "BOOKED", "CONFIRMED", "ATTENDED", "MISSED"
SOUGHT, FOUND, NOT_FOUND = "SOUGHT", "FOUND", "NOT_FOUND"

# Why nobody could (DOMAIN §3, row 6).
NO_PLACE = "NO_PLACE"
NO_HOME_VISIT = "NO_HOME_VISIT"  # nothing else would have done
NO_ANSWER = "NO_ANSWER"
ALL_REFUSED = "ALL_REFUSED"
OUT_OF_SCOPE = "OUT_OF_SCOPE"
NOBODY_ACCEPTED = "NOBODY_ACCEPTED"  # some refused, some did not answer
PATIENT_DECLINED = "PATIENT_DECLINED"

UNKNOWN = "UNKNOWN"
# Years, the first of each band: infants, school, work, retirement (DREES, DOMAIN §8).
AGE_BANDS = (0, 2, 6, 13, 18, 25, 45, 65, 75)

_Told = (
    RequestEscalated
    | RequestOffered
    | RequestAssigned
    | RequestConfirmed
    | RequestUnassigned
    | RequestHandedBack
    | RequestReopened
    | RequestReoriented
    | RequestWithdrawn
    | RequestMerged
    | VisitAttended
    | VisitMissed
    | VisitCancelled
    | VisitRated
    | OutcomeRecorded
    | PatientDoctorSought
    | PatientDoctorFound
    | PatientDoctorNotFound
)
_TOLD = (
    RequestEscalated,
    RequestOffered,
    RequestAssigned,
    RequestConfirmed,
    RequestUnassigned,
    RequestHandedBack,
    RequestReopened,
    RequestReoriented,
    RequestWithdrawn,
    RequestMerged,
    VisitAttended,
    VisitMissed,
    VisitCancelled,
    VisitRated,
    OutcomeRecorded,
    PatientDoctorSought,
    PatientDoctorFound,
    PatientDoctorNotFound,
)
EVENTS = (RequestReceived, RequestRefusedAsEmergency, *_TOLD)


def touched(recorded: Recorded) -> list[Place]:
    """The row of the request, and of the community whose zone gives it its day."""
    event = recorded.event
    if not isinstance(event, EVENTS):
        return []
    found: list[Place] = [(requests, event.request_id)]
    if isinstance(event, RequestReceived | RequestRefusedAsEmergency) and recorded.meta.community:
        found.append((communities, recorded.meta.community))
    return found


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    event = recorded.event
    if isinstance(event, RequestReceived):
        rows.put(requests, event.request_id, _received(event, recorded, rows))
    elif isinstance(event, RequestRefusedAsEmergency):
        known = rows.get(requests, event.request_id)
        anew = {} if known else _emergency(event, recorded, rows)
        rows.put(requests, event.request_id, anew | _PLACELESS | {"answer": EMERGENCY})
    elif isinstance(event, _TOLD):
        row = rows.get(requests, event.request_id)
        assert row is not None, "the sequel of a request nobody received"
        rows.put(requests, event.request_id, _changes(event, row))


def _received(event: RequestReceived, recorded: Recorded, rows: Rows) -> Row:
    zone = zone_of(event.community, rows)
    role = recorded.meta.actor.role
    return _empty(event, event.received_at, zone) | {
        "community": event.community,
        "received": True,
        "regulated": event.source is Source.SAS and role is Role.REGULATOR,
        "age_band": age_band(event.age),
        "sex": event.sex,
        "registration": event.registration,
        "home_only": event.modes == (Mode.HOME,),
        "protocols": [pathway.code for pathway in event.pathways],
        "answer": OPEN,
    }


def _emergency(event: RequestRefusedAsEmergency, recorded: Recorded, rows: Rows) -> Row:
    community = recorded.meta.community
    return _empty(event, event.refused_at, zone_of(community, rows)) | {
        "community": community,
        "received": False,
        "regulated": False,
        "age_band": UNKNOWN,
        "sex": Sex.UNKNOWN,
        "registration": Registration.UNKNOWN,
        "home_only": False,
        "protocols": [],
    }


def _empty(event: RequestReceived | RequestRefusedAsEmergency, at: datetime, zone: str) -> Row:
    """A row with everything that is the same for both, and nothing that followed."""
    return _NOTHING | {
        "zone": zone,
        "received_at": at,
        "day": day_of(at, zone),
        "half_day": half_day_of(at, zone),
        "source": event.source,
        "filed": event.case_id is not None,
        "priority": event.priority,
        "motive": event.motive,
        "commune": event.commune,
        "steps": [],
        "waves": 0,
        "places_lost": 0,
        "lost_to_practitioner": 0,
    }


_PLACELESS: Row = {
    "slot_id": None,
    "rpps": None,
    "week": None,
    "mode": None,
    "km": None,
    "visit_at": None,
    "visit_day": None,
    "seconds_to_visit": None,
    "profession": None,
    "specialty": None,
    "setting": None,
    "origin": None,
    "own_patient": False,
    "attendance": None,
}
_NOTHING: Row = {column.name: None for column in requests.columns if not column.primary_key}
_NOTHING |= _PLACELESS


def zone_of(community: str | None, rows: Rows) -> str:
    """Where its days are counted."""
    row = rows.get(communities, community) if community else None
    return str(row["zone"]) if row else USUAL_ZONE


def age_band(age: int | None) -> str:
    """`45-64`: the band of an age in years."""
    if age is None:
        return UNKNOWN
    nth = max(n for n, first in enumerate(AGE_BANDS) if first <= age)
    first = AGE_BANDS[nth]
    return f"{first}+" if nth + 1 == len(AGE_BANDS) else f"{first}-{AGE_BANDS[nth + 1] - 1}"


def _changes(event: _Told, row: Row) -> Row:
    match event:
        case RequestEscalated():
            known = row["steps"]
            return {"steps": known if event.kind in known else [*known, event.kind]}
        case RequestOffered():
            return {"waves": row["waves"] + 1}
        case RequestAssigned():
            return _assigned(event, row)
        case RequestConfirmed():
            return {"attendance": CONFIRMED}
        case RequestUnassigned():
            by_practitioner = event.reason not in NOT_THE_PRACTITIONERS
            return _PLACELESS | {
                "answer": OPEN,
                "places_lost": row["places_lost"] + 1,
                "lost_to_practitioner": row["lost_to_practitioner"] + by_practitioner,
            }
        case RequestHandedBack():
            return _PLACELESS | {"answer": HANDED_BACK, "failure": _failure(event, row)}
        case RequestReopened():
            return {"answer": OPEN, "failure": None}
        case RequestReoriented():
            # What the SAS did after a hand-back does not undo it.
            answer = HANDED_BACK if row["answer"] == HANDED_BACK else REORIENTED
            return _PLACELESS | {"answer": answer, "destination": event.to}
        case RequestWithdrawn():
            declined = event.reason is Withdrawal.PATIENT_DECLINED
            failure = PATIENT_DECLINED if declined else None
            return _PLACELESS | {"answer": WITHDRAWN, "failure": failure}
        case RequestMerged():
            return _PLACELESS | {"answer": MERGED}
        case VisitAttended():
            return {"attendance": ATTENDED}
        case VisitMissed():
            void = {"outcome": None} if row["outcome"] in OF_WHO_CAME else {}
            void |= {"doctor": None, "doctor_day": None} if row["doctor"] == SOUGHT else {}
            return {"attendance": MISSED} | void
        case VisitCancelled():
            return {"answer": CANCELLED, "attendance": CANCELLED}
        case VisitRated():
            by_patient = event.by is Rater.PATIENT
            return {"patient_score" if by_patient else "practitioner_score": event.score}
        case OutcomeRecorded():
            return {"outcome": event.outcome}
        case PatientDoctorSought():
            return {"doctor": SOUGHT, "doctor_day": day_of(event.sought_at, row["zone"])}
        case PatientDoctorFound():
            return {"doctor": FOUND, "doctor_days": event.days}
        case PatientDoctorNotFound():
            return {"doctor": NOT_FOUND}
        case _:
            assert_never(event)


def _assigned(event: RequestAssigned, row: Row) -> Row:
    waited = (event.assigned_at - row["received_at"]).total_seconds()
    first = row["seconds_to_place"]
    return {
        "answer": SERVED,
        # The clock stops when somebody first gave a place, not when one was last changed.
        "seconds_to_place": waited if first is None else first,
        "slot_id": event.slot_id,
        "rpps": event.rpps,
        "week": event.week,
        "mode": event.mode,
        "km": event.km,
        "visit_at": event.start,
        "visit_day": day_of(event.start, row["zone"]),
        "seconds_to_visit": (event.start - row["received_at"]).total_seconds(),
        "attendance": BOOKED,
    }


def _failure(event: RequestHandedBack, row: Row) -> str:
    if event.reason is HandBack.NO_PLACE:
        return NO_HOME_VISIT if row["home_only"] else NO_PLACE
    answers = {one.answer for one in event.asked}
    if answers <= {Answer.NONE}:
        return NO_ANSWER
    if answers <= {Answer.REFUSED}:
        out_of_scope = all(one.reason is WhyNot.OUT_OF_SCOPE for one in event.asked)
        return OUT_OF_SCOPE if out_of_scope else ALL_REFUSED
    return NOBODY_ACCEPTED
