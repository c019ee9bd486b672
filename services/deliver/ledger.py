"""What each destination was told, and how far it has heard the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, assert_never, cast
from uuid import UUID

from psycopg.rows import dict_row

from services.deliver.destination import Delivered, LeftOut, Over, Parcel, Refused, Sent
from services.log.database import Connection, Pool

WAITING = "waiting"
SENT = "sent"  # its recipient has not said yet that they have it
DELIVERED = "delivered"
REFUSED = "refused"
LEFT_OUT = "left_out"
STATES = (WAITING, SENT, DELIVERED, REFUSED, LEFT_OUT)
_TEXT_LENGTH = 300  # what is kept of an answer

OPEN = """
insert into destinations (name, position)
select %(name)s, coalesce(%(since)s::bigint, (select max(position) from events), 0)
on conflict (name) do nothing
"""
_CURSOR = "select position, generation, suspended_at from destinations where name = %s"
_MOVE = """
update destinations set position = %(position)s
where name = %(name)s and generation = %(generation)s
"""
_BACK = """
update destinations
set position = %(since)s, generation = generation + 1, suspended_at = null where name = %(name)s
"""
_RESUME = """
update destinations set generation = generation + 1, suspended_at = null where name = %(name)s
"""
# Patience with what did not answer begins anew.
_ANEW = """
update deliveries set created_at = clock_timestamp()
where destination = %(name)s and state = 'waiting'
"""
# It is told again if it comes after that position, and else it is not told any more.
_NOT_UNDER_WAY = """
update deliveries set state = 'left_out', detail = 'sent on', next_at = null,
    settled_at = clock_timestamp()
where destination = %(name)s and state = 'waiting'
"""
_CLOSE = """
with gone as (delete from destinations where name = %(name)s)
update deliveries set state = 'left_out', detail = 'ended', next_at = null,
    settled_at = clock_timestamp()
where destination = %(name)s and state = 'waiting'
"""
_SUSPEND = """
update destinations set suspended_at = clock_timestamp()
where name = %(name)s and generation = %(generation)s
"""
_TRY = """
insert into deliveries (destination, event_id, position, about, what, state, attempts, digest)
values (%(name)s, %(event_id)s, %(position)s, %(about)s, %(what)s, 'waiting', 1, %(digest)s)
on conflict (destination, event_id) do update
set state = 'waiting', what = excluded.what, digest = excluded.digest, next_at = null,
    settled_at = null, attempts = deliveries.attempts + 1
returning attempts
"""
_STILL = (
    "select 1 from destinations where name = %(name)s and generation = %(generation)s for share"
)
_LATER = """
update deliveries set status = %(status)s, detail = %(detail)s,
    next_at = clock_timestamp() + make_interval(secs => %(seconds)s)
where destination = %(name)s and event_id = %(event_id)s
"""
_SETTLE = """
update deliveries set state = %(state)s, status = %(status)s, detail = %(detail)s, next_at = null,
    settled_at = clock_timestamp()
where destination = %(name)s and event_id = %(event_id)s
    and not (%(state)s = 'sent' and state in ('delivered', 'refused'))
"""
_ANSWERED = """
update deliveries set state = %(state)s, status = %(status)s, detail = %(detail)s,
    settled_at = clock_timestamp()
where destination = %(name)s and event_id = %(event_id)s
    and state in ('waiting', 'sent', 'delivered')
"""
_LET_BE = """
update deliveries set state = 'left_out', detail = %(detail)s, next_at = null,
    settled_at = clock_timestamp()
where destination = %(name)s and event_id = %(event_id)s
"""
_LEFT_OUT = """
insert into deliveries
    (destination, event_id, position, about, what, state, attempts, detail, settled_at)
values (%(name)s, %(event_id)s, %(position)s, %(about)s, %(what)s, 'left_out', 0, %(detail)s,
    clock_timestamp())
on conflict (destination, event_id) do nothing
"""
_BESIDE = """
insert into deliveries (destination, event_id, position, about, what, state, attempts)
values (%(name)s, %(event_id)s, (select coalesce(max(position), 0) from events), %(about)s,
    %(what)s, 'sent', 1)
