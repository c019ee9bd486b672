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
Site = tuple[str | None, ...]
"""A practitioner's place of work: what tells it from their others."""
_FINESS, _SIRET = 9, 14  # characters


@dataclass(frozen=True, slots=True)
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

    @property
    def door(self) -> tuple[str | None, ...]:
        """What is known of where it is."""
        address = self.site["address"]
        known = address["line"], address["postal_code"], address["city"]
        return *known, self.site["structure"], self.site["phone"]


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
    matches: list[Resource] = []
    included: dict[str, Resource] = {}
    sites: dict[Site, str] = {}
    kinds: dict[tuple[str, ...], Resource] = {}  # of a hundred slots a handful are not alike
    for slot in slots:
        here = (slot.rpps, slot.place, slot.commune, *slot.door)
        site = sites.get(here)
        if site is None:
            site = sites[here] = site_id(*(str(part) for part in here))
            for resource in _of_site(slot, site):
                included[f"{resource['resourceType']}/{resource['id']}"] = resource
        shared = [communities[one] for one in slot.communities if one in communities]
        shared = shared if with_communities else []
        for one in shared:
            if f"Organization/1{one.finess}" not in included:
                for resource in _of_community(one):
                    included[f"{resource['resourceType']}/{resource['id']}"] = resource
        alike = (site, slot.specialty or "", *slot.labels, *slot.modes, *slot.communities)
        if alike not in kinds:
            kinds[alike] = _kind(slot, site, shared, with_communities=with_communities)
        made = kinds[alike] | {
            "id": slot.slot_id,
            "start": instant(slot.start, slot.zone),
            "end": instant(slot.end, slot.zone),
            "comment": booking.format(rpps=slot.rpps, slot_id=slot.slot_id),
        }
        url = f"{base}/Slot/{slot.slot_id}"
        matches.append({"fullUrl": url, "resource": made, "search": _MATCH})
    entries = [
        *matches,
        *(
            {"fullUrl": f"{base}/{name}", "resource": resource, "search": _INCLUDE}
            for name, resource in included.items()
        ),
    ]
    found = framed(len(slots), link, with_communities=with_communities)
    return found | ({"entry": entries} if entries else {})


def framed(total: int, link: str, *, with_communities: bool) -> Resource:
    """A Bundle of so many slots, without its entries."""
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [codes.BUNDLE_CPTS if with_communities and total else codes.BUNDLE]},
        "type": "searchset",
        "total": total,
        "link": [{"relation": "self", "url": link}],
    }


_MATCH, _INCLUDE = {"mode": "match"}, {"mode": "include"}


def _of_site(slot: Shown, site: str) -> Iterable[Resource]:
    """Who works there: one Schedule and one PractitionerRole a place."""
    person, role = f"8{slot.rpps}", f"role-{site}"
    yield {
        "resourceType": "Schedule",
        "id": f"schedule-{site}",
        "meta": {"profile": [codes.SCHEDULE]},
        "actor": [
            {"reference": f"Practitioner/{person}"},
            {"reference": f"PractitionerRole/{role}"},
        ],
    }
    yield _practitioner(person)
    yield _role(slot, person, role, site)


def _of_community(community: Cpts) -> Iterable[Resource]:
    yield {
        "resourceType": "HealthcareService",
        "id": f"cpts-{community.finess}",
        "meta": {"profile": [codes.HEALTHCARE_SERVICE]},
        "providedBy": {"reference": f"Organization/1{community.finess}"},
    }
    yield _organization(community)


def _kind(slot: Shown, site: str, shared: Sequence[Cpts], *, with_communities: bool) -> Resource:
    """All of a Slot but which one it is, and when."""
    labels = [one for one in slot.labels if with_communities or one != "CPTS"]
    found: Resource = {
        "resourceType": "Slot",
        "meta": {
            "profile": [codes.SLOT_CPTS if with_communities else codes.SLOT],
            "security": shown_to(labels),
        },
        "serviceType": [
            *consultations(slot.modes),
            *(_shared_with(one) for one in shared),
        ],
        "appointmentType": {"coding": [{"system": codes.APPOINTMENT, "code": codes.ROUTINE}]},
        "schedule": {"reference": f"Schedule/schedule-{site}"},
        "status": "free",
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
    structure, phone = slot.site["structure"], slot.site["phone"]
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
        "address": address_of(slot.site),
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
    return {
        "type": {"coding": [{"system": codes.IDENTIFIER_TYPE, "code": "IDNST"}]},
        "system": codes.STRUCTURE,
        "value": structure_value(number),
    }


def shown_to(labels: Iterable[str]) -> list[Resource]:
    """To whom a slot is: `Slot.meta.security`."""
    return [{"system": codes.SLOT_TYPE, "code": label} for label in labels]


def consultations(modes: Iterable[str]) -> list[Resource]:
    """How one meets: a `serviceType` each."""
    return [{"coding": [{"system": codes.CONSULTATION, "code": mode}]} for mode in modes]


def address_of(site: Mapping[str, Any]) -> Resource:
    """Where it is, of a site that has an address."""
    address = site["address"]
    return {
        "line": [address["line"]],
        "city": address["city"],
        "postalCode": address["postal_code"],
    }


def structure_value(number: str) -> str:
    """A FINESS or SIRET number with the national prefix that tells which."""
    return {_FINESS: "1", _SIRET: "3"}[len(number)] + number


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


def instant(at: datetime, zone: str) -> str:
    """`2026-11-23T14:00:00.000+01:00`: never Z (test kit, start and end of slots)."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds")


def site_id(*parts: str) -> str:
    """The same for the same, and no more than letters (FHIR: 64 characters)."""
    return sha256("\n".join(parts).encode()).hexdigest()[:24]
