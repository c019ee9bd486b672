"""The national platform's search: 25 practitioners, three days, of 100 000 open slots.

A process of its own serves HTTP over a read model of 1 000 communities, a million slots behind the
open ones; this process asks, and PostgreSQL answers beside them.
"""

import asyncio
import base64
import gc
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any
from uuid import uuid4

import orjson
import psycopg
from pydantic import SecretStr

from events.account import AccountOpened, AccountRoleGranted, Grant
from events.base import Event
from events.catalogue import stored
from events.place import Address
from events.roles import Role
from projections.availability import projection
from services.access.tokens import Tokens
from services.clock import WallClock
from services.embedded.nats_server import NatsServer
from services.log.database import pool_of
from services.log.migrate import migrate
from services.projector.projector import rebuild
from services.settings import settings_with
from tests.benchmarks import availability
from tests.benchmarks.calling import Caller, at_a_rate
from tests.benchmarks.servers import api, postgres
from tests.examples import PRACTICE, published

GOAL = "p99 ≤ 20 ms, ≥ 400 answers/s"

ASKED = 25  # practitioners
STEADY = 50  # questions a second: sixty times the national peak
SECONDS = 20
AT_ONCE = 8
FLAT_OUT = 2_000
_OID = "urn:oid:1.2.250.1.71.4.2.1"


def run() -> dict[str, Any]:
    """At a steady rate, then as fast as it goes."""
    with postgres() as server, tempfile.TemporaryDirectory(prefix="snp-bench-") as made:
        nats = NatsServer(Path(made))
        nats.start()
        try:
            return _over(server.url, server.folder, nats.url)
        finally:
            nats.stop()


def _over(database: str, folder: Path, nats: str) -> dict[str, Any]:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    key = base64.b64encode(os.urandom(32)).decode()
    migrate(database)
    site = PRACTICE.model_copy(
        update={
            "address": Address(line="2 place de la Gare", postal_code="58000", city="Nevers"),
            "structure": "580000032",
            "phone": "+33386000000",
        }
    )
    availability.write(database, now, published(place=site))
    settings = settings_with(state=str(folder), vault_key=SecretStr(key))
    account_id = uuid4()
    _open_account(database, account_id, now)

    async def built() -> None:
        async with pool_of(database, settings) as pool:
            await rebuild(pool, projection, settings)
            async with pool.connection() as connection:
                await connection.set_autocommit(True)
                await connection.execute("vacuum analyze")
                await connection.set_autocommit(False)

    asyncio.run(built())
    more = {
        "SNP_VAULT_KEY": key,
        "SNP_HTTP_REQUESTS_A_SECOND": "100000",
        "SNP_HTTP_BURST": "1000000",
    }
    with api(folder, database, nats, **more) as server:
        token = Tokens(settings, WallClock()).made_for(account_id)
        return asyncio.run(_measure(server.url, token, now))


async def _measure(base: str, token: str, now: datetime) -> dict[str, Any]:
    callers = [Caller(base, token) for _ in range(AT_ONCE)]
    rng = Random(1)
    members = availability.COMMUNITIES * availability.MEMBERS
    questions = [_question(rng, members, now) for _ in range(500)]
    found: list[int] = []

    async def search(caller: Caller, nth: int) -> None:
        bundle = orjson.loads(await caller.ask("GET", questions[nth % len(questions)]))
        found.append(bundle["total"])

    gc.disable()  # pauses of who measures are not the product's
    await at_a_rate(callers, STEADY, 4 * STEADY, search)  # warm
    took = await at_a_rate(callers, STEADY, STEADY * SECONDS, search)
    percentiles = quantiles(took, n=100, method="inclusive")

    async def busy(caller: Caller) -> None:
        for nth in range(FLAT_OUT // AT_ONCE):
            await caller.ask("GET", questions[nth % len(questions)])

    began = time.perf_counter()
    await asyncio.gather(*(busy(caller) for caller in callers))
    seconds = time.perf_counter() - began
    return {
        "p50_ms": round(percentiles[49], 2),
        "p99_ms": round(percentiles[98], 2),
        "answers_per_s": round(FLAT_OUT / seconds),
        "slots_an_answer": round(sum(found) / len(found)),
    }


def _question(rng: Random, members: int, now: datetime) -> str:
    since = now.isoformat(timespec="milliseconds").replace("+", "%2B")
    until = (now + timedelta(days=3)).isoformat(timespec="milliseconds").replace("+", "%2B")
    who = ",".join(f"{_OID}|8109{rng.randrange(members):08}" for _ in range(ASKED))
    return (
        "/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor"
        f"&start=ge{since}&start=le{until}"
        f"&schedule.actor:Practitioner.identifier={who}&status=free"
    )


def _open_account(database: str, account_id: Any, now: datetime) -> None:
    grant = Grant(role=Role.PLATFORM)
    events: list[Event] = [
        AccountOpened(account_id=account_id, opened_at=now),
        AccountRoleGranted(account_id=account_id, grant=grant, granted_at=now),
    ]
    with psycopg.connect(database, autocommit=True) as connection:
        for nth, event in enumerate(events, 1):
            connection.execute(
                "insert into events"
                " (stream, version, name, schema_version, data, meta, recorded_at)"
                " values (%s, %s, %s, %s, %s::jsonb, %s::jsonb, now())",
                (
                    f"account-{account_id}",
                    nth,
                    event.name,
                    type(event).version,
                    stored(event).decode(),
                    orjson.dumps(availability.META | {"event_id": str(uuid4())}).decode(),
                ),
            )
