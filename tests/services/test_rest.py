"""What people and systems do over HTTP, from the request to the visit."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import orjson
import pytest
from structlog.testing import capture_logs

from events.roles import Role
from services.api.doors import DOORS
from services.api.rest import rest
from services.messaging.subjects import Kind
from tests.conftest import house_at
from tests.examples import DR_ADAM, HOUR, MINUTE, NEVERS, NOON, VALENCIENNES, called
from tests.services.doors import a_place, doors_of
from tests.services.test_dispatch import elsewhere
from tests.talking import request_told, slot_told


@pytest.fixture
async def regulator(door):
    return await door.as_(Role.REGULATOR)


async def a_request(door, who, wait="2s", **changes):
    """Received, and decided about."""
    told = request_told() | changes
    answer = await door.ask("POST", f"/v1/requests?wait={wait}", who, json=told)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_there_is_a_door_for_every_kind_of_message_and_no_two_alike():
    assert {door.kind for door in DOORS} == set(Kind)
    assert len({(door.method, door.path) for door in DOORS}) == len(DOORS)


async def test_a_request_is_answered_with_its_decision(door, regulator):
    place = await a_place(door.house)

    answer = await door.ask("POST", "/v1/requests?wait=5s", regulator, json=request_told())

    told = answer.json()
    assert (answer.status_code, told["state"], told["slot_id"]) == (201, "assigned", place)
    assert answer.headers["location"] == f"/v1/requests/{told['id']}"
    assert told["explanation"]["chosen"]["slot_id"] == place
    again = await door.ask("GET", answer.headers["location"], regulator)
    assert again.json()["rpps"] == DR_ADAM
    assert again.headers["etag"] == answer.headers["etag"]
    seen = {"If-None-Match": again.headers["etag"]}
    assert (
        await door.ask("GET", answer.headers["location"], regulator, headers=seen)
    ).status_code == 304


async def test_the_decision_is_waited_for_only_so_long(door, regulator):
    answer = await door.ask("POST", "/v1/requests?wait=0.1s", regulator, json=request_told())

    assert (answer.status_code, answer.json()["state"]) == (201, "waiting")
    assert (await door.ask("POST", "/v1/requests?wait=soon", regulator, json={})).status_code == 422


async def test_what_happened_says_who_did_it_and_as_what(door, regulator):
    await a_place(door.house)
    told = await a_request(door, regulator)

    history = (await door.ask("GET", f"/v1/requests/{told['id']}/history", regulator)).json()

    first = history["events"][0]
    assert first["name"] == "request.received"
    assert first["actor"]["role"] == "regulator"
    assert first["actor"]["ref"].startswith("account-")


async def test_it_can_be_seen_as_it_was(door, regulator, clock):
    await a_place(door.house)
    told = await a_request(door, regulator)
    await clock.move_to(NOON + HOUR)
    regulator = await door.as_(Role.REGULATOR)  # the token before is an hour old
    withdrawn = await door.ask("POST", f"/v1/requests/{told['id']}/withdrawal", regulator)
    assert withdrawn.status_code == 200

    path = f"/v1/requests/{told['id']}"
    then = await door.ask("GET", path, regulator, params={"at": (NOON + MINUTE).isoformat()})
    now = await door.ask("GET", path, regulator)
    before = await door.ask("GET", path, regulator, params={"at": (NOON - HOUR).isoformat()})

    assert (then.json()["state"], now.json()["state"]) == ("assigned", "withdrawn")
    assert before.status_code == 404


async def test_the_same_key_does_the_same_once(door, regulator):
    key = {"Idempotency-Key": "call-17"}

    first = await door.ask("POST", "/v1/requests", regulator, json=request_told(), headers=key)
    again = await door.ask("POST", "/v1/requests", regulator, json=request_told(), headers=key)
    other = await door.ask(
        "POST", "/v1/requests", regulator, json=request_told(max_km=3.0), headers=key
    )

    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["code"]) == (409, "same_id_other_content")


async def test_whoever_saw_something_else_is_told_to_look_again(door, regulator):
    told = await a_request(door, regulator)
    path = f"/v1/requests/{told['id']}"
    seen = (await door.ask("GET", path, regulator)).headers["etag"]
    await door.ask("PUT", f"{path}/deadline", regulator, json={"delay": "8H"})

    late = await door.ask("POST", f"{path}/withdrawal", regulator, headers={"If-Match": seen})

    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    now = (await door.ask("GET", path, regulator)).headers["etag"]
    done = await door.ask("POST", f"{path}/withdrawal", regulator, headers={"If-Match": now})
    assert done.status_code == 200


@pytest.fixture
async def by_hand(settings, addresses, clock):
    """Doors of a house that decides nothing by itself: the regulator does."""
    async with (
        house_at(settings, addresses, clock=clock, partition=elsewhere()) as house,
        doors_of(house) as door,
    ):
        yield door


async def test_candidates_are_ranked_one_is_held_and_then_taken(by_hand):
    early, late = [await a_place(by_hand.house, NOON + n * HOUR) for n in (1, 3)]
    regulator = await by_hand.as_(Role.REGULATOR)
    told = (await by_hand.ask("POST", "/v1/requests", regulator, json=request_told())).json()
    path = f"/v1/requests/{told['id']}"
    await by_hand.house.dispatcher.settled()

    ranked = (await by_hand.ask("GET", f"{path}/candidates", regulator)).json()
    assert [one["slot_id"] for one in ranked["candidates"]] == [early, late]
    assert ranked["candidates"][0]["terms"]["wait"] < ranked["candidates"][1]["terms"]["wait"]
    held = await by_hand.ask("PUT", f"{path}/hold", regulator, json={"slot_id": late})
    assert held.json()["state"] == "held"
    key = {"Idempotency-Key": "one click"}
    first, again = [
        await by_hand.ask("POST", f"{path}/place", regulator, json={"slot_id": late}, headers=key)
        for _ in range(2)
    ]

    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["slot_id"]) == ("assigned", late)


async def test_a_place_that_is_gone_is_told_with_the_next_best(door, regulator):
    place = await a_place(door.house)
    await a_request(door, regulator)
    second = await a_request(door, regulator, patient={"age": 40, "sex": "M"})

    answer = await door.ask(
        "POST", f"/v1/requests/{second['id']}/place", regulator, json={"slot_id": place}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "no_place_left")
    assert answer.json()["alternatives"] == []
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_board_is_read_a_page_at_a_time_and_nobody_twice(door, regulator):
    ids = [
        (await a_request(door, regulator, wait="0s", patient={"age": 20 + n, "sex": "F"}))["id"]
        for n in range(7)
    ]
    await door.house.settled()

    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await door.ask("GET", "/v1/requests", regulator, params=query)).json()
        seen += [row["request_id"] for row in page["requests"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(ids)
    wrong = await door.ask("GET", "/v1/requests", regulator, params={"cursor": "WyJ4Il0"})
    assert wrong.status_code == 422


async def test_an_emergency_is_told_at_once_whatever_else_is_wrong(door, regulator):
    told = request_told(priority="P1", motive="nonsense")

    answer = await door.ask("POST", "/v1/requests", regulator, json=told)

    assert answer.json()["state"] == "refused_as_emergency"


@pytest.mark.parametrize("said", ['"P0","priority":"P2"', '"P2","priority":"P0"'])
async def test_an_emergency_is_told_over_http_whichever_is_meant(door, regulator, said):
    body = orjson.dumps(request_told()).replace(b'"priority":"P2"', f'"priority":{said}'.encode())

    answer = await door.ask("POST", "/v1/requests", regulator, content=body)

    assert answer.json()["state"] == "refused_as_emergency"


async def test_places_are_seen_now_and_then(door, regulator, clock):
    practitioner = await door.as_(Role.PRACTITIONER)
    start = NOON + 3 * HOUR
    body = {k: v for k, v in slot_told(start).items() if k != "rpps"}
    published = await door.ask(
        "POST", f"/v1/practitioners/{DR_ADAM}/slots", practitioner, json=body
    )
    assert published.status_code == 200, published.text
    await clock.move_to(NOON + timedelta(minutes=10))
    await door.house.settled()

    now = (await door.ask("GET", "/v1/availability", regulator)).json()
    before = (NOON - HOUR).isoformat()
    then = (await door.ask("GET", "/v1/availability", regulator, params={"at": before})).json()

    assert {place["free"] for place in now["places"]} == {1}  # by each of its labels
    assert then["places"] == []


async def test_who_a_patient_is_is_told_to_who_cares_for_them_and_written_down(door, regulator):
    await a_place(door.house)
    told = await a_request(door, regulator, patient={"age": 10, "sex": "F", "name": "Anna Roux"})
    path = f"/v1/requests/{told['id']}/identity"
    doctor, other = (
        await door.as_(Role.PRACTITIONER),
        await door.as_(Role.PRACTITIONER, rpps="10978000023"),
    )
    why = {"purpose": "she comes at two"}

    answer = await door.ask("POST", path, doctor, json=why)
    refused = await door.ask("POST", path, other, json=why)
    officer = await door.as_(Role.PROTECTION_OFFICER)
    journal = await door.ask("GET", f"/v1/communities/{NEVERS}/reveals", officer)

    assert answer.json()["identity"][0]["name"] == "Anna Roux"
    assert refused.status_code == 403
    assert "Anna" not in journal.text
    (line,) = journal.json()["reveals"]
    assert line["reason"] == "she comes at two"
    elsewhere = await door.ask("GET", f"/v1/communities/{VALENCIENNES}/reveals", officer)
    assert elsewhere.status_code == 403


async def test_after_the_time_of_care_it_is_nobody_s_business(door, regulator, clock):
    await a_place(door.house)
    told = await a_request(door, regulator, patient={"age": 10, "sex": "F", "name": "Anna Roux"})
    doctor = await door.as_(Role.PRACTITIONER)
    await clock.move_to(NOON + timedelta(days=4))
    late = door.bearer(door.tokens.made_for(door._known[(Role.PRACTITIONER,)]))

    answer = await door.ask(
        "POST", f"/v1/requests/{told['id']}/identity", late, json={"purpose": "curious"}
    )

    assert doctor
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_what_happens_is_heard_and_gone_on_with_where_it_was_left(door, regulator):
    async with door.client.stream("GET", "/v1/events", headers=regulator) as stream:
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        asking = asyncio.create_task(a_request(door, regulator))
        first = await _next_event(lines)
        await asking
    assert (first["event"], first["data"]["community"]) == ("request.received", NEVERS)

    resumed = regulator | {"Last-Event-ID": str(int(first["id"]) - 1)}
    async with door.client.stream("GET", "/v1/events", headers=resumed) as stream:
        again = await _next_event(stream.aiter_lines())
    assert again == first


async def test_who_goes_on_from_what_is_not_written_yet_is_told_so(door, regulator):
    beyond = regulator | {"Last-Event-ID": str(await door.house.log.head() + 1)}

    answer = await door.ask("GET", "/v1/events", beyond)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


async def test_who_follows_too_often_is_told_so(door, regulator):
    most = door.house.settings.http_streams
    async with AsyncExitStack() as stack:
        for _ in range(most):
            stream = door.client.stream("GET", "/v1/events", headers=regulator)
            assert (await stack.enter_async_context(stream)).status_code == 200

        answer = await door.ask("GET", "/v1/events", regulator)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")


async def test_who_follows_too_often_at_once_is_told_so_before_anything_is_answered(
    door, regulator
):
    most = door.house.settings.http_streams
    async with AsyncExitStack() as stack:
        streams = [
            door.client.stream("GET", "/v1/events", headers=regulator) for _ in range(most + 5)
        ]
        answers = await asyncio.gather(*map(stack.enter_async_context, streams))

    assert sorted(answer.status_code for answer in answers) == [200] * most + [429] * 5


async def test_who_follows_is_let_go_when_everything_stops(door, regulator):
    async with door.client.stream("GET", "/v1/events", headers=regulator) as stream:
        assert stream.status_code == 200

        door.house.stopping.set()

        async with asyncio.timeout(10):
            assert [line async for line in stream.aiter_lines() if line.startswith("data")] == []


async def test_who_hangs_up_in_the_middle_of_a_burst_is_no_fault_of_ours(door, regulator):
    for _ in range(5):
        await a_request(door, regulator)
    token = regulator["Authorization"].encode()
    asking = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/v1/events",
        "query_string": b"since=0",
        "headers": [(b"authorization", token)],
    }
    hung_up = asyncio.Event()
    first = [{"type": "http.request", "body": b""}]

    async def receive():
        if first:
            return first.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.body":
            asyncio.get_running_loop().call_later(0.05, hung_up.set)
            await asyncio.Event().wait()  # nobody reads, until they are gone

    with capture_logs() as logged:
        async with asyncio.timeout(10):
            await rest(door.house)(asking, receive, send)

    assert [one["event"] for one in logged if one["log_level"] == "error"] == []


async def _next_event(lines):
    found = {}
    async with asyncio.timeout(10):
        async for line in lines:
            if not line and "data" in found:
                return found | {"data": orjson.loads(found["data"])}
            name, _, value = line.partition(": ")
            if name:
                found[name] = value
    raise AssertionError


async def test_figures_are_read_whole_and_by_breakdown(door, regulator):
    await a_place(door.house)
    await a_request(door, regulator)
    coordinator = await door.as_(Role.COORDINATOR)
    await door.house.settled()
    figures = f"/v1/communities/{NEVERS}/indicators?period=2026-11&only=requests_received"

    whole = (await door.ask("GET", figures, coordinator)).json()["figures"]
    by = (await door.ask("GET", f"{figures}&by=commune", coordinator)).json()["figures"]

    assert [(one["cell"], one["value"]) for one in whole] == [("", 1)]
    assert [(one["cell"], one["value"]) for one in by] == [("58194", 1)]
    for wrong, code in (("by=colour", "unknown_breakdown"), ("only=calls", "unknown_indicator")):
        told = await door.ask("GET", f"{figures.partition('&')[0]}&{wrong}", coordinator)
        assert (told.status_code, told.json()["code"]) == (422, code)


async def test_others_news_are_not_heard(door):
    elsewhere = await door.as_(Role.REGULATOR, community=VALENCIENNES)
    here = await door.as_(Role.REGULATOR)
    head = await door.house.log.head()
    await a_request(door, here)
    since = elsewhere | {"Last-Event-ID": str(head)}

    async with door.client.stream("GET", "/v1/events", headers=since) as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await _next_event(stream.aiter_lines())


@pytest.mark.parametrize(
    ("method", "path", "how", "status", "code"),
    [
        ("POST", "/v1/requests", {"content": b"{"}, 400, "not_json"),
        ("POST", "/v1/requests", {"content": b"[1]"}, 400, "not_json"),
        ("POST", "/v1/requests", {"content": b'{"a": 1, "a": 1}'}, 400, "duplicate_field"),
        ("POST", "/v1/requests", {"json": {}}, 422, "missing_field"),
        ("POST", "/v1/requests", {"json": request_told(motive="x")}, 422, "malformed"),
        ("POST", "/v1/requests", {"content": b" " * 300_000}, 413, "too_large"),
        ("GET", "/v1/requests/nonsense", {}, 404, "unknown_path"),
        ("GET", "/v1/patients", {}, 404, "unknown_path"),
        ("DELETE", "/v1/requests", {}, 405, "method_not_allowed"),
        ("GET", "/v1/requests?limit=0", {}, 422, "invalid_value"),
        ("GET", "/v1/requests?stat=waiting", {}, 422, "unknown_field"),
        ("GET", "/v1/availability?comunity=580099001", {}, 422, "unknown_field"),
        ("GET", "/v1/availability?at=0.5", {}, 422, "not_a_date"),
        ("GET", "/v1/availability?at=2026-11-23T10:15:00", {}, 422, "date_without_offset"),
        ("POST", "/v1/requests", {"content": b'{"a":"\\u0000"}'}, 400, "nul_character"),
    ],
)
async def test_what_makes_no_sense_is_told_as_a_problem(door, method, path, how, status, code):
    who = await door.everywhere(Role.REGULATOR)

    answer = await door.ask(method, path, who, **how)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"]


async def test_who_asks_is_known_before_what_they_ask(door):
    answer = await door.client.get("/v1/requests?stat=waiting")

    assert answer.status_code == 401


async def test_address_and_body_say_the_same_or_it_is_said(door):
    doctor = await door.as_(Role.PRACTITIONER)
    body = slot_told(NOON + HOUR, rpps="10978000023")

    answer = await door.ask("POST", f"/v1/practitioners/{DR_ADAM}/slots", doctor, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "said_twice")


async def test_who_is_of_several_communities_says_for_which(door):
    account = await door.account(
        {"role": "regulator", "community": NEVERS},
        {"role": "regulator", "community": VALENCIENNES},
    )
    who = door.bearer(door.tokens.made_for(account))

    vague = await door.ask("POST", "/v1/requests", who, json=request_told())
    said = await door.ask(
        "POST", "/v1/requests", who, json=request_told(), params={"community": NEVERS}
    )

    assert (vague.status_code, vague.json()["code"]) == (409, "say_community")
    assert said.status_code == 201


async def test_a_request_nobody_made_is_not_there_for_who_may_see_all(door):
    everywhere = await door.everywhere(Role.REGULATOR)
    here = await door.as_(Role.REGULATOR)
    path = f"/v1/requests/{called('nobody')}"

    assert (await door.ask("GET", path, everywhere)).json()["code"] == "no_such_request"
    assert (await door.ask("GET", path, here)).status_code == 403


async def test_the_document_describes_every_door(door):
    found = (await door.client.get("/openapi.json")).json()

    assert found["openapi"].startswith("3.1")
    for one in DOORS:
        assert one.method.lower() in found["paths"][one.path], one.path
    text = orjson.dumps(found).decode()
    schemas = found["components"]["schemas"]
    for name in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert name in schemas
