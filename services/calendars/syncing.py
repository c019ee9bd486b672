"""What an agenda that was read changes: places to open, and to take back.

Only what came from the same agenda is taken back, and never a place a patient has: to their
software that time is busy for this very reason.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from domain.agenda import Slot
from services.calendars.free_times import FreeTime
from services.log.database import Pool


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    opens: Sequence[FreeTime]
    withdraws: Sequence[UUID]
    unchanged: int


def plan(wanted: Sequence[FreeTime], slots: Iterable[Slot], ours: Collection[UUID]) -> Plan:
    """`slots`: those of the same days, not withdrawn; `ours`: which came from this agenda."""
    there = {(slot.published.start, slot.published.end): slot for slot in slots}
    free = {(one.start, one.end): one for one in wanted}
    opens = [one for key, one in free.items() if key not in there]
    withdraws = [
        slot.published.slot_id
        for key, slot in there.items()
        if key not in free and slot.published.slot_id in ours and not (slot.taken or slot.held)
    ]
    return Plan(opens, withdraws, len(free) - len(opens))


class AgendaSlots:
    """Which slots came from which agenda."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, slot_id: UUID, rpps: str, agenda: str) -> None:
        """This one did."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into agenda_slots (slot_id, rpps, agenda) values (%s, %s, %s)"
                " on conflict do nothing",
                (slot_id, rpps, agenda),
            )

    async def of(self, rpps: str, agenda: str) -> set[UUID]:
        """All that did."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select slot_id from agenda_slots where rpps = %s and agenda = %s", (rpps, agenda)
            )
            return {slot_id for (slot_id,) in cast("list[tuple[UUID]]", await cursor.fetchall())}
