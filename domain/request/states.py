"""What a request may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain.decider import Refused
from domain.request.reach import FOOT_REACH, Reach
from domain.request.refusals import (
    AlreadyAssigned,
    AlreadyVisited,
    NoSuchRequest,
    NotAssigned,
    RequestClosed,
    WasAnEmergency,
)
from events.ladder import StepKind
from events.offer import Lapse, WhyNot
from events.request import (
    RequestAssigned,
    RequestHandedBack,
    RequestMerged,
    RequestPlaceHeld,
    RequestReceived,
    RequestReoriented,
    RequestWithdrawn,
)
from events.visit import Outcome, Rater, VisitCancelled

FOOT = -1
"""Of the ladder: no step was announced yet."""


@dataclass(frozen=True)
class NotReceived:
    """Nobody asked."""


@dataclass(frozen=True)
class Emergency:
    """Refused, at once or when an open request turned out to be one: the SAMU has it."""

    received: RequestReceived | None = None  # what it was before, if it was anything
    erased: bool = False


@dataclass(frozen=True)
class Pending:
    """A member was asked, and has until then to answer."""

    wave: int
    until: datetime
    deferred: bool = False  # said when they will answer
    delivered: bool = False
    seen: bool = False


@dataclass(frozen=True)
class Accepted:
    """A member sees the patient then."""

    wave: int
    start: datetime
    at: datetime  # it was said


@dataclass(frozen=True)
class Proposed:
    """A member would see the patient then, another time than was asked for."""

    wave: int
    start: datetime


@dataclass(frozen=True)
class Declined:
    """A member does not see the patient."""

    wave: int
    reason: WhyNot


@dataclass(frozen=True)
class Unanswered:
    """A member was asked, and need not answer any more."""

    wave: int
    why: Lapse
    deferred: bool = False  # had said when they would answer


Offer = Pending | Accepted | Proposed | Declined | Unanswered


@dataclass(frozen=True)
class Waiting:
    """Open: somebody looks for a place, and looks again at `next_at`."""

    received: RequestReceived
    due_by: datetime
    owner: str
    next_at: datetime
    since: datetime  # it waits: received, or the place lost
    erased: bool = False
    put_off_from: datetime | None = None  # due before a later time was taken that a member proposed
    lost: frozenset[UUID] = frozenset()  # slots it had a place in: nobody is sent there again
    first_in_line: bool = False  # had a place and lost it through no doing of the patient's
    cancelled_by: frozenset[str] = frozenset()  # practitioners: never asked again
    step: int = FOOT  # of the ladder
    step_kind: StepKind | None = None
    step_until: datetime | None = None  # None: no step was announced
    reach: Reach = FOOT_REACH  # whose places it may have
    hold: RequestPlaceHeld | None = None  # a regulator keeps a place: dispatch leaves it alone
    wave: int = 0  # waves so far
    offers: Mapping[str, Offer] = field(default_factory=dict)  # member → their offer

    @property
    def communities(self) -> tuple[str, ...]:
        """Whose places it may have, its own community's first."""
        return self.received.community, *self.reach.neighbours

    @property
    def pending(self) -> list[str]:
        """Members who may still answer."""
        return [rpps for rpps, offer in self.offers.items() if isinstance(offer, Pending)]


@dataclass(frozen=True)
class Assigned:
    """The patient has a place."""

    waiting: Waiting
    assigned: RequestAssigned
    confirmed_at: datetime | None = None  # since when the patient knows


@dataclass(frozen=True)
class Sought:
    """Members who take new patients are told that this one wants a treating doctor."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Found:
    """The patient has a treating doctor."""

    rpps: str


@dataclass(frozen=True)
class NotFound:
    """Nobody took the patient in time."""


DoctorSearch = Sought | Found | NotFound


@dataclass(frozen=True)
class Visited:
    """The time of the visit has come: the patient was there, or was not."""

    assigned: Assigned
    attended: bool
    outcome: Outcome | None = None
    doctor: DoctorSearch | None = None  # None: none was sought
    ratings: Mapping[Rater, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Closed:
    """It ended without a visit: handed back to the SAS, taken back, sent elsewhere or merged."""

    received: RequestReceived
    last: RequestHandedBack | RequestWithdrawn | RequestReoriented | RequestMerged | VisitCancelled
    erased: bool = False
    outcome: Outcome | None = None


Request = NotReceived | Emergency | Waiting | Assigned | Visited | Closed


def received_of(request: Request) -> RequestReceived | None:
    """As what it was received; None for what never was, or was an emergency from the first."""
    match request:
        case NotReceived():
            return None
        case Emergency() | Waiting() | Closed():
            return request.received
        case Assigned():
            return request.waiting.received
        case Visited():
            return request.assigned.waiting.received
        case _:
            assert_never(request)


def is_erased(request: Request) -> bool:
    """Whether nobody can tell any more who the patient was."""
    match request:
        case NotReceived():
            return False
        case Emergency() | Waiting() | Closed():
            return request.erased
        case Assigned():
            return request.waiting.erased
        case Visited():
            return request.assigned.waiting.erased
        case _:
            assert_never(request)


def place_of(request: Request) -> RequestAssigned | None:
    """The place the patient has, or had when the time came."""
    match request:
        case Assigned():
            return request.assigned
        case Visited():
            return request.assigned.assigned
        case NotReceived() | Emergency() | Waiting() | Closed():
            return None
        case _:
            assert_never(request)


def agenda_of(request: Request) -> tuple[str, str] | None:
    """RPPS and week of the agenda in which the request has, had or holds a place."""
    place: RequestAssigned | RequestPlaceHeld | None = place_of(request)
    if isinstance(request, Waiting):
        place = request.hold
    return (place.rpps, place.week) if place else None


def refusal_of(request_id: UUID, request: Request) -> Refused:
    """Why what was asked cannot be done with a request that is as it is."""
    match request:
        case NotReceived():
            return NoSuchRequest(request_id)
        case Emergency():
            return WasAnEmergency(request_id)
        case Waiting():
            return NotAssigned(request_id)
        case Assigned():
            return AlreadyAssigned(request_id)
        case Visited():
            return AlreadyVisited(request_id)
        case Closed():
            return RequestClosed(request_id)
        case _:
            assert_never(request)
