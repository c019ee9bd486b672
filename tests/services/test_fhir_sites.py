"""Fixed sites of SOS Médecins by Schedule, and all free slots at once (SMART Scheduling Links)."""

import json
from contextlib import suppress

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.location import Location
from fhir.resources.R4B.schedule import Schedule
from fhir.resources.R4B.slot import Slot
from hypothesis import given
from hypothesis import strategies as st

from events.roles import Role
from services.fhir.search import NotASearch
from services.fhir.sos import site_search
from tests.examples import DR_ADAM, HOUR, NOON
from tests.services.ans_definitions import SAS, VERSIONS, errors_in, needs_definitions
from tests.services.test_fhir_slots import OTHER_SITE, SITE
from tests.talking import slot_told, tell

OID = "urn:oid:1.2.250.1.71.4.2.2"
SIRET = "33417374840002"
SOS_SITE = SITE | {"title": "Centre de consultation Nevers Nord", "structure": SIRET}
QUERY = (
    "_revinclude=Slot:schedule&_include=Schedule:actor:Location"
    "&_include:iterate=Location:organization"
    "&_has:Slot:schedule:start=ge2026-11-23T13:00:00+01:00"
    "&_has:Slot:schedule:start=le2026-11-25T08:00:00+01:00&_has:Slot:schedule:status=free"
    f"&actor:Location.organization.identifier={OID}%7C3{SIRET}&_count=1000"
)


@pytest.fixture
async def platform(door):
    return await door.as_(Role.PLATFORM)


async def published(door, **slot):
    told = await tell(door.house, "slot", slot_told(slot.pop("start", NOON + 2 * HOUR), **slot))
    assert told.get("state") == "published", told
    await door.house.settled()
    return told["id"]


async def found(door, platform, query=QUERY):
    answer = await door.ask("GET", f"/fhir/Schedule?{query}", platform)
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_kind(bundle, kind):
    entries = bundle.get("entry", ())
    return [one["resource"] for one in entries if one["resource"]["resourceType"] == kind]


async def test_a_site_is_shown_as_the_guide_shows_it(door, platform):
    slot_id = await published(door, place=SOS_SITE, setting="SOS", labels=["PUBLIC", "SNP"])

    bundle = await found(door, platform)

    assert Bundle.model_validate(bundle).total == 1
    (slot,), (schedule,) = of_kind(bundle, "Slot"), of_kind(bundle, "Schedule")
    (place,), (structure,) = of_kind(bundle, "Location"), of_kind(bundle, "Organization")
    assert slot["id"] == slot_id
    assert slot["schedule"]["reference"] == f"Schedule/{schedule['id']}"
    assert schedule["actor"] == [{"reference": f"Location/{place['id']}"}]
    assert place["managingOrganization"]["reference"] == f"Organization/{structure['id']}"
    assert structure["identifier"][0]["value"] == f"3{SIRET}"
    assert bundle["link"] == [{"relation": "self", "url": bundle["link"][0]["url"]}]
    assert bundle["link"][0]["url"].endswith(f"/fhir/Schedule?{QUERY}")


@needs_definitions
@pytest.mark.parametrize("version", VERSIONS)
async def test_it_is_as_the_profiles_want_it(door, platform, version):
    await published(door, place=SOS_SITE, setting="SOS", labels=["PUBLIC", "SNP"])

    bundle = await found(door, platform)

    for one in [bundle, *(entry["resource"] for entry in bundle["entry"])]:
        assert errors_in(one, version) == []


@needs_definitions
def test_the_guides_own_search_is_understood():
    file = SAS / "1.1.0" / "examples" / "Bundle-ExampleBundleAgregateurSOS.json"
    query = json.loads(file.read_text())["link"][0]["url"].partition("?")[2]

    assert site_search(query).structures == ("34173748400020", "92080466300010")


async def test_no_practitioner_is_named(door, platform):
    await published(door, place=SOS_SITE, setting="SOS")

    bundle = await found(door, platform)

    assert of_kind(bundle, "Practitioner") == []
    slots = json.dumps(of_kind(bundle, "Slot") + of_kind(bundle, "Location"))
    assert DR_ADAM not in slots.replace("practitioner=" + DR_ADAM, "")


async def test_what_is_no_site_or_of_another_structure_is_not_shown(door, platform):
    await published(door, place=SOS_SITE)  # a doctor in town at the same address
    other = SOS_SITE | {"structure": "12345678901234"}
    await published(door, start=NOON + 4 * HOUR, place=other, setting="SOS")
    await published(door, start=NOON + 6 * HOUR, place=SOS_SITE, setting="SOS", labels=["CPTS"])

    bundle = await found(door, platform)

    assert (bundle["total"], bundle.get("entry")) == (0, None)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        QUERY.replace("&_has:Slot:schedule:status=free", ""),
        QUERY.replace("=le2026", "=ge2026"),
        QUERY.replace(OID, "urn:oid:1.2.3"),
        QUERY.replace("_revinclude=Slot:schedule", "_revinclude=Slot:other"),
        QUERY + "&unheard=of",
    ],
)
async def test_what_is_no_search_is_refused(door, platform, wrong):
    answer = await door.ask("GET", f"/fhir/Schedule?{wrong}", platform)

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


@given(st.text(max_size=300))
def test_whatever_is_asked_is_a_search_or_refused(query):
    with suppress(NotASearch):
        site_search(query)


async def test_who_may_not_search_is_not_answered(door):
    who = await door.as_(Role.PRACTITIONER)

    for path in (f"/fhir/Schedule?{QUERY}", "/fhir/$bulk-publish", "/fhir/bulk/Slot.ndjson"):
        assert (await door.ask("GET", path, who)).status_code == 403


async def test_all_free_slots_are_in_three_files_that_fit_together(door, platform):
    first = await published(door, place=SITE, capacity=2)
    second = await published(door, start=NOON + 4 * HOUR, place=OTHER_SITE)
    third = await published(door, start=NOON + 5 * HOUR, place=OTHER_SITE)

    manifest = (await door.ask("GET", "/fhir/$bulk-publish", platform)).json()
    files = {}
    for one in manifest["output"]:
        answer = await door.client.get(one["url"], headers=platform)
        assert answer.headers["content-type"].startswith("application/fhir+ndjson")
        files[one["type"]] = [json.loads(line) for line in answer.text.splitlines()]

    assert manifest["request"].endswith("/fhir/$bulk-publish")
    assert [one["id"] for one in files["Slot"]] == [first, second, third]
    assert len(files["Location"]) == len(files["Schedule"]) == 2
    places = {f"Location/{one['id']}" for one in files["Location"]}
    agendas = {f"Schedule/{one['id']}" for one in files["Schedule"]}
    assert {one["actor"][0]["reference"] for one in files["Schedule"]} == places
    assert {one["schedule"]["reference"] for one in files["Slot"]} == agendas
    for kind, model in (("Location", Location), ("Schedule", Schedule), ("Slot", Slot)):
        for one in files[kind]:
            model.model_validate(one)
    extensions = {one["url"].rpartition("/")[2]: one for one in files["Slot"][0]["extension"]}
    assert extensions["slot-capacity"]["valueInteger"] == 2
    assert DR_ADAM in extensions["booking-deep-link"]["valueUrl"]


async def test_nothing_free_is_three_empty_files(door, platform):
    await door.house.settled()

    answer = await door.ask("GET", "/fhir/bulk/Slot.ndjson", platform)

    assert (answer.status_code, answer.content) == (200, b"")
