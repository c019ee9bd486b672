"""What somebody tried who reviewed the doors: each of it held, or was mended."""

import asyncio
import socket
from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import urlsplit

import orjson
import pytest

from events.roles import Role
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON, VALENCIENNES
from tests.services.doors import a_place, doors_of
from tests.talking import request_told, slot_told, tell

A_CURSOR = urlsafe_b64encode(
    orjson.dumps([True, None, "2026-11-26T09:00:00Z", "5ca1ab1e-0000-4000-8000-000000000000"])
).decode()
A_STRANGER = {"resourceType": "Practitioner", "contained": [{"resourceType": "Nope"}]}
WITH_NUL = (
    "start=ge2026-11-23&start=le2026-11-25&status=free"
    "&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|8%00"
)
CASE = "fr.health.samu580.DRFR15DDXAAJJJ1"


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"http_port": 0, "http_head_seconds": 0.5})


@pytest.fixture
async def door(house):
    await house.showing.wait()
    async with doors_of(house) as opened:
        yield opened


async def a_request(door, who, **changes):
    answer = await door.ask("POST", "/v1/requests?wait=5s", who, json=request_told(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_another_community_s_file_is_not_ended_by_its_number(door):
    here, elsewhere = [
        await door.as_(Role.REGULATOR, community=one) for one in (NEVERS, VALENCIENNES)
    ]
    told = await a_request(door, here, case_id=CASE)

    for wrong in (
        request_told(case_id=CASE, priority="P0"),
        request_told(case_id=CASE, priority="P0", motive="nonsense"),
        request_told(case_id=CASE),
    ):
        assert (await door.ask("POST", "/v1/requests", elsewhere, json=wrong)).status_code == 403
    path = f"/v1/requests/{told['id']}"
    assert (await door.ask("GET", path, here)).json()["state"] == "waiting"
    own = await door.ask(
        "POST", "/v1/requests", here, json=request_told(case_id=CASE, priority="P0")
    )
    assert own.json()["state"] == "refused_as_emergency"
    assert (await door.ask("GET", path, here)).json()["community"] == NEVERS


async def test_nobody_joins_a_community_by_saying_so(door):
    doctor = await door.as_(Role.PRACTITIONER, rpps=DR_BLAIN)
    own = await tell(door.house, "slot", slot_told(NOON + 2 * HOUR, rpps=DR_BLAIN), VALENCIENNES)
    both = {"communities": [NEVERS, VALENCIENNES]}
    joined = await door.ask("PATCH", f"/v1/practitioners/{DR_BLAIN}", doctor, json=both)
    opened = await door.ask(
        "POST", f"/v1/slots/{own['id']}/opening", doctor, json={"communities": [NEVERS]}
    )
    assert (joined.status_code, opened.status_code) == (403, 403)


async def test_what_was_not_said_to_its_end_is_not_done(door):
    doctor = await door.as_(Role.PRACTITIONER)
    base = urlsplit(str(door.client.base_url))
    head = (
        f"POST /v1/practitioners/{DR_ADAM}/leaving HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {doctor['Authorization']}\r\nContent-Length: 29\r\n\r\n"
    )
    for body in ("", '{"communities":'):
        with socket.create_connection((base.hostname, base.port)) as line:
            line.sendall((head + body).encode())
        await asyncio.sleep(0.2)

    known = (await door.ask("GET", "/v1/me", doctor)).json()
    assert known["capacities"][0]["communities"] == [NEVERS]


async def test_who_says_nothing_is_hung_up_on(door):
    base = urlsplit(str(door.client.base_url))
    reader, writer = await asyncio.open_connection(base.hostname, base.port)
    slow, slow_writer = await asyncio.open_connection(base.hostname, base.port)
    slow_writer.write(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n")

    async with asyncio.timeout(5):
        assert await reader.read() == b""
        assert await slow.read() == b""
    writer.close()
    slow_writer.close()


@pytest.mark.parametrize("finess", ["x" * 5000, "a.b", "%20", "%0a", "58%00", "580099001*"])
async def test_what_is_no_community_is_nowhere(door, finess):
    administrator = await door.as_(Role.ADMINISTRATOR)

    answer = await door.ask(
        "PATCH", f"/v1/communities/{finess}", administrator, json={"title": "x"}
    )

    assert answer.status_code in {404, 422}
    ready = await door.client.get("/health/ready")
    assert ready.json()["ready"]


async def test_who_acts_is_who_came_in_and_not_what_they_say(door):
    await a_place(door.house)
    told = await a_request(door, await door.as_(Role.REGULATOR))
    doctor = await door.as_(Role.PRACTITIONER)
    path = f"/v1/requests/{told['id']}"

    as_patient = await door.ask(
        "POST", f"{path}/rating", doctor, json={"by": "PATIENT", "score": 5}
    )
    cancelled = await door.ask("POST", f"{path}/appointment", doctor, json={"status": "cancelled"})

    assert as_patient.status_code == 403
    assert cancelled.json()["state"] == "waiting"  # the patient is searched for again


async def test_an_authority_reads_no_single_practitioner_and_no_moment(door):
    authority = await door.as_(Role.AUTHORITY)
    path = f"/v1/availability?community={NEVERS}"

    assert (await door.ask("GET", path, authority)).status_code == 200
    for more in (f"&rpps={DR_ADAM}", "&by=practitioner", "&at=2026-11-23T10:15:00%2B01:00"):
        assert (await door.ask("GET", path + more, authority)).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/requests", b'{"a":' * 300 + b"1" + b"}" * 300),
        ("GET", f"/v1/practitioners/{DR_ADAM}%00/slots", b""),
        (
            "GET",
            "/v1/requests?cursor=W3RydWUsbnVsbCwiMjAyNi0xMS0yNlQwOTowMDowMFoiLCI1Y2ExYWIxZS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ",
            b"",
        ),
        ("GET", f"/v1/communities/{NEVERS}/reveals?before=99999999999999999999", b""),
        ("GET", "/v1/availability?at=0001-01-01T00:00:00%2B14:00", b""),
        (
            "POST",
            "/fhir/Practitioner",
            b'{"resourceType":"Practitioner","contained":[{"resourceType":"Nope"}]}',
        ),
        (
            "GET",
            "/fhir/Slot?start=ge2026-11-23&start=le2026-11-25&status=free&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|8%00",
            b"",
        ),
    ],
)
async def test_nonsense_is_refused_and_nothing_falls_over(door, method, path, body):
    account = await door.account(
        {"role": "regulator"},
        {"role": "platform"},
        {"role": "practitioner", "rpps": DR_ADAM},
        {"role": "protection_officer", "community": NEVERS},
    )
    who = door.bearer(door.tokens.made_for(account))

    answer = await door.ask(method, path, who, content=body)

    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith(("application/problem", "application/fhir"))


