"""Who was asked about which request, and what they said."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Select, Table, Text, Uuid, select

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
from projections import board
from projections.rows import Place, Projection, Row, Rows

NAME = "offers"
metadata = MetaData(schema=NAME)

PENDING = "pending"
DEFERRED = "deferred"
ACCEPTED = "accepted"
PROPOSED = "proposed"
REFUSED = "refused"
LAPSED = "lapsed"
STATES = (PENDING, DEFERRED, ACCEPTED, PROPOSED, REFUSED, LAPSED)

offers = Table(
    "offers",
    metadata,
    Column("offer", Text, primary_key=True),  # request and member
    Column("request_id", Uuid, nullable=False),
    Column("rpps", Text, nullable=False),
    Column("community", Text),
    Column("wave", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True)),
    Column("answered_at", DateTime(timezone=True)),
    Column("start", DateTime(timezone=True)),  # accepted or proposed
    Column("reason", Text),  # of a refusal or a lapse
)
Index("offers_request", offers.c.request_id)
Index("offers_rpps_state", offers.c.rpps, offers.c.state)

_EVENTS = (
    RequestOffered,
    OfferDelivered,
    OfferSeen,
    OfferAccepted,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferDeferred,
    OfferLapsed,
    RequestUnassigned,
)


def _key(request_id: object, rpps: str) -> str:
    return f"{request_id} {rpps}"


def touched(recorded: Recorded) -> Sequence[Place]:
    """The offers this event is about."""
    match recorded.event:
        case RequestOffered() as event:
            return [(offers, _key(event.request_id, rpps)) for rpps in event.to]
        case (
            OfferDelivered()
            | OfferSeen()
            | OfferAccepted()
            | OfferPartiallyAccepted()
            | OfferRefused()
            | OfferDeferred()
            | OfferLapsed()
        ) as event:
            return [(offers, _key(event.request_id, event.rpps))]
        case RequestUnassigned(reason=reason) as event if reason not in NOT_THE_PRACTITIONERS:
            return [(offers, _key(event.request_id, event.rpps))]
        case _:
            return []


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    if isinstance(recorded.event, RequestOffered):
        event = recorded.event
        for rpps in event.to:
            rows.put(
                offers,
                _key(event.request_id, rpps),
                _EMPTY
                | {
                    "request_id": event.request_id,
                    "rpps": rpps,
                    "community": recorded.meta.community,
                    "wave": event.wave,
                    "state": PENDING,
                    "offered_at": event.offered_at,
                    "until": event.until,
                },
            )
        return
    for _, key in touched(recorded):
        row = rows.get(offers, key)
        if row is None:
            continue  # who had the place was never asked about it
        if isinstance(recorded.event, RequestUnassigned) and row["state"] != ACCEPTED:
            continue
        rows.put(offers, key, _changes(recorded))


_EMPTY: Row = {column.name: None for column in offers.columns if not column.primary_key}


def _changes(recorded: Recorded) -> Row:
    match recorded.event:
        case OfferDelivered() as event:
            return {"delivered_at": event.delivered_at}
        case OfferSeen() as event:
            return {"seen_at": event.seen_at}
        case OfferAccepted() as event:
            return _over(ACCEPTED, event.accepted_at) | {"start": event.start}
        case OfferPartiallyAccepted() as event:
            return _over(PROPOSED, event.answered_at) | {"start": event.start}
        case OfferRefused() as event:
            return _over(REFUSED, event.answered_at) | {"reason": event.reason}
        case OfferDeferred() as event:
            return {"state": DEFERRED, "until": event.until, "answered_at": event.answered_at}
        case OfferLapsed() as event:
            return _over(LAPSED, event.lapsed_at) | {"reason": event.reason}
        case RequestUnassigned() as event:
            return _over(REFUSED, event.unassigned_at) | {"reason": event.reason}
        case _:
            return {}


def _over(state: str, at: object) -> Row:
    return {"state": state, "until": None, "answered_at": at}


projection = Projection(
    name=NAME,
    tables=(offers,),
    events=frozenset(event.name for event in _EVENTS),
    touched=touched,
    apply=apply,
)


def asked(
    *, rpps: str | None = None, community: str | None = None, state: str | None = None
) -> Select[Any]:
    """Offers, those that wait for an answer first, then the newest."""
    query = select(offers)
    query = query.where(offers.c.rpps == rpps) if rpps else query
    query = query.where(offers.c.community == community) if community else query
    query = query.where(offers.c.state == state) if state else query
    return query.order_by(
        offers.c.until.asc().nulls_last(), offers.c.offered_at.desc(), offers.c.offer
    )


def with_requests(
    *, rpps: str | None = None, community: str | None = None, state: str | None = None
) -> Select[Any]:
    """As `asked`, with what a member needs to know to answer: never who the patient is."""
    about = board.requests
    known = (about.c.age, about.c.sex, about.c.motive, about.c.commune, about.c.due_by)
    both = offers.outerjoin(about, about.c.request_id == offers.c.request_id)
    found = asked(rpps=rpps, community=community, state=state)
    return found.select_from(both).add_columns(*known)
