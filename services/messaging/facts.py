"""What happened, as it is told to others: a CloudEvent 1.0 in structured mode."""

import orjson

from events.envelope import Recorded

SOURCE = "/snp-dispatch"


def fact(recorded: Recorded) -> bytes:
    """One event. What is personal is in the vault, and no part of any event."""
    meta = recorded.meta
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": meta.event_id,
            "source": SOURCE,
            "type": recorded.event.name,
            "subject": recorded.stream,
            "time": recorded.recorded_at,
            "datacontenttype": "application/json",
            "schemaversion": type(recorded.event).version,
            "community": meta.community,
            "caseid": meta.case_id,
            "correlationid": meta.correlation,
            "position": str(recorded.position),
            "data": recorded.event.model_dump(mode="json"),
        }
    )
