"""A member accepts a patient beyond the agenda: the slot is made for them in the same decision."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import placing
from domain import request as requests
from domain.agenda import Agenda, OffTheGrid, PublishSlot, Slot, on_the_grid
from domain.eligibility import Candidate, NoConsent, PractitionerAway, search, ways
from domain.placing import OverTwoStreams, PlaceRequest
from domain.practitioner import Enrolled, NotEnrolled, Paused, Practitioner, PractitionerNotEnrolled
from domain.request import (
    Accepted,
    Assigned,
    ClaimOffer,
    Declined,
    GraceOver,
    OfferOver,
    Request,
    Unassign,
    Waiting,
)
from events.agenda import Freed
from events.codes import Label, Origin
from events.explanation import Explanation
from events.practitioner import Overbook
from events.request import RequestReceived, Unassigned

POLICY = "first-to-accept/1"
GRACE = timedelta(seconds=20)
"""So long a claim made by mistake is taken back without further ado."""


@dataclass(frozen=True)
class AcceptOffer:
    """The member sees the patient then."""

    request_id: UUID
    rpps: str
    slot_id: UUID  # of the slot to be made
    start: datetime
    minutes: int
    at: datetime


@dataclass(frozen=True)
class CorrectClaim:
    """The member accepted by mistake."""

    request_id: UUID
    rpps: str
    at: datetime


def overbook_of(rpps: str, practitioner: Practitioner) -> tuple[Enrolled, Overbook]:
    """As what they are enrolled, and where they see patients beyond the agenda.

    Raises the reason why they do not.
    """
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(rpps)
        case Paused():
            raise PractitionerAway(rpps)
        case Enrolled(consent=consent) as enrolled:
            if consent is None or consent.overbook is None:
                raise NoConsent(rpps)
            return enrolled, consent.overbook
        case _:
            assert_never(practitioner)


def accept(
    command: AcceptOffer, request: Request, agenda: Agenda, practitioner: Practitioner
) -> OverTwoStreams:
    """A slot of one place, made and taken. Raises OfferOver when somebody was faster."""
    claim = ClaimOffer(command.request_id, command.rpps, command.start, command.at)
    claimed = requests.decide(claim, request)
    if not isinstance(request, Waiting):
        return OverTwoStreams((), ())  # the same again, or it was refused
    if not on_the_grid(command.start):
        raise OffTheGrid(command.start.isoformat())
    publish = _slot(command, request.received, practitioner)
    published = agendas.decide(publish, agenda)
    after = agendas.decider.replay(published, since=agenda)
    candidate = Candidate(Slot(after.slots[command.slot_id].published), agenda, practitioner)
    found = ways(search(request, command.at), candidate)
    if not isinstance(found, list):
        raise found(command.rpps, command.start.isoformat())
    place = PlaceRequest(
        request_id=command.request_id,
        slot_id=command.slot_id,
        mode=found[0].mode,
        explanation=Explanation(
            policy=POLICY,
            considered=len(request.offers),
            chosen=None,
            alternatives=(),
            not_eligible=(),
        ),
        at=command.at,
    )
    both = placing.place(
        place,
        requests.decider.replay(claimed, since=request),
        after,
        practitioner,
    )
    return OverTwoStreams([*claimed, *both.request], [*published, *both.agenda])


def _slot(
    command: AcceptOffer, received: RequestReceived, practitioner: Practitioner
) -> PublishSlot:
    enrolled, overbook = overbook_of(command.rpps, practitioner)
    return PublishSlot(
        slot_id=command.slot_id,
        rpps=command.rpps,
        profession=enrolled.profession,
        setting=enrolled.setting,
        specialty=enrolled.specialty,
        place=overbook.place,
        start=command.start,
        end=command.start + timedelta(minutes=command.minutes),
        zone=overbook.zone,
        capacity=1,
        modes=overbook.modes,
        radius_km=overbook.radius_km,
        labels=(Label.CPTS,),
        communities=(received.community,),
        open_to=(received.source,),
        surge=False,
        origin=Origin.OVERBOOK,
        at=command.at,
    )


def correct(command: CorrectClaim, request: Request, agenda: Agenda) -> OverTwoStreams:
    """The patient waits again, before everybody. Raises GraceOver, or OfferOver."""
    waiting = request.waiting if isinstance(request, Assigned) else request
    offer = waiting.offers.get(command.rpps) if isinstance(waiting, Waiting) else None
    if isinstance(request, Waiting) and isinstance(offer, Declined):
        return OverTwoStreams((), ())  # the same again
    if (
        not isinstance(request, Assigned)
        or not isinstance(offer, Accepted)
        or request.assigned.rpps != command.rpps
    ):
        raise OfferOver(command.request_id)
    if command.at > offer.at + GRACE:
        raise GraceOver(command.request_id)
    back = Unassign(command.request_id, Unassigned.CLAIM_CORRECTED, command.at)
    both = placing.freeing(
        requests.decide(back, request), request, agenda, Freed.CLAIM_CORRECTED, command.at
    )
    return placing.without_the_place(both, request, agenda, command.at)
