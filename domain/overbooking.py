"""A member accepts a patient beyond the agenda: the slot is made for them in the same decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import placing
from domain import request as requests
from domain.agenda import Agenda, OffTheGrid, PublishSlot, on_the_grid
from domain.eligibility import Candidate, Search, search, ways
from domain.ineligible import NoConsent, PractitionerAway
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
from events.agenda import AgendaEvent, Freed
from events.codes import Label, Mode, Origin
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
    """A slot of one place, made and taken; where the member has a free one then, that one.

    Raises OfferOver when somebody was faster, and whatever else forbids it.
    """
    claim = ClaimOffer(command.request_id, command.rpps, command.start, command.at)
    claimed = requests.decide(claim, request)
    if not isinstance(request, Waiting):
        return OverTwoStreams((), ())  # the same again, or it was refused
    enrolled, overbook = overbook_of(command.rpps, practitioner)
    # Whatever they said before, they see the patient now.
    accepted = requests.decider.replay(claimed, since=request)
    assert isinstance(accepted, Waiting), "who sees a patient is not yet a place"
    accepted = replace(accepted, lost=frozenset())  # nor whatever was cancelled or corrected
    looked_for = search(accepted, command.at)
    published: Sequence[AgendaEvent] = ()
    if own := _own_place(command, looked_for, agenda, practitioner):
        slot_id, mode = own
    else:
        if not on_the_grid(command.start):
            raise OffTheGrid(command.start.isoformat())
        publish = _slot(command, request.received, enrolled, overbook)
        published = agendas.decide(publish, agenda)
        made = agendas.decider.replay(published, since=agenda).slots[command.slot_id]
        found = ways(looked_for, Candidate(made, agenda, practitioner))
        if not isinstance(found, list):
            raise found(command.rpps, command.start.isoformat())
        slot_id, mode = command.slot_id, found[0].mode
    place = PlaceRequest(
        request_id=command.request_id,
        slot_id=slot_id,
        mode=mode,
        explanation=Explanation(
            policy=POLICY,
            considered=len(request.offers),
            chosen=None,
            alternatives=(),
            not_eligible=(),
        ),
        at=command.at,
        start=command.start,
    )
    both = placing.place(
        place, accepted, agendas.decider.replay(published, since=agenda), practitioner
    )
    return OverTwoStreams([*claimed, *both.request], [*published, *both.agenda])


def _own_place(
    command: AcceptOffer, looked_for: Search, agenda: Agenda, practitioner: Practitioner
) -> tuple[UUID, Mode] | None:
    """Of the hours they opened, a free place the patient may have, in which a visit may begin then.

    Beside it, another patient would be sent at the same time.
    """
    for slot_id, slot in agenda.slots.items():
        first, last = slot.begins
        if not first <= command.start <= min(last, looked_for.request.due_by):
            continue
        if command.start != first and not on_the_grid(command.start):
            continue
        found = ways(looked_for, Candidate(slot, agenda, practitioner))
        for way in found if isinstance(found, list) else ():
            if way.start <= command.start:
                return slot_id, way.mode
    return None


def _slot(
    command: AcceptOffer, received: RequestReceived, enrolled: Enrolled, overbook: Overbook
) -> PublishSlot:
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
    if agenda.slot(request.assigned.slot_id).published.origin is not Origin.OVERBOOK:
        return both  # hours they opened before stay as they opened them
    return placing.without_the_place(both, request, agenda, command.at)
