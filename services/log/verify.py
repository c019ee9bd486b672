"""Checking the whole log against its invariants, from the first event to the last."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from domain.invariants import Audit, Violation
from services.log.database import Pool
from services.log.reader import Log
from services.settings import Settings

# What a fold over events cannot see, or would need the memory of the whole log to see.
_EVENT_TWICE = (
    "select max(position), meta->>'event_id' from events"
    " group by meta->>'event_id' having count(*) > 1"
)
_COMMAND_WITHOUT_RECEIPT = (
    "select max(e.position), e.meta->>'command_id' from events e"
    " where not exists (select from inbox i where i.command_id = (e.meta->>'command_id')::uuid)"
    " group by e.meta->>'command_id'"
)
_PATIENT_WITHOUT_IDENTITY = (
    "select e.position, e.data->>'patient_ref' from events e"
    " where e.name = 'request.received' and e.data->>'patient_ref' is not null and not exists ("
    "  select from vault v where v.subject = (e.data->>'patient_ref')::uuid)"
)


@dataclass(frozen=True)
class Verdict:
    """What the log was found to be."""

    events: int
    double_booked: int
    violations: list[Violation]


async def verify(
    pool: Pool, settings: Settings, progress: Callable[[int, int], None] | None = None
) -> Verdict:
    """Every event, in order. `progress` is told position reached and position to reach."""
    log, audit, position = Log(pool), Audit(), 0
    head = await log.head()
    while batch := await log.after(position, limit=settings.rebuild_batch_events):
        for recorded in batch:
            audit.see(recorded)
        position = batch[-1].position
        if progress is not None:
            progress(position, max(head, position))
    violations = audit.finish()
    for rule, query in (
        ("event_stored_twice", _EVENT_TWICE),
        ("command_without_receipt", _COMMAND_WITHOUT_RECEIPT),
        ("patient_without_identity", _PATIENT_WITHOUT_IDENTITY),
    ):
        async with pool.connection() as connection:
            cursor = await connection.execute(query)
            found = cast("list[tuple[int, str]]", await cursor.fetchall())
        violations += [Violation(rule, at, about) for at, about in found]
    return Verdict(audit.events, audit.double_booked, violations)
