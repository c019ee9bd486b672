"""What others call an account: national numbers of regulators, which may change hands.

Digests alone are kept: what they were made of is with whoever calls them so.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast
from uuid import UUID

from psycopg import Rollback

from services.fhir.codes import PERSON, without_prefix
from services.log.database import Pool
from services.log.vault import Sealer


class Name(NamedTuple):
    """An identifier: whose it is, and which."""

    system: str
    value: str


class Names:
    """The table of names."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def find(self, name: Name) -> UUID | None:
        """The account that is called so now."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select account_id from account_names where digest = %s", (self._digest(name),)
            )
            row = cast("tuple[UUID] | None", await cursor.fetchone())
        return row[0] if row else None

    async def claim(self, account_id: UUID, names: Sequence[Name]) -> bool:
        """They are its names, if they are nobody's. False: one is another's, nothing changed."""
        digests = sorted({self._digest(name) for name in names})
        claimed = False
        async with self._pool.connection() as connection, connection.transaction() as whole:
            cursor = await connection.execute(
                "insert into account_names (digest, account_id)"
                " select unnest(%s::text[]), %s on conflict (digest) do nothing",
                (digests, account_id),
            )
            claimed = cursor.rowcount == len(digests)
            if not claimed:
                raise Rollback(whole)
        return claimed

    async def bind(self, account_id: UUID, names: Sequence[Name]) -> None:
        """These are its names from now on, and no others."""
        digests = [self._digest(name) for name in names]
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "delete from account_names where account_id = %s and digest <> all(%s)",
                (account_id, digests),
            )
            await connection.execute(
                "insert into account_names (digest, account_id)"
                " select unnest(%s::text[]), %s on conflict (digest)"
                " do update set account_id = excluded.account_id",
                (digests, account_id),
            )

    def _digest(self, name: Name) -> str:
        # An RPPS number with the national prefix and without: the same person's.
        value = without_prefix(name.value) if name.system == PERSON else name.value
        return self._sealer.fingerprint(f"{name.system}|{value}".encode())
