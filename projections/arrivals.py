"""Who called and which places were opened, as the matching looks back on days to see ahead.

Without anybody's name: when, how soon, where to about a kilometre, and how.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from events.agenda import (
    SlotCapacityChanged,
    SlotMoved,
    SlotOpenedTo,
    SlotPublished,
    SlotWithdrawn,
)
from events.envelope import Recorded
from events.request import (
    RequestDeadlineAgreed,
    RequestMerged,
    RequestReceived,
    RequestRefusedAsEmergency,
)
from projections.rows import Place, Projection, Row, Rows

NAME = "arrivals"
metadata = MetaData(schema=NAME)

calls = Table(
    "calls",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("community", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("due_by", DateTime(timezone=True), nullable=False),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("max_km", Float, nullable=False),
    Column("professions", ARRAY(Text), nullable=False),
    Column("modes", ARRAY(Text), nullable=False),
    Column("counts", Boolean, nullable=False),  # not asked for twice, and no emergency
)
Index("calls_community_received", calls.c.community, calls.c.received_at)

openings = Table(
    "openings",
    metadata,
    Column("slot_id", Uuid, primary_key=True),
    Column("communities", ARRAY(Text), nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("start", DateTime(timezone=True), nullable=False),
    Column("end", DateTime(timezone=True), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("is_range", Boolean, nullable=False),  # it has, or had, several places
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("radius_km", Float),
    Column("profession", Text, nullable=False),
    Column("modes", ARRAY(Text), nullable=False),
    Column("withdrawn", Boolean, nullable=False),
)
Index("openings_communities", openings.c.communities, postgresql_using="gin")

_OF_REQUESTS = (RequestReceived, RequestDeadlineAgreed, RequestMerged, RequestRefusedAsEmergency)
_OF_SLOTS = (SlotPublished, SlotMoved, SlotCapacityChanged, SlotOpenedTo, SlotWithdrawn)


def touched(recorded: Recorded) -> Sequence[Place]:
    """The request or slot this event is about."""
    event = recorded.event
    if isinstance(event, _OF_REQUESTS):
        return [(calls, event.request_id)]
    return [(openings, event.slot_id)] if isinstance(event, _OF_SLOTS) else []


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    match recorded.event:
        case RequestReceived() as event:
            rows.put(calls, event.request_id, _call(event))
        case SlotPublished() as event:
            rows.put(openings, event.slot_id, _opening(event))
        case RequestDeadlineAgreed() as event:
            _change(rows, calls, event.request_id, {"due_by": event.due_by})
        case RequestMerged() | RequestRefusedAsEmergency() as event:
            _change(rows, calls, event.request_id, {"counts": False})
        case SlotMoved() as event:
            at = event.place.position
            moved = {"start": event.start, "end": event.end, "lat": at.lat, "lon": at.lon}
            _change(rows, openings, event.slot_id, moved)
        case SlotCapacityChanged() as event:
            row = rows.get(openings, event.slot_id)
            is_range = event.capacity > 1 or bool(row and row["is_range"])
            more = {"capacity": event.capacity, "is_range": is_range}
            _change(rows, openings, event.slot_id, more)
        case SlotOpenedTo() as event:
            _change(rows, openings, event.slot_id, {"communities": list(event.communities)})
        case SlotWithdrawn() as event:
            _change(rows, openings, event.slot_id, {"withdrawn": True})
        case _:
            pass


def _change(rows: Rows, table: Table, key: UUID, values: Row) -> None:
    """Of what is there: an emergency may have been one from the first."""
    if rows.get(table, key) is not None:
        rows.put(table, key, values)


def _call(event: RequestReceived) -> Row:
    return {
        "community": event.community,
        "received_at": event.received_at,
        "due_by": event.due_by,
        "lat": event.position.lat,
        "lon": event.position.lon,
        "max_km": event.max_km,
        "professions": list(event.professions),
        "modes": list(event.modes),
        "counts": True,
    }


def _opening(event: SlotPublished) -> Row:
    at = event.place.position
    return {
        "communities": list(event.communities),
        "published_at": event.published_at,
        "start": event.start,
        "end": event.end,
        "capacity": event.capacity,
        "is_range": event.capacity > 1,
        "lat": at.lat,
        "lon": at.lon,
        "radius_km": event.radius_km,
        "profession": event.profession,
        "modes": list(event.modes),
        "withdrawn": False,
    }


projection = Projection(
    name=NAME,
    tables=(calls, openings),
    events=frozenset(event.name for event in (*_OF_REQUESTS, *_OF_SLOTS)),
    touched=touched,
    apply=apply,
    seldom=True,
)


CALLED: Select[Any] = select(calls).where(
    calls.c.community == bindparam("community"),
    calls.c.counts,
    calls.c.received_at >= bindparam("since"),
    calls.c.received_at < bindparam("until"),
)
"""Requests of a community received from one instant to another."""

OPENED_OR_NOT: Select[Any] = select(openings).where(
    openings.c.communities.contains(bindparam("communities", type_=ARRAY(Text))),
    openings.c.start >= bindparam("since"),
    openings.c.start < bindparam("until"),
)
"""Slots open to a community (alone in a list) that began from one instant to another."""

OPENED = OPENED_OR_NOT.where(~openings.c.withdrawn)
"""As above, without those that were taken back."""
