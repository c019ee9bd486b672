"""What a board starts from: what still matters in the log, as of one position."""

from datetime import datetime, timedelta
from typing import Any, cast

from psycopg import sql

from events.envelope import Recorded
from events.request import (
    RequestAssigned,
    RequestHandedBack,
    RequestMerged,
    RequestRefusedAsEmergency,
    RequestReoriented,
    RequestUnassigned,
    RequestWithdrawn,
)
from services.log.database import Pool
from services.log.reader import COLUMNS, recorded_from

_SETTLED = [
    event.name
    for event in (
        RequestAssigned,
        RequestHandedBack,
        RequestRefusedAsEmergency,
        RequestWithdrawn,
        RequestReoriented,
        RequestMerged,
    )
]

# Weeks that are over and requests that are settled are years of the log: they stay on the server.
_OPEN = sql.SQL(
    "select {columns} from events e where position <= %(head)s and ("
    " (stream >= 'practitioner-' and stream < 'practitioner.')"
    " or (stream >= 'agenda-' and stream < 'agenda.' and right(stream, 8) >= %(week)s)"
    " or (stream >= 'request-' and stream < 'request.' and not exists ("
    "   select from events s where s.stream = e.stream and s.name = any(%(settled)s)"
    "   and not exists ("
    "     select from events u where u.stream = s.stream and u.version > s.version"
    "     and u.name = %(reopened)s))))"
    " order by position"
).format(columns=sql.SQL(COLUMNS))


async def opening(pool: Pool, now: datetime) -> tuple[list[Recorded], int]:
    """Events a board needs, in order, and the position up to which they were read."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("set transaction isolation level repeatable read read only")
        cursor = await connection.execute("select coalesce(max(position), 0) from events")
        head = cast("tuple[int]", await cursor.fetchone())[0]
        found = await connection.execute(
            _OPEN,
            {
                "head": head,
                "week": oldest_week(now),
                "settled": _SETTLED,
                "reopened": RequestUnassigned.name,
            },
            binary=True,
        )
        return [recorded_from(cast("Any", row)) for row in await found.fetchall()], head


def oldest_week(now: datetime) -> str:
    """The ISO week that may still be running somewhere on earth: `2026-W47`."""
    year, week, _ = (now - timedelta(days=1)).isocalendar()
    return f"{year}-W{week:02}"
