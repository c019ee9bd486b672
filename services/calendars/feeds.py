"""Addresses of calendars: whoever has one reads it, so it is as good as a secret."""

from datetime import timedelta
from secrets import token_urlsafe
from typing import NamedTuple, cast
from uuid import UUID

from services.log.database import Pool, one_at_a_time
from services.log.vault import Sealer

_KEY_BYTES = 32
_VOUCHED_FOR = timedelta(days=365)  # nobody tells us when a provider would no longer say so


class Feed(NamedTuple):
    """Whose calendar, and which account asked for it."""

    account_id: UUID
    rpps: str
    vouched: bool  # whoever asked was the practitioner by their provider's word


class Feeds:
    """The table of their digests."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def make(self, feed: Feed) -> str:
        """A new key; the one this account had for it before is of no use any more."""
        key = token_urlsafe(_KEY_BYTES)
        async with self._pool.connection() as connection, connection.transaction():
            # One after the other: what another began at the same time is ended as well.
            await one_at_a_time(connection, f"calendar {feed.account_id} {feed.rpps}")
            await connection.execute(_END, (feed.account_id, feed.rpps))
            await connection.execute(
                "insert into calendar_feeds (digest, account_id, rpps, vouched)"
                " values (%s, %s, %s, %s)",
                (self._digest(key), *feed),
            )
        return key

    async def end(self, account_id: UUID, rpps: str) -> None:
        """Nobody reads it there any more."""
        async with self._pool.connection() as connection:
            await connection.execute(_END, (account_id, rpps))

    async def of(self, key: str) -> Feed | None:
        """None: there is no such address, or not any more."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select account_id, rpps, vouched from calendar_feeds"
                " where digest = %s and ended_at is null"
                " and not (vouched and made_at < clock_timestamp() - %s)",
                (self._digest(key), _VOUCHED_FOR),
            )
            row = cast("tuple[UUID, str, bool] | None", await cursor.fetchone())
        return Feed(*row) if row else None

    def _digest(self, key: str) -> str:
        return self._sealer.fingerprint(b"calendar" + key.encode())


_END = (
    "update calendar_feeds set ended_at = clock_timestamp()"
    " where account_id = %s and rpps = %s and ended_at is null"
)
