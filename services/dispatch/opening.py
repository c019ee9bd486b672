"""What a board starts from: what still matters in the log, as of one position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from psycopg import sql

from domain.asking import Rate
from events.envelope import Recorded
from events.offer import OfferAccepted, RequestOffered
from events.request import (
    RequestAssigned,
    RequestHandedBack,
    RequestMerged,
    RequestRefusedAsEmergency,
    RequestReopened,
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
    " or (stream >= 'community-' and stream < 'community.')"
    " or (stream >= 'agenda-' and stream < 'agenda.' and right(stream, 8) >= %(week)s)"
    " or (stream >= 'request-' and stream < 'request.' and not exists ("
    "   select from events s where s.stream = e.stream and s.name = any(%(settled)s)"
    "   and not exists ("
    "     select from events u where u.stream = s.stream and u.version > s.version"
    "     and u.name = any(%(reopened)s)))))"
    " order by position"
).format(columns=sql.SQL(COLUMNS))


# Rates of answer change with the season: a quarter of a year is looked at.
_ASKED = """
select meta->>'community', name, sum(
    case name when %(offered)s then jsonb_array_length(data->'to') else 1 end)::int
from events
where position <= %(head)s and name in (%(offered)s, %(accepted)s)
    and recorded_at > now() - interval '90 days'
group by 1, 2
"""


@dataclass(frozen=True)
class Opening:
    """Events a board needs, in order; the position up to which they were read; answer rates."""

    events: Sequence[Recorded]
    head: int
    rates: Mapping[str, Rate]  # by community


async def opening(pool: Pool, now: datetime) -> Opening:
    """All of it as of one position."""
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
                "reopened": [RequestUnassigned.name, RequestReopened.name],
            },
            binary=True,
        )
        events = [recorded_from(cast("Any", row)) for row in await found.fetchall()]
        names = {"offered": RequestOffered.name, "accepted": OfferAccepted.name, "head": head}
        counted = await connection.execute(_ASKED, names)
        rates: dict[str, Rate] = {}
        counts = cast("list[tuple[str, str, int]]", await counted.fetchall())
        for finess, name, count in counts:
            rate = rates.get(finess, Rate())
            field = "asked" if name == RequestOffered.name else "accepted"
            rates[finess] = rate._replace(**{field: count})
        return Opening(events, head, rates)


def oldest_week(now: datetime) -> str:
    """The ISO week that may still be running somewhere on earth: `2026-W47`."""
    year, week, _ = (now - timedelta(days=1)).isocalendar()
    return f"{year}-W{week:02}"
