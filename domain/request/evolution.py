"""What a request is after each thing that happens to it."""

from dataclasses import replace
from datetime import datetime
from typing import TypeGuard, assert_never

from domain.decider import ImpossibleHistory
from domain.request.reach import FOOT_REACH, Reach
from domain.request.searching import (
    FIRST_OWNER,
    MEMBERS,
    PARTNERS,
    REGULATOR,
    TREATING_DOCTOR,
)
from domain.request.states import (
    FOOT,
    Accepted,
    Assigned,
    Closed,
    Declined,
    Emergency,
    Found,
    NotFound,
    NotReceived,
    Offer,
    Pending,
    Proposed,
    Request,
    Sought,
    Unanswered,
    Visited,
    Waiting,
    is_erased,
    received_of,
)
from events.ladder import StepKind
from events.offer import (
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferEvent,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
    WhyNot,
)
from events.request import (
    PatientErased,
    RequestAssigned,
    RequestConfirmed,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestEvent,
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
    Unassigned,
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
    VisitRated,
)


def evolve(request: Request, event: RequestEvent) -> Request:
    match event:
        case RequestReceived():
            at = event.received_at
            return Waiting(event, event.due_by, FIRST_OWNER, next_at=at, since=at)
        case RequestRefusedAsEmergency():
            return Emergency(received_of(request), is_erased(request))
        case RequestSearching():
            if isinstance(request, Waiting):
                return replace(request, owner=event.owner, next_at=event.next_at)
        case RequestAssigned():
            if isinstance(request, Waiting):
                return Assigned(replace(request, hold=None), event)
        case RequestPlaceHeld():
            if isinstance(request, Waiting):
                return replace(request, hold=event, owner=REGULATOR, next_at=event.until)
        case RequestHoldLapsed():
            if isinstance(request, Waiting):
                return replace(request, hold=None, owner=FIRST_OWNER, next_at=event.lapsed_at)
        case RequestUnassigned():
            if isinstance(request, Assigned):
                return _waiting_again(request.waiting, event)
        case RequestDeadlineAgreed():
            return _with_deadline(request, event)
        case RequestConfirmed():
            if isinstance(request, Assigned):
                return replace(request, confirmed_at=event.confirmed_at)
        case VisitAttended() | VisitMissed():
            return _visited(request, event)
        case VisitRated():
            if isinstance(request, Visited):
                return replace(request, ratings={**request.ratings, event.by: event.score})
        case PatientDoctorSought():
            if isinstance(request, Visited):
                return replace(request, doctor=Sought(event.sought_at, event.until))
        case PatientDoctorFound():
            if isinstance(request, Visited):
                return replace(request, doctor=Found(event.rpps))
        case PatientDoctorNotFound():
            if isinstance(request, Visited):
                return replace(request, doctor=NotFound())
        case OutcomeRecorded():
            if isinstance(request, Visited | Closed):
                return replace(request, outcome=event.outcome)
        case RequestHandedBack():
            if isinstance(request, Waiting):
                return Closed(request.received, event, erased=request.erased)
        case RequestReopened():
            if _was_handed_back(request):
                return _open_again(request, event)
        case RequestWithdrawn() | RequestReoriented() | RequestMerged():
            if isinstance(request, Waiting | Assigned):
                return _closed(request, event)
            if isinstance(event, RequestReoriented) and _was_handed_back(request):
                return replace(request, last=event)
        case VisitCancelled():
            if isinstance(request, Assigned):
                return _closed(request, event)
        case RequestEscalated():
            if isinstance(request, Waiting):
                return replace(
                    request,
                    step=event.step,
                    step_kind=event.kind,
                    step_until=_ends(request, event),
                    reach=Reach.opened(event),
                    owner=event.owner,
                    next_at=event.until,
                )
        case RequestOffered():
            if isinstance(request, Waiting):
                new = dict.fromkeys(event.to, Pending(event.wave, event.until))
                return replace(
                    request,
                    wave=event.wave,
                    owner=MEMBERS
                    if request.step_kind is None
                    else _ASKED.get(request.step_kind, MEMBERS),
                    next_at=min((event.until, *_untils(request))),
                    offers={**request.offers, **new},
                )
        case (
            OfferDelivered()
            | OfferSeen()
            | OfferAccepted()
            | OfferPartiallyAccepted()
            | OfferRefused()
            | OfferDeferred()
            | OfferLapsed()
        ):
            if isinstance(request, Waiting) and (offer := request.offers.get(event.rpps)):
                offers = {**request.offers, event.rpps: _offer(offer, event)}
                return replace(request, offers=offers)
        case PatientErased():
            return _without_patient(request, event)
        case _:
            assert_never(event)
    raise ImpossibleHistory(event.name, request)


_ASKED = {
    StepKind.TREATING_DOCTOR: TREATING_DOCTOR,
    StepKind.PARTNER_OFFERS: PARTNERS,
}
"""Who has the request while those asked in the step may answer."""


def _ends(request: Waiting, event: RequestEscalated) -> datetime:
    """When the step is over: announced again, because whom it reaches changed, no later."""
    same = (request.step, request.step_kind) == (event.step, event.kind)
    return request.step_until if same and request.step_until else event.until


def _untils(waiting: Waiting) -> list[datetime]:
    return [offer.until for offer in waiting.offers.values() if isinstance(offer, Pending)]


