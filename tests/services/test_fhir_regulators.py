"""The national platform keeps accounts of its regulators: as its test kit tries them."""

import json
from uuid import UUID

import pytest

from domain import account as accounts
from events import streams
from events.roles import Role
from services.fhir.codes import PERSON
from services.fhir.regulators import PLATFORM
from tests.services.ans_definitions import SAS, VERSIONS, errors_in, needs_definitions

PROFILE = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul"
NATIONAL = {
    "type": {
        "coding": [
            {"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "IDNPS"}
        ]
    },
    "system": PERSON,
    "value": "3456780581/11242343",
}
INTERNAL = {
    "type": {
        "coding": [
            {"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "INTRN"}
        ]
    },
    "system": PLATFORM,
    "value": "5f9f7c1e-6a0c-4c1c-9d52-5d5b2b4f4f11",
}


@pytest.fixture
async def platform(door):
    return await door.as_(Role.PLATFORM)


def regulator(**changes):
    told = {
        "resourceType": "Practitioner",
        "meta": {"profile": [PROFILE], "source": PLATFORM},
        "identifier": [NATIONAL],
        "active": True,
        "name": [{"family": "Loridon", "given": ["Sébastien"]}],
        "telecom": [{"system": "email", "value": "sebastien.loridon@test.example"}],
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


async def post(door, platform, told):
    return await door.ask("POST", "/fhir/Practitioner", platform, json=told)


async def put(door, platform, told, named=None):
    named = named or told["identifier"][0]
    query = f"identifier={named['system']}|{named['value']}"
    return await door.ask("PUT", f"/fhir/Practitioner?{query}", platform, json=told)


async def account_at(door, answer):
    """What the account may be, by its Location."""
    account_id = UUID(answer.headers["location"].rpartition("/")[2])
    return await door.house.log.state(accounts.decider, streams.account(account_id))


async def test_an_account_is_made_where_it_is_told(door, platform):
    answer = await post(door, platform, regulator())

    assert answer.status_code == 201
    assert "/fhir/Practitioner/" in answer.headers["location"]
    (grant,) = (await account_at(door, answer)).grants
    assert (grant.role, grant.community) == (Role.REGULATOR, None)
    async with door.house.pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*) from events where data::text ~* 'loridon|11242343'"
        )
        assert (await cursor.fetchone()) == (0,)


async def test_the_same_is_not_made_twice_but_told_again_it_is_the_same(door, platform):
    first = await post(door, platform, regulator())

    again = await post(door, platform, regulator())
    told = await put(door, platform, regulator(name=[{"family": "Loridon", "given": ["Seb"]}]))

    assert again.status_code == 409
    assert again.json()["resourceType"] == "OperationOutcome"
    assert told.status_code == 200
    assert told.headers["location"] == first.headers["location"]
    administrator = await door.as_(Role.ADMINISTRATOR)
    account_id = first.headers["location"].rpartition("/")[2]
    shown = (await door.ask("GET", f"/v1/accounts/{account_id}", administrator)).json()
    assert shown["title"].startswith("Seb Loridon")


async def test_an_unknown_one_is_made_when_it_is_changed(door, platform):
    assert (await put(door, platform, regulator(identifier=[INTERNAL]))).status_code == 201
    assert (await put(door, platform, regulator(identifier=[INTERNAL]))).status_code == 200


async def test_who_is_active_no_longer_comes_in_no_more_and_the_number_is_free(door, platform):
    first = await post(door, platform, regulator())

    over = await put(door, platform, regulator(active=False))
    other = await post(door, platform, regulator(name=[{"family": "Other", "given": ["One"]}]))

    assert (over.status_code, other.status_code) == (200, 201)
    assert (await account_at(door, first)).grants == frozenset()
    assert other.headers["location"] != first.headers["location"]  # nobody is let into another's


async def test_a_technical_number_becomes_a_national_one(door, platform):
    first = await post(door, platform, regulator(identifier=[INTERNAL]))

    told = await put(door, platform, regulator(), INTERNAL)
    again = await put(door, platform, regulator())

    assert told.status_code == again.status_code == 200
    assert told.headers["location"] == again.headers["location"] == first.headers["location"]


async def test_systems_swapped_and_another_s_address_are_no_reason_to_refuse(door, platform):
    """A quirk of the kit: the target is unknown, the e-mail another account's."""
    await post(door, platform, regulator())
    swapped = f"identifier=1.2.250.1.71.4.2.1|{INTERNAL['value']}"

    answer = await door.ask(
        "PUT", f"/fhir/Practitioner?{swapped}", platform, json=regulator(identifier=[INTERNAL])
    )

    assert answer.status_code in {200, 201}


@pytest.mark.parametrize(
    "changes",
    [
        {"identifier": None},
        {"identifier": []},
        {"identifier": [{"system": PERSON}]},
        {"identifier": [{"value": "1"}]},
        {"identifier": [NATIONAL | {"type": INTERNAL["type"]}]},
        {"name": None},
        {"name": [{"family": "", "given": ["A"]}]},
        {"name": [{"family": "Loridon"}]},
        {"telecom": None},
        {"telecom": [{"system": "email", "value": ""}]},
        {"telecom": [{"system": "phone", "value": "0386000000"}]},
        {"active": None},
        {"active": "perhaps"},
        {"birthDate": "yesterday"},
        {"resourceType": "Patient"},
        {"nonsense": 1},
    ],
)
async def test_what_is_no_account_of_a_regulator_is_refused(door, platform, changes):
    for answer in (
        await post(door, platform, regulator(**changes)),
        await put(door, platform, regulator(**changes), NATIONAL),
    ):
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert "Loridon" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
async def test_what_is_no_json_is_refused(door, platform, body):
    answer = await door.ask("POST", "/fhir/Practitioner", platform, content=body)

    assert answer.status_code == 400


@needs_definitions
@pytest.mark.parametrize("number", [1, 2, 3])
async def test_the_guide_s_own_examples_are_taken(door, platform, number):
    file = SAS / "1.1.0" / "examples" / f"Practitioner-ExamplePractitionerRegul{number}.json"
    told = json.loads(file.read_text())

    assert (await put(door, platform, told)).status_code == 201


@needs_definitions
@pytest.mark.parametrize("version", VERSIONS)
async def test_what_is_answered_is_what_the_guide_defines(door, platform, version):
    answer = await post(door, platform, regulator())

    assert errors_in(answer.json(), version) == []
