"""Members are asked whether they see a patient beyond their agenda: in the request's stream.

The answers are the national ones (Hub Santé, `reponseDemande`).
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Event, Frozen, Instant, Rpps

Wave = Annotated[int, Field(ge=1)]


class RequestOffered(Event):
    """A short wave: these members are asked, until then. Who the patient is, is not said."""

    name = "request.offered"

    request_id: UUID
    wave: Wave
    to: Annotated[tuple[Rpps, ...], Field(min_length=1)]
    until: Instant
    offered_at: Instant


class _OfferEvent(Event):
    request_id: UUID
    rpps: Rpps


class OfferDelivered(_OfferEvent):
    """It reached the member's telephone or mailbox."""

    name = "offer.delivered"

    delivered_at: Instant


class OfferSeen(_OfferEvent):
    """The member looked at it."""

    name = "offer.seen"

    seen_at: Instant


class OfferAccepted(_OfferEvent):
    """The member sees the patient (ACCEPTEE). The first who says so does."""

    name = "offer.accepted"

    start: Instant
    accepted_at: Instant


class OfferPartiallyAccepted(_OfferEvent):
    """The member would, at another time (PARTIELLE): for the regulator to take or leave."""

    name = "offer.partially_accepted"

    start: Instant
    answered_at: Instant


class WhyNot(StrEnum):
    """Why a member does not: never held against them."""

    FULL = "FULL"
    ABSENT = "ABSENT"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    TOO_FAR = "TOO_FAR"
    OTHER = "OTHER"


class OfferRefused(_OfferEvent):
    """The member does not (REFUSEE)."""

    name = "offer.refused"

    reason: WhyNot
    answered_at: Instant


class OfferDeferred(_OfferEvent):
    """The member will say by then (DIFFEREE)."""

    name = "offer.deferred"

    until: Instant
    answered_at: Instant


class Lapse(StrEnum):
    """Why an offer ended without an answer."""

    NO_ANSWER = "NO_ANSWER"
    PLACE_FOUND = "PLACE_FOUND"  # somebody else was faster, or a place was freed
    REQUEST_ENDED = "REQUEST_ENDED"
    STEP_OVER = "STEP_OVER"  # the community, or the hour, asks nobody any more
    AWAY = "AWAY"  # the member has paused, left, or agrees to be asked no longer


class OfferLapsed(_OfferEvent):
    """The member need not answer any more, and is told so at once."""

    name = "offer.lapsed"

    reason: Lapse
    lapsed_at: Instant


class Answer(StrEnum):
    """What became of an offer."""

    ACCEPTED = "ACCEPTEE"
    PARTIAL = "PARTIELLE"
    REFUSED = "REFUSEE"
    DEFERRED = "DIFFEREE"
    NONE = "NONE"


class Asked(Frozen):
    """A member who was asked, and what they said."""

    rpps: Rpps
    wave: Wave
    answer: Answer
    reason: WhyNot | None = None
    start: Instant | None = None  # of PARTIELLE, when they would have seen the patient


OfferEvent = (
    OfferDelivered
    | OfferSeen
    | OfferAccepted
    | OfferPartiallyAccepted
    | OfferRefused
    | OfferDeferred
    | OfferLapsed
)
