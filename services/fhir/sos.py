"""Places of SOS Médecins' fixed sites: a search for Schedules, and what is answered (INTEROP, 1.2).

Of a site nobody is named: whoever is there sees the patient.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from services.fhir.search import MOST_PRACTITIONERS, NotASearch, identifiers, parameters, window
from services.fhir.slots import arrival
from services.log.database import Pool
from services.projector.queries import rows

_START, _STATUS = "_has:Slot:schedule:start", "_has:Slot:schedule:status"
_ACTOR = "actor:Location.organization.identifier"
_INCLUDES = {"Schedule:actor:Location", "Location:organization", "Schedule:actor"}
_SHOWN = {"PUBLIC", "SNP"}  # kinds of slots the profile has


@dataclass(frozen=True)
class SiteSearch:
    """Free slots of these structures that begin from one instant to another."""

    since: datetime
    until: datetime
    structures: Sequence[str]  # SIRET or FINESS


def site_search(query: str) -> SiteSearch:
    """What a query string asks. Raises NotASearch that says which parameter is wrong."""
    starts: list[str] = []
    named: list[str] | None = None
    status = None
    for name, value in parameters(query):
        match name:
            case "_has:Slot:schedule:start":
                starts.append(value)
            case "_has:Slot:schedule:status":
                status = value
            case "actor:Location.organization.identifier":
                found = identifiers(value, codes.STRUCTURE, _ACTOR)
                named = [*(named or []), *(one[1:] for one in found)]
            case "_include" | "_include:iterate" if value in _INCLUDES:
                pass
            case "_revinclude" if value == "Slot:schedule":
                pass
            case "_count" | "_format":
                pass
            case _:
                raise NotASearch("there is no such parameter")
    since, until = window(starts, _START)
    if status != "free":
        msg = f"{_STATUS}: free"
        raise NotASearch(msg)
    if not named or len(named) > MOST_PRACTITIONERS:
        msg = f"{_ACTOR}: from 1 to {MOST_PRACTITIONERS} of {codes.STRUCTURE}|"
        raise NotASearch(msg)
    return SiteSearch(since, until, tuple(dict.fromkeys(named)))


async def schedules(pool: Pool, search: SiteSearch, now: datetime, **how: str) -> Resource:
    """The Bundle. `how`: base, link and booking, as of a search for practitioners."""
    found = await rows(
        pool,
        availability.OF_SITES,
        at=now,
        structures=list(search.structures),
        since=search.since,
        until=search.until,
        sources=[Source.SAS],
    )
    soonest = max(now, search.since)
    arrivals = [(row, arrival(row, soonest, search.until)) for row in found if _is_shown(row)]
    return _bundle([(row, at) for row, at in arrivals if at is not None], **how)


def _is_shown(row: Mapping[str, Any]) -> bool:
    has_address = bool(row["site"] and row["site"].get("address"))
    return has_address and not _SHOWN.isdisjoint(row["labels"])


def _bundle(
    slots: Sequence[tuple[Mapping[str, Any], datetime]], *, base: str, link: str, booking: str
) -> Resource:
    resources: dict[str, Resource] = {}
    included: dict[str, Resource] = {}
    for row, at in slots:
        site = site_id(row["place"], row["commune"], str(row["site"]))
        resources[f"Slot/{row['slot_id']}"] = _slot(row, at, site, booking)
        for one in (_schedule(site), _location(row, site), _organization(row)):
            included[f"{one['resourceType']}/{one['id']}"] = one
    found: Resource = {
        "resourceType": "Bundle",
        # An empty one cannot be of the profile, which asks for entries.
        "meta": {"profile": [codes.BUNDLE_SOS if slots else codes.BUNDLE]},
        "type": "searchset",
        "total": len(slots),
        "link": [{"relation": "self", "url": link}],
    }
    entries = [
        {"fullUrl": f"{base}/{name}", "resource": one}
        for name, one in (resources | included).items()
    ]
    return found | ({"entry": entries} if entries else {})


def _slot(row: Mapping[str, Any], at: datetime, site: str, booking: str) -> Resource:
    labels = [one for one in row["labels"] if one in _SHOWN]
    return {
        "resourceType": "Slot",
        "id": str(row["slot_id"]),
        "meta": {
            "profile": [codes.SLOT_SOS],
            "security": shown_to(labels),
        },
        "serviceType": consultations(row["modes"]),
        "appointmentType": {"coding": [{"system": codes.APPOINTMENT, "code": codes.ROUTINE}]},
        "schedule": {"reference": f"Schedule/schedule-{site}"},
        "status": "free",
        "start": instant(at, row["zone"]),
        "end": instant(row["end"], row["zone"]),
        "comment": booking.format(rpps=row["rpps"], slot_id=row["slot_id"]),
    }


def _schedule(site: str) -> Resource:
    return {
        "resourceType": "Schedule",
        "id": f"schedule-{site}",
        "meta": {"profile": [codes.SCHEDULE_SOS]},
        "actor": [{"reference": f"Location/{site}"}],
    }


def _location(row: Mapping[str, Any], site: str) -> Resource:
    phone = row["site"]["phone"]
    kind = {"coding": [{"system": codes.LOCATION_TYPE, "code": "INTRN"}]}
    found: Resource = {
        "resourceType": "Location",
        "id": site,
        "meta": {"profile": [codes.LOCATION_SOS]},
        "identifier": [{"type": kind, "system": codes.OURS, "value": site}],
        "name": row["place"],
        "address": address_of(row["site"]),
        "managingOrganization": {"reference": f"Organization/{_structure(row)}"},
    }
    return found | ({"telecom": [{"system": "phone", "value": phone}]} if phone else {})


def _organization(row: Mapping[str, Any]) -> Resource:
    value = _structure(row)
    kind = {"coding": [{"system": codes.LOCATION_TYPE, "code": "IDNST"}]}
    return {
        "resourceType": "Organization",
        "id": value,
        "meta": {"profile": [codes.ORGANIZATION_SOS]},
        "identifier": [{"type": kind, "system": codes.STRUCTURE, "value": value}],
    }


def _structure(row: Mapping[str, Any]) -> str:
    return structure_value(row["site"]["structure"])
