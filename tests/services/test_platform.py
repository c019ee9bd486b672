"""The national platform is told of appointments: INT_R03, from the log, until it has them."""

import json
from urllib.parse import parse_qs

import orjson
import pytest

from events.roles import Role
from services.app import Service
from services.deliver.destination import Parcel, Refused, Sent
from services.deliver.ledger import Ledger, SentBack, listed
from tests.conftest import house_at
from tests.examples import HOUR, NEVERS, NOON, assigned
from tests.recording import recorded
from tests.running import until
from tests.services.ans_definitions import SAS, VERSIONS, errors_in, needs_definitions
from tests.services.authority import Authority
from tests.services.doors import doors_of, grant
from tests.services.receiver import receiving
from tests.services.test_fhir_regulators import INTERNAL, NATIONAL, regulator
from tests.talking import request_told, slot_told, tell

QUICK = {
    "http_port": 0,
    "deliver_retry_seconds": (0.02, 0.05),
    "deliver_poll_seconds": 0.05,
    "deliver_timeout_seconds": 1.0,
    "follower_pause_seconds": 0.005,
}


@pytest.fixture
async def platform():
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def settings(settings, platform):
    return settings.model_copy(update=QUICK | {"platform_url": f"{platform.url}/fhir"})


async def a_regulator(door, identifier=NATIONAL):
    """An account as the platform makes it: who they are here."""
    who = await door.as_(Role.PLATFORM)
    told = regulator(identifier=[identifier])
    made = await door.ask("POST", "/fhir/Practitioner", who, json=told)
    assert made.status_code == 201, made.text
    return door.bearer(door.tokens.made_for(made.json()["id"]))


async def booked(door, who=None, **asked):
    """A request with a place: its id."""
    await tell(door.house, "slot", slot_told(NOON + 2 * HOUR))
    path = f"/v1/requests?community={NEVERS}&wait=5s"
    made = await door.ask("POST", path, who or await a_regulator(door), json=request_told(**asked))
    assert made.json()["state"] == "assigned", made.text
    return made.json()["id"]


def told(platform):
    return [orjson.loads(one.body) for one in platform.heard]


def statuses(platform):
    return [(one.method, orjson.loads(one.body)["status"]) for one in platform.heard]


async def deliveries(house, **which):
    async with house.pool.connection() as connection:
        return await listed(connection, limit=100, **which)


@needs_definitions
@pytest.mark.parametrize("identifier", [NATIONAL, INTERNAL], ids=["national", "internal"])
async def test_an_appointment_is_as_both_versions_of_the_guide_want_it(door, platform, identifier):
    request_id = await booked(door, await a_regulator(door, identifier))
    await until(lambda: platform.heard)

    (appointment,) = told(platform)
    example = json.loads((SAS / "1.1.0" / "examples" / "Appointment-1.json").read_text())
    for version in VERSIONS:
        # What the validator has against the guide's own example is its own limit.
        assert errors_in(appointment, version) == errors_in(example, version)
    nameless = appointment | {"participant": [{"status": "accepted", "actor": {"identifier": {}}}]}
    assert len(errors_in(nameless, "1.2.0")) > len(errors_in(example, "1.2.0"))
    assert set(appointment) == set(example) - {"id"} | {"created"}
    (operator,) = appointment["extension"]
    assert operator["valueReference"]["identifier"] == identifier
    assert appointment["identifier"][0]["value"] == request_id
    assert appointment["start"] == "2026-11-23T15:00:00.000+01:00"
    assert appointment["participant"][0]["actor"]["identifier"]["value"] == "810978000015"
    heard = platform.heard[0]
    assert (heard.method, heard.path) == ("POST", "/fhir/Appointment")
    assert heard.headers["content-type"] == "application/fhir+json"


@pytest.mark.parametrize(
    ("state", "status"),
    [("attended", "fulfilled"), ("missed", "noshow"), ("cancelled", "cancelled")],
)
async def test_what_becomes_of_it_is_told_as_a_change(door, platform, clock, state, status):
    request_id = await booked(door)
    await until(lambda: platform.heard)

    if state != "cancelled":
        await clock.move_to(NOON + 3 * HOUR)
    said = {"request_id": request_id, "status": status}
    answer = await tell(door.house, "appointment", said)
    assert "code" not in answer, answer
    await until(lambda: len(platform.heard) == 2)

    assert statuses(platform) == [("POST", "booked"), ("PUT", status)]
    query = parse_qs(platform.heard[1].query)
    assert query == {"identifier": [f"urn:snp-dispatch:appointment|{request_id}"]}


async def test_another_doctor_is_a_change_of_the_same_appointment(door, platform):
    request_id = await booked(door)
    await until(lambda: platform.heard)
    (slot,) = [
        one.event.slot_id
        for one in await door.house.log.history(f"request-{request_id}")
        if one.event.name == "request.assigned"
    ]

    await tell(door.house, "slot", slot_told(NOON + 3 * HOUR))
    await tell(door.house, "slot-withdrawal", {"slot_id": str(slot)})
    await until(lambda: told(platform)[-1]["start"] == "2026-11-23T16:00:00.000+01:00")

    assert {one["identifier"][0]["value"] for one in told(platform)} == {request_id}
    assert statuses(platform)[-1] == ("PUT", "booked")


