"""Questions about places: how many are free, held, taken, lost, withdrawn, by whatever one asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    select,
)

from projections.availability.openness import AT, LEFT, free, silent
from projections.availability.tables import listings, practitioners, senders, slots

TODAY_TO_D2 = 3
"""Days, today included: as far as same-day care looks."""
_AFTERNOON_BEGINS = 13  # o'clock
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """A query, and its parameters but for `:at`. The same kind of question is the same query."""

    query: Select[tuple[object, ...]]
    given: Mapping[str, str]


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

    @property
    def given(self) -> dict[str, str]:
        """What is said of them."""
        return {name: value for name, value in vars(self).items() if value is not None}


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


def free_places(which: Which, *, days: int = TODAY_TO_D2) -> Question:
    """Free places somebody may yet come to at `:at`, of practitioners who are not paused.

    One row a community, profession, mode, label and hour (of the slot's own zone), in that order.
    A slot with two modes or labels is in the rows of both: rows overlap and must not be added up.
    """
    return Question(_free_places(frozenset(which.given), days), which.given)


def counted_by(dimension: str | None, which: Which, *, days: int = TODAY_TO_D2) -> Question:
    """Places by what they are at `:at`: a row a value of that dimension, of all days together.

    `offered` is the sum of the others; `unsure` are free places of whom we have heard nothing for
    longer than usual. Places with several modes, labels or communities are in each of their rows.
    """
    return Question(_counted_by(dimension, frozenset(which.given), days), which.given)


def free_by_hour(which: Which, *, days: int = TODAY_TO_D2) -> Question:
    """Free places by profession, commune and hour (of the slot's own zone): each place once."""
    return Question(_free_by_hour(frozenset(which.given), days), which.given)


def silent_senders(which: Which, *, days: int = TODAY_TO_D2) -> Question:
    """Who of those that published these free places has said nothing for longer than usual."""
    return Question(_silent_senders(frozenset(which.given), days), which.given)


# To write a query takes SQLAlchemy longer than PostgreSQL to answer it: each is written once.
@cache
def _free_places(named: frozenset[str], days: int) -> Select[tuple[object, ...]]:
    found = _places(named, days, listed=True).cte("found")
    one_mode = func.unnest(found.c.modes).column_valued("mode")
    one_label = func.unnest(found.c.labels).column_valued("label")
    hour = func.date_trunc("hour", found.c.begins).label("hour")
    groups = (found.c.community, found.c.profession, one_mode, one_label, hour)
    conditions = [found.c.free > 0]
    conditions += [one_mode == _given("mode")] if "mode" in named else []
    conditions += [one_label == _given("label")] if "label" in named else []
    return (
        select(*groups, func.sum(found.c.free).label("free"))
        .select_from(found)  # before what is unnested of it
        .where(*conditions)
        .group_by(*groups)
        .order_by(*groups)
    )


@cache
def _free_by_hour(named: frozenset[str], days: int) -> Select[tuple[object, ...]]:
    found = _places(named, days, listed=False).cte("found")
    hour = func.date_trunc("hour", found.c.begins).label("hour")
    groups = (found.c.profession, found.c.commune, hour)
    return (
        select(*groups, func.sum(found.c.free).label("free"))
        .where(found.c.free > 0)
        .group_by(*groups)
        .order_by(*groups)
    )


@cache
def _counted_by(
    dimension: str | None, named: frozenset[str], days: int
) -> Select[tuple[object, ...]]:
    found = _places(named, days, listed=dimension == "community").cte("found")
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
    only = dimension in _SEVERAL and dimension in named
    conditions = [value == _given(dimension)] if only else []
    value = value.label(dimension)
    return (
        select(value, *columns, unsure)
        .select_from(found)  # before what is unnested of it
        .where(*conditions)
        .group_by(value)
        .order_by(value)
    )


@cache
def _silent_senders(named: frozenset[str], days: int) -> Select[tuple[object, ...]]:
    found = _places(named, days, listed=False).cte("found")
    groups = (senders.c.sender, senders.c.heard_at)
    return (
        select(*groups, func.sum(found.c.free).label("free"))
        .join(found, found.c.sender == senders.c.sender)
        .where(found.c.free > 0, silent())
        .group_by(*groups)
        .order_by(*groups)
    )


def members(community: str) -> Select[tuple[object, ...]]:
    """Who takes part in a community: their profession, whether they pause, whom they agree to."""
    return (
        select(practitioners)
        .where(
            practitioners.c.communities.contains([community]),
            ~practitioners.c.left.contains([community]),
        )
        .order_by(practitioners.c.profession, practitioners.c.rpps)
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


def _places(named: frozenset[str], days: int, *, listed: bool) -> Select[tuple[object, ...]]:
    """Slots of these days with what their places are; `listed`: a row a community they are in."""
    left = practitioners.c.left
    community: ColumnElement[Any] = literal(None)
    if "community" in named:
        community = listings.c.community
    elif listed:
        community = func.unnest(slots.c.communities).column_valued("one_community")
    in_sight = community != func.all(left)
    if not listed and "community" not in named:
        in_sight = ~slots.c.communities.contained_by(left)
    is_free = case((and_(in_sight, *free()), LEFT), else_=0)
    query = (
        select(
            slots.c.slot_id,
            slots.c.sender,
            community.label("community"),
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
        .where(*_meant(named), *_on_these_days(days))
    )
    if "community" in named:
        query = query.join(listings, listings.c.slot_id == slots.c.slot_id).where(
            listings.c.community == _given("community"),
            ~listings.c.ended,
            *_around(listings.c.start, days),
        )
    return query


def _meant(named: frozenset[str]) -> list[ColumnElement[bool]]:
    """Those that are meant, but for communities: these have lists."""
    plain = ("rpps", "profession", "specialty", "commune")
    found = [slots.c[name] == _given(name) for name in plain if name in named]
    found += [
        _given(name) == any_(slots.c[column]) for name, column in _SEVERAL.items() if name in named
    ]
    return found + ([_given("half_day") == _HALF_DAY] if "half_day" in named else [])


def _given(name: str) -> BindParameter[str]:
    """A parameter of the question."""
    return bindparam(name, type_=Text)


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
