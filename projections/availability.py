"""Free places: which slots are open to whom, and how many places each has left."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import assert_never

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from events.agenda import (
    SlotCapacityChanged,
    SlotClosedTo,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)
from events.envelope import Recorded
from events.practitioner import (
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerLeft,
    PractitionerPaused,
    PractitionerResumed,
)
from projections.rows import Place, Projection, Rows

NAME = "availability"
metadata = MetaData(schema=NAME)

slots = Table(
    "slots",
    metadata,
    Column("slot_id", Uuid, primary_key=True),
    Column("rpps", Text, nullable=False),
    Column("week", Text, nullable=False),
    Column("profession", Text, nullable=False),
    Column("setting", Text, nullable=False),
    Column("specialty", Text),
    Column("surge", Boolean, nullable=False),  # kept for a crisis
    Column("place", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("start", DateTime(timezone=True), nullable=False),
    Column("end", DateTime(timezone=True), nullable=False),
    Column("zone", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("is_range", Boolean, nullable=False),  # it has, or had, several places
    Column("taken", Integer, nullable=False),
    Column("held", Integer, nullable=False),  # by regulators, for a moment
    Column("lost", Integer, nullable=False),  # nobody had taken them when it was over
    Column("modes", ARRAY(Text), nullable=False),
    Column("labels", ARRAY(Text), nullable=False),
    Column("communities", ARRAY(Text), nullable=False),
    Column("open_to", ARRAY(Text), nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
)
_AT = bindparam("at", type_=DateTime(timezone=True))
_LONGEST = timedelta(hours=24)  # no slot is longer
_LEAD = timedelta(minutes=15)  # of somebody who need not travel
_BEFORE_THE_END = timedelta(minutes=15)  # a range is joined at the latest
_QUARTER = timedelta(minutes=15)
# When somebody told now comes into a range: the next quarter of an hour they can make.
_ON_THE_GRID = func.date_bin(
    _QUARTER, _AT + _LEAD + _QUARTER - timedelta(microseconds=1), datetime(2000, 1, 1, tzinfo=UTC)
)
_LEFT = slots.c.capacity - slots.c.taken - slots.c.held
Index("slots_communities", slots.c.communities, postgresql_using="gin")
Index("slots_start", slots.c.start)

practitioners = Table(
    "practitioners",
    metadata,
    Column("rpps", Text, primary_key=True),
    Column("profession", Text, nullable=False),
    Column("communities", ARRAY(Text), nullable=False),  # none: takes part no longer
    Column("left", ARRAY(Text), nullable=False),  # communities
    Column("paused", Boolean, nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
)

_Event = (
    SlotPublished
    | SlotPlaceTaken
    | SlotPlaceFreed
    | SlotPlaceHeld
    | SlotPlaceReleased
    | SlotMoved
    | SlotCapacityChanged
    | SlotOpenedTo
    | SlotClosedTo
    | SlotWithdrawn
    | SlotElapsed
    | PractitionerEnrolled
    | PractitionerLeft
    | PractitionerConsented
    | PractitionerPaused
    | PractitionerResumed
)
_KINDS = (
    SlotPublished,
    SlotPlaceTaken,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotMoved,
    SlotCapacityChanged,
    SlotOpenedTo,
    SlotClosedTo,
    SlotWithdrawn,
    SlotElapsed,
    PractitionerEnrolled,
    PractitionerLeft,
    PractitionerConsented,
    PractitionerPaused,
    PractitionerResumed,
)


def touched(recorded: Recorded) -> Sequence[Place]:
    """The row this event changes."""
    match recorded.event:
        case (
            SlotPlaceTaken()
            | SlotPlaceFreed()
            | SlotPlaceHeld()
            | SlotPlaceReleased()
            | SlotMoved()
            | SlotCapacityChanged()
            | SlotOpenedTo()
            | SlotClosedTo()
            | SlotWithdrawn()
            | SlotElapsed()
        ) as event:
            return [(slots, event.slot_id)]
        case (
            PractitionerEnrolled()
            | PractitionerLeft()
            | PractitionerConsented()
            | PractitionerPaused()
            | PractitionerResumed()
        ) as event:
            return [(practitioners, event.rpps)]
        case _:
            return []  # the first of its row, or nothing to us


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    if isinstance(recorded.event, _KINDS):
        _apply(rows, recorded.event)


def _apply(rows: Rows, event: _Event) -> None:
    match event:
        case SlotPublished():
            rows.put(slots, event.slot_id, _published(event))
        case SlotPlaceTaken():
            _take(rows, event, +1)
        case SlotPlaceFreed():
            _take(rows, event, -1)
        case SlotPlaceHeld():
            _hold(rows, event, +1)
        case SlotPlaceReleased():
            _hold(rows, event, -1)
        case SlotMoved():
            rows.put(slots, event.slot_id, _whereabouts(event))
        case SlotCapacityChanged():
            _resize(rows, event)
        case SlotOpenedTo():
            rows.put(slots, event.slot_id, _shown_to(event))
        case SlotClosedTo():
            rows.put(slots, event.slot_id, {"open_to": list(event.open_to)})
        case SlotElapsed():
            rows.put(slots, event.slot_id, {"lost": event.lost})
        case SlotWithdrawn():
            rows.put(slots, event.slot_id, {"withdrawn_at": event.withdrawn_at})
        case PractitionerEnrolled():
            known = rows.get(practitioners, event.rpps)
            anew = {} if known and known["communities"] else {"paused": False, "sources": []}
            takes_part = {"profession": event.profession, "communities": list(event.communities)}
            left = _without(known["left"] if known else [], event.communities)
            rows.put(practitioners, event.rpps, takes_part | anew | {"left": left})
        case PractitionerLeft():
            known = rows.get(practitioners, event.rpps)
            assert known is not None, "somebody left who was never there"
            left = [*_without(known["left"], event.communities), *event.communities]
            changed = {"communities": list(event.still_in), "left": left}
            rows.put(practitioners, event.rpps, changed)
        case PractitionerConsented():
            rows.put(practitioners, event.rpps, {"sources": list(event.sources)})
        case PractitionerPaused():
            rows.put(practitioners, event.rpps, {"paused": True})
        case PractitionerResumed():
            rows.put(practitioners, event.rpps, {"paused": False})
        case _:
            assert_never(event)


def _published(event: SlotPublished) -> dict[str, object]:
    return {
        "rpps": event.rpps,
        "week": event.week,
        "profession": event.profession,
        "setting": event.setting,
        "specialty": event.specialty,
        "surge": event.surge,
        **_whereabouts(event),
        "zone": event.zone,
        "capacity": event.capacity,
        "is_range": event.capacity > 1,
        "taken": 0,
        "held": 0,
        "lost": 0,
        "modes": list(event.modes),
        **_shown_to(event),
        "published_at": event.published_at,
        "withdrawn_at": None,
    }


def _without(communities: Sequence[str], others: Sequence[str]) -> list[str]:
    return [finess for finess in communities if finess not in others]


def _whereabouts(event: SlotPublished | SlotMoved) -> dict[str, object]:
    return {
        "place": event.place.title,
        "commune": event.place.commune,
        "lat": event.place.position.lat,
        "lon": event.place.position.lon,
        "start": event.start,
        "end": event.end,
    }


def _shown_to(event: SlotPublished | SlotOpenedTo) -> dict[str, object]:
    return {
        "labels": list(event.labels),
        "communities": list(event.communities),
        "open_to": list(event.open_to),
    }


def _resize(rows: Rows, event: SlotCapacityChanged) -> None:
    row = rows.get(slots, event.slot_id)
    assert row is not None, "places of a slot that was never published"
    is_range = row["is_range"] or event.capacity > 1
    rows.put(slots, event.slot_id, {"capacity": event.capacity, "is_range": is_range})


def _take(rows: Rows, event: SlotPlaceTaken | SlotPlaceFreed, places: int) -> None:
    row = rows.get(slots, event.slot_id)
    assert row is not None, "a place of a slot that was never published"
    rows.put(slots, event.slot_id, {"taken": row["taken"] + places})


def _hold(rows: Rows, event: SlotPlaceHeld | SlotPlaceReleased, places: int) -> None:
    row = rows.get(slots, event.slot_id)
    assert row is not None, "a place of a slot that was never published"
    rows.put(slots, event.slot_id, {"held": row["held"] + places})


projection = Projection(
    name=NAME,
    tables=(slots, practitioners),
    events=frozenset(kind.name for kind in _KINDS),
    touched=touched,
    apply=apply,
)


def free_places(
    *,
    community: str | None = None,
    profession: str | None = None,
    mode: str | None = None,
    label: str | None = None,
) -> Select[tuple[object, ...]]:
    """Free places somebody may yet come to at `:at`, of practitioners who are not paused.

    One row a community, profession, mode, label and hour (of the slot's own zone), in that order.
    A slot with two modes or labels is in the rows of both: rows overlap and must not be added up.
    """
    finess = func.unnest(slots.c.communities).column_valued("community")
    one_mode = func.unnest(slots.c.modes).column_valued("mode")
    one_label = func.unnest(slots.c.labels).column_valued("label")
    # A range that has begun has its places now.
    begins = func.greatest(slots.c.start, _AT)
    hour = func.date_trunc("hour", func.timezone(slots.c.zone, begins)).label("hour")
    conditions = [*_free(), finess != func.all(practitioners.c.left)]
    conditions += [finess == community] if community else []
    conditions += [slots.c.profession == profession] if profession else []
    conditions += [one_mode == mode] if mode else []
    conditions += [one_label == label] if label else []
    if community:
        conditions.append(slots.c.communities.contains([community]))  # the index
    groups = (finess, slots.c.profession, one_mode, one_label, hour)
    return (
        select(*groups, func.sum(_LEFT).label("free"))
        .select_from(slots.join(practitioners, practitioners.c.rpps == slots.c.rpps))
        .where(and_(*conditions))
        .group_by(*groups)
        .order_by(*groups)
    )


def _free() -> list[ColumnElement[bool]]:
    return [
        _open(slots.c.end - _BEFORE_THE_END >= _ON_THE_GRID),
        _LEFT > 0,
        slots.c.withdrawn_at.is_(None),
        ~practitioners.c.paused,
        ~slots.c.surge,  # until there is a crisis
        func.cardinality(slots.c.open_to) > 0,
    ]


def _open(still_to_come: ColumnElement[bool]) -> ColumnElement[bool]:
    """Slots to begin after `:at`, and ranges that have begun of which that holds."""
    return and_(
        slots.c.start > _AT - _LONGEST,  # the index
        or_(slots.c.start > _AT, and_(slots.c.is_range, still_to_come)),
    )


def slots_to_come(
    *, community: str | None = None, rpps: str | None = None
) -> Select[tuple[object, ...]]:
    """Every slot somebody may yet come to at `:at` that was not withdrawn, the earliest first."""
    conditions = [_open(slots.c.end > _AT)]
    conditions.append(slots.c.withdrawn_at.is_(None))
    conditions += [slots.c.communities.contains([community])] if community else []
    conditions += [slots.c.rpps == rpps] if rpps else []
    return select(slots).where(and_(*conditions)).order_by(slots.c.start, slots.c.slot_id)


def open_slots(*, community: str | None = None) -> Select[tuple[object, ...]]:
    """Every slot with a free place at `:at`, the earliest first."""
    conditions = [*_free(), ~slots.c.communities.contained_by(practitioners.c.left)]
    if community:
        conditions.append(slots.c.communities.contains([community]))
        conditions.append(~practitioners.c.left.contains([community]))
    return (
        select(slots, _LEFT.label("free"))
        .select_from(slots.join(practitioners, practitioners.c.rpps == slots.c.rpps))
        .where(and_(*conditions))
        .order_by(slots.c.start, slots.c.slot_id)
    )


def of_practitioner(rpps: str) -> Select[tuple[object, ...]]:
    """Their slot published last, if they ever published one."""
    return (
        select(slots)
        .where(slots.c.rpps == rpps)
        .order_by(slots.c.published_at.desc(), slots.c.slot_id)
        .limit(1)
    )
