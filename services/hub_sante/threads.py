"""Who wrote of which case over the Hub, and what they asked: for the answers to find them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from services.log.database import Pool


@dataclass(frozen=True)
class Thread:
    """A sender, and of a demand its number."""

    sender: str
    demand_id: str | None
    since: datetime | None = None  # by the clock of the log; None: it is not kept yet
    is_taken_back: bool = False  # the demand: its sender hears of appointments all the same


class Threads:
    """The table of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, case_id: str, thread: Thread, number: str) -> None:
        """Before anything is decided: what is decided may be told at once.

        `number`: of the message that opens it; of one that is open already, nothing changes.
        """
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into hub_threads (case_id, sender, demand_id, opened_by)"
                " values (%s, %s, %s, %s) on conflict (case_id, sender, demand_id)"
                " do update set closed_at = null, opened_by = excluded.opened_by,"
                " made_at = clock_timestamp(), taken_back_at = null where"
                " hub_threads.closed_at is not null or hub_threads.taken_back_at is not null",
                (case_id, thread.sender, thread.demand_id or "", number),
            )

    async def refused(self, case_id: str, thread: Thread, number: str) -> None:
        """The message was: what it opened is over, and what was open before it goes on."""
        async with self._pool.connection() as connection:
            await connection.execute(
                f"{_CLOSE} and opened_by = %s",
                (case_id, thread.sender, thread.demand_id or "", number),
            )

    async def accepted(self, case_id: str, thread: Thread) -> None:
        """What was said was taken in: it is there to be taken back."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "update hub_threads set accepted_at = clock_timestamp()"
                " where case_id = %s and sender = %s and demand_id = %s and accepted_at is null",
                (case_id, thread.sender, thread.demand_id or ""),
            )

    async def demands(self, case_id: str) -> Collection[tuple[str, str]]:
        """What was ever demanded in the case and taken in: by whom, under what number."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select sender, demand_id from hub_threads"
                " where case_id = %s and demand_id <> '' and accepted_at is not null",
                (case_id,),
            )
            return cast("list[tuple[str, str]]", await cursor.fetchall())

    async def take_back(self, case_id: str, thread: Thread, number: str) -> bool:
        """Nothing more is answered to the demand, whoever opened it. Whether it was open.

        `number`: of the message that takes it back; delivered again, it says the same.
        """
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                _TAKE_BACK, (number, case_id, thread.sender, thread.demand_id or "", number)
            )
            return cursor.rowcount > 0

    async def go_on(self, case_id: str, thread: Thread) -> None:
        """It was not taken back after all: as before, what was told of it stays told."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "update hub_threads set taken_back_at = null"
                " where case_id = %s and sender = %s and demand_id = %s and closed_at is null",
                (case_id, thread.sender, thread.demand_id or ""),
            )

    async def of(self, case_id: str) -> Sequence[Thread]:
        """All that is open of it, the first first."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select sender, nullif(demand_id, ''), made_at, taken_back_at is not null"
                " from hub_threads"
                " where case_id = %s and closed_at is null order by made_at, demand_id",
                (case_id,),
            )
            rows = cast("list[tuple[str, str | None, datetime, bool]]", await cursor.fetchall())
        return [Thread(*row) for row in rows]


_CLOSE = (
    "update hub_threads set closed_at = clock_timestamp()"
    " where case_id = %s and sender = %s and demand_id = %s and closed_at is null"
)
_TAKE_BACK = (
    "update hub_threads set taken_back_at = clock_timestamp(), taken_back_by = %s"
    " where case_id = %s and sender = %s and demand_id = %s and closed_at is null"
    " and (taken_back_at is null or taken_back_by = %s)"
)
