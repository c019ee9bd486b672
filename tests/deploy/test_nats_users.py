"""Users of NATS: each service says and hears what it must, a partner what is its own, no more."""

import os
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import nats
import orjson
import pytest
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout

from events.roles import Role
from services.access.permissions import TABLE
from services.addresses import Addresses
from services.api.server import serving
from services.app import Service, open_house, provision
from services.embedded import state
from services.embedded.nats_server import binary
from services.messaging.nats_users import (
    SERVICES,
    configuration,
    inbox_of,
    partner,
    password_name,
)
from services.messaging.subjects import Kind
from tests.examples import HOUR, NEVERS, NOON, VALENCIENNES
from tests.running import until
from tests.services.doors import Door
from tests.talking import cloud_event, community_told, practitioner_told, request_told, slot_told

DEPLOY = Path(__file__).parents[2] / "deploy"
PASSWORD = "p0123456789abcdef"  # noqa: S105 of a test
KINDS = {kind for kind in Kind if Role.REGULATOR in TABLE[kind]}
LRM = partner("lrm", NEVERS, KINDS)


def test_the_users_that_are_deployed_are_those_of_the_code():
    assert (DEPLOY / "nats" / "users.conf").read_text() == configuration(SERVICES)
    assert {user.name for user in SERVICES} == set(Service)


class Server:
    """nats-server with our users, and what it says was not allowed."""

    def __init__(self, folder):
        self.port = state.free_port(0)
        self.log = folder / "nats.log"
        users = [*SERVICES, LRM]
        (folder / "users.conf").write_text(configuration(users))
        (folder / "nats.conf").write_text(
            f"""listen: "127.0.0.1:{self.port}"
jetstream {{ store_dir: "{folder}/jetstream" }}
authorization {{ include "users.conf" }}
"""
        )
        names = {password_name(user): PASSWORD for user in users} | {"SNP_NATS_PASSWORD": PASSWORD}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [binary(), "-c", folder / "nats.conf"],
                env={"PATH": os.environ["PATH"]} | names,
                stdout=log,
                stderr=log,
            )

    def url(self, user):
        return f"nats://{user}:{PASSWORD}@127.0.0.1:{self.port}"

    @property
    def violations(self):
        return [line for line in self.log.read_text().splitlines() if "iolation" in line]


@pytest.fixture
async def server(tmp_path):
    running = Server(tmp_path)
    await until(lambda: "Server is ready" in running.log.read_text())
    yield running
    running.process.kill()
    running.process.wait()


@asynccontextmanager
async def connected(server, user):
    async def refused(_):
        """The server says so in its log."""

    client = await nats.connect(server.url(user), inbox_prefix=inbox_of(user), error_cb=refused)
    try:
        yield client
    finally:
        await client.close()


async def ask(client, kind, data, community=NEVERS):
    told = orjson.dumps(cloud_event(kind, data))
    answer = await client.request(f"snp.ask.{community}.{kind}", told, timeout=10)
    return orjson.loads(answer.data)


async def test_every_service_does_all_it_has_to_with_a_user_of_its_own(
    server, database_url, settings, clock
):
    settings = settings.model_copy(update={"http_port": 0})
    await provision(settings, Addresses(database_url, server.url("snp")))
    async with AsyncExitStack() as stack:
        houses = {}
        for service in Service:
            addresses = Addresses(database_url, server.url(service))
            opened = open_house(settings, addresses, services={service}, clock=clock)
            houses[service] = await stack.enter_async_context(opened)
        lrm = await stack.enter_async_context(connected(server, "lrm"))
        operator = await stack.enter_async_context(connected(server, "snp"))
        happened = []

        async def heard(message):
            happened.append(message.subject)

        for subject in LRM.subscribe:
            await lrm.subscribe(subject, cb=heard)
        await ask(operator, "community", community_told())
        await ask(operator, "practitioner", practitioner_told())
        await ask(operator, "slot", slot_told(NOON + 2 * HOUR))
        # By request and reply, by the inbox, and what cannot be accepted.
        told = await ask(lrm, "care-request", request_told())
        assert told["state"] in {"waiting", "assigned"}
        later = orjson.dumps(cloud_event("care-request", request_told()))
        await lrm.publish(f"snp.in.{NEVERS}.care-request", later)
        await lrm.publish(f"snp.in.{NEVERS}.care-request", b"{}")

        await until(lambda: any(".request.assigned." in one for one in happened), within=20)
        await until(lambda: sum(".request.received." in one for one in happened) == 2, within=20)
        letters = houses[Service.INTAKE].letters

        async def put_aside():
            js = operator.jetstream()
            return (await js.stream_info("SNP_DEAD_LETTERS")).state.messages == 1

        await until(put_aside)
        assert letters is not None
        await through_the_doors(stack, houses[Service.API], operator)
    assert server.violations == []


