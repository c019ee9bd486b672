"""The outbox: what is to be told, kept until it was, or until it is too late."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import orjson
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.log.database import Connection, Pool
from services.notify.notices import Kind, Notice

WAITING = "waiting"
DELIVERED = "delivered"
FAILED = "failed"  # every channel, until it was too late
UNREACHABLE = "unreachable"  # no address, or no channel for it
NOT_NEEDED = "not_needed"  # answered, paused or away meanwhile
STATES = (WAITING, DELIVERED, FAILED, UNREACHABLE, NOT_NEEDED)

_INSERT = """
insert into notifications
    (notice_id, kind, rpps, community, request_id, at, until, state, attempts,
     next_at, created_at)
select
    notice_id, kind, rpps, community, request_id, at, until, 'waiting', 0, next_at, %(now)s
from jsonb_to_recordset(%(rows)s) as n (
    notice_id uuid, kind text, rpps text, community text, request_id uuid,
    at timestamptz, until timestamptz, next_at timestamptz)
on conflict (notice_id) do nothing
"""
# Whoever takes a row has it for a moment: another notifier, or this one killed, tries it after.
_TAKE = """
update notifications set next_at = %(again)s, attempts = attempts + 1
where notice_id in (
    select notice_id from notifications
    where state = 'waiting' and next_at <= %(now)s
    order by attempts, until, notice_id limit %(limit)s for update skip locked)
returning notice_id, kind, rpps, community, request_id, at, until, attempts
"""
_SETTLE = """
update notifications
set state = %(state)s, channels = %(channels)s, settled_at = %(now)s
where notice_id = %(notice_id)s and state = 'waiting'
"""
# Put off to the day, not tried: the first failure is the first.
_PUT_OFF = """
update notifications set next_at = %(at)s, attempts = attempts - 1 where notice_id = %(notice_id)s
"""
_DELIVERED = """
select notice_id, kind, rpps, community, request_id, at, until, attempts from notifications
where kind = %(kind)s and rpps = %(rpps)s and request_id = %(request_id)s and state = 'delivered'
order by settled_at desc limit 1
"""
# What is being sent, or failed to be and comes again, may have been heard.
_WAIT_FOR = """
update notifications n set next_at = least(e.next_at, n.until), attempts = n.attempts - 1
from notifications e
where n.notice_id = %(notice_id)s and e.kind = %(kind)s and e.rpps = n.rpps
    and e.request_id = n.request_id and e.state = 'waiting' and e.attempts > 0
"""
_HURRY = """
update notifications set next_at = %(now)s
where kind = %(kind)s and rpps = %(rpps)s and request_id = %(request_id)s
    and state = 'waiting' and next_at > %(now)s
"""
_LET_GO = "delete from notifications where state <> 'waiting' and settled_at < %(before)s"
# A row is looked at again by its deadline at the latest: the index on next_at finds these.
_EXPIRE = """
update notifications set state = 'failed', settled_at = %(now)s
where state = 'waiting' and next_at <= %(now)s and until <= %(now)s
"""
_PARK = """
update notifications set next_at = until, attempts = attempts - 1 where notice_id = any(%(ids)s)
"""
# What is parked is of use until its next instant: nothing under way, nor put off to the day.
_WAKE = """
update notifications set next_at = %(now)s
where state = 'waiting' and next_at > %(now)s and next_at = until
    and (%(rpps)s::text is null or rpps = %(rpps)s)
"""
_WAKE_ONE = """
update notifications set next_at = %(now)s
where notice_id = (
    select notice_id from notifications
    where state = 'waiting' and next_at > %(now)s and next_at = until and rpps = any(%(rpps)s)
    order by attempts, until desc, notice_id limit 1)
