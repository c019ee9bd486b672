"""Who of the members did something in a period."""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONPATH

from projections.indicators import offers as asked
from projections.indicators.definitions import Participation
from projections.indicators.marks import PLACES
from projections.indicators.periods import Period
from projections.indicators.scope import Scope
from projections.indicators.tables import members, offers, places

_CELLS = {"community": members.c.community, "profession": members.c.profession}
_DAYS_A_WEEK = 7


def participation(
    measure: Participation, scope: Scope, period: Period, by: str | None
) -> Select[Any] | None:
    """A row a cell: how many members there were in the period, and how many of them were active."""
    if by is not None and by not in _CELLS:
        return None
    cell = literal("") if by is None else _CELLS[by]
    rpps = members.c.rpps
    active = case((_active(measure, scope, period, of_each=by == "community"), rpps))
    query = select(
        cell.label("cell"),
        func.count(rpps.distinct()).label("members"),
        func.count(active.distinct()).label("active"),
    ).where(scope.named(members.c.community), _member_in(period))
    if measure.professions:
        query = query.where(members.c.profession.in_(measure.professions))
    return query if by is None else query.group_by(cell)


# ISO days are in the order of their letters, for JSON paths as for everybody.
# Strict: a lax path would look into each pair instead of at it.
_WAS_A_MEMBER = "strict $[*] ? (@[0] <= $ends && (@[1] == null || @[1] >= $begins))"


def _member_in(period: Period) -> ColumnElement[bool]:
    """Who was a member on one day of the period at least."""
    begins, ends = period.begins.isoformat(), period.ends.isoformat()
    days = func.jsonb_build_object("begins", begins, "ends", ends)
    path = sql_cast(_WAS_A_MEMBER, JSONPATH)
    return func.jsonb_path_exists(members.c.spans, path, days, type_=Boolean)


def _active(
    measure: Participation, scope: Scope, period: Period, *, of_each: bool
) -> ColumnElement[bool]:
    """`of_each`: in the community they are a member of, not in any that is asked about."""
    offered = and_(
        places.c.day.between(period.begins, period.ends),
        members.c.community == any_(places.c.communities) if of_each else true(),
    )
    if measure.hours_a_week is not None:
        weeks = period.days / _DAYS_A_WEEK
        return members.c.rpps.in_(
            select(places.c.rpps)
            .where(offered, PLACES["kept_from_agendas"], scope.of(places))
            .correlate(members)
            .group_by(places.c.rpps)
            .having(func.sum(places.c.hours) / weeks >= measure.hours_a_week)
        )
    beyond = select(offers.c.rpps).where(
        offers.c.day.between(period.begins, period.ends),
        offers.c.answer == asked.ACCEPTED,
        members.c.community == offers.c.community if of_each else true(),
        scope.of(offers),
    )
    published = select(places.c.rpps).where(offered, PLACES["kept_from_agendas"], scope.of(places))
    published, beyond = published.correlate(members), beyond.correlate(members)
    return or_(members.c.rpps.in_(published), members.c.rpps.in_(beyond))
