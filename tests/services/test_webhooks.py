"""Webhooks: partners are told what they may follow, signed, in order, however long away."""

import asyncio
import base64
import hmac
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import pytest

from events.roles import Role
from services.deliver import addresses, webhooks
from services.deliver.addresses import NoAddress, check_address, reached
from services.deliver.destination import Delivered, NotNow, Parcel
from services.deliver.ledger import destinations, listed
from services.deliver.webhooks import ToWebhook, Webhook, Webhooks
from services.messaging import subjects
from tests.examples import HOUR, NEVERS, NOON, VALENCIENNES, assigned
from tests.recording import recorded
from tests.running import until
from tests.services.authority import Authority
from tests.services.doors import a_place, grant
from tests.services.receiver import Receiver, receiving
from tests.talking import cloud_event, request_told, tell


@pytest.fixture
def settings(settings):
    return settings.model_copy(
        update={
            "http_port": 0,
            "webhooks_anywhere": True,
            "deliver_retry_seconds": (0.02, 0.05),
            "deliver_poll_seconds": 0.05,
            "deliver_timeout_seconds": 2.0,
            "follower_pause_seconds": 0.005,
            "access_read_again_seconds": 0.0,
        }
    )


@pytest.fixture
async def partner():
    async with receiving() as receiver:
        yield receiver


async def subscribed(door, partner, who=None, **sheet):
    who = who or await door.as_(Role.REGULATOR)
    made = await door.ask("POST", "/v1/webhooks", who, json={"url": partner.url} | sheet)
    assert made.status_code == 201, made.text
    return who, made.json()


def told(partner):
    return [orjson.loads(one.body) for one in partner.heard]


def names(partner):
    return [one["type"] for one in told(partner)]


