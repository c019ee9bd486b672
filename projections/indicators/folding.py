"""The read model: which events make the facts, and how."""

from collections.abc import Sequence

from events.envelope import Recorded
from projections.indicators import days, members, offers, places, requests, tables
from projections.rows import Place, Projection, Rows

_PARTS = (requests, places, offers, members)


# A year is a million events, and most concern one part: it is not for four to find that out.
_CONCERNED = {
    name: [part for part in _PARTS if name in {event.name for event in part.EVENTS}]
    for name in {event.name for part in _PARTS for event in part.EVENTS}
}


def touched(recorded: Recorded) -> Sequence[Place]:
    """The rows this event changes, or needs to know."""
    concerned = _CONCERNED.get(recorded.event.name, ())
    return [place for part in concerned for place in part.touched(recorded)]


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    for part in _CONCERNED.get(recorded.event.name, ()):
        part.apply(rows, recorded)


projection = Projection(
    name=tables.NAME,
    tables=tables.TABLES,
    events=frozenset(_CONCERNED),
    touched=touched,
    apply=apply,
    seldom=True,
    for_dashboards=True,
    made_by=(tables, days, *_PARTS),
)
