"""When something happened: in the event's own words, not in those of whoever wrote it down."""

from datetime import datetime
from functools import cache

from events.catalogue import AnyEvent


def happened_at(event: AnyEvent) -> datetime:
    """When it happened: the one instant of an event that is of itself."""
    instant: datetime = getattr(event, _instant_of(type(event)))
    return instant


@cache
def _instant_of(kind: type[AnyEvent]) -> str:
    (name,) = (n for n in kind.model_fields if n.endswith("_at") and n != "next_at")
    return name
