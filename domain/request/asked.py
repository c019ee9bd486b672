"""Members who were asked about a request: what becomes of it when it no longer waits."""

from datetime import datetime

from domain.request.states import Answered, Pending, Waiting
from events.offer import Answer, Asked, Lapse, OfferLapsed


def over(waiting: Waiting, reason: Lapse, at: datetime) -> list[OfferLapsed]:
    """Whoever may still answer, or proposed another time, is told at once that it is over."""
    return [
        OfferLapsed(request_id=waiting.received.request_id, rpps=rpps, reason=reason, lapsed_at=at)
        for rpps, offer in waiting.offers.items()
        if isinstance(offer, Pending) or offer.answer is Answer.PARTIAL
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
