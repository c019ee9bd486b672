"""What a stranger found in the consoles, over HTTP alone: each held from now on."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from events.community import CommunityLadderAdopted
from events.request import RequestReceived, RequestRefusedAsEmergency
from events.roles import Role
from projections import board
from services.console.live import Live, View
from services.stopping import stop
from tests.console.test_cabinet import happened
from tests.console.test_doorway import comes_in, here
from tests.examples import DR_ADAM, HOUR, NEVERS, NOON
from tests.services.doors import a_place, grant
from tests.talking import community_told, practitioner_told, request_told, slot_told, tell

DIGITS = "9" * 5000
CABINET = f"/console/cabinet/{DR_ADAM}"
TERRITOIRE = f"/console/territoire/{NEVERS}"
CARE = {"motive": "M03.14", "age": "34", "commune": "58194", "delay": "4H", "key": "one"}
NO_REQUEST = "/console/regulation/requests/00000000-0000-0000-0000-000000000000"
RULE = {"title": "x", "r0-title": "x", "r0-s0-kind": "MEMBER_SLOTS", "r0-s0-minutes": "5"}

MALFORMED = {
    Role.REGULATOR: [
        ("/console/regulation/places", CARE | {"priority": "P9"}),
        ("/console/regulation/places", CARE | {"age": DIGITS}),
        ("/console/regulation/places", CARE | {"age": "²"}),
        ("/console/regulation/places", CARE | {"name": "a\0"}),
        ("/console/regulation/requests", CARE | {"delay": "soon"}),
        (f"{NO_REQUEST}/identity", {"purpose": "a\0b"}),
        (f"{NO_REQUEST}/deadline", {"delay": "x"}),
        (f"{NO_REQUEST}/duplicate", {"of": "x"}),
        (f"{NO_REQUEST}/proposal", {"rpps": "x"}),
    ],
    Role.PRACTITIONER: [
        (f"{CABINET}/on-call", {"hours": DIGITS}),
        (f"{CABINET}/slots", {"start": "9999-12-31T23:59:00+00:00"}),
        (f"{CABINET}/slots", {"start": "2026-11-23T15:00:00"}),
        (f"{CABINET}/slots", {"start": "x"}),
        (f"{CABINET}/slots", {"start": (NOON + HOUR).isoformat(), "capacity": "9" * 30}),
        (f"{CABINET}/slots", {"start": (NOON + HOUR).isoformat(), "minutes": "9" * 12}),
        (f"{CABINET}/series", {"weekday": DIGITS, "starts": "x", "ends": "y"}),
        (f"{CABINET}/vacation", {"first": "2026-12-01", "last": "9999-12-31"}),
        (f"{CABINET}/vacation", {}),
        (f"{CABINET}/accord", {"weekly_cap": "9" * 30}),
        (f"{CABINET}/visits/nonsense/seen", {}),
        (f"{CABINET}/offers/nonsense/accept", {}),
    ],
    Role.COORDINATOR: [
        (f"{TERRITOIRE}/echelle/preview", RULE | {"age": "abc"}),
        (f"{TERRITOIRE}/echelle/preview", RULE | {"motive": "?", "commune": "58194"}),
        (f"{TERRITOIRE}/echelle/preview", RULE | {"delay": "?", "commune": "58194"}),
        (f"{TERRITOIRE}/echelle/preview", RULE | {"r0-s0-minutes": "9" * 40}),
        (f"{TERRITOIRE}/echelle/edit", {"act": "add-step 0"}),
        (f"{TERRITOIRE}/echelle/edit", RULE | {"act": "add-step nine"}),
        (f"{TERRITOIRE}/et-si", {"first": "x" * 200_000, "last": "2026-11-23"}),
        (f"{TERRITOIRE}/et-si", {"first": "2026-11-22", "last": "2026-11-23", "fairness": "nan"}),
        (
            f"{TERRITOIRE}/et-si",
            {"first": "2026-11-22", "last": "2026-11-23", "places": "4", "weekday": "1\n2,3"},
        ),
        (f"{TERRITOIRE}/crisis", {}),
    ],
}
WRONG_ADDRESSES = [
    "/console/regulation/alike?commune=%00&age=3",
    f"{TERRITOIRE}?ahead=9",
    "/console/territoire/zz",
    f"{TERRITOIRE}/indicateurs?period=never",
    f"/console/tutelle/{NEVERS}/export.exe",
    "/console/nowhere",
    f"{NO_REQUEST}/candidates",
]


async def test_nothing_malformed_is_a_fault_of_ours(door, capsys):
    headers = here(door) | {"HX-Request": "true", "Accept-Language": "fr"}
    for role, sent in MALFORMED.items():
        await comes_in(door, grant(role))
        for path, form in sent:
            answer = await door.ask("POST", path, data=form, headers=headers)
            assert 400 <= answer.status_code < 500, (path, form, answer.status_code)
            assert not answer.text.startswith("{"), path
    for path in WRONG_ADDRESSES:
        await comes_in(door, grant(Role.COORDINATOR), grant(Role.REGULATOR))
        answer = await door.ask("GET", path)
        assert 400 <= answer.status_code < 500, path
        assert "<html" in answer.text
    for path in ("/console/sign-in", "/console/language/en"):
        many = {f"field{nth}": "x" for nth in range(500)}
        answer = await door.ask("POST", path, data=many, headers=headers)
        assert answer.status_code < 500
    assert "Traceback" not in capsys.readouterr().out


async def test_who_does_not_regulate_asks_for_nobody(door):
    for role in (Role.PRACTITIONER, Role.DELEGATE, Role.COORDINATOR, Role.AUTHORITY):
        await comes_in(door, grant(role))
        for path in ("places", "requests"):
            answer = await door.ask(
                "POST", f"/console/regulation/{path}", data=CARE, headers=here(door)
            )
            assert answer.status_code == 403


async def test_a_request_is_one_however_often_and_for_whatever_place_it_is_sent(door, house):
    first = await a_place(house)
    second = await a_place(house, NOON + 3 * HOUR)
    await comes_in(door, grant(Role.REGULATOR))

    for place in (f"{first}/AMB", f"{second}/AMB", ""):
        form = CARE | {"place": place}
        await door.ask("POST", "/console/regulation/requests", data=form, headers=here(door))

    assert len(await happened(house, RequestReceived)) == 1


@pytest.mark.parametrize(
    "form",
    [CARE, {"commune": "58194"}, {"motive": "M03.14"}, CARE | {"commune": "99999"}, {"age": "x"}],
    ids=str,
)
async def test_an_emergency_is_told_however_little_of_the_form_is_filled_in(door, house, form):
    """Found in review: without an age it was asked for one, and nobody was told."""
    await comes_in(door, grant(Role.REGULATOR))

    for _ in range(2):
        answer = await door.ask(
            "POST",
            "/console/regulation/requests",
            data={"key": "one"} | form | {"priority": "P0"},
            headers=here(door),
        )
        assert answer.status_code == 200
        assert "SAMU" in answer.text

    assert len(await happened(house, RequestRefusedAsEmergency)) == 1


async def test_no_other_address_adopts_a_ladder(door, house):
    await comes_in(door, grant(Role.COORDINATOR))

    answer = await door.ask("POST", f"{TERRITOIRE}/echelle/previeww", data=RULE, headers=here(door))

    assert answer.status_code == 404
    assert not await happened(house, CommunityLadderAdopted)


async def test_overseas_the_clocks_are_those_there(door, house):
    finess, rpps, zone = "970400001", "10000000043", "Indian/Reunion"
    await tell(house, "community", community_told(finess, zone=zone, departement="974"), finess)
    await tell(house, "practitioner", practitioner_told(rpps), finess)
    await tell(house, "slot", slot_told(NOON + 2 * HOUR, rpps, zone=zone), finess)
    told = await tell(house, "care-request", request_told(), finess)
    await comes_in(
        door,
        grant(Role.REGULATOR, community=finess),
        grant(Role.PRACTITIONER, rpps=rpps),
    )
    there = f"{NOON + 2 * HOUR + timedelta(hours=3):%-H} h"  # noon in Paris is 15 h there

    places = await door.ask("POST", "/console/regulation/places", data=CARE, headers=here(door))
    board_now = await door.ask("GET", "/console/regulation")
    await tell(house, "slot-withdrawal", {"slot_id": told["id"]})
    series = {
        "weekday": "2",
        "starts": "14:00",
        "ends": "15:00",
        "first": f"{NOON:%Y-%m-%d}",
        "last": f"{NOON + timedelta(days=7):%Y-%m-%d}",
        "place_title": "Cabinet du Port",
        "place_commune": "58194",
    }
    opened = await door.ask(
        "POST", f"/console/cabinet/{rpps}/series", data=series, headers=here(door)
    )

    assert there.partition(" ")[0] in board_now.text
    assert places.status_code == 200
    assert opened.status_code == 200
    assert "14 h 00" in opened.text


async def test_more_streams_than_one_may_have_are_refused_before_they_begin(door, house):
    house.settings = house.settings.model_copy(update={"http_streams": 1})
    came = await comes_in(door, grant(Role.REGULATOR))
    headers = {"Cookie": f"snp_console={came.cookies['snp_console']}"}

    async with door.client.stream("GET", "/console/regulation/live", headers=headers) as first:
        assert first.status_code == 200
        await anext(first.aiter_text())
        second = await door.ask("GET", "/console/regulation/live", headers=headers)

    assert second.status_code == 429


async def test_more_streams_at_once_are_refused_before_they_begin(door, house):
    house.settings = house.settings.model_copy(update={"http_streams": 2})
    came = await comes_in(door, grant(Role.REGULATOR))
    headers = {"Cookie": f"snp_console={came.cookies['snp_console']}"}
    path = "/console/regulation/live"

    async with AsyncExitStack() as stack:
        asked = [door.client.stream("GET", path, headers=headers) for _ in range(6)]
        answers = await asyncio.gather(*map(stack.enter_async_context, asked))
    async with door.client.stream("GET", path, headers=headers) as afterwards:
        assert afterwards.status_code == 200

    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [429] * 4


async def test_who_looks_is_let_go_when_everything_stops(door, house):
    came = await comes_in(door, grant(Role.REGULATOR))
    headers = {"Cookie": f"snp_console={came.cookies['snp_console']}"}
    async with door.client.stream("GET", "/console/regulation/live", headers=headers) as stream:
        parts = stream.aiter_text()
        await anext(parts)

        house.stopping.set()

        async with asyncio.timeout(10):
            assert [part async for part in parts if "event" in part] == []


async def test_a_session_that_is_over_is_said_to_who_listens(door):
    answer = await door.ask(
        "GET", "/console/regulation/live", headers={"Accept": "text/event-stream"}
    )

    assert answer.status_code == 401


async def test_a_view_that_could_not_be_made_is_made_later(house):
    house.settings = house.settings.model_copy(update={"console_retry_seconds": 0.01})
    live = Live(house)
    tries = []

    async def make():
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError
        return b"made"

    view = View("test", "fr", frozenset({NEVERS}))
    bodies = live.watch(view, make, (board.projection,))
    assert await asyncio.wait_for(anext(bodies), 10) == b"made"
    await bodies.aclose()
    assert live.looked_at == 0


async def test_who_follows_the_log_is_replaced_when_they_ended(house):
    live = Live(house)
    made = []

    async def make():
        made.append(1)
        return f"{len(made)}".encode()

    view = View("test", "fr", None)
    bodies = live.watch(view, make, ())
    await anext(bodies)
    await stop([live._following])
    others = live.watch(View("other", "fr", None), make, ())
    await anext(others)
    before = len(made)
    await tell(house, "community", community_told())

    assert await asyncio.wait_for(anext(bodies), 10)
    assert len(made) > before
    await bodies.aclose()
    await others.aclose()


async def test_a_read_model_that_is_behind_is_looked_at_again(house, monkeypatch):
    house.settings = house.settings.model_copy(update={"console_pause_seconds": 0.01})
    answers = iter([False, False, True])

    async def behind(*_):
        return next(answers, True)

    monkeypatch.setattr("services.console.live.shown_by", behind)
    made = []

    async def make():
        made.append(1)
        return f"{len(made)}".encode()

    bodies = Live(house).watch(View("test", "fr", frozenset()), make, (board.projection,))
    for _ in range(3):
        last = await asyncio.wait_for(anext(bodies), 10)
    assert last == b"3"
    await bodies.aclose()
