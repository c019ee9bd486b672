"""The read model: which events make the facts, and how."""

from collections.abc import Sequence

from events.envelope import Recorded
from projections.indicators import days, members, offers, places, requests, tables
from projections.rows import Place, Projection, Rows

_PARTS = (requests, places, offers, members)


def touched(recorded: Recorded) -> Sequence[Place]:
    """The rows this event changes, or needs to know."""
    return [place for part in _PARTS for place in part.touched(recorded)]


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    for part in _PARTS:
        part.apply(rows, recorded)


projection = Projection(
    name=tables.NAME,
    tables=tables.TABLES,
    events=frozenset(event.name for part in _PARTS for event in part.EVENTS),
    touched=touched,
    apply=apply,
    made_by=(tables, days, *_PARTS),
)
