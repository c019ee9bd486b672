"""When something happened: in the event's own words, not in those of whoever wrote it down."""

from datetime import datetime

from events.catalogue import AnyEvent


def happened_at(event: AnyEvent) -> datetime:
    """When it happened: the one instant of an event that is of itself."""
    (name,) = (n for n in type(event).model_fields if n.endswith("_at") and n != "next_at")
    instant: datetime = getattr(event, name)
    return instant