async def through_the_doors(stack, house, operator):
    """The API asks the intake and dispatch, each over its own user."""
    url = await stack.enter_async_context(serving(house))
    door = Door(house, url)
    stack.push_async_callback(door.client.aclose)
    grants = [{"role": "regulator", "community": NEVERS}]
    made = await ask(operator, "account", {"grants": grants}, "any")
    who = door.bearer(door.tokens.made_for(made["id"]))
    told = await door.ask("POST", "/v1/requests", who, json=request_told())
    assert told.status_code == 201, told.text
    path = f"{told.headers['Location']}/candidates"
    ranked = await door.ask("GET", path, who)
    assert ranked.status_code in {200, 409}, ranked.text
    assert ranked.json().get("code") != "not_running"


@pytest.mark.parametrize(
    "subject",
    [
        f"snp.in.{VALENCIENNES}.care-request",
        f"snp.ask.{VALENCIENNES}.care-request",
        "snp.in.any.care-request",
        f"snp.in.{NEVERS}.slot",
        f"snp.in.{NEVERS}.account",
        "snp.ask.any.role-grant",
        f"snp.event.{NEVERS}.request.assigned.x",
        "snp.bell",
        "snp.take.any",
        "$JS.API.STREAM.DELETE.SNP_EVENTS",
        "$JS.API.STREAM.MSG.GET.SNP_DEAD_LETTERS",
        "_INBOX.api.x",
    ],
)
async def test_a_partner_says_nothing_that_is_not_its_own_to_say(server, subject):
    async with connected(server, "lrm") as client:
        with pytest.raises((NatsTimeout, NoRespondersError, NatsError)):
            await client.request(subject, b"{}", timeout=0.3)

    await until(lambda: any(subject in line for line in server.violations))


@pytest.mark.parametrize(
    "subject",
    [
        "snp.event.>",
        f"snp.event.{NEVERS}.>",
        f"snp.event.{NEVERS}.practitioner.*.*",
        f"snp.event.{VALENCIENNES}.request.*.*",
        "snp.in.>",
        "snp.ask.>",
        "snp.dead.>",
        "_INBOX.>",
        "_INBOX.api.>",
        "$JS.ACK.>",
        ">",
    ],
)
async def test_a_partner_hears_nothing_that_is_not_its_own_to_hear(server, subject):
    async with connected(server, "lrm") as client:
        await client.subscribe(subject)
        await client.flush()

    await until(lambda: any("Subscription" in line for line in server.violations))


async def test_a_service_that_only_shows_cannot_tell(server):
    for name in ("projector", "notify", "deliver"):
        async with connected(server, name) as client:
            await client.publish(f"snp.in.{NEVERS}.care-request", b"{}")
            await client.publish(f"snp.event.{NEVERS}.request.assigned.x", b"{}")
            await client.flush()
    await until(lambda: len(server.violations) == 6)


@pytest.mark.parametrize(
    "reply",
    [
        f"snp.event.{VALENCIENNES}.request.assigned.forged",
        f"snp.in.{VALENCIENNES}.slot",
        "$JS.API.STREAM.PURGE.SNP_EVENTS",
    ],
)
async def test_nobody_makes_the_intake_say_things_by_where_they_want_their_answer(
    server, database_url, settings, clock, reply
):
    await provision(settings, Addresses(database_url, server.url("snp")))
    addresses = Addresses(database_url, server.url("intake"))
    async with (
        open_house(settings, addresses, services={Service.INTAKE}, clock=clock),
        connected(server, "lrm") as lrm,
        connected(server, "snp") as operator,
    ):
        heard = []

        async def hear(message):
            heard.append(message.subject)

        await operator.subscribe(reply, cb=hear)
        await operator.flush()
        told = orjson.dumps(cloud_event("care-request", request_told()))
        await lrm.publish(f"snp.ask.{NEVERS}.care-request", told, reply=reply)
        # What comes after it on the same connection is answered: the other one was seen before.
        await ask(lrm, "care-request", request_told())

    assert heard == []


async def test_a_partner_acts_on_no_request_of_another_community(
    server, database_url, settings, clock
):
    await provision(settings, Addresses(database_url, server.url("snp")))
    addresses = Addresses(database_url, server.url("intake"))
    async with (
        open_house(settings, addresses, services={Service.INTAKE}, clock=clock),
        connected(server, "lrm") as lrm,
        connected(server, "snp") as operator,
    ):
        await ask(operator, "community", community_told(VALENCIENNES), VALENCIENNES)
        await ask(operator, "community", community_told())
        theirs = await ask(operator, "care-request", request_told(), VALENCIENNES)
        for kind, more in (
            ("withdrawal", {"reason": "CANCELLED"}),
            ("reorientation", {"to": "URGENCES"}),
        ):
            told = await ask(lrm, kind, {"request_id": theirs["id"]} | more)
            assert told["code"] == "wrong_subject", told
