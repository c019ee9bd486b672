"""Members who were asked about a request: what becomes of it when it no longer waits."""

from datetime import datetime
from typing import assert_never

from domain.request.states import Accepted, Declined, Offer, Pending, Proposed, Unanswered, Waiting
from events.offer import Answer, Asked, Lapse, OfferLapsed


def over(waiting: Waiting, reason: Lapse, at: datetime) -> list[OfferLapsed]:
    """Whoever may still answer, or proposed another time, is told at once that it is over."""
    return [
        OfferLapsed(request_id=waiting.received.request_id, rpps=rpps, reason=reason, lapsed_at=at)
        for rpps, offer in waiting.offers.items()
        if isinstance(offer, Pending | Proposed)
    ]


def answers(waiting: Waiting) -> tuple[Asked, ...]:
    """Who was asked, and what they said: what the SAS is told."""
    return tuple(
        Asked(
            rpps=rpps,
            wave=offer.wave,
            answer=_answer(offer),
            reason=offer.reason if isinstance(offer, Declined) else None,
            start=offer.start if isinstance(offer, Proposed) else None,
        )
        for rpps, offer in waiting.offers.items()
    )


def _answer(offer: Offer) -> Answer:
    match offer:
        case Accepted():
            return Answer.ACCEPTED
        case Proposed():
            return Answer.PARTIAL
        case Declined():
            return Answer.REFUSED
        case Pending(deferred=deferred) | Unanswered(deferred=deferred):
            return Answer.DEFERRED if deferred else Answer.NONE
        case _:
            assert_never(offer)
