"""Free slots for the national platform: its searches with all their traps, and what it is shown."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st

from events.roles import Role
from services.fhir.search import NotASearch, slot_search
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON, VALENCIENNES
from tests.services.ans_definitions import VERSIONS, errors_in, needs_definitions
from tests.services.doors import doors_of
from tests.talking import slot_told, tell

OID = "urn:oid:1.2.250.1.71.4.2.1"
SITE = {
    "title": "Cabinet de la Gare",
    "commune": "58194",
    "position": {"lat": 46.99, "lon": 3.16},
    "address": {"line": "2 place de la Gare", "postal_code": "58000", "city": "Nevers"},
    "structure": "580000032",
    "phone": "+33386000000",
}
OTHER_SITE = SITE | {
    "title": "Maison de santé",
    "position": {"lat": 47.01, "lon": 3.16},
    "structure": "12345678901234",
    "phone": None,
}
DOCTOR = f"{OID}|8{DR_ADAM}"
THREE_DAYS = "start=ge2026-11-23T13:00:00.000+01:00&start=le2026-11-25T23:59:59.000+01:00"
INDIVIDUAL = "_include=Slot:schedule&_include:iterate=Schedule:actor"
SHARED = (
    f"{INDIVIDUAL}&_include=Slot:service-type-reference"
    "&_include:iterate=HealthcareService:organization"
)


def query(who=DOCTOR, when=THREE_DAYS, includes=INDIVIDUAL):
    return f"{includes}&{when}&schedule.actor:Practitioner.identifier={who}&status=free"


# How it is asked


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ge2024-06-12T16:20:00.000+02:00", "2024-06-12T16:20:00+02:00"),
        ("ge2024-06-12T16:20:00.000 02:00", "2024-06-12T16:20:00+02:00"),
        ("ge2024-06-12T16:20:00.000%2B02:00", "2024-06-12T16:20:00+02:00"),
        ("ge2021-01-02T10:00:00", "2021-01-02T10:00:00+01:00"),
        ("ge2021-07-02T10:00:00.000", "2021-07-02T10:00:00+02:00"),
        ("ge2021-01-02T10:00:00Z", "2021-01-02T10:00:00+00:00"),
        ("ge2021-01-02T10:00", "2021-01-02T10:00:00+01:00"),
        ("ge2021-01-02", "2021-01-02T00:00:00+01:00"),
        ("ge2021-01-02T10:00:00.123456789Z", "2021-01-02T10:00:00.123456+00:00"),
        ("ge2021-01-02T10:00:00-04:00", "2021-01-02T10:00:00-04:00"),
    ],
)
def test_an_instant_is_read_as_the_platform_writes_it(written, meant):
    found = slot_search(query(when=f"start={written}&start=le2030-01-01"))

    assert found.since == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{OID}|810002909371,{OID}|810001288385", ("10002909371", "10001288385")),
        (f"{OID}|810002909371, {OID}|10001288385", ("10002909371", "10001288385")),
        (f"{OID}%7C810002909371", ("10002909371",)),
        (quote(f"{OID}|810002909371"), ("10002909371",)),
        (f"{OID}|810002909371,{OID}|10002909371", ("10002909371",)),
        (f"{OID}|0123456789", ("0123456789",)),  # ADELI: nobody of ours
    ],
)
def test_professionals_are_named_with_or_without_the_national_prefix(written, meant):
    assert slot_search(query(written)).rpps == meant


def test_slots_shared_with_communities_are_asked_for_by_their_include():
    assert not slot_search(query()).with_communities
    assert slot_search(query(includes=SHARED)).with_communities


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "start=ge2021-01-02",
        query(when="start=ge2021-01-02"),
        query(when="start=le2021-01-02"),
        query(when="start=ge2021-01-02&start=ge2021-01-03&start=le2021-01-04"),
        query(when="start=ge2021-01-05&start=le2021-01-04"),
        query(when="start=gt2021-01-02&start=le2021-01-04"),
        query(when="start=2021-01-02&start=le2021-01-04"),
        query(when="start=ge2021-02-30&start=le2021-03-04"),
        query(when="start=ge2021-01-02T99:00:00&start=le2021-01-04"),
        query().replace("status=free", "status=busy"),
        query().replace("&status=free", ""),
        query(""),
        query("810002909371"),
        query(f"urn:oid:1.2.3|8{DR_ADAM}"),
        query(f"{OID}|"),
        query(",".join(f"{OID}|8100029093{n:02}" for n in range(26))),
        query() + "&_include=Slot:everything",
        query() + "&name=Anna",
        "&".join(f"start=ge2021-01-{n % 28 + 1:02}" for n in range(60)),
    ],
)
def test_what_cannot_be_searched_is_refused(wrong):
    with pytest.raises(NotASearch):
        slot_search(wrong)


@given(st.text(max_size=300))
def test_whatever_is_asked_it_is_a_search_or_it_is_refused(text):
    try:
        found = slot_search(text)
    except NotASearch:
        return
    assert found.since <= found.until


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["start", "status", "_include", "_count", "x"]), st.text(max_size=40)
        ),
        max_size=8,
    )
)
def test_whatever_parameters_there_are_it_is_a_search_or_it_is_refused(pairs):
    text = query() + "".join(f"&{name}={quote(value)}" for name, value in pairs)
    with suppress(NotASearch):
        slot_search(text)


# What is shown


@pytest.fixture
def settings(settings):
    return settings.model_copy(
        update={"http_port": 0, "booking_url": "https://snp.example/rdv?ps={rpps}"}
    )


@pytest.fixture
async def door(house):
    await house.showing.wait()
    async with doors_of(house) as opened:
        yield opened


async def publish(door, start, community=NEVERS, rpps=DR_ADAM, **changes):
    told = slot_told(start, rpps=rpps, **({"place": SITE} | changes))
    answer = await tell(door.house, "slot", told, community)
    assert "code" not in answer, answer
    return answer["id"]


async def searched(door, asked=None):
    await door.house.settled()
    platform = await door.everywhere(Role.REGULATOR)
    answer = await door.ask("GET", f"/fhir/Slot?{asked or query()}", platform)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    bundle = answer.json()
    Bundle.model_validate(bundle)
    return bundle


def of(bundle, kind):
    entries = [one["resource"] for one in bundle.get("entry", [])]
    return [one for one in entries if one["resourceType"] == kind]


async def test_a_slot_is_shown_with_who_and_where(door):
    slot_id = await publish(door, NOON + 2 * HOUR)

    bundle = await searched(door)

    (slot,), (schedule,) = of(bundle, "Slot"), of(bundle, "Schedule")
    (practitioner,), (role,) = of(bundle, "Practitioner"), of(bundle, "PractitionerRole")
    (location,) = role["contained"]
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    assert slot["id"] == slot_id
    assert slot["schedule"]["reference"] == f"Schedule/{schedule['id']}"
    assert [one["reference"] for one in schedule["actor"]] == [
        f"Practitioner/{practitioner['id']}",
        f"PractitionerRole/{role['id']}",
    ]
    assert role["practitioner"]["reference"] == f"Practitioner/{practitioner['id']}"
    assert role["location"] == [{"reference": f"#{location['id']}"}]
    assert role["organization"]["identifier"]["value"] == "1580000032"
    assert role["telecom"] == [{"system": "phone", "value": "+33386000000"}]
    assert practitioner["identifier"][0]["value"] == f"8{DR_ADAM}"
    assert re.fullmatch(r"\d{5}", location["address"]["postalCode"])
    assert (slot["start"], slot["end"]) == (
        "2026-11-23T15:00:00.000+01:00",
        "2026-11-23T15:20:00.000+01:00",
    )
    assert slot["comment"] == f"https://snp.example/rdv?ps={DR_ADAM}"
    assert [one["search"]["mode"] for one in bundle["entry"]].count("match") == 1
    assert "telecom" not in practitioner  # what is not known is left out


async def test_a_slot_says_to_whom_it_is_shown_how_one_meets_and_that_one_books(door):
    await publish(door, NOON + 2 * HOUR, labels=["PUBLIC", "SNP"], modes=["AMB", "VR"])

    (slot,) = of(await searched(door), "Slot")

    assert [one["code"] for one in slot["meta"]["security"]] == ["PUBLIC", "SNP"]
    assert [one["coding"][0]["code"] for one in slot["serviceType"]] == ["AMB", "VR"]
    assert slot["appointmentType"]["coding"][0]["code"] == "ROUTINE"
    assert slot["specialty"][0]["coding"][0]["code"] == "SM54"
    assert slot["status"] == "free"


@needs_definitions
@pytest.mark.parametrize("version", VERSIONS)
async def test_every_answer_is_what_the_guide_defines(door, version):
    await publish(door, NOON + 2 * HOUR, labels=["PUBLIC", "SNP"])
    await publish(door, NOON + 3 * HOUR, modes=["AMB", "VR"])
    await publish(door, NOON + 5 * HOUR, place=OTHER_SITE, labels=["CPTS", "SNP"])

    for asked in (query(), query(includes=SHARED)):
        bundle = await searched(door, asked)
        assert bundle["total"] >= 2
        assert errors_in(bundle, version) == []
        for entry in bundle["entry"]:
            assert errors_in(entry["resource"], version) == [], entry["fullUrl"]
            assert len(entry["resource"]["meta"]["profile"]) == 1


@needs_definitions
@pytest.mark.parametrize("version", VERSIONS)
async def test_the_guide_s_definitions_catch_what_is_missing(door, version):
    """Or the test above could not fail."""
    await publish(door, NOON + 2 * HOUR)
    bundle = await searched(door, query(includes=SHARED))
    (slot,), (role,) = of(bundle, "Slot"), of(bundle, "PractitionerRole")

    assert errors_in(slot | {"status": "busy"}, version)
    assert errors_in({k: v for k, v in slot.items() if k != "schedule"}, version)
    assert errors_in({k: v for k, v in role.items() if k != "contained"}, version)


async def test_the_link_is_the_question(door):
    asked = query(quote(DOCTOR), when=THREE_DAYS.replace("+", "%2B"))

    bundle = await searched(door, asked)

    (link,) = bundle["link"]
    assert link["relation"] == "self"
    assert parse_qs(urlsplit(link["url"]).query) == parse_qs(asked)


@pytest.mark.parametrize("includes", [INDIVIDUAL, SHARED])
async def test_nothing_found_is_an_empty_bundle_of_the_general_profile(door, includes):
    bundle = await searched(door, query(f"{OID}|899999999999", includes=includes))

    assert (bundle["total"], "entry" in bundle) == (0, False)
    assert bundle["meta"]["profile"] == ["http://sas.fr/fhir/StructureDefinition/BundleAgregateur"]


async def test_who_works_in_two_places_has_two_roles_and_two_schedules(door):
    await publish(door, NOON + 2 * HOUR)
    await publish(door, NOON + 5 * HOUR, place=OTHER_SITE)

    bundle = await searched(door)

    counted = [len(of(bundle, kind)) for kind in ("Practitioner", "PractitionerRole", "Schedule")]
    assert counted == [1, 2, 2]
    numbers = {one["organization"]["identifier"]["value"] for one in of(bundle, "PractitionerRole")}
    assert numbers == {"1580000032", "312345678901234"}


async def test_two_who_are_asked_for_are_both_shown(door):
    await publish(door, NOON + 2 * HOUR)
    await publish(door, NOON + 2 * HOUR, VALENCIENNES, DR_BLAIN, place=OTHER_SITE)

    bundle = await searched(door, query(f"{DOCTOR},{OID}|{DR_BLAIN}"))

    assert len(of(bundle, "Practitioner")) == 2
    assert len(of(bundle, "Slot")) == bundle["total"] == 2


async def test_a_slot_of_two_communities_names_both(door):
    sheet = {"rpps": DR_ADAM, "communities": [NEVERS, VALENCIENNES]}
    await tell(door.house, "practitioner-change", sheet, "any")
    await publish(door, NOON + 2 * HOUR, communities=[NEVERS, VALENCIENNES])

    bundle = await searched(door, query(includes=SHARED))

    (slot,) = of(bundle, "Slot")
    services = {one["id"]: one for one in of(bundle, "HealthcareService")}
    organizations = {one["id"] for one in of(bundle, "Organization")}
    shared = [one for one in slot["serviceType"] if "extension" in one]
    assert len(shared) == len(services) == len(organizations) == 2
    for one in shared:
        reference = one["extension"][0]["valueReference"]["reference"]
        service = services[reference.removeprefix("HealthcareService/")]
        assert service["providedBy"]["reference"].removeprefix("Organization/") in organizations
        assert one["coding"][0]["code"] == "604"
    assert all(re.fullmatch(r"1[0-9]{9}", one) for one in organizations)
    plain = of(await searched(door), "Slot")[0]
    assert not any("extension" in one for one in plain["serviceType"])


async def test_what_is_taken_or_of_another_hour_or_for_others_is_not_shown(door):
    await publish(door, NOON + 80 * HOUR)  # after the three days
    await publish(door, NOON + 4 * HOUR, open_to=["CPTS"])  # not for the SAS
    await publish(door, NOON + 5 * HOUR, labels=["CPTS"])  # for communities alone
    place = {name: SITE[name] for name in ("title", "commune", "position")}
    await publish(door, NOON + 6 * HOUR, place=place)  # nobody knows where the door is

    assert (await searched(door))["total"] == 0
    assert (await searched(door, query(includes=SHARED)))["total"] == 1


async def test_a_range_that_has_begun_is_shown_from_the_next_quarter_on(door, clock):
    await publish(door, NOON + HOUR, end=(NOON + 3 * HOUR).isoformat(), capacity=4)
    await clock.move_to(NOON + HOUR + timedelta(minutes=7))
    when = "start=ge2026-11-23T14:07:00.000+01:00&start=le2026-11-25T00:00:00.000+01:00"

    bundle = await searched(door, query(when=when))

    assert of(bundle, "Slot")[0]["start"] == "2026-11-23T14:15:00.000+01:00"


@pytest.mark.parametrize(
    ("path", "status", "issue"),
    [
        ("/fhir/Slot?start=x", 400, "invalid"),
        ("/fhir/Slot", 400, "invalid"),
        ("/fhir/Nothing", 404, "not-found"),
    ],
)
async def test_what_cannot_be_done_is_an_outcome(door, path, status, issue):
    platform = await door.everywhere(Role.REGULATOR)

    answer = await door.ask("GET", path, platform)

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.json()["issue"][0]["code"] == issue


async def test_who_is_not_let_in_reads_an_outcome_as_well(door):
    nobody = await door.ask("GET", f"/fhir/Slot?{query()}")
    reader = await door.ask("GET", f"/fhir/Slot?{query()}", await door.as_(Role.AUTHORITY))

    assert (nobody.status_code, nobody.json()["issue"][0]["code"]) == (401, "login")
    assert (reader.status_code, reader.json()["issue"][0]["code"]) == (403, "forbidden")


async def test_the_server_says_what_it_does(door):
    told = (await door.client.get("/fhir/metadata")).json()

    assert told["resourceType"] == "CapabilityStatement"
    assert told["fhirVersion"] == "4.0.1"
    assert told["rest"][0]["resource"][0]["type"] == "Slot"
