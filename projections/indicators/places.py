"""The facts of supply: the places of each slot, and what became of them.

Places offered are used, lost, withdrawn or open: whatever happens, the four add up.
"""

from typing import assert_never

from events.agenda import (
    SlotCapacityChanged,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)
from events.codes import Origin
from events.envelope import Recorded
from projections.indicators.days import day_of, half_day_of
from projections.indicators.tables import places, requests
from projections.rows import Place, Row, Rows

_Told = (
    SlotPlaceTaken
    | SlotPlaceFreed
    | SlotMoved
    | SlotCapacityChanged
    | SlotOpenedTo
    | SlotWithdrawn
    | SlotElapsed
)
_TOLD = (
    SlotPlaceTaken,
    SlotPlaceFreed,
    SlotMoved,
    SlotCapacityChanged,
    SlotOpenedTo,
    SlotWithdrawn,
    SlotElapsed,
)
EVENTS = (SlotPublished, *_TOLD)


def touched(recorded: Recorded) -> list[Place]:
    """The row of the slot, and of the request that takes a place of it."""
    event = recorded.event
    if isinstance(event, SlotPlaceTaken):
        return [(places, event.slot_id), (requests, event.request_id)]
    return [(places, event.slot_id)] if isinstance(event, _TOLD) else []


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    event = recorded.event
    if isinstance(event, SlotPublished):
        rows.put(places, event.slot_id, _published(event))
    elif isinstance(event, _TOLD):
        row = rows.get(places, event.slot_id)
        assert row is not None, "news of a slot that was never published"
        rows.put(places, event.slot_id, _counted(row | _changes(event, row)))
        if isinstance(event, SlotPlaceTaken) and rows.get(requests, event.request_id):
            rows.put(requests, event.request_id, _with(row, event))


def _published(event: SlotPublished) -> Row:
    return {
        "rpps": event.rpps,
        "week": event.week,
        "communities": list(event.communities),
        "profession": event.profession,
        "specialty": event.specialty,
        "setting": event.setting,
        "labels": list(event.labels),
        "modes": list(event.modes),
        "zone": event.zone,
        **_whereabouts(event, event.zone),
        "origin": event.origin,
        "capacity": event.capacity,
        "offered": event.capacity,
        "used": 0,
        "lost": 0,
        "withdrawn": 0,
        "open": event.capacity,
        "over": False,
        "freed": 0,
        "refilled": 0,
    }


def _whereabouts(event: SlotPublished | SlotMoved, zone: str) -> Row:
    return {
        "commune": event.place.commune,
        "day": day_of(event.start, zone),
        "half_day": half_day_of(event.start, zone),
        "hours": (event.end - event.start).total_seconds() / 3600,
    }


def _changes(event: _Told, row: Row) -> Row:
    match event:
        case SlotPlaceTaken():
            refills = row["freed"] - row["refilled"] > 0
            return {"used": row["used"] + 1, "refilled": row["refilled"] + refills}
        case SlotPlaceFreed():
            # What was made for one patient is taken back with them: nobody else is to have it.
            for_others = row["origin"] != Origin.OVERBOOK
            return {"used": row["used"] - 1, "freed": row["freed"] + for_others}
        case SlotMoved():
            return _whereabouts(event, row["zone"])
        case SlotCapacityChanged():
            more = event.capacity - row["capacity"]
            return {
                "capacity": event.capacity,
                "offered": row["offered"] + max(more, 0),
                "withdrawn": row["withdrawn"] + max(-more, 0),
            }
        case SlotOpenedTo():
            return {"labels": list(event.labels), "communities": list(event.communities)}
        case SlotWithdrawn():
            return {
                "capacity": 0,
                "withdrawn": row["withdrawn"] + row["capacity"],
                "over": True,
            }
        case SlotElapsed():
            return {"over": True}
        case _:
            assert_never(event)


def _counted(row: Row) -> Row:
    """What is left of the capacity is open, and lost once the slot is over."""
    left = row["capacity"] - row["used"]
    return row | ({"lost": left, "open": 0} if row["over"] else {"lost": 0, "open": left})


def _with(row: Row, event: SlotPlaceTaken) -> Row:
    """Whom the patient sees."""
    return {
        "profession": row["profession"],
        "specialty": row["specialty"],
        "setting": row["setting"],
        "origin": row["origin"],
        "own_patient": event.own_patient,
    }
