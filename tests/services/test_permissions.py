"""Who may do what, where: the table, cell by cell, over HTTP."""

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from events.roles import Role
from services.access.document import page
from services.access.permissions import TABLE, Look, Reach
from services.api.doors import DOORS
from tests.examples import DR_ADAM, DR_BLAIN, NEVERS, NOON, VALENCIENNES, called
from tests.services.doors import ROLES, a_place, doors_of
from tests.talking import cloud_event, request_told, slot_told, tell

LOOKS = {
    Look.AVAILABILITY: ("GET", "/v1/availability?community={finess}"),
    Look.REQUESTS: ("GET", "/v1/requests?community={finess}"),
    Look.ONE_REQUEST: ("GET", "/v1/requests/{request_id}"),
    Look.CANDIDATES: ("GET", "/v1/requests/{request_id}/candidates"),
    Look.TAKE: ("POST", "/v1/requests/{request_id}/place"),
    Look.IDENTITY: ("POST", "/v1/requests/{request_id}/identity"),
    Look.EVENTS: ("GET", "/v1/events?community={finess}"),
    Look.SLOTS: ("GET", "/v1/practitioners/{rpps}/slots"),
    Look.OFFERS: ("GET", "/v1/practitioners/{rpps}/offers"),
    Look.SLOT_SEARCH: ("GET", "/fhir/Slot"),
    Look.REGULATORS: ("POST", "/fhir/Practitioner"),
    Look.INDICATORS: ("GET", "/v1/communities/{finess}/indicators?period=2026-11"),
    Look.AGREEMENTS: ("GET", "/v1/communities/{finess}"),
    Look.REVEALS: ("GET", "/v1/communities/{finess}/reveals"),
    Look.ACCOUNTS: ("GET", "/v1/accounts/{account_id}"),
    Look.SECRET: ("POST", "/v1/accounts/{account_id}/secret"),
}
BODIES = {
    Look.TAKE: {"slot_id": str(called("no slot"))},
    Look.IDENTITY: {"purpose": "to see whether one may"},
}


@pytest.fixture
def settings(settings):
    many = {"http_port": 0, "http_burst": 100_000, "http_requests_a_second": 10_000.0}
    return settings.model_copy(update=many)


def doors():
    """Every action, and how it is asked for."""
    for door in DOORS:
        body = {"?": "no such field"}  # whoever is let in changes nothing
        named = "?community={finess}" if door.kind in {"care-request", "practitioner"} else ""
        yield door.kind, door.method, f"{door.path}{named}", body
    for look, (method, path) in LOOKS.items():
        yield look, method, path, BODIES.get(look)


def test_every_action_is_asked_for_here():
    assert {action for action, *_ in doors()} == set(TABLE)


def test_the_table_is_what_the_documentation_shows():
    """Written by `python -m services.access.document > docs/access.md`."""
    shown = (Path(__file__).parents[2] / "docs" / "access.md").read_text()

    assert shown == page()


async def test_every_cell(house):
    """Who is of the community, or the practitioner; and the same of elsewhere."""
    await house.showing.wait()
    async with doors_of(house) as door:
        named = await _a_day(house)
        people = {
            (role, near): await door.as_(
                role,
                community=NEVERS if near else VALENCIENNES,
                rpps=DR_ADAM if near else DR_BLAIN,
            )
            for role in ROLES
            for near in (True, False)
        }
        wrong = []
        for action, method, path, body in doors():
            address = path.format(**named)
            found = await asyncio.gather(
                *(_status(door, method, address, who, body) for who in people.values())
            )
            for (role, near), status in zip(people, found, strict=True):
                reach = TABLE[action].get(role)
                may = reach is not None and (near or reach is Reach.EVERYWHERE)
                let_in = status not in {401, 403}
                if status >= 500 or let_in != may:
                    wrong.append((str(action), str(role), "here" if near else "elsewhere", status))
        assert wrong == []


async def test_nobody_comes_in_without_a_token(house):
    async with doors_of(house) as door:
        named = await _a_day(house)
        for action, method, path, body in doors():
            status = await _status(door, method, path.format(**named), {}, body)
            assert status == 401, (action, status)


async def _a_day(house):
    """Somebody with a place of Dr Adam's; a slot, a series, an account: what the paths name."""
    place = await a_place(house)
    request = await tell(house, "care-request", request_told())
    await house.settled()
    series = await tell(
        house,
        "slot-series",
        {k: v for k, v in slot_told(NOON).items() if k not in {"start", "end"}}
        | {
            "weekdays": [3],
            "starts": "09:00",
            "ends": "10:00",
            "first": f"{NOON:%Y-%m-%d}",
            "last": f"{NOON + timedelta(days=10):%Y-%m-%d}",
        },
    )
    account = await house.reception.take_in(
        orjson.dumps(cloud_event("account", {"grants": []})), "snp.ask.any.account"
    )
    return {
        "finess": NEVERS,
        "rpps": DR_ADAM,
        "request_id": request["id"],
        "slot_id": place,
        "series_id": series["id"],
        "account_id": account["id"],
        "entry_id": str(called("no entry")),
    }


async def _status(door, method, path, who, body):
    if path.startswith("/v1/events"):
        async with door.client.stream(method, path, headers=who) as stream:
            return stream.status_code
    answer = await door.ask(method, path, who, json=body)
    return answer.status_code


async def test_what_is_taken_from_an_account_is_gone_with_its_next_question(house):
    await house.showing.wait()
    async with doors_of(house) as door:
        who = await door.as_(Role.REGULATOR)
        account = door._known[(Role.REGULATOR,)]
        assert (await door.ask("GET", "/v1/requests", who)).status_code == 200
        administrator = await door.as_(Role.ADMINISTRATOR)
        grant = {"grant": {"role": "regulator", "community": NEVERS}}

        revoked = await door.ask(
            "POST", f"/v1/accounts/{account}/grants/revocation", administrator, json=grant
        )

        assert revoked.status_code == 200
        async with asyncio.timeout(10):
            while (await door.ask("GET", "/v1/requests", who)).status_code != 401:
                await asyncio.sleep(0.05)  # within a second
        closed = await door.ask("DELETE", f"/v1/accounts/{account}", administrator)
        assert closed.json()["state"] == "closed"


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUTHORITY, Role.ADMINISTRATOR])
def test_who_organises_never_sees_who_the_patient_is(role):
    for look in (Look.IDENTITY, Look.ONE_REQUEST, Look.REQUESTS, Look.EVENTS):
        assert role not in TABLE[look]
