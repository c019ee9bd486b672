"""The events behind a figure: what an auditor asks for, and anybody who does not believe it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from domain.decider import Refused
from events.catalogue import restored
from events.instants import happened_at
from projections.indicators.behind import Behind, Part, behind
from projections.indicators.definitions import Definition
from projections.indicators.readers import RESTRICTED
from services.projector.past import Snapshot
from services.reports.asking import Ask

# Told by the fact's own events: of those in its stream, the ones that name the slot, the member,
# the note or the indicator.
_EVENTS = """
select e.position, e.stream, e.name, e.schema_version, e.data::text, e.meta->>'event_id'
from events e
join unnest(%(streams)s::text[], %(abouts)s::text[]) as b(stream, about) on b.stream = e.stream
where e.name = any(%(names)s) and e.position <= %(until)s
  and (b.about is null
       or b.about in (e.data->>'slot_id', e.data->>'rpps', e.data->>'entry_id')
       or jsonb_exists(e.data->'to', b.about)
       or e.data->'figures' @> jsonb_build_array(jsonb_build_object('indicator', b.about)))
group by e.position, e.stream, e.name, e.schema_version, e.data, e.meta
order by e.position
limit %(limit)s
"""
_Row = tuple[int, str, str, int, str, str]


class NotTraced(Refused):
    """ARS and CPAM are shown no events: each of them is about one patient."""

    code = "not_traced"


@dataclass(frozen=True)
class Evidence:
    """An event behind a figure."""

    position: int
    event_id: UUID
    name: str
    stream: str
    at: datetime


@dataclass(frozen=True)
class Trace:
    """How many facts the figure counts, and the events that made them, the first ones."""

    facts: int
    events: Sequence[Evidence]
    more: bool  # there are others


async def trace(known: Snapshot, ask: Ask, definition: Definition, part: Part, limit: int) -> Trace:
    """Raises NotTraced."""
    if ask.reader in RESTRICTED:
        raise NotTraced
    found: list[Behind] = []
    for one in behind(definition, ask.asked, part):
        found += [one.where(row) for row in await known.rows(one.query)]
    cursor = await known.connection.execute(
        _EVENTS,
        {
            "streams": [one.stream for one in found],
            "abouts": [one.about for one in found],
            "names": list(definition.events),
            "until": known.position,
            "limit": limit + 1,
        },
        binary=True,
    )
    rows = cast("list[_Row]", await cursor.fetchall())
    events = [
        Evidence(position, UUID(event_id), name, stream, happened_at(restored(name, version, data)))
        for position, stream, name, version, data, event_id in rows
    ]
    return Trace(len(found), events[:limit], more=len(events) > limit)
