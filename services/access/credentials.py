"""Secrets of accounts that sign in here: systems, and people before they have another way.

A secret is 32 random bytes, so a keyed digest is enough: there is nothing to guess (NIST SP
800-63B, 5.1.1 speaks of what people choose). It is shown once and kept nowhere.
"""

import hmac
from secrets import token_urlsafe
from typing import cast
from uuid import UUID

from services.log.database import Pool
from services.log.vault import Sealer

_SECRET_BYTES = 32


class Credentials:
    """The table of digests."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def make(self, account_id: UUID) -> str:
        """A new secret; those before it are of no use from now on."""
        secret = token_urlsafe(_SECRET_BYTES)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "update credentials set ended_at = clock_timestamp()"
                " where account_id = %s and ended_at is null",
                (account_id,),
            )
            await connection.execute(
                "insert into credentials (account_id, digest) values (%s, %s)",
                (account_id, self._digest(account_id, secret)),
            )
        return secret

    async def check(self, account_id: UUID, secret: str) -> bool:
        """Whether it is the account's secret now."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select digest from credentials where account_id = %s and ended_at is null",
                (account_id,),
            )
            rows = cast("list[tuple[str]]", await cursor.fetchall())
        given = self._digest(account_id, secret)
        return any([hmac.compare_digest(digest, given) for (digest,) in rows])  # noqa: C419 all of them

    def _digest(self, account_id: UUID, secret: str) -> str:
        return self._sealer.fingerprint(account_id.bytes + secret.encode())