on conflict (destination, event_id) do nothing
"""
_FAILING_SINCE = """
select min(created_at) from deliveries where destination = %s and state = 'waiting'
"""
_UNANSWERED_SINCE = """
select min(created_at) from deliveries where destination = %s and state = 'sent'
"""
_LAST = """
select digest, state from deliveries
where destination = %(name)s and about = %(about)s and state <> 'left_out'
order by position desc limit 1
"""
_LET_GO = """
delete from deliveries where state <> 'waiting'
    and created_at < clock_timestamp() - make_interval(days => %s)
"""


@dataclass(frozen=True)
class Cursor:
    """How far a destination has heard, and how often it was sent back."""

    position: int
    generation: int
    suspended_at: datetime | None


@dataclass(frozen=True)
class Said:
    """What was told last of a stream, or is being told."""

    digest: str | None
    state: str


class SentBack(Exception):
    """The destination is to hear from another position: what is under way is not noted."""


class Ledger:
    """The tables of destinations and deliveries."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open(self, name: str) -> None:
        """A destination that is new hears from now on."""
        await self._do(OPEN, {"name": name, "since": None})

    async def cursor(self, name: str) -> Cursor | None:
        """None: there is no such destination."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_CURSOR, (name,))
            row = cast("tuple[int, int, datetime | None] | None", await cursor.fetchone())
        return Cursor(*row) if row else None

    async def move(self, name: str, generation: int, position: int) -> None:
        """Everything up to there was told, or need not be. Raises SentBack."""
        async with self._pool.connection() as connection:
            await _moved(connection, name, generation, position)

    async def back(self, name: str, since: int, forgetting: Sequence[LiteralString] = ()) -> None:
        """Hear again what came after a position; what was suspended goes on.

        `forgetting`: statements of a destination that notes more than this ledger, by which all of
        that is told again as well; of its `name` and `since`.
        """
        await self._go_on((_BACK, _NOT_UNDER_WAY, *forgetting), {"name": name, "since": since})

    async def close(self, name: str) -> None:
        """It is no destination any more."""
        await self._do(_CLOSE, {"name": name})

    async def resume(self, name: str) -> None:
        """What was suspended goes on where it stopped."""
        await self._go_on((_RESUME, _ANEW), {"name": name})

    async def suspend(self, name: str, generation: int) -> None:
        """It is told nothing until somebody resumes it."""
        await self._do(_SUSPEND, {"name": name, "generation": generation})

    async def trying(self, name: str, generation: int, parcel: Parcel) -> int:
        """Written down before it is told, for afterwards nobody may be there: the how-manieth.

        Raises SentBack: what was left out meanwhile does not wait again.
        """
        given = _key(name, parcel) | {"what": parcel.what, "digest": parcel.digest}
        async with self._pool.connection() as connection, connection.transaction():
            still = {"name": name, "generation": generation}
            if (await connection.execute(_STILL, still)).rowcount == 0:
                raise SentBack(name)
            cursor = await connection.execute(_TRY, given)
            return cast("tuple[int]", await cursor.fetchone())[0]

    async def later(
        self, name: str, parcel: Parcel, status: int | None, detail: str, seconds: float
    ) -> None:
        """It could not be told; it is tried again then."""
        given = {"status": status, "detail": detail[:_TEXT_LENGTH], "seconds": seconds}
        await self._do(_LATER, _key(name, parcel) | given)

    async def settle(
        self, name: str, generation: int, parcel: Parcel, outcome: Delivered | Sent | Refused | Over
    ) -> None:
        """Told or refused, and heard up to there, together. Raises SentBack."""
        given = _settled(outcome)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_SETTLE, _key(name, parcel) | given)
            await _moved(connection, name, generation, parcel.recorded.position)

    async def answered(self, name: str, event_id: UUID, outcome: Delivered | Refused) -> None:
        """Their own word on what was sent: a refusal stays one, whatever else they say."""
        key = {"name": name, "event_id": event_id}
        await self._do(_ANSWERED, key | _settled(outcome))

    async def beside(self, name: str, event_id: UUID, about: str, *, what: str) -> None:
        """What is sent for no event of the log is listed with the rest."""
        given = {"name": name, "event_id": event_id, "about": about, "what": what}
        await self._do(_BESIDE, given)

    async def let_be(self, name: str, generation: int, left: LeftOut) -> None:
        """What was tried is told no more, and heard up to there. Raises SentBack."""
        given = _key(name, left) | {"detail": left.detail[:_TEXT_LENGTH]}
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_LET_BE, given)
            await _moved(connection, name, generation, left.recorded.position)

    async def leave_out(self, name: str, left: LeftOut) -> None:
        """What could not be told is listed with the rest."""
        given = _key(name, left) | {"what": left.what, "detail": left.detail[:_TEXT_LENGTH]}
        await self._do(_LEFT_OUT, given)

    async def last_said(self, name: str, about: str) -> Said | None:
        """What was told last of a stream."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_LAST, {"name": name, "about": about})
            row = cast("tuple[str | None, str] | None", await cursor.fetchone())
        return Said(*row) if row else None

    async def failing_since(self, name: str) -> datetime | None:
        """Since when something waits that was tried."""
        return await self._since(_FAILING_SINCE, name)

    async def unanswered_since(self, name: str) -> datetime | None:
        """Since when its recipient has not said of something sent that they have it."""
        return await self._since(_UNANSWERED_SINCE, name)

    async def let_go(self, days: int) -> None:
        """Forget what was settled so long ago."""
        await self._do(_LET_GO, (days,))

    async def _since(self, query: LiteralString, name: str) -> datetime | None:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, (name,))
            return cast("tuple[datetime | None]", await cursor.fetchone())[0]

    async def _go_on(self, queries: Sequence[LiteralString], given: dict[str, Any]) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            for query in queries:
                await connection.execute(query, given)

    async def _do(self, query: LiteralString, given: Any) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(query, given)