async def test_an_emergency_is_told_however_deep_the_rest_is(door):
    regulator = await door.as_(Role.REGULATOR)
    body = b'{"priority":"P0","note":' + _nested(300) + b"}"

    answer = await door.ask("POST", "/v1/requests", regulator, content=body)

    assert answer.json()["state"] == "refused_as_emergency"


def _nested(deep):
    return b'{"a":' * deep + b"1" + b"}" * deep


async def test_said_again_it_is_answered_again_whatever_it_changed(door):
    doctor = await door.as_(Role.PRACTITIONER)
    key = {"Idempotency-Key": "once"}
    path = f"/v1/practitioners/{DR_ADAM}/leaving"

    first = await door.ask("POST", path, doctor, json={}, headers=key)
    again = await door.ask("POST", path, doctor, json={}, headers=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


async def test_a_precondition_is_held_or_refused_but_never_ignored(door):
    place = await a_place(door.house)
    regulator, doctor = await door.as_(Role.REGULATOR), await door.as_(Role.PRACTITIONER)
    told = await a_request(door, regulator)
    old = {"If-Match": '"999"'}

    taken = await door.ask(
        "POST",
        f"/v1/requests/{told['id']}/place",
        regulator,
        json={"slot_id": place},
        headers=old,
    )
    changed = await door.ask(
        "PUT", f"/v1/slots/{place}/capacity", doctor, json={"capacity": 2}, headers=old
    )

    assert (taken.status_code, changed.status_code) == (412, 412)


async def test_a_stream_of_news_ends_with_the_token(door, clock):
    regulator = await door.as_(Role.REGULATOR)
    async with door.client.stream("GET", "/v1/events", headers=regulator) as stream:
        await clock.move_to(NOON + timedelta(minutes=20))
        await a_request(door, await door.as_(Role.REGULATOR))
        async with asyncio.timeout(10):
            lines = [line async for line in stream.aiter_lines()]  # it ends

    assert not any("request.received" in line for line in lines)


async def test_a_coordinator_changes_no_consent_that_is_another_s_as_well(door):
    sheet = {"rpps": DR_ADAM, "communities": [NEVERS, VALENCIENNES]}
    await tell(door.house, "practitioner-change", sheet, NEVERS)
    coordinator = await door.as_(Role.COORDINATOR)
    told = {
        "rpps": DR_ADAM,
        "profession": "10",
        "communities": [NEVERS],
        "consent": {"sources": [], "weekly_cap": 0},
        "paused": True,
    }

    answer = await door.ask("POST", "/v1/practitioners", coordinator, json=told)

    assert answer.status_code == 403


async def test_one_number_asked_for_six_times_at_once_is_one_account(door):
    platform = await door.as_(Role.PLATFORM)
    told = {
        "resourceType": "Practitioner",
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810978000015"}],
        "active": True,
        "name": [{"family": "Loridon", "given": ["S"]}],
        "telecom": [{"system": "email", "value": "s@test.example"}],
    }

    answers = await asyncio.gather(
        *(door.ask("POST", "/fhir/Practitioner", platform, json=told) for _ in range(6))
    )

    assert sorted(one.status_code for one in answers) == [201] + [409] * 5


async def test_who_administers_cares_for_nobody(door):
    administrator = await door.as_(Role.ADMINISTRATOR)
    both = {"grants": [{"role": "administrator"}, {"role": "regulator"}]}

    answer = await door.ask("POST", "/v1/accounts", administrator, json=both)

    assert (answer.status_code, answer.json()["code"]) == (409, "cares_and_administers")