"""
_AGAIN = "update notifications set next_at = %(at)s where notice_id = %(notice_id)s"
_NEXT = "select min(next_at) from notifications where state = 'waiting'"


@dataclass(frozen=True)
class Attempt:
    """A notice whose turn it is, for the nth time."""

    notice: Notice
    nth: int


async def put(
    connection: Connection, notices: Sequence[Notice], now: datetime, parked: Container[UUID] = ()
) -> None:
    """Into the outbox, in the caller's transaction: what is known is left as it is.

    `parked`: of these, the ones to be tried when they are woken only.
    """
    rows = [
        vars(notice) | {"next_at": notice.until if notice.notice_id in parked else now}
        for notice in notices
    ]
    await connection.execute(_INSERT, {"rows": Jsonb(rows, dumps=orjson.dumps), "now": now})


class Outbox:
    """The table of what is to be told."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(self, now: datetime, again: datetime, limit: int) -> list[Attempt]:
        """Those whose turn it is, the most pressing first; they come again then if not settled."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_TAKE, {"now": now, "again": again, "limit": limit})
            rows = await cursor.fetchall()
        return [_attempt(row) for row in sorted(rows, key=lambda row: row["until"])]

    async def park(self, notices: Sequence[UUID]) -> None:
        """No channel takes them: not before they are woken, or it is too late."""
        async with self._pool.connection() as connection:
            await connection.execute(_PARK, {"ids": list(notices)})

    async def wake(self, now: datetime, rpps: str | None = None) -> None:
        """There is a channel again, for all or for one: everything that is parked is tried."""
        async with self._pool.connection() as connection:
            await connection.execute(_WAKE, {"now": now, "rpps": rpps})

    async def wake_one(self, now: datetime, rpps: Sequence[str]) -> None:
        """Of what is parked for one of these, the least tried: to see whether it goes out."""
        async with self._pool.connection() as connection:
            await connection.execute(_WAKE_ONE, {"now": now, "rpps": list(rpps)})

    async def expire(self, now: datetime) -> int:
        """What it is too late for has failed: how many."""
        async with self._pool.connection() as connection:
            return (await connection.execute(_EXPIRE, {"now": now})).rowcount

    async def settle(
        self, notice_id: UUID, state: str, now: datetime, channels: Sequence[str] = ()
    ) -> None:
        """It needs nothing any more."""
        given = {"notice_id": notice_id, "state": state, "now": now, "channels": list(channels)}
        async with self._pool.connection() as connection:
            await connection.execute(_SETTLE, given)

    async def again(self, notice_id: UUID, at: datetime) -> None:
        """Not before then."""
        async with self._pool.connection() as connection:
            await connection.execute(_AGAIN, {"notice_id": notice_id, "at": at})

    async def put_off(self, notice_id: UUID, at: datetime) -> None:
        """As `again`, where it was not tried."""
        async with self._pool.connection() as connection:
            await connection.execute(_PUT_OFF, {"notice_id": notice_id, "at": at})

    async def wait_for(self, kind: Kind, about: Notice) -> bool:
        """Put off what follows a notice of that kind that is under way. False: none is."""
        given = {"notice_id": about.notice_id, "kind": kind}
        async with self._pool.connection() as connection:
            return (await connection.execute(_WAIT_FOR, given)).rowcount > 0

    async def hurry(self, kind: Kind, about: Notice, now: datetime) -> None:
        """What follows a notice that is settled is looked at now."""
        given = {"kind": kind, "rpps": about.rpps, "request_id": about.request_id, "now": now}
        async with self._pool.connection() as connection:
            await connection.execute(_HURRY, given)

    async def delivered(self, kind: Kind, about: Notice) -> Notice | None:
        """What they were told before of the same request; None: they were not."""
        given = {"kind": kind, "rpps": about.rpps, "request_id": about.request_id}
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_DELIVERED, given)
            row = await cursor.fetchone()
        return _attempt(row).notice if row else None

    async def let_go(self, before: datetime) -> None:
        """Forget what was settled before then."""
        async with self._pool.connection() as connection:
            await connection.execute(_LET_GO, {"before": before})

    async def next_at(self) -> datetime | None:
        """When something is to be tried, if anything is."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_NEXT)
            return cast("tuple[datetime | None]", await cursor.fetchone())[0]


def _attempt(row: dict[str, Any]) -> Attempt:
    nth = row.pop("attempts")
    return Attempt(Notice(**row | {"kind": Kind(row["kind"])}), nth)
