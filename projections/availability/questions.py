"""Questions about places: how many are free, held, taken, lost, withdrawn, by whatever one asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, literal, select

from projections.availability.openness import AT, LEFT, free, silent
from projections.availability.tables import listings, practitioners, senders, slots

TODAY_TO_D2 = 3
"""Days, today included: as far as same-day care looks."""
_AFTERNOON_BEGINS = 13  # o'clock
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Which:
    """Which places are meant. None: whatever it is."""

    community: str | None = None
    rpps: str | None = None
    profession: str | None = None
    specialty: str | None = None
    mode: str | None = None
    label: str | None = None
    commune: str | None = None  # INSEE
    half_day: str | None = None  # AM, PM
    source: str | None = None  # who may fill them


STATES = ("free", "held", "taken", "lost", "withdrawn", "shut")
"""What a place is. Lost: nobody had come when it was over. Shut: nobody may come to it now, for it
has begun, its practitioner pauses or has left, it is kept for a crisis or open to no source."""

_SEVERAL = {"mode": "modes", "label": "labels", "source": "open_to"}
DIMENSIONS: Mapping[str, str] = {
    "community": "community",
    "practitioner": "rpps",
    "profession": "profession",
    "specialty": "specialty",
    "commune": "commune",
    "day": "day",
    "half_day": "half_day",
    **_SEVERAL,
}
"""What places may be counted by, and the column it is."""


def free_places(which: Which, *, days: int = TODAY_TO_D2) -> Select[tuple[object, ...]]:
    """Free places somebody may yet come to at `:at`, of practitioners who are not paused.

    One row a community, profession, mode, label and hour (of the slot's own zone), in that order.
    A slot with two modes or labels is in the rows of both: rows overlap and must not be added up.
    """
    found = _places(which, days, listed=True).cte("found")
    one_mode = func.unnest(found.c.modes).column_valued("mode")
    one_label = func.unnest(found.c.labels).column_valued("label")
    hour = func.date_trunc("hour", found.c.begins).label("hour")
    groups = (found.c.community, found.c.profession, one_mode, one_label, hour)
    conditions = [found.c.free > 0]
    conditions += [one_mode == which.mode] if which.mode else []
    conditions += [one_label == which.label] if which.label else []
    return (
        select(*groups, func.sum(found.c.free).label("free"))
        .select_from(found)  # before what is unnested of it
        .where(*conditions)
        .group_by(*groups)
        .order_by(*groups)
    )


def counted_by(
    dimension: str | None, which: Which, *, days: int = TODAY_TO_D2
) -> Select[tuple[object, ...]]:
    """Places by what they are at `:at`: a row a value of that dimension, of all days together.

    `offered` is the sum of the others; `unsure` are free places of whom we have heard nothing for
    longer than usual. Places with several modes, labels or communities are in each of their rows.
    """
    found = _places(which, days, listed=dimension == "community").cte("found")
    columns = [func.sum(found.c[state]).label(state) for state in ("offered", *STATES)]
    unsure = func.coalesce(
        func.sum(found.c.free).filter(found.c.sender.in_(_silent_of(found))), 0
    ).label("unsure")
    if dimension is None:
        return select(*columns, unsure).select_from(found).having(func.count() > 0)
    column = found.c[DIMENSIONS[dimension]]
    value: ColumnElement[Any] = column
    if dimension in _SEVERAL:
        value = func.unnest(column).column_valued(dimension)
    only = getattr(which, dimension) if dimension in _SEVERAL else None
    conditions = [value == only] if only else []
    value = value.label(dimension)
    return (
        select(value, *columns, unsure)
        .select_from(found)  # before what is unnested of it
        .where(*conditions)
        .group_by(value)
        .order_by(value)
    )


def silent_senders(which: Which, *, days: int = TODAY_TO_D2) -> Select[tuple[object, ...]]:
    """Who of those that published these free places has said nothing for longer than usual."""
    found = _places(which, days, listed=False).cte("found")
    groups = (senders.c.sender, senders.c.heard_at)
    return (
        select(*groups, func.sum(found.c.free).label("free"))
        .join(found, found.c.sender == senders.c.sender)
        .where(found.c.free > 0, silent())
        .group_by(*groups)
        .order_by(*groups)
    )


def consents(community: str | None = None) -> Select[tuple[object, ...]]:
    """By whom members agree to be sent patients: a row a source; paused ones are among them."""
    source = func.unnest(practitioners.c.sources).column_valued("source")
    takes_part = practitioners.c.communities
    conditions = [
        takes_part.contains([community]) if community else func.cardinality(takes_part) > 0
    ]
    return (
        select(
            source,
            func.count().label("members"),
            func.count().filter(practitioners.c.paused).label("paused"),
        )
        .select_from(practitioners)
        .where(*conditions)
        .group_by(source)
        .order_by(source)
    )


# A range that has begun has its places now.
_BEGINS = func.timezone(
    slots.c.zone,
    case((slots.c.end > AT, func.greatest(slots.c.start, AT)), else_=slots.c.start),
)
_DAY = func.date(_BEGINS)
_HALF_DAY = case((func.date_part("hour", _BEGINS) < _AFTERNOON_BEGINS, "AM"), else_="PM")
_WITHDRAWN = case((slots.c.withdrawn_at.is_not(None), LEFT), else_=0)
_LOST = case((slots.c.withdrawn_at.is_(None), slots.c.lost), else_=0)


_PLAIN = ("rpps", "profession", "specialty", "commune", "modes", "labels", "open_to")


def _places(which: Which, days: int, *, listed: bool) -> Select[tuple[object, ...]]:
    """Slots of these days with what their places are; a row a community where they are listed."""
    by_list = listed or which.community is not None
    left = practitioners.c.left
    in_sight: ColumnElement[bool]
    if by_list:
        in_sight = listings.c.community != func.all(left)
    else:
        in_sight = ~slots.c.communities.contained_by(left)
    is_free = case((and_(in_sight, *free()), LEFT), else_=0)
    query = (
        select(
            slots.c.slot_id,
            slots.c.sender,
            listings.c.community if by_list else literal(None).label("community"),
            *(slots.c[name] for name in _PLAIN),
            _DAY.label("day"),
            _HALF_DAY.label("half_day"),
            _BEGINS.label("begins"),
            slots.c.capacity.label("offered"),
            is_free.label("free"),
            slots.c.held,
            slots.c.taken,
            _LOST.label("lost"),
            _WITHDRAWN.label("withdrawn"),
            (LEFT - is_free - _LOST - _WITHDRAWN).label("shut"),
        )
        .select_from(slots)
        .join(practitioners, practitioners.c.rpps == slots.c.rpps)
        .where(*_named(which), *_on_these_days(days))
    )
    if by_list:
        query = query.join(listings, listings.c.slot_id == slots.c.slot_id).where(~listings.c.ended)
        query = query.where(*_around(listings.c.start, days))
    if which.community:
        query = query.where(listings.c.community == which.community)
    return query


def _named(which: Which) -> list[ColumnElement[bool]]:
    """Those that are meant, but for communities and halves of days."""
    found = [
        slots.c[name] == value
        for name in ("rpps", "profession", "specialty", "commune")
        if (value := getattr(which, name)) is not None
    ]
    found += [
        slots.c[column].contains([value])
        for name, column in _SEVERAL.items()
        if (value := getattr(which, name)) is not None
    ]
    return found + ([which.half_day == _HALF_DAY] if which.half_day else [])


def _on_these_days(days: int) -> list[ColumnElement[bool]]:
    """Of today and so many days in all, by the clock of the place."""
    today = func.date(func.timezone(slots.c.zone, AT))
    return [today <= _DAY, today + days > _DAY, *_around(slots.c.start, days)]


def _around(start: ColumnElement[datetime], days: int) -> list[ColumnElement[bool]]:
    """For the index: today began a day ago at most, and what began before it may last a day."""
    return [start > AT - 2 * _A_DAY, start < AT + days * _A_DAY]


def _silent_of(found: CTE) -> Select[tuple[object]]:
    """Of those who published these places: to look at every sender takes long."""
    return select(senders.c.sender).where(senders.c.sender.in_(select(found.c.sender)), silent())
