"""Members who were asked about a request: what becomes of it when it no longer waits."""

from datetime import datetime

from domain.request.states import Answered, Waiting
from events.offer import Answer, Asked, Lapse, OfferLapsed


def over(waiting: Waiting, reason: Lapse, at: datetime) -> list[OfferLapsed]:
    """Whoever may still answer need not any more: they are told at once."""
    return [
        OfferLapsed(request_id=waiting.received.request_id, rpps=rpps, reason=reason, lapsed_at=at)
        for rpps in waiting.pending
    ]


def answers(waiting: Waiting) -> tuple[Asked, ...]:
    """Who was asked, and what they said: what the SAS is told."""
    return tuple(
        Asked(
            rpps=rpps,
            wave=offer.wave,
            answer=offer.answer if isinstance(offer, Answered) else Answer.NONE,
            reason=offer.reason if isinstance(offer, Answered) else None,
        )
        for rpps, offer in waiting.offers.items()
    )