def _offer(offer: Offer, event: OfferEvent) -> Offer:
    match event:
        case OfferDelivered():
            return replace(offer, delivered=True) if isinstance(offer, Pending) else offer
        case OfferSeen():
            return replace(offer, seen=True) if isinstance(offer, Pending) else offer
        case OfferDeferred():
            return Pending(offer.wave, event.until, deferred=True, delivered=True, seen=True)
        case OfferAccepted():
            return Accepted(offer.wave, event.start, event.accepted_at)
        case OfferPartiallyAccepted():
            return Proposed(offer.wave, event.start)
        case OfferRefused():
            return Declined(offer.wave, event.reason)
        case OfferLapsed():
            deferred = isinstance(offer, Pending) and offer.deferred
            return Unanswered(offer.wave, event.reason, deferred)
        case _:
            assert_never(event)


def _closed(
    request: Waiting | Assigned,
    event: RequestWithdrawn | RequestReoriented | RequestMerged | VisitCancelled,
) -> Closed:
    waiting = request.waiting if isinstance(request, Assigned) else request
    return Closed(waiting.received, event, erased=waiting.erased)


def _was_handed_back(request: Request) -> TypeGuard[Closed]:
    return isinstance(request, Closed) and isinstance(request.last, RequestHandedBack)


def _open_again(closed: Closed, event: RequestReopened) -> Waiting:
    # From the first step, and whoever was asked before may be asked again: it is another day.
    at = event.reopened_at
    return Waiting(
        closed.received, event.due_by, FIRST_OWNER, next_at=at, since=at, erased=closed.erased
    )


def _waiting_again(waiting: Waiting, event: RequestUnassigned) -> Waiting:
    # From the first step again: what was tried in vain may be there by now.
    at = event.unassigned_at
    again = replace(
        waiting,
        owner=FIRST_OWNER,
        next_at=at,
        since=at,
        step=FOOT,
        step_kind=None,
        step_until=None,
        reach=FOOT_REACH,
    )
    if event.reason is Unassigned.CANCELLED_BY_PATIENT:
        lost = waiting.lost | {event.slot_id}
        return replace(again, lost=lost, first_in_line=False, put_off_from=None)
    again = replace(again, first_in_line=True)
    if event.reason is Unassigned.DEADLINE_SHORTENED:
        return again  # who accepted would have seen the patient
    again = replace(again, offers=_without_acceptance(waiting, event))
    match event.reason:
        case Unassigned.CANCELLED_BY_PRACTITIONER | Unassigned.CLAIM_CORRECTED:
            return replace(
                again,
                lost=waiting.lost | {event.slot_id},
                cancelled_by=waiting.cancelled_by | {event.rpps},
            )
        case Unassigned.SLOT_WITHDRAWN | Unassigned.SLOT_MOVED | Unassigned.SLOT_REDUCED:
            return again
        case _:
            assert_never(event.reason)


def _without_acceptance(waiting: Waiting, event: RequestUnassigned) -> dict[str, Offer]:
    """Whoever accepted does not see the patient after all."""
    return {
        rpps: Declined(offer.wave, WhyNot.OTHER)
        if rpps == event.rpps and isinstance(offer, Accepted)
        else offer
        for rpps, offer in waiting.offers.items()
    }


def _visited(request: Request, event: VisitAttended | VisitMissed) -> Visited:
    attended = isinstance(event, VisitAttended)
    match request:
        case Assigned():
            return Visited(request, attended)
        case Visited() if attended:
            return replace(request, attended=True)
        case Visited(outcome=outcome, doctor=doctor):
            return replace(
                request,
                attended=False,
                outcome=None if outcome in OF_WHO_CAME else outcome,
                doctor=None if isinstance(doctor, Sought) else doctor,  # of who came
            )
        case NotReceived() | Emergency() | Waiting() | Closed():
            raise ImpossibleHistory(event.name, request)
        case _:
            assert_never(request)


def _with_deadline(request: Request, event: RequestDeadlineAgreed) -> Request:
    match request:
        case Waiting():
            # Whoever waits is looked at again at once: what did not fit may fit now, or no longer.
            before = _put_off_from(request, event)
            at = event.agreed_at
            return replace(request, due_by=event.due_by, next_at=at, put_off_from=before)
        case Assigned(waiting=waiting):
            agreed = replace(waiting, due_by=event.due_by, put_off_from=None)
            return replace(request, waiting=agreed)
        case NotReceived() | Emergency() | Visited() | Closed():
            raise ImpossibleHistory(event.name, request)
        case _:
            assert_never(request)


def _put_off_from(waiting: Waiting, event: RequestDeadlineAgreed) -> datetime | None:
    """When it was due, where a later time is taken that a member proposed: theirs alone."""
    proposed = any(
        isinstance(offer, Proposed) and offer.start == event.due_by > waiting.due_by
        for offer in waiting.offers.values()
    )
    return (waiting.put_off_from or waiting.due_by) if proposed else None


def _without_patient(request: Request, event: PatientErased) -> Request:
    match request:
        case Waiting() | Closed() | Emergency(received=RequestReceived()):
            return replace(request, erased=True)
        case Assigned(waiting=waiting):
            return replace(request, waiting=replace(waiting, erased=True))
        case Visited(assigned=assigned):
            waiting = replace(assigned.waiting, erased=True)
            return replace(request, assigned=replace(assigned, waiting=waiting))
        case NotReceived() | Emergency():
            raise ImpossibleHistory(event.name, request)
        case _:
            assert_never(request)