def is_signed(heard, secret):
    """As Standard Webhooks says it: written anew here."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode()
    mac = hmac.digest(key, content + heard.body, "sha256")
    return "v1," + base64.b64encode(mac).decode() in heard.headers["webhook-signature"].split(" ")


async def test_a_partner_is_told_in_order_what_happens_each_message_signed(door, partner):
    _, hook = await subscribed(door, partner)

    await a_place(door.house)
    await tell(door.house, "care-request", request_told())
    await until(lambda: "slot.place_taken" in names(partner))

    assert names(partner) == [
        "slot.published",
        "request.received",
        "request.assigned",
        "slot.place_taken",
    ]
    assert all(is_signed(one, hook["secret"]) for one in partner.heard)
    assert [one.headers["webhook-id"] for one in partner.heard] == [
        one["id"] for one in told(partner)
    ]
    positions = [int(one["position"]) for one in told(partner)]
    assert positions == sorted(positions)


async def test_only_what_was_asked_for_is_told(door, partner):
    await subscribed(door, partner, names=["request.assigned"])

    await a_place(door.house)
    await tell(door.house, "care-request", request_told())
    await until(lambda: partner.heard)

    assert names(partner) == ["request.assigned"]


async def test_nothing_of_another_community_nor_of_people_is_told(door, partner):
    await subscribed(door, partner)

    await tell(door.house, "care-request", request_told(commune="59606"), VALENCIENNES)
    await door.account({"role": "regulator"})
    await a_place(door.house)
    await until(lambda: "slot.published" in names(partner))

    assert {one["community"] for one in told(partner)} == {NEVERS}
    assert {one["subject"].partition("-")[0] for one in told(partner)} <= {"request", "agenda"}


async def test_a_partner_that_fails_is_tried_again_and_hears_everything_once(door, partner):
    partner.answers.extend([(500, {}), (429, {"Retry-After": "0"}), (404, {})])
    who, hook = await subscribed(door, partner)

    await a_place(door.house)
    await tell(door.house, "care-request", request_told())
    await until(lambda: "slot.place_taken" in names(partner))

    assert names(partner)[:4] == ["slot.published"] * 4
    assert len({one.headers["webhook-id"] for one in partner.heard[:4]}) == 1
    assert names(partner)[4:] == ["request.received", "request.assigned", "slot.place_taken"]

    async def none_waits():
        shown = await door.ask("GET", f"/v1/webhooks/{hook['webhook_id']}", who)
        return shown.json()["failing_since"] is None

    await until(none_waits)
    listed = await door.ask("GET", f"/v1/webhooks/{hook['webhook_id']}/deliveries", who)
    first = listed.json()["deliveries"][-1]
    assert (first["what"], first["state"], first["attempts"]) == ("slot.published", "delivered", 4)


async def test_a_message_that_is_refused_is_listed_and_does_not_hold_up_the_next(door, partner):
    partner.answers.append((422, {}))
    who, hook = await subscribed(door, partner)

    await a_place(door.house)
    await tell(door.house, "care-request", request_told())
    await until(lambda: len(partner.heard) == 4)

    path = f"/v1/webhooks/{hook['webhook_id']}/deliveries"
    refused = (await door.ask("GET", path, who, params={"state": "refused"})).json()["deliveries"]
    assert [(one["what"], one["status"]) for one in refused] == [("slot.published", 422)]


async def test_one_that_is_away_holds_up_nobody_else_and_goes_on_where_it_was(door):
    async with receiving() as gone:
        address, port = gone.url, int(gone.url.rpartition(":")[2])
    away, there = Receiver(), Receiver()
    away.url = address
    async with receiving(there):
        await subscribed(door, away)
        await subscribed(door, there)
        await a_place(door.house)
        await tell(door.house, "care-request", request_told())
        await until(lambda: len(there.heard) == 4)
    assert not away.heard

    async with receiving(away, port):
        await until(lambda: len(away.heard) == 4)

    assert names(away) == names(there)


async def test_one_that_does_not_answer_for_too_long_is_suspended_until_it_is_resumed(
    door, partner, settings
):
    object.__setattr__(settings, "deliver_patience_hours", 0.00001)
    partner.always = (503, {})
    who, hook = await subscribed(door, partner)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    await a_place(door.house)

    async def suspended():
        return (await door.ask("GET", path, who)).json()["suspended_at"] is not None

    await until(suspended)
    partner.always = (204, {})
    assert (await door.ask("POST", f"{path}/resume", who)).json()["suspended_at"] is None
    await until(lambda: names(partner)[-1:] == ["slot.published"])

    async def up_to_date():
        return (await door.ask("GET", path, who)).json()["failing_since"] is None

    await until(up_to_date)


async def test_410_ends_it(door, partner):
    partner.always = (410, {})
    who, hook = await subscribed(door, partner)

    await a_place(door.house)
    await tell(door.house, "care-request", request_told())

    async def suspended():
        shown = await door.ask("GET", f"/v1/webhooks/{hook['webhook_id']}", who)
        return shown.json()["suspended_at"] is not None

    await until(suspended)
    assert len(partner.heard) == 1


async def test_sent_back_it_hears_everything_again_under_the_same_ids(door, partner):
    before = await door.house.log.head()
    who, hook = await subscribed(door, partner)
    await a_place(door.house)
    await tell(door.house, "care-request", request_told())
    await until(lambda: len(partner.heard) == 4)

    path = f"/v1/webhooks/{hook['webhook_id']}/replay"
    assert (await door.ask("POST", path, who, json={"since": before})).status_code == 200
    await until(lambda: len(partner.heard) == 8)

    ids = [one.headers["webhook-id"] for one in partner.heard]
    assert ids[:4] == ids[4:]


async def test_one_made_later_hears_from_the_position_it_asks_for(door, partner):
    before = await door.house.log.head()
    await a_place(door.house)

    await subscribed(door, partner, since=before)

    await until(lambda: names(partner) == ["slot.published"])


async def test_what_an_account_may_no_longer_follow_is_not_told_any_more(door, partner):
    account_id = await door.account(grant(Role.REGULATOR))
    who = door.bearer(door.tokens.made_for(account_id))
    await subscribed(door, partner, who)
    await a_place(door.house)
    await until(lambda: len(partner.heard) == 1)

    gone = {"account_id": str(account_id), "grant": grant(Role.REGULATOR)}
    told_so = await door.house.reception.take_in(
        orjson.dumps(cloud_event("role-revocation", gone)),
        subjects.ask(subjects.ANY_COMMUNITY, "role-revocation"),
    )
    assert told_so["grants"] == []
    other = Receiver()
    async with receiving(other):
        await subscribed(door, other)
        await tell(door.house, "care-request", request_told())
        await until(lambda: len(other.heard) == 3)

    assert len(partner.heard) == 1


async def test_one_that_was_ended_is_told_nothing_and_is_there_no_more(door, partner):
    who, hook = await subscribed(door, partner)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    assert (await door.ask("DELETE", path, who)).status_code == 204
    other = Receiver()
    async with receiving(other):
        await subscribed(door, other)
        await a_place(door.house)
        await until(lambda: other.heard)

    assert (await door.ask("GET", path, who)).json()["code"] == "no_such_webhook"
    assert (await door.ask("GET", "/v1/webhooks", who)).json()["webhooks"][0]["url"] == other.url


async def test_a_webhook_is_nobody_elses(door, partner):
    _, hook = await subscribed(door, partner)
    stranger = door.bearer(door.tokens.made_for(await door.account(grant(Role.REGULATOR))))

    for method, path in (
        ("GET", ""),
        ("GET", "/deliveries"),
        ("POST", "/resume"),
        ("POST", "/secret"),
        ("DELETE", ""),
    ):
        answer = await door.ask(method, f"/v1/webhooks/{hook['webhook_id']}{path}", stranger)
        assert answer.status_code == 404
    assert (await door.ask("GET", "/v1/webhooks", stranger)).json() == {"webhooks": []}


async def another_secret(door, who, hook, **sheet):
    path = f"/v1/webhooks/{hook['webhook_id']}/secret"
    answer = await door.ask("POST", path, who, json=sheet)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_gets_another_secret_and_no_message_that_its_partner_cannot_check(door, partner):
    who, hook = await subscribed(door, partner)

    changed = await another_secret(door, who, hook)

    assert changed["secret"] != hook["secret"]
    hours = (datetime.fromisoformat(changed["former_until"]) - datetime.now(UTC)) / HOUR
    assert hours == pytest.approx(24, abs=0.1)
    await a_place(door.house)
    await until(lambda: partner.heard)
    assert is_signed(partner.heard[0], changed["secret"])
    assert is_signed(partner.heard[0], hook["secret"])
    (shown,) = (await door.ask("GET", "/v1/webhooks", who)).json()["webhooks"]
    assert "secret" not in shown
    assert shown["former_until"] == changed["former_until"]


async def test_a_secret_somebody_else_has_signs_nothing_from_that_second_on(door, partner):
    who, hook = await subscribed(door, partner)
    await a_place(door.house)
    await until(lambda: partner.heard)

    changed = await another_secret(door, who, hook, former_hours=0)

    await tell(door.house, "care-request", request_told())
    await until(lambda: "request.assigned" in names(partner))
    assert changed["former_until"] is None
    assert is_signed(partner.heard[-1], changed["secret"])
    assert not is_signed(partner.heard[-1], hook["secret"])


@pytest.mark.parametrize("at_once", [True, False])
async def test_who_asks_twice_for_another_secret_loses_none(door, partner, at_once):
    """Found in review: two changes, as who heard no answer makes them, lost the one in use."""
    who, hook = await subscribed(door, partner)
    if at_once:
        asked = [another_secret(door, who, hook) for _ in range(3)]
        changed = await asyncio.gather(*asked)
    else:
        changed = [await another_secret(door, who, hook) for _ in range(3)]

    await a_place(door.house)
    await until(lambda: partner.heard)

    secrets = {hook["secret"], *(one["secret"] for one in changed)}
    assert len(secrets) == 4
    assert all(is_signed(partner.heard[0], one) for one in secrets)
    last = await another_secret(door, who, hook, former_hours=0)
    table = Webhooks(door.house.pool, door.house.vault.sealer)
    assert last["former_until"] is None
    assert len(await table.secrets(UUID(hook["webhook_id"]))) == 1


async def test_so_many_secrets_sign_at_once_and_no_more(door, partner):
    who, hook = await subscribed(door, partner)
    path = f"/v1/webhooks/{hook['webhook_id']}/secret"
    for _ in range(door.house.settings.webhook_former_most):
        await another_secret(door, who, hook)

    refused = await door.ask("POST", path, who)
    briefly = await another_secret(door, who, hook, former_hours=0)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_secrets")
    assert briefly["secret"]


async def test_a_former_secret_is_destroyed_when_its_time_is_over(door, partner):
    who, hook = await subscribed(door, partner)
    await another_secret(door, who, hook, former_hours=0.00001)
    table = Webhooks(door.house.pool, door.house.vault.sealer)
    assert len(await table.secrets(UUID(hook["webhook_id"]))) == 1

    await table.forget_former()

    async with door.house.pool.connection() as connection:
        asked = await connection.execute("select count(*) from webhook_former_secrets")
        assert await asked.fetchone() == (0,)


async def test_of_a_webhook_that_is_over_there_is_no_secret(door, partner):
    who, hook = await subscribed(door, partner)
    await another_secret(door, who, hook)
    path = f"/v1/webhooks/{hook['webhook_id']}"

    await door.ask("DELETE", path, who)

    assert (await door.ask("POST", f"{path}/secret", who)).json()["code"] == "no_such_webhook"
    table = Webhooks(door.house.pool, door.house.vault.sealer)
    assert await table.secrets(UUID(hook["webhook_id"])) == ()
    async with door.house.pool.connection() as connection:
        asked = await connection.execute("select key, secret from webhooks")
        assert await asked.fetchone() == (b"", b"")
        asked = await connection.execute("select count(*) from webhook_former_secrets")
        assert await asked.fetchone() == (0,)


@pytest.mark.parametrize("role", [Role.PRACTITIONER, Role.COORDINATOR, Role.AUTHORITY])
async def test_who_may_not_follow_events_has_no_webhook(door, partner, role):
    answer = await door.ask(
        "POST", "/v1/webhooks", await door.as_(role), json={"url": partner.url, "community": NEVERS}
    )

    assert answer.status_code == 403
    assert answer.json()["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ({"url": "ftp://partner.example/x"}, "invalid_value"),
        ({"url": "https://user:secret@partner.example/x"}, "invalid_value"),
        ({"url": "https://[::1/x"}, "invalid_value"),
        ({"url": "https://partner.example/x", "names": ["request.updated"]}, "invalid_value"),
    ],
)
async def test_what_is_no_webhook_is_refused(door, sheet, code):
    answer = await door.ask("POST", "/v1/webhooks", await door.as_(Role.REGULATOR), json=sheet)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://10.0.0.8/x",
        "https://[::1]/x",
        "https://[fd00::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[64:ff9b::a9fe:a9fe]/x",
        "https://[2002:7f00:1::]/x",
        "https://[::7f00:1]/x",
        "https://[fec0::1]/x",
        "https://224.0.0.1/x",
    ],
)
def test_addresses_of_our_own_network_are_nobodys(url):
    with pytest.raises(NoAddress):
        check_address(url, anywhere=False)


class OneSecret:
    async def secrets(self, _):
        return [b"x" * 32]


def told_at(url, settings):
    """A destination, and something to tell it."""
    hook = Webhook(uuid4(), uuid4(), url, (), None, NOON, None)
    (told,) = recorded(assigned())
    plain = settings.model_copy(update={"webhooks_anywhere": False})
    return ToWebhook(hook, OneSecret(), None, plain), Parcel(told, "request.assigned", b"{}")


async def test_a_name_that_is_of_our_own_network_is_told_nothing(settings):
    there, parcel = told_at("https://localhost:1/x", settings)

    assert await there.send(parcel, 1) == NotNow("no public address")
    await there.aclose()


async def test_an_address_by_number_must_still_be_who_its_name_says(
    settings, tmp_path, monkeypatch
):
    authority = Authority(tmp_path, "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    _, pair = authority.issued("partner", host=True)
    async with receiving(tls=pair) as receiver:
        port = receiver.url.rpartition(":")[2]

        async def found(_):
            return f"https://127.0.0.1:{port}/x", "localhost"

        monkeypatch.setattr(webhooks, "reached", found)
        there, parcel = told_at("https://localhost/x", settings)
        assert await there.send(parcel, 1) == Delivered(200)
        assert receiver.heard[0].headers["host"] == "localhost"
        other, parcel = told_at("https://partner.example/x", settings)
        assert await other.send(parcel, 1) == NotNow("ConnectError")
        await there.aclose()
        await other.aclose()


def test_an_address_others_can_reach_is_one():
    check_address("https://partner.example:8443/snp?x=1", anywhere=False)


async def test_what_waits_to_be_told_again_is_not_told_once_the_account_may_not(door, partner):
    partner.always = (503, {})
    account_id = await door.account(grant(Role.REGULATOR))
    who = door.bearer(door.tokens.made_for(account_id))
    await subscribed(door, partner, who)
    await a_place(door.house)
    await until(lambda: partner.heard)

    gone = {"account_id": str(account_id), "grant": grant(Role.REGULATOR)}
    await door.house.reception.take_in(
        orjson.dumps(cloud_event("role-revocation", gone)),
        subjects.ask(subjects.ANY_COMMUNITY, "role-revocation"),
    )

    async def left_out():
        async with door.house.pool.connection() as connection:
            return await listed(connection, state="left_out", limit=10)

    await until(left_out)
    before = len(partner.heard)
    partner.always = (200, {})
    other = Receiver()
    async with receiving(other):
        await subscribed(door, other)
        await tell(door.house, "care-request", request_told())
        await until(lambda: len(other.heard) == 3)
    assert len(partner.heard) == before


async def test_sent_on_it_is_failing_no_more_and_never_beyond_what_is_written(door, partner):
    partner.always = (503, {})
    who, hook = await subscribed(door, partner)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    await a_place(door.house)
    await until(lambda: partner.heard)

    beyond = await door.ask("POST", f"{path}/replay", who, json={"since": 10**9})
    assert (beyond.status_code, beyond.json()["code"]) == (422, "invalid_value")
    partner.always = (200, {})
    head = await door.house.log.head()
    shown = (await door.ask("POST", f"{path}/replay", who, json={"since": head})).json()
    assert shown["failing_since"] is None


async def test_of_one_that_was_ended_nothing_waits(door, partner):
    partner.always = (503, {})
    who, hook = await subscribed(door, partner)
    await a_place(door.house)
    await until(lambda: partner.heard)

    await door.ask("DELETE", f"/v1/webhooks/{hook['webhook_id']}", who)

    async def nothing_waits():
        async with door.house.pool.connection() as connection:
            return await listed(connection, state="waiting", limit=10) == []

    await until(nothing_waits)
    async with door.house.pool.connection() as connection:
        assert await destinations(connection) == []


async def test_a_name_that_is_slow_to_look_up_holds_up_no_other(monkeypatch):
    """Found in review: a few of them had every thread there was."""
    go_on = threading.Event()

    def looked_up(host, port, **_):
        if host == "slow.example":
            go_on.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    slow = [asyncio.create_task(reached("https://slow.example/")) for _ in range(100)]
    await asyncio.sleep(0)
    try:
        url, host = await reached("https://good.example/")
    finally:
        go_on.set()

    assert (url, host) == ("https://1.1.1.1:443/", "good.example")
    assert {await one for one in slow} == {("https://1.1.1.1:443/", "slow.example")}


async def test_who_gives_up_waiting_for_a_name_takes_it_from_nobody(monkeypatch):
    go_on = threading.Event()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443))]
    monkeypatch.setattr(addresses, "_threads", ThreadPoolExecutor(1))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: go_on.wait(60) and found)
    busy = asyncio.create_task(reached("https://busy.example/"))
    await asyncio.sleep(0)
    waits = asyncio.create_task(reached("https://good.example/"))  # for a thread
    await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reached("https://good.example/"), 0.05)
    go_on.set()

    assert (await waits)[1] == "good.example"
    assert (await busy)[1] == "busy.example"
