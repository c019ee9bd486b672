"""Where the log was at an instant: the position of the last event written by then."""

from datetime import UTC, datetime
from typing import cast

from domain.decider import Refused
from events.catalogue import restored
from events.instants import happened_at
from services.log.database import Connection


class NotYetWritten(Refused):
    """The log has no such position yet. A date is written 2026-11-23."""

    code = "not_yet_written"


FOREVER = datetime.max.replace(tzinfo=UTC)
"""An instant nothing comes after."""

_BEFORE = (
    "select position, recorded_at, name, schema_version, data::text from events"
    " where position <= %s order by position desc limit 1"
)
_Row = tuple[int, datetime, str, int, str]


async def position_at(connection: Connection, instant: datetime, *, own_time: bool) -> int:
    """The position of the last event of that instant or before, 0 before the first.

    `own_time`: by when events happened, as in a sandbox, whose clock is not that of PostgreSQL;
    else by when they were written. Both rise with the position, so a few looks find it.
    """
    low, high = 0, await _head(connection)
    while low < high:
        middle = (low + high + 1) // 2
        row = await _at(connection, middle)
        if row is None:
            low = middle  # nothing was written up to there
        elif (happened_at(restored(row[2], row[3], row[4])) if own_time else row[1]) <= instant:
            low = middle
        else:
            high = row[0] - 1
    row = await _at(connection, low)
    return row[0] if row else 0


async def _head(connection: Connection) -> int:
    cursor = await connection.execute("select coalesce(max(position), 0) from events")
    return cast("tuple[int]", await cursor.fetchone())[0]


async def _at(connection: Connection, position: int) -> _Row | None:
    cursor = await connection.execute(_BEFORE, (position,), binary=True)
    return cast("_Row | None", await cursor.fetchone())


async def instant_of(connection: Connection, position: int, *, own_time: bool) -> datetime | None:
    """When the log came to that position; None before its beginning and after its end."""
    row = await _at(connection, position)
    if row is None or position > await _head(connection):
        return None
    return happened_at(restored(row[2], row[3], row[4])) if own_time else row[1]


async def last_instant(connection: Connection) -> datetime | None:
    """When the last event happened, by its own time; None for an empty log."""
    row = await _at(connection, await _head(connection))
    return happened_at(restored(row[2], row[3], row[4])) if row else None
