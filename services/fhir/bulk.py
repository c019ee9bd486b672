"""Slots for whoever copies them all: a manifest and files of lines (SMART Scheduling Links, 1.0).

https://github.com/smart-on-fhir/smart-scheduling-links/blob/master/specification.md
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from events.codes import Source
from projections import availability
from services.fhir import codes
from services.fhir.bundle import (
    Resource,
    address_of,
    consultations,
    instant,
    shown_to,
    site_id,
    structure_value,
)
from services.log.database import Pool
from services.projector.queries import streamed

AHEAD = timedelta(days=28)
_BOOKING = "http://fhir-registry.smarthealthit.org/StructureDefinition/booking-deep-link"
_CAPACITY = "http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity"
KINDS = ("Location", "Schedule", "Slot")
NDJSON = "application/fhir+ndjson"


def manifest(base: str, now: datetime) -> dict[str, Any]:
    """Where the files are."""
    return {
        "transactionTime": now.isoformat(timespec="milliseconds"),
        "request": f"{base}/$bulk-publish",
        "output": [{"type": kind, "url": f"{base}/bulk/{kind}.ndjson"} for kind in KINDS],
    }


async def lines(pool: Pool, kind: str, now: datetime, booking: str) -> AsyncIterator[bytes]:
    """The resources of that kind, one a line; a Location or a Schedule once."""
    found = streamed(pool, availability.PUBLISHED, at=now, until=now + AHEAD, sources=[Source.SAS])
    seen: set[str] = set()
    async for row in found:
        for one in _resources(kind, row, booking):
            if kind == "Slot" or one["id"] not in seen:
                seen.add("" if kind == "Slot" else one["id"])
                yield orjson.dumps(one) + b"\n"


def _resources(kind: str, row: Mapping[str, Any], booking: str) -> Iterable[Resource]:
    site = row["site"] or {}
    place = site_id(row["place"], row["commune"], str(site))
    schedule = site_id(row["rpps"], place)
    match kind:
        case "Location":
            yield _location(row, place)
        case "Schedule":
            yield {
                "resourceType": "Schedule",
                "id": schedule,
                "serviceType": consultations(row["modes"]),
                "actor": [{"reference": f"Location/{place}"}, *_who(row)],
            }
        case _:
            yield _slot(row, schedule, booking)


def _who(row: Mapping[str, Any]) -> Iterable[Resource]:
    """Nobody of a site: whoever is there sees the patient."""
    if row["setting"] != availability.SOS:
        number = {"system": codes.PERSON, "value": f"8{row['rpps']}"}
        yield {"type": "Practitioner", "identifier": number}


def _slot(row: Mapping[str, Any], schedule: str, booking: str) -> Resource:
    url = booking.format(rpps=row["rpps"], slot_id=row["slot_id"])
    return {
        "resourceType": "Slot",
        "id": str(row["slot_id"]),
        "meta": {"security": shown_to(row["labels"])},
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": "free",
        "start": instant(row["start"], row["zone"]),
        "end": instant(row["end"], row["zone"]),
        "extension": [
            {"url": _BOOKING, "valueUrl": url},
            {"url": _CAPACITY, "valueInteger": row["free"]},
        ],
    }


def _location(row: Mapping[str, Any], place: str) -> Resource:
    site = row["site"] or {}
    found: Resource = {
        "resourceType": "Location",
        "id": place,
        "name": row["place"],
        "position": {"latitude": row["lat"], "longitude": row["lon"]},
    }
    if site.get("address"):
        found["address"] = address_of(site)
    if phone := site.get("phone"):
        found["telecom"] = [{"system": "phone", "value": phone}]
    if structure := site.get("structure"):
        value = structure_value(structure)
        found["identifier"] = [{"system": codes.STRUCTURE, "value": value}]
    return found
