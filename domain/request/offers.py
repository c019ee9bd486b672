"""Members are asked, and answer: the first who accepts sees the patient."""

from typing import assert_never
from uuid import UUID

from domain.agenda import OffTheGrid, on_the_grid
from domain.request.commands import (
    ClaimOffer,
    DeferOffer,
    LapseOffers,
    NoteReceipt,
    OfferCommand,
    OfferRequest,
    ProposeTime,
    RefuseOffer,
    ReleaseMembers,
    StopAsking,
)
from domain.request.receiving import LONGEST_DELAY
from domain.request.refusals import DeferredTooFar, NotAsked, OfferOver, ProposedInThePast
from domain.request.states import (
    Accepted,
    Assigned,
    Closed,
    Declined,
    Emergency,
    NotReceived,
    Offer,
    Pending,
    Proposed,
    Request,
    Visited,
    Waiting,
    refusal_of,
)
from events.offer import (
    Lapse,
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
)
from events.request import RequestEvent


def decide(command: OfferCommand, request: Request) -> list[RequestEvent]:
    match request:
        case Waiting():
            return _while_waiting(command, request)
        case Assigned(waiting=waiting) if _is_theirs(command, waiting):
            return []
        case Assigned() | Visited() | Closed():
            raise OfferOver(command.request_id)
        case NotReceived() | Emergency():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def _while_waiting(command: OfferCommand, waiting: Waiting) -> list[RequestEvent]:
    match command:
        case OfferRequest():
            return _offer(command, waiting)
        case LapseOffers():
            return _lapse(command, waiting)
        case StopAsking():
            return _stop_asking(command, waiting)
        case ReleaseMembers():
            return _release(command, waiting)
        case NoteReceipt():
            return _note_receipt(command, waiting)
        case ClaimOffer():
            return _claim(command, waiting)
        case ProposeTime():
            return _propose(command, waiting)
        case RefuseOffer():
            return _refuse(command, waiting)
        case DeferOffer():
            return _defer(command, waiting)
        case _:
            assert_never(command)


def _is_theirs(command: OfferCommand, waiting: Waiting) -> bool:
    """Whether the place was found by this very claim, told again."""
    if not isinstance(command, ClaimOffer):
        return False
    offer = waiting.offers.get(command.rpps)
    return isinstance(offer, Accepted) and offer.start == command.start


def _offer(command: OfferRequest, waiting: Waiting) -> list[RequestEvent]:
    to = tuple(rpps for rpps in command.to if rpps not in waiting.pending)
    if not to:
        return []
    return [
        RequestOffered(
            request_id=command.request_id,
            wave=waiting.wave + 1,
            to=to,
            until=command.until,
            offered_at=command.at,
        )
    ]


def _lapse(command: LapseOffers, waiting: Waiting) -> list[RequestEvent]:
    return [
        OfferLapsed(
            request_id=command.request_id,
            rpps=rpps,
            reason=Lapse.NO_ANSWER,
            lapsed_at=command.at,
        )
        for rpps, offer in waiting.offers.items()
        if isinstance(offer, Pending) and offer.until <= command.at
    ]


def _stop_asking(command: StopAsking, waiting: Waiting) -> list[RequestEvent]:
    return [
        OfferLapsed(
            request_id=command.request_id,
            rpps=rpps,
            reason=Lapse.STEP_OVER,
            lapsed_at=command.at,
        )
        for rpps in waiting.pending
    ]


def _release(command: ReleaseMembers, waiting: Waiting) -> list[RequestEvent]:
    return [
        OfferLapsed(
            request_id=command.request_id, rpps=rpps, reason=Lapse.AWAY, lapsed_at=command.at
        )
        for rpps in command.members
        if isinstance(waiting.offers.get(rpps), Pending)
    ]


def _note_receipt(command: NoteReceipt, waiting: Waiting) -> list[RequestEvent]:
    offer = _offer_to(command.rpps, command.request_id, waiting)
    if not isinstance(offer, Pending) or (offer.seen if command.seen else offer.delivered):
        return []  # told late, or again: nothing to learn from it
    if command.seen:
        return [OfferSeen(request_id=command.request_id, rpps=command.rpps, seen_at=command.at)]
    return [
        OfferDelivered(request_id=command.request_id, rpps=command.rpps, delivered_at=command.at)
    ]


def _claim(command: ClaimOffer, waiting: Waiting) -> list[RequestEvent]:
    # Late, or after a refusal: while the patient waits, whoever can see them is welcome.
    _offer_to(command.rpps, command.request_id, waiting)
    if waiting.hold:
        raise OfferOver(command.request_id)
    return [
        OfferAccepted(
            request_id=command.request_id,
            rpps=command.rpps,
            start=command.start,
            accepted_at=command.at,
        )
    ]


def _propose(command: ProposeTime, waiting: Waiting) -> list[RequestEvent]:
    offer = _offer_to(command.rpps, command.request_id, waiting)
    if isinstance(offer, Proposed) and offer.start == command.start:
        return []
    if not command.at < command.start <= waiting.received.received_at + LONGEST_DELAY:
        raise ProposedInThePast(command.request_id)
    if not on_the_grid(command.start):
        raise OffTheGrid(command.start.isoformat())  # when it is said, not when it is taken
    return [
        OfferPartiallyAccepted(
            request_id=command.request_id,
            rpps=command.rpps,
            start=command.start,
            answered_at=command.at,
        )
    ]


def _refuse(command: RefuseOffer, waiting: Waiting) -> list[RequestEvent]:
    offer = _offer_to(command.rpps, command.request_id, waiting)
    if isinstance(offer, Declined):
        return []
    return [
        OfferRefused(
            request_id=command.request_id,
            rpps=command.rpps,
            reason=command.reason,
            answered_at=command.at,
        )
    ]


def _defer(command: DeferOffer, waiting: Waiting) -> list[RequestEvent]:
    offer = _offer_to(command.rpps, command.request_id, waiting)
    if not isinstance(offer, Pending):
        raise OfferOver(command.request_id)
    if offer.deferred and offer.until == command.until:
        return []
    if not command.at < command.until < min(command.before or waiting.due_by, waiting.due_by):
        raise DeferredTooFar(command.request_id)
    return [
        OfferDeferred(
            request_id=command.request_id,
            rpps=command.rpps,
            until=command.until,
            answered_at=command.at,
        )
    ]


def _offer_to(rpps: str, request_id: UUID, waiting: Waiting) -> Offer:
    offer = waiting.offers.get(rpps)
    if offer is None:
        raise NotAsked(rpps, request_id)
    return offer
