"""What is asked of the board."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from events.base import Frozen
from projections.board.tables import (
    ASSIGNED,
    CONFIRMED,
    HANDED_BACK,
    MERGED,
    SOUGHT,
    WAITING,
    WITHDRAWN,
    requests,
)


class After(Frozen):
    """A row of the board: what comes after it is asked for."""

    waits: bool
    due_by: datetime | None
    received_at: datetime
    request_id: UUID

    @model_validator(mode="after")
    def _due(self) -> Self:
        if self.waits and self.due_by is None:
            msg = "who waits is due"
            raise ValueError(msg)
        return self


def on_board(
    *,
    community: str | None = None,
    state: str | None = None,
    rpps: str | None = None,
    after: After | None = None,
) -> Select[Any]:
    """Requests, the open ones first by due date, then the newest."""
    query = select(requests)
    if community:
        query = query.where(requests.c.community == community)
    if state:
        query = query.where(requests.c.state == state)
    if rpps:
        query = query.where(requests.c.rpps == rpps)
    if after:
        query = query.where(_after(after))
    still_open = case((requests.c.state == WAITING, 0), else_=1)
    return query.order_by(
        still_open,
        case((requests.c.state == WAITING, requests.c.due_by)),
        requests.c.received_at.desc(),
        requests.c.request_id,
    )


def _after(last: After) -> ColumnElement[bool]:
    of, waits = requests.c, requests.c.state == WAITING
    later = or_(
        of.received_at < last.received_at,
        and_(of.received_at == last.received_at, of.request_id > last.request_id),
    )
    if not last.waits:
        return and_(~waits, later)
    due_later = or_(of.due_by > last.due_by, and_(of.due_by == last.due_by, later))
    return or_(~waits, and_(waits, due_later))


def doctor_sought(*, community: str | None = None) -> Select[Any]:
    """Requests of patients who want a treating doctor, the earliest end first."""
    query = select(requests).where(requests.c.doctor == SOUGHT)
    if community:
        query = query.where(requests.c.community == community)
    return query.order_by(requests.c.doctor_by, requests.c.request_id)


def placed(rpps: str, slots: Sequence[UUID], since: datetime) -> Select[Any]:
    """Requests with a place of these slots with the practitioner, to come from then on."""
    return select(requests.c.request_id).where(
        requests.c.state.in_([ASSIGNED, CONFIRMED]),
        requests.c.rpps == rpps,
        requests.c.slot_id.in_(slots),
        requests.c.start >= since,
    )


def at_work(communities: Collection[str] | None, since: datetime) -> Select[Any]:
    """What a regulator has before them: who waits by when it is due, and all of late, newest first.

    `communities`: None for all. What was settled before `since` is left out.
    """
    of = requests.c
    query = select(requests).where(or_(of.state == WAITING, of.settled_at >= since))
    if communities is not None:
        query = query.where(of.community.in_(communities))
    return query.order_by(
        case((of.state == WAITING, 0), (of.state == HANDED_BACK, 1), else_=2),
        case((of.state == WAITING, of.due_by)),
        of.settled_at.desc(),
        of.request_id,
    )


def alike(
    communities: Collection[str] | None, commune: str, age: int, since: datetime
) -> Select[Any]:
    """Requests that may be the same need asked for again: of the same commune and age, of late."""
    of = requests.c
    query = select(requests).where(
        of.commune == commune,
        of.age.between(age - 1, age + 1),
        of.received_at >= since,
        of.state.not_in([MERGED, WITHDRAWN]),
    )
    if communities is not None:
        query = query.where(of.community.in_(communities))
    return query.order_by(of.received_at.desc()).limit(5)


def of_practitioner(rpps: str, since: datetime, until: datetime) -> Select[Any]:
    """Who has a place with a practitioner that begins between these instants, by the hour."""
    of = requests.c
    return (
        select(requests)
        .where(of.rpps == rpps, of.start >= since, of.start < until)
        .order_by(of.start, of.request_id)
    )


def assigned_to_others(communities: Collection[str], rpps: str, since: datetime) -> Select[Any]:
    """Requests that got a place with somebody else, the newest first."""
    of = requests.c
    return (
        select(of.request_id, of.settled_at)
        .where(
            of.community.in_(communities),
            of.rpps.is_not(None),
            of.rpps != rpps,
            of.settled_at >= since,
        )
        .order_by(of.settled_at.desc(), of.request_id)
    )


def counted(community: str, since: datetime) -> Select[Any]:
    """How many requests received since then are what now."""
    of = requests.c
    return (
        select(of.state, func.count().label("requests"))
        .where(of.community == community, of.received_at >= since)
        .group_by(of.state)
        .order_by(of.state)
    )


def by_hour(community: str, since: datetime, zone: str) -> Select[Any]:
    """Requests received since then by hour of that zone: how many, and how many have a place."""
    of = requests.c
    hour = func.date_part("hour", func.timezone(zone, of.received_at)).label("hour")
    return (
        select(
            hour,
            func.count().label("requests"),
            func.count().filter(of.rpps.is_not(None)).label("placed"),
            func.count().filter(of.state == HANDED_BACK).label("handed_back"),
        )
        .where(of.community == community, of.received_at >= since)
        .group_by(hour)
        .order_by(hour)
    )