async def listed(
    connection: Connection,
    *,
    destination: str | None = None,
    state: str | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """What was told, the newest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select destination, event_id, position, about, what, state, attempts, status, detail,"
        " created_at, next_at, settled_at from deliveries"
        " where (%(destination)s::text is null or destination = %(destination)s)"
        " and (%(state)s::text is null or state = %(state)s)"
        " order by created_at desc, event_id limit %(limit)s",
        {"destination": destination, "state": state, "limit": limit},
    )
    return await cursor.fetchall()


async def destinations(connection: Connection) -> list[dict[str, Any]]:
    """All there are: how far they have heard, and since when they do not answer."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select d.name, d.position, d.suspended_at, count(w.*)::int as waiting,"
        " min(w.created_at) as failing_since, max(w.detail) as detail,"
        " (select coalesce(max(position), 0) from events) - d.position as behind"
        " from destinations d left join deliveries w"
        " on w.destination = d.name and w.state = 'waiting' group by d.name order by d.name"
    )
    return await cursor.fetchall()


def _settled(outcome: Delivered | Sent | Refused | Over) -> dict[str, Any]:
    match outcome:
        case Delivered(status=status):
            return {"state": DELIVERED, "status": status, "detail": None}
        case Sent(status=status):
            return {"state": SENT, "status": status, "detail": None}
        case Refused(status=status, detail=detail) | Over(status=status, detail=detail):
            return {"state": REFUSED, "status": status, "detail": detail[:_TEXT_LENGTH]}
        case _:
            assert_never(outcome)


def _key(name: str, about: Parcel | LeftOut) -> dict[str, Any]:
    recorded = about.recorded
    event_id: UUID = recorded.meta.event_id
    return {
        "name": name,
        "event_id": event_id,
        "position": recorded.position,
        "about": recorded.stream,
    }


async def _moved(connection: Connection, name: str, generation: int, position: int) -> None:
    given = {"name": name, "generation": generation, "position": position}
    if (await connection.execute(_MOVE, given)).rowcount == 0:
        raise SentBack(name)
