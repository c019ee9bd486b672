"""What went out over the Hub: told when each of those it went to says that they have it."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, cast
from uuid import UUID

from events import streams
from services.deliver.destination import Delivered, Refused
from services.deliver.ledger import Ledger
from services.intake.naming import request_of
from services.log.database import Connection, Pool

NAME = "hub"

_GOING = """
insert into hub_messages (number, event_id, recipient)
values (%(number)s, %(event_id)s, %(recipient)s) on conflict (number) do nothing
"""
_NO_MORE = """
delete from hub_messages where event_id = %s and received_at is null and number <> all(%s)
"""
_RECEIVED = """
update hub_messages set received_at = coalesce(received_at, clock_timestamp())
where number = %s and recipient = %s returning event_id
"""
_AWAITED = "select number from hub_messages where event_id = %s and received_at is null"
_NOT_THERE = """
update hub_messages set received_at = null
where number = %(number)s and (recipient = %(by)s or %(by)s::text is null) returning event_id
"""

FORGETTING: tuple[LiteralString, ...] = (
    """
update hub_messages set received_at = null where (destination, event_id) in (
    select destination, event_id from deliveries
    where destination = %(name)s and position > %(since)s
)
""",
)
"""Told again on purpose: whoever had it is to have it again. See `Ledger.back`."""


class SentMessages:
    """Each by its number, the `distributionID`: one event may be told in several messages."""

    def __init__(self, pool: Pool, ledger: Ledger) -> None:
        self._pool = pool
        self._ledger = ledger

    async def going(self, event_id: UUID, messages: Sequence[Mapping[str, Any]]) -> set[str]:
        """Before they go: a receipt may come at once. Gives which nobody has said they have."""
        numbers = [message["distributionID"] for message in messages]
        async with self._pool.connection() as connection, connection.transaction():
            # Made anew, it may be told fewer: nobody will say that they have the others.
            await connection.execute(_NO_MORE, (event_id, numbers))
            for message in messages:
                given = {
                    "number": message["distributionID"],
                    "event_id": event_id,
                    "recipient": message["descriptor"]["explicitAddress"]["explicitAddressValue"],
                }
                await connection.execute(_GOING, given)
            return await _awaited(connection, event_id)

    async def replying(self, message: Mapping[str, Any]) -> None:
        """An answer at once, of which the log does not tell: it is followed up as the rest is."""
        event_id = UUID(message["distributionID"].rpartition("_")[2])
        carries = message["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        root = next(reversed(carries))  # after its header
        about = streams.request(request_of(carries[root]["caseId"]))
        await self._ledger.beside(NAME, event_id, about, what=root)
        await self.going(event_id, [message])

    async def received(self, number: str, by: str) -> None:
        """Whoever it went to has it; whoever it did not go to cannot say so."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_RECEIVED, (number, by))).fetchone()
            if row is None:
                return
            event_id = cast("tuple[UUID]", row)[0]
            awaited = await _awaited(connection, event_id)
        if not awaited:
            await self._ledger.answered(NAME, event_id, Delivered())

    async def refused(self, number: str, why: Refused, by: str | None) -> None:
        """One of those it went to does not have it: somebody has to look.

        `by`: who says so, whom it must have gone to; none, where the Hub may say it as well.
        """
        async with self._pool.connection() as connection:
            named = {"number": number, "by": by}
            row = await (await connection.execute(_NOT_THERE, named)).fetchone()
        if row is not None:
            await self._ledger.answered(NAME, cast("tuple[UUID]", row)[0], why)


async def _awaited(connection: Connection, event_id: UUID) -> set[str]:
    """The numbers of an event's messages nobody has said they have."""
    cursor = await connection.execute(_AWAITED, (event_id,))
    return {number for (number,) in cast("list[tuple[str]]", await cursor.fetchall())}
