"""The answer to a search for slots: a Bundle of the IG's profiles, made of rows (INTEROP, 1.2-1.5).

One profile a resource; relative references; what is not known is left out, never empty; instants
with milliseconds and a numeric offset.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from services.fhir import codes

Resource = dict[str, Any]
_FINESS, _SIRET = 9, 14  # characters


@dataclass(frozen=True)
class Shown:
    """A slot with a free place, as a row of the read model has it."""

    slot_id: str
    rpps: str
    profession: str
    specialty: str | None
    place: str
    commune: str
    site: Mapping[str, Any]
    start: datetime  # from which on somebody may come
    end: datetime
    zone: str
    modes: Sequence[str]
    labels: Sequence[str]
    communities: Sequence[str]  # FINESS numbers


@dataclass(frozen=True)
class Cpts:
    """A community: its name, and the telephone of its coordination, where one is known."""

    finess: str
    title: str
    phone: str | None = None


def searchset(
    slots: Sequence[Shown],
    communities: Mapping[str, Cpts],
    *,
    base: str,
    link: str,
    booking: str,
    with_communities: bool,
) -> Resource:
    """All in one page. An empty one is of the general profile: the other asks for entries."""
    entries: dict[str, Resource] = {}
    for slot in slots:
        made = _of_slot(slot, communities, booking, with_communities=with_communities)
        for resource, mode in made:
            url = f"{base}/{resource['resourceType']}/{resource['id']}"
            entries.setdefault(
                url, {"fullUrl": url, "resource": resource, "search": {"mode": mode}}
            )
    profile = codes.BUNDLE_CPTS if with_communities and slots else codes.BUNDLE
    found: Resource = {
        "resourceType": "Bundle",
        "meta": {"profile": [profile]},
        "type": "searchset",
        "total": len(slots),
        "link": [{"relation": "self", "url": link}],
    }
    return found | ({"entry": list(entries.values())} if entries else {})


def _of_slot(
    slot: Shown, communities: Mapping[str, Cpts], booking: str, *, with_communities: bool
) -> Iterable[tuple[Resource, str]]:
    person = f"8{slot.rpps}"
    site = _id("site", slot.rpps, slot.place, slot.commune, str(sorted(slot.site.items())))
    role, schedule = f"role-{site}", f"schedule-{site}"
    shared = [communities[one] for one in slot.communities if one in communities]
    shared = shared if with_communities else []
    made = _slot(slot, schedule, shared, booking, with_communities=with_communities)
    yield made, "match"
    yield (
        {
            "resourceType": "Schedule",
            "id": schedule,
            "meta": {"profile": [codes.SCHEDULE]},
            "actor": [
                {"reference": f"Practitioner/{person}"},
                {"reference": f"PractitionerRole/{role}"},
            ],
        },
        "include",
    )
    yield _practitioner(person), "include"
    yield _role(slot, person, role, site), "include"
    for one in shared:
        yield (
            {
                "resourceType": "HealthcareService",
                "id": f"cpts-{one.finess}",
                "meta": {"profile": [codes.HEALTHCARE_SERVICE]},
                "providedBy": {"reference": f"Organization/1{one.finess}"},
            },
            "include",
        )
        yield _organization(one), "include"


def _slot(
    slot: Shown, schedule: str, shared: Sequence[Cpts], booking: str, *, with_communities: bool
) -> Resource:
    zone = ZoneInfo(slot.zone)
    labels = [one for one in slot.labels if with_communities or one != "CPTS"]
    found: Resource = {
        "resourceType": "Slot",
        "id": slot.slot_id,
        "meta": {
            "profile": [codes.SLOT_CPTS if with_communities else codes.SLOT],
            "security": [{"system": codes.SLOT_TYPE, "code": label} for label in labels],
        },
        "serviceType": [
            *({"coding": [{"system": codes.CONSULTATION, "code": mode}]} for mode in slot.modes),
            *(_shared_with(one) for one in shared),
        ],
        "appointmentType": {"coding": [{"system": codes.APPOINTMENT, "code": codes.ROUTINE}]},
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": "free",
        "start": instant(slot.start, zone),
        "end": instant(slot.end, zone),
        "comment": booking.format(rpps=slot.rpps, slot_id=slot.slot_id),
    }
    specialty = slot.specialty or (codes.GENERAL_MEDICINE if slot.profession == "10" else None)
    if specialty:
        coding = [{"system": codes.SPECIALTY, "code": specialty}]
        found["specialty"] = [{"coding": coding}]
    return found


def _shared_with(community: Cpts) -> Resource:
    reference = {"reference": f"HealthcareService/cpts-{community.finess}"}
    return {
        "extension": [{"url": codes.SERVICE_TYPE_REFERENCE, "valueReference": reference}],
        "coding": [{"system": codes.STRUCTURE_KIND, "code": codes.CPTS}],
    }


def _practitioner(person: str) -> Resource:
    identifier = {
        "type": {"coding": [{"system": codes.IDENTIFIER_TYPE, "code": "IDNPS"}]},
        "system": codes.PERSON,
        "value": person,
    }
    return {
        "resourceType": "Practitioner",
        "id": person,
        "meta": {"profile": [codes.PRACTITIONER]},
        "identifier": [identifier],
    }


def _role(slot: Shown, person: str, role: str, site: str) -> Resource:
    address, structure, phone = (slot.site[one] for one in ("address", "structure", "phone"))
    location: Resource = {
        "resourceType": "Location",
        "id": f"location-{site}",
        "meta": {"profile": [codes.LOCATION]},
        "identifier": [
            {
                "type": {"coding": [{"system": codes.LOCATION_TYPE, "code": "INTRN"}]},
                "system": codes.OURS,
                "value": site,
            }
        ],
        "name": slot.place,
        "address": {
            "line": [address["line"]],
            "city": address["city"],
            "postalCode": address["postal_code"],
        },
    }
    found: Resource = {
        "resourceType": "PractitionerRole",
        "id": role,
        "meta": {"profile": [codes.PRACTITIONER_ROLE]},
        "contained": [location],
        "practitioner": {"reference": f"Practitioner/{person}"},
        "organization": {"identifier": _structure(structure)},
        "location": [{"reference": f"#location-{site}"}],
    }
    return found | ({"telecom": [{"system": "phone", "value": phone}]} if phone else {})


def _structure(number: str) -> Resource:
    prefix = {_FINESS: "1", _SIRET: "3"}[len(number)]
    return {
        "type": {"coding": [{"system": codes.IDENTIFIER_TYPE, "code": "IDNST"}]},
        "system": codes.STRUCTURE,
        "value": f"{prefix}{number}",
    }


def _organization(community: Cpts) -> Resource:
    # Each version of the IG pins another coding: with both, both are kept.
    kinds = [
        {"system": codes.LOCATION_TYPE, "code": "IDNST"},
        {"system": codes.IDENTIFIER_TYPE_1_2, "code": "IDNST"},
    ]
    found: Resource = {
        "resourceType": "Organization",
        "id": f"1{community.finess}",
        "meta": {"profile": [codes.ORGANIZATION]},
        "identifier": [
            {
                "type": {"coding": kinds},
                "system": codes.STRUCTURE,
                "value": f"1{community.finess}",
            }
        ],
        "name": community.title,
    }
    phone = community.phone
    return found | ({"telecom": [{"system": "phone", "value": phone}]} if phone else {})


def instant(at: datetime, zone: ZoneInfo) -> str:
    """`2026-11-23T14:00:00.000+01:00`: never Z (test kit, start and end of slots)."""
    return at.astimezone(zone).isoformat(timespec="milliseconds")


def _id(*parts: str) -> str:
    """The same for the same, and no more than letters (FHIR: 64 characters)."""
    return sha256("\n".join(parts).encode()).hexdigest()[:24]
