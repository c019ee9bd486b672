"""The conditions definitions name: each a question a fact answers with yes or no."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_

from events.codes import Origin, Registration
from events.destination import Destination
from events.visit import Outcome
from projections.indicators import offers as asked
from projections.indicators import requests as came
from projections.indicators.tables import offers, places, requests

_HOUR = 3600
_r, _p, _o = requests.c, places.c, offers.c

Marks = Mapping[str, ColumnElement[bool]]

_answerable = and_(_r.received, _r.answer.not_in([came.MERGED, came.WITHDRAWN, came.EMERGENCY]))
_served = and_(_r.received, _r.answer == came.SERVED)
_attended = _r.attendance == came.ATTENDED
_missed = _r.attendance == came.MISSED
_came_or_not = or_(_attended, _missed)
_without_doctor = _r.registration.in_([Registration.NOT_REGISTERED, Registration.SEEKS_ONE])
_in_protocol = func.cardinality(_r.protocols) > 0
_to_ed = or_(
    _r.destination == Destination.EMERGENCY_DEPARTMENT, _r.outcome == Outcome.EMERGENCY_DEPARTMENT
)
_by_protocol = and_(_served, _in_protocol, _r.profession != "10")
_regulated_visit = and_(_attended, _r.regulated, ~_r.own_patient)

REQUESTS: Marks = {
    "received": _r.received.is_(True),
    "answerable": _answerable,
    "open": and_(_r.received, _r.answer == came.OPEN),
    "served": _served,
    "served_within_48h": and_(_served, _r.seconds_to_visit <= 48 * _HOUR),
    "served_within_24h": and_(_served, _r.seconds_to_visit <= 24 * _HOUR),
    "served_same_day": and_(_served, _r.visit_day == _r.day),
    "cancelled": and_(_r.received, _r.answer == came.CANCELLED),
    "handed_back": and_(_r.received, _r.answer == came.HANDED_BACK),
    "reoriented": and_(_r.received, _r.answer == came.REORIENTED),
    "sent_elsewhere": and_(_r.received, _r.destination.is_not(None)),
    "withdrawn": and_(_r.received, _r.answer == came.WITHDRAWN),
    "merged": and_(_r.received, _r.answer == came.MERGED),
    "became_emergency": and_(_r.received, _r.answer == came.EMERGENCY),
    "emergency": _r.answer == came.EMERGENCY,
    "placed": _r.seconds_to_place.is_not(None),
    "failed": and_(_r.received, _r.failure.is_not(None)),
    "escalated": and_(_r.received, func.cardinality(_r.steps) > 0),
    "members_asked": and_(_r.received, _r.waves > 0),
    "lost_a_place": and_(_r.received, _r.places_lost > 0),
    "lost_to_practitioner": and_(_r.received, _r.lost_to_practitioner > 0),
    "received_to_ed": and_(_r.received, _to_ed),
    "booked": _r.attendance.is_not(None),
    "due": _came_or_not,
    "attended": _attended,
    "missed": _missed,
    "visit_cancelled": _r.attendance == came.CANCELLED,
    "overbooked": and_(_served, _r.origin == Origin.OVERBOOK),
    "outcome_told": _r.outcome.is_not(None),
    "hospitalised": _r.outcome == Outcome.HOSPITALISED,
    "outcome_ed": _r.outcome == Outcome.EMERGENCY_DEPARTMENT,
    "registration_known": and_(_r.received, _r.registration != Registration.UNKNOWN),
    "without_doctor": and_(_r.received, _without_doctor),
    "without_doctor_answerable": and_(_answerable, _without_doctor),
    "without_doctor_served": and_(_served, _without_doctor, _r.seconds_to_visit <= 48 * _HOUR),
    "doctor_sought": _r.doctor.is_not(None),
    "doctor_found": _r.doctor == came.FOUND,
    "regulated_visit": _regulated_visit,
    "regulated_visit_filed": and_(_regulated_visit, _r.filed),
    "in_protocol": and_(_r.received, _in_protocol),
    "by_protocol": _by_protocol,
    "protocol_to_ed": and_(_by_protocol, _to_ed),
    "protocol_without_doctor": and_(_by_protocol, _without_doctor),
    "protocol_outcome_told": and_(_by_protocol, _r.outcome.is_not(None)),
    "protocol_rated": and_(_by_protocol, _r.patient_score.is_not(None)),
    "patient_rated": _r.patient_score.is_not(None),
    "practitioner_rated": _r.practitioner_score.is_not(None),
}
PLACES: Marks = {
    "any": literal(True),  # noqa: FBT003 a condition that always holds
    "from_agendas": _p.origin == Origin.AGENDA,
    "kept": _p.offered > _p.withdrawn,
    "kept_from_agendas": and_(_p.origin == Origin.AGENDA, _p.offered > _p.withdrawn),
}
OFFERS: Marks = {
    "sent": literal(True),  # noqa: FBT003 as above
    "delivered": _o.delivered.is_(True),
    "seen": _o.seen.is_(True),
    "accepted": _o.answer.in_([asked.ACCEPTED, asked.CORRECTED]),
    "kept": _o.answer == asked.ACCEPTED,
    "proposed": _o.answer == asked.PROPOSED,
    "refused": _o.answer == asked.REFUSED,
    "deferred": _o.answer == asked.DEFERRED,
    "lapsed": _o.answer == asked.LAPSED,
    "pending": _o.answer == asked.PENDING,
    "answered": _o.seconds_to_answer.is_not(None),
    "over": _o.answer.not_in([asked.PENDING, asked.DEFERRED]),
}

TABLES: Mapping[str, Table] = {"requests": requests, "places": places, "offers": offers}
MARKS: Mapping[str, Marks] = {"requests": REQUESTS, "places": PLACES, "offers": OFFERS}
