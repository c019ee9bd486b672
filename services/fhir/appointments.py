"""Appointments as the national platform is told of them (INT_R03, FrAppointmentSAS).

Never who the patient is: the interface has no place for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from domain import request as requests
from domain.request import Assigned, Closed, Emergency, NotReceived, Visited, Waiting
from events.codes import Source
from events.envelope import Recorded
from events.request import RequestAssigned, RequestReceived
from services.access.names import Name
from services.fhir import codes
from services.fhir.bundle import instant

PROFILE = "http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS"
_OPERATOR = "http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator"


class Status(StrEnum):
    """Of those of FHIR, what the interface uses (INTEROP, 3)."""

    BOOKED = "booked"
    FULFILLED = "fulfilled"
    NO_SHOW = "noshow"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Booked:
    """The appointment of a request: the place it has, or had last."""

    place: RequestAssigned
    status: Status
    created_at: datetime
    by: Sequence[str]  # who may have asked for it, as the log calls them: the likeliest first


def appointment_of(history: Sequence[Recorded]) -> Booked | None:
    """Of a regulator's request; None where it never had a place, or others asked."""
    received = [one for one in history if isinstance(one.event, RequestReceived)]
    given = [one for one in history if isinstance(one.event, RequestAssigned)]
    if not given or not received or _source(received[0]) is not Source.SAS:
        return None
    happened: list[Any] = [one.event for one in history]
    place = given[-1].event
    assert isinstance(place, RequestAssigned)
    first = given[0].event
    assert isinstance(first, RequestAssigned)
    return Booked(
        place=place,
        status=_status(requests.decider.replay(happened)),
        created_at=first.assigned_at,
        by=(given[-1].meta.actor.ref, received[0].meta.actor.ref),
    )


def _source(recorded: Recorded) -> Source:
    assert isinstance(recorded.event, RequestReceived)
    return recorded.event.source


def _status(request: requests.Request) -> Status:
    match request:
        case Assigned():
            return Status.BOOKED
        case Visited(attended=attended):
            return Status.FULFILLED if attended else Status.NO_SHOW
        case Waiting() | Closed() | Emergency() | NotReceived():
            return Status.CANCELLED
        case _:
            assert_never(request)


def resource(booked: Booked, *, regulator: Name, system: str, zone: str) -> dict[str, Any]:
    """The Appointment. `system`: of our identifiers, the editor's own."""
    place = booked.place
    return {
        "resourceType": "Appointment",
        "meta": {"profile": [PROFILE]},
        "extension": [{"url": _OPERATOR, "valueReference": {"identifier": _regulator(regulator)}}],
        "identifier": [{"system": system, "value": str(place.request_id)}],
        "status": booked.status,
        "start": instant(place.start, zone),
        "end": instant(place.end, zone),
        "created": instant(booked.created_at, zone),
        "participant": [{"actor": {"identifier": _person(place.rpps)}, "status": "accepted"}],
    }


def _regulator(name: Name) -> dict[str, Any]:
    kind = codes.NATIONAL if name.system == codes.PERSON else codes.INTERNAL
    return {"type": _type(kind), "system": name.system, "value": name.value}


def _person(rpps: str) -> dict[str, Any]:
    return {"type": _type(codes.NATIONAL), "system": codes.PERSON, "value": f"8{rpps}"}


def _type(code: str) -> dict[str, Any]:
    return {"coding": [{"system": codes.IDENTIFIER_TYPE, "code": code}]}