async def test_what_may_have_arrived_is_told_again_as_a_change(door, platform):
    platform.answers.append((503, {}))
    await booked(door)
    await until(lambda: len(platform.heard) == 2)

    assert statuses(platform) == [("POST", "booked"), ("PUT", "booked")]
    assert platform.heard[0].body == platform.heard[1].body


async def test_what_the_platform_refuses_is_told_once_and_listed(door, platform):
    platform.answers.append((422, {}))
    await booked(door)

    async def refused():
        return await deliveries(door.house, state="refused")

    await until(refused)
    (one,) = await refused()
    assert (one["destination"], one["what"], one["status"], one["attempts"]) == (
        "platform",
        "Appointment booked",
        422,
        1,
    )
    assert len(platform.heard) == 1


async def test_a_request_of_no_regulator_the_platform_knows_is_left_out_and_says_so(door, platform):
    who = door.bearer(door.tokens.made_for(await door.account(grant(Role.REGULATOR))))
    await booked(door, who)

    async def left_out():
        return await deliveries(door.house, state="left_out")

    await until(left_out)
    assert "INT_R02" in (await left_out())[0]["detail"]
    assert not platform.heard


async def test_what_the_communitys_own_desk_asks_is_not_the_platforms(door, platform):
    await tell(door.house, "slot", slot_told(NOON + 2 * HOUR))
    await tell(door.house, "slot", slot_told(NOON + 3 * HOUR))
    await tell(door.house, "care-request", request_told(source="CPTS"))
    await door.house.settled()
    await booked(door)
    await until(lambda: platform.heard)

    assert len(told(platform)) == 1
    assert await deliveries(door.house, state="left_out") == []


async def test_no_name_is_told_the_platform(door, platform):
    patient = {"age": 40, "sex": "F", "name": "Odile Perrichon", "phone": "+33611223344"}
    await booked(door, patient=patient)
    await until(lambda: platform.heard)

    assert b"Perrichon" not in platform.heard[0].body
    assert b"+33611223344" not in platform.heard[0].body


async def test_killed_between_two_tries_it_is_told_when_somebody_is_there_again(
    settings, addresses, clock, platform
):
    platform.always = (500, {})
    async with house_at(settings, addresses, clock=clock) as house, doors_of(house) as door:
        await booked(door)
        await until(lambda: platform.heard)
    platform.always = (200, {})
    before = len(platform.heard)
    async with house_at(settings, addresses, clock=clock, services={Service.DELIVER}):
        await until(lambda: len(platform.heard) > before)

    assert statuses(platform)[-1] == ("PUT", "booked")


async def test_of_two_deliverers_one_tells(settings, addresses, clock, platform):
    async with (
        house_at(settings, addresses, clock=clock) as house,
        house_at(settings, addresses, clock=clock, services={Service.DELIVER}),
        doors_of(house) as door,
    ):
        await booked(door)
        await until(lambda: platform.heard)
        said = {"request_id": told(platform)[0]["identifier"][0]["value"], "status": "cancelled"}
        await tell(house, "appointment", said)
        await until(lambda: len(platform.heard) >= 2)

    assert len(platform.heard) == 2


async def test_the_platform_is_shown_our_certificate(settings, addresses, clock, tmp_path):
    authority = Authority(tmp_path, "authority")
    _, theirs = authority.issued("platform", host=True)
    _, (certificate, key) = authority.issued("snp")
    async with receiving(tls=theirs, client_authority=authority.file) as platform:
        mutual = settings.model_copy(
            update={
                "platform_url": platform.url,
                "platform_certificate": certificate,
                "platform_key": key,
                "platform_authority": authority.file,
            }
        )
        async with house_at(mutual, addresses, clock=clock) as house, doors_of(house) as door:
            await booked(door)
            await until(lambda: platform.heard)


async def test_what_was_refused_is_told_again_after_a_fix(door, platform):
    platform.answers.append((422, {}))
    await booked(door)

    async def refused():
        return await deliveries(door.house, state="refused")

    await until(refused)
    await Ledger(door.house.pool).back("platform", 0)

    async def delivered():
        return await deliveries(door.house, state="delivered")

    await until(delivered)
    assert statuses(platform) == [("POST", "booked"), ("PUT", "booked")]


async def test_what_never_arrived_there_is_created_when_it_changes(door, platform):
    platform.answers.extend([(503, {}), (404, {})])
    await booked(door)
    await until(lambda: len(platform.heard) == 3)

    assert [one.method for one in platform.heard] == ["POST", "PUT", "POST"]


async def test_what_was_left_out_meanwhile_does_not_wait_again(pool):
    ledger = Ledger(pool)
    await ledger.open("hub")
    (told,) = recorded(assigned())

    with pytest.raises(SentBack):
        await ledger.trying("hub", 7, Parcel(told, "x", b"{}"))

    async with pool.connection() as connection:
        assert not await listed(connection, limit=10)


async def test_a_refusal_that_comes_before_it_is_noted_as_sent_stays_one(pool):
    ledger = Ledger(pool)
    await ledger.open("hub")
    (told,) = recorded(assigned())
    parcel = Parcel(told, "x", b"{}")
    await ledger.trying("hub", 0, parcel)
    await ledger.answered("hub", parcel.event_id, Refused(500, "DEAD_LETTER_QUEUED"))
    await ledger.settle("hub", 0, parcel, Sent())

    async with pool.connection() as connection:
        (row,) = await listed(connection, limit=10)
    assert row["state"] == "refused"
