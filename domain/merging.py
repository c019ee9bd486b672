"""The same need was asked for twice: one request ends, the other goes on."""

from typing import assert_never

from domain import request as requests
from domain.agenda import Agenda
from domain.placing import OverTwoStreams, freeing
from domain.request import (
    AnotherPatient,
    Assigned,
    Closed,
    Emergency,
    Merge,
    NothingToMergeInto,
    NotReceived,
    OtherWayRound,
    Request,
    Visited,
    Waiting,
    of_one_age,
    received_of,
)
from events.agenda import Freed
from events.codes import Sex
from events.request import RequestReceived


def merge(command: Merge, request: Request, into: Request, agenda: Agenda) -> OverTwoStreams:
    """The request is another one's duplicate, and the place it had is free again.

    Raises NothingToMergeInto where nobody would look after the patient then, AnotherPatient,
    OtherWayRound where the patient knows of the place that would be given up, and the refusal of a
    request that cannot end.
    """
    merged = requests.decide(command, request)
    if merged:
        one, other = received_of(request), received_of(into)
        if (
            one is None
            or other is None
            or one.community != other.community
            or not _looked_after(into)
        ):
            raise NothingToMergeInto(command.into)
        if not _may_be_the_same(one, other):
            raise AnotherPatient(command.into)
        if _patient_knows(request) and not _patient_knows(into):
            raise OtherWayRound(command.into)
    return freeing(merged, request, agenda, Freed.MERGED, command.at)


def _looked_after(request: Request) -> bool:
    """Somebody sees the patient, or saw them."""
    match request:
        case Waiting() | Assigned():
            return True
        case Visited(attended=attended):
            return attended
        case NotReceived() | Emergency() | Closed():
            return False
        case _:
            assert_never(request)


def _patient_knows(request: Request) -> bool:
    """The patient was told where they are seen, or was seen."""
    match request:
        case Assigned(confirmed_at=known):
            return known is not None
        case Visited():
            return True
        case NotReceived() | Emergency() | Closed() | Waiting():
            return False
        case _:
            assert_never(request)


def _may_be_the_same(one: RequestReceived, other: RequestReceived) -> bool:
    """Whether age and sex, where both are known, leave it open that it is one patient."""
    if {one.sex, other.sex} == {Sex.MALE, Sex.FEMALE}:
        return False
    return of_one_age(one.age, other.age)
