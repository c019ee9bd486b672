"""A practitioner's slots as an iCalendar (RFC 5545): where and when, never who nor why."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

_REFRESH = timedelta(minutes=15)
_MODES = {"AMB": "au cabinet", "HH": "à domicile", "VR": "en téléconsultation"}


def calendar_of(slots: Iterable[Mapping[str, Any]], now: datetime) -> bytes:
    """Rows of the read model as events: a free place is free time, a taken one is not."""
    calendar = Calendar()
    calendar.add("prodid", "-//SNP Dispatch//FR")
    calendar.add("version", "2.0")
    calendar.add("name", "Soins non programmés")
    calendar.add("x-wr-calname", "Soins non programmés")
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})  # RFC 7986, 5.7
    for slot in slots:
        calendar.add_component(_event(slot, now))
    found: bytes = calendar.to_ical()
    return found


def _event(slot: Mapping[str, Any], now: datetime) -> Event:
    zone = ZoneInfo(slot["zone"])
    event = Event()
    event.add("uid", f"{slot['slot_id']}@snp-dispatch")
    event.add("dtstamp", now)
    event.add("dtstart", slot["start"].astimezone(zone))
    event.add("dtend", slot["end"].astimezone(zone))
    event.add("summary", _summary(slot))
    event.add("location", _where(slot))
    event.add("transp", "OPAQUE" if slot["taken"] else "TRANSPARENT")
    event.add("categories", ["SNP"])
    return event


def _summary(slot: Mapping[str, Any]) -> str:
    modes = ", ".join(_MODES[mode] for mode in slot["modes"])
    taken, capacity = slot["taken"], slot["capacity"]
    if not taken:
        places = "place libre" if capacity == 1 else f"{capacity} places libres"
        return f"SNP : {places} ({modes})"
    if capacity == 1:
        return f"SNP : un patient ({modes})"
    return f"SNP : {taken} patient{'s' if taken > 1 else ''} sur {capacity} places ({modes})"


def _where(slot: Mapping[str, Any]) -> str:
    address = (slot["site"] or {}).get("address")
    if not address:
        return str(slot["place"])
    return f"{slot['place']}, {address['line']}, {address['postal_code']} {address['city']}"
