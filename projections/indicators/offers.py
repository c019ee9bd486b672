"""The facts of offers: who was asked beyond their agenda, and what they said."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from events.envelope import Recorded
from events.offer import (
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
)
from events.request import NOT_THE_PRACTITIONERS, RequestUnassigned
from projections.indicators.days import day_of, half_day_of
from projections.indicators.requests import zone_of
from projections.indicators.tables import communities, offers
from projections.rows import Place, Row, Rows

PENDING = "PENDING"
ACCEPTED = "ACCEPTED"
PROPOSED = "PROPOSED"  # at another time
REFUSED = "REFUSED"
DEFERRED = "DEFERRED"
LAPSED = "LAPSED"
CORRECTED = "CORRECTED"  # accepted, and then not after all

_Answer = (
    OfferDelivered
    | OfferSeen
    | OfferAccepted
    | OfferPartiallyAccepted
    | OfferRefused
    | OfferDeferred
    | OfferLapsed
)
_ANSWERS = (
    OfferDelivered,
    OfferSeen,
    OfferAccepted,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferDeferred,
    OfferLapsed,
)
EVENTS = (RequestOffered, *_ANSWERS, RequestUnassigned)


def touched(recorded: Recorded) -> list[Place]:
    """The offers this event is about."""
    match recorded.event:
        case RequestOffered() as event:
            found: list[Place] = [(offers, _key(event.request_id, rpps)) for rpps in event.to]
            return [*found, (communities, recorded.meta.community or "")]
        case event if isinstance(event, (*_ANSWERS, RequestUnassigned)):
            return [(offers, _key(event.request_id, event.rpps))]
        case _:
            return []


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    event = recorded.event
    if isinstance(event, RequestOffered):
        for rpps in event.to:
            rows.put(offers, _key(event.request_id, rpps), _offered(event, rpps, recorded, rows))
    elif isinstance(event, (*_ANSWERS, RequestUnassigned)):
        key = _key(event.request_id, event.rpps)
        row = rows.get(offers, key)
        if row is None:
            return  # who had the place was never asked about it
        if isinstance(event, RequestUnassigned):
            if row["answer"] == ACCEPTED and event.reason not in NOT_THE_PRACTITIONERS:
                rows.put(offers, key, {"answer": CORRECTED, "reason": event.reason})
            return
        rows.put(offers, key, _changes(event, row))


def _offered(event: RequestOffered, rpps: str, recorded: Recorded, rows: Rows) -> Row:
    zone = zone_of(recorded.meta.community, rows)
    return {
        "request_id": event.request_id,
        "rpps": rpps,
        "community": recorded.meta.community,
        "wave": event.wave,
        "offered_at": event.offered_at,
        "day": day_of(event.offered_at, zone),
        "half_day": half_day_of(event.offered_at, zone),
        "delivered": False,
        "seen": False,
        "answer": PENDING,
        "reason": None,
        "seconds_to_answer": None,
    }


def _changes(event: _Answer, row: Row) -> Row:
    match event:
        case OfferDelivered():
            return {"delivered": True}
        case OfferSeen():
            return {"delivered": True, "seen": True}
        case OfferAccepted():
            return _answered(ACCEPTED, event.accepted_at, row)
        case OfferPartiallyAccepted():
            return _answered(PROPOSED, event.answered_at, row)
        case OfferRefused():
            return _answered(REFUSED, event.answered_at, row) | {"reason": event.reason}
        case OfferDeferred():
            return {"answer": DEFERRED, "delivered": True, "seen": True}
        case OfferLapsed():
            return {"answer": LAPSED, "reason": event.reason}
        case _:
            assert_never(event)


def _answered(answer: str, at: datetime, row: Row) -> Row:
    """Who answers has received it and looked at it, whatever a channel said."""
    waited = (at - row["offered_at"]).total_seconds()
    return {"answer": answer, "delivered": True, "seen": True, "seconds_to_answer": waited}


def _key(request_id: UUID, rpps: str) -> str:
    return f"{request_id} {rpps}"
