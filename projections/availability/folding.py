"""How events make the read model of places."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from events import place as places
from events.agenda import (
    SlotCapacityChanged,
    SlotClosedTo,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)
from events.envelope import Recorded, Role
from events.instants import happened_at
from events.practitioner import (
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerLeft,
    PractitionerPaused,
    PractitionerResumed,
)
from projections.availability import tables
from projections.availability.tables import NAME, listings, practitioners, senders, slots
from projections.rows import Place, Projection, Row, Rows

_Changes = (
    SlotPlaceTaken
    | SlotPlaceFreed
    | SlotPlaceHeld
    | SlotPlaceReleased
    | SlotMoved
    | SlotCapacityChanged
    | SlotOpenedTo
    | SlotClosedTo
    | SlotWithdrawn
    | SlotElapsed
    | PractitionerEnrolled
    | PractitionerLeft
    | PractitionerConsented
    | PractitionerPaused
    | PractitionerResumed
)
_KINDS = (
    SlotPublished,
    SlotPlaceTaken,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotMoved,
    SlotCapacityChanged,
    SlotOpenedTo,
    SlotClosedTo,
    SlotWithdrawn,
    SlotElapsed,
    PractitionerEnrolled,
    PractitionerLeft,
    PractitionerConsented,
    PractitionerPaused,
    PractitionerResumed,
)


_WORDS = (
    SlotPublished,
    SlotMoved,
    SlotCapacityChanged,
    SlotOpenedTo,
    SlotClosedTo,
    SlotWithdrawn,
)
"""What whoever keeps an agenda says of it."""

_REMEMBERED = timedelta(days=8)  # a week back, from any hour of today


def touched(recorded: Recorded) -> Sequence[Place]:
    """The rows this event changes, those made by it alone left out."""
    return [*_slot_or_member(recorded), *_sender(recorded)]


def _sender(recorded: Recorded) -> Sequence[Place]:
    """Who spoke, if it was somebody: slots also end by themselves."""
    if not isinstance(recorded.event, _WORDS):
        return []
    actor = recorded.meta.actor
    return [] if actor.role is Role.SYSTEM else [(senders, actor.ref)]


def _slot_or_member(recorded: Recorded) -> Sequence[Place]:
    match recorded.event:
        case (
            SlotPlaceTaken()
            | SlotPlaceFreed()
            | SlotPlaceHeld()
            | SlotPlaceReleased()
            | SlotMoved()
            | SlotCapacityChanged()
            | SlotOpenedTo()
            | SlotClosedTo()
            | SlotWithdrawn()
            | SlotElapsed()
        ) as event:
            return [(slots, event.slot_id)]
        case (
            PractitionerEnrolled()
            | PractitionerLeft()
            | PractitionerConsented()
            | PractitionerPaused()
            | PractitionerResumed()
        ) as event:
            return [(practitioners, event.rpps)]
        case _:
            return []  # the first of its slot, or nothing to us


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    if not isinstance(recorded.event, _KINDS):
        return
    for _, sender in _sender(recorded):
        _hear(rows, str(sender), happened_at(recorded.event))
    if isinstance(recorded.event, SlotPublished):
        _publish(rows, recorded.event, recorded.meta.actor.ref)
    else:
        _apply(rows, recorded.event)


def _hear(rows: Rows, sender: str, at: datetime) -> None:
    """The hours one spoke in, for a week: they tell when one is expected to speak again."""
    known = rows.get(senders, sender)
    hour = at.replace(minute=0, second=0, microsecond=0)
    if known is None:
        first = {"first_heard_at": at, "heard_at": at, "hours": [hour]}
        rows.put(senders, sender, first)
        return
    hours = known["hours"]
    if hour not in hours[-2:]:  # clocks of several writers differ by moments, not by hours
        hours = sorted({*hours, hour})
        hours = [one for one in hours if one > hours[-1] - _REMEMBERED]
    rows.put(senders, sender, {"heard_at": max(at, known["heard_at"]), "hours": hours})


def _publish(rows: Rows, event: SlotPublished, sender: str) -> None:
    row = _published(event, sender)
    rows.put(slots, event.slot_id, row)
    _list(rows, event.slot_id, row, event.communities)


def _list(rows: Rows, slot_id: UUID, slot: Row, communities: Sequence[str]) -> None:
    """Put the slot in the lists of these, take it out of the others."""
    for finess in {*slot["communities"], *communities}:
        listing = {
            "slot_id": slot_id,
            "community": finess,
            "start": slot["start"],
            "ended": finess not in communities,
        }
        rows.put(listings, f"{slot_id}/{finess}", listing)


def _known(rows: Rows, slot_id: UUID) -> Row:
    row = rows.get(slots, slot_id)
    assert row is not None, "something of a slot that was never published"
    return row


def _apply(rows: Rows, event: _Changes) -> None:
    match event:
        case SlotPlaceTaken():
            _take(rows, event, +1)
        case SlotPlaceFreed():
            _take(rows, event, -1)
        case SlotPlaceHeld():
            _hold(rows, event, +1)
        case SlotPlaceReleased():
            _hold(rows, event, -1)
        case SlotMoved():
            moved = _known(rows, event.slot_id) | _whereabouts(event)
            rows.put(slots, event.slot_id, moved)
            _list(rows, event.slot_id, moved, moved["communities"])
        case SlotCapacityChanged():
            _resize(rows, event)
        case SlotOpenedTo():
            _list(rows, event.slot_id, _known(rows, event.slot_id), event.communities)
            rows.put(slots, event.slot_id, _shown_to(event))
        case SlotClosedTo():
            rows.put(slots, event.slot_id, {"open_to": list(event.open_to)})
        case SlotElapsed():
            rows.put(slots, event.slot_id, {"lost": event.lost})
        case SlotWithdrawn():
            rows.put(slots, event.slot_id, {"withdrawn_at": event.withdrawn_at})
        case PractitionerEnrolled():
            known = rows.get(practitioners, event.rpps)
            anew = {} if known and known["communities"] else {"paused": False, "sources": []}
            takes_part = {"profession": event.profession, "communities": list(event.communities)}
            left = _without(known["left"] if known else [], event.communities)
            rows.put(practitioners, event.rpps, takes_part | anew | {"left": left})
        case PractitionerLeft():
            known = rows.get(practitioners, event.rpps)
            assert known is not None, "somebody left who was never there"
            left = [*_without(known["left"], event.communities), *event.communities]
            changed = {"communities": list(event.still_in), "left": left}
            rows.put(practitioners, event.rpps, changed)
        case PractitionerConsented():
            rows.put(practitioners, event.rpps, {"sources": list(event.sources)})
        case PractitionerPaused():
            rows.put(practitioners, event.rpps, {"paused": True})
        case PractitionerResumed():
            rows.put(practitioners, event.rpps, {"paused": False})
        case _:
            assert_never(event)


def _published(event: SlotPublished, sender: str) -> Row:
    return {
        "rpps": event.rpps,
        "week": event.week,
        "profession": event.profession,
        "setting": event.setting,
        "specialty": event.specialty,
        "surge": event.surge,
        **_whereabouts(event),
        "zone": event.zone,
        "capacity": event.capacity,
        "is_range": event.capacity > 1,
        "taken": 0,
        "held": 0,
        "lost": 0,
        "modes": list(event.modes),
        **_shown_to(event),
        "sender": sender,
        "published_at": event.published_at,
        "withdrawn_at": None,
    }


def _without(communities: Sequence[str], others: Sequence[str]) -> list[str]:
    return [finess for finess in communities if finess not in others]


def _whereabouts(event: SlotPublished | SlotMoved) -> Row:
    return {
        "place": event.place.title,
        "site": _site(event.place),
        "commune": event.place.commune,
        "lat": event.place.position.lat,
        "lon": event.place.position.lon,
        "start": event.start,
        "end": event.end,
    }


def _site(place: places.Place) -> Row | None:
    """What a partner is shown of it, where something is known."""
    known = place.model_dump(include={"address", "structure", "phone"})
    return known if any(known.values()) else None


def _shown_to(event: SlotPublished | SlotOpenedTo) -> Row:
    return {
        "labels": list(event.labels),
        "communities": list(event.communities),
        "open_to": list(event.open_to),
    }


def _resize(rows: Rows, event: SlotCapacityChanged) -> None:
    row = _known(rows, event.slot_id)
    is_range = row["is_range"] or event.capacity > 1
    rows.put(slots, event.slot_id, {"capacity": event.capacity, "is_range": is_range})


def _take(rows: Rows, event: SlotPlaceTaken | SlotPlaceFreed, places: int) -> None:
    row = _known(rows, event.slot_id)
    rows.put(slots, event.slot_id, {"taken": row["taken"] + places})


def _hold(rows: Rows, event: SlotPlaceHeld | SlotPlaceReleased, places: int) -> None:
    row = _known(rows, event.slot_id)
    rows.put(slots, event.slot_id, {"held": row["held"] + places})


projection = Projection(
    name=NAME,
    tables=(slots, listings, practitioners, senders),
    events=frozenset(kind.name for kind in _KINDS),
    touched=touched,
    apply=apply,
    for_dashboards=True,
    made_by=(tables,),
)
