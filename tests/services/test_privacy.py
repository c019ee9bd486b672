"""Who the patient is can be read nowhere but in the vault: events, streams, read models, logs."""

import io
import logging

import nats
import orjson
import psycopg
import pytest
import structlog
from prometheus_client import generate_latest
from psycopg import sql

from domain import request as requests
from events import streams as names
from events.envelope import Actor, Role
from services import telemetry
from services.log.erasure import erase
from services.log.vault import Erased
from services.messaging import streams, subjects
from tests.conftest import house_at
from tests.examples import NEVERS, NOON
from tests.running import until
from tests.services.test_hub_sante import case
from tests.talking import ask, cloud_event, opened, request_told, tell

SECRETS = (
    "Lola",
    "Halimi",
    "33639981234",
    "Danielle Mitterrand",
    "1987-05-04",
    "46.98765",
    "escalier B",
    "Amina",
    "sonner deux fois",
)
PATIENT = {
    "name": "Lola Halimi",
    "phone": "+33639981234",
    "address": "4 rue Danielle Mitterrand, escalier B",
    "birth_date": "1987-05-04",
}
POSITION = {"lat": 46.98765, "lon": 3.15432}


def national():
    return case(
        location={
            "city": {"name": "Nevers", "inseeCode": "58194"},
            "detailedAddress": {"complete": "4 rue Danielle Mitterrand"},
            "geometry": {"point": {"coord": {**POSITION, "precision": "EXACTE"}}},
            "freetext": "escalier B",
        },
        initialAlert={
            "caller": {
                "callerContact": {"channel": "PERSONNE", "type": "TEL", "detail": "+33639981234"},
                "detailedName": {"complete": "Amina Halimi"},
            },
            "notes": [{"creation": NOON.isoformat(), "freetext": "sonner deux fois"}],
        },
        patient=[
            {
                "patientId": "fr.health.samu580.patient.1",
                "identity": {
                    "nonStrictFeatures": {"complete": "Lola Halimi"},
                    "strictFeatures": {"birthDate": "1987-05-04", "sex": "F"},
                },
            }
        ],
        medicalNote=[{"freetext": "Lola a mal, sonner deux fois"}],
    )


@pytest.fixture
def said(monkeypatch):
    """Everything that is logged, by structlog and by libraries, at the most talkative level."""
    output = io.StringIO()
    monkeypatch.setattr("sys.stderr", output)
    telemetry.log_to(level="DEBUG")
    root = logging.getLogger()
    handler = logging.StreamHandler(output)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield output
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


async def test_a_name_or_a_phone_number_is_nowhere_to_be_read(settings, addresses, clock, said):
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house, capacity=9)
        told = request_told(patient=PATIENT, position=POSITION, note="sonner deux fois")
        accepted = [
            await tell(house, "care-request", told),
            await ask(house, "care-request", national(), "any"),
        ]
        refused = [
            await tell(house, "care-request", told | {"motive": "Lola Halimi"}),
            await tell(house, "care-request", told | {"asked_at": "Lola"}),
            await tell(house, "care-request", told | {"Lola Halimi": "+33639981234"}),
            await tell(house, "care-request", told | {"priority": "P0"}),
            await ask(house, "care-request", b"Lola Halimi +33639981234"),
            await ask(house, "care-request", national() | {"x": "Lola"}, "Lola-Halimi"),
            await ask(house, "Lola", cloud_event("care-request", told)),
        ]
        await by_jetstream(house, cloud_event("care-request", told))
        await by_jetstream(house, cloud_event("care-request", told | {"motive": "Lola"}))
        await house.settled()
        metrics = await readiness(house)

    assert all("state" in answer for answer in accepted)
    assert all("code" in answer for answer in refused)
    nothing_secret_in(accepted, refused, metrics)
    nothing_secret_in(await tables(addresses.database_url))
    nothing_secret_in(await messages(addresses.nats_url))
    nothing_secret_in(said.getvalue())
    assert "refused" in said.getvalue()


async def readiness(house):
    return [await house.readiness(), generate_latest().decode()]


async def by_jetstream(house, event):
    js = house.broker.connection.jetstream()
    await js.publish(subjects.inbox(NEVERS, "care-request"), orjson.dumps(event))

    async def empty():
        return (await js.stream_info(streams.INBOX)).state.messages == 0

    await until(empty)


def nothing_secret_in(*texts):
    for text in texts:
        for secret in SECRETS:
            assert secret not in str(text), secret


async def tables(database_url):
    """Every row of every table of every schema, as text and as the bytes it is made of."""
    found = {}
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for schema, table in await cursor.fetchall():
            query = sql.SQL("select t::text from {}.{} t").format(
                sql.Identifier(schema), sql.Identifier(table)
            )
            rows = await (await connection.execute(query)).fetchall()
            found[f"{schema}.{table}"] = [_readable(row[0]) for row in rows]
    assert found["public.events"]
    assert found["public.vault"]
    assert found["board.requests"]
    return found


def _readable(text):
    """Bytes are shown by PostgreSQL in hexadecimal: what they would read as is added."""
    parts = [text]
    for word in text.replace('"', " ").replace(",", " ").split():
        if word.lstrip("\\").startswith("x"):
            digits = word.lstrip("\\")[1:].rstrip(")")
            try:
                parts.append(bytes.fromhex(digits).decode(errors="replace"))
            except ValueError:
                continue
    return " ".join(parts)


async def messages(nats_url):
    """Every message of every stream, with its subject and headers."""
    client = await nats.connect(nats_url)
    js, found = client.jetstream(), []
    for info in await js.streams_info():
        for sequence in range(info.state.first_seq, info.state.last_seq + 1):
            if sequence:
                message = await js.get_msg(info.config.name, sequence)
                found.append((message.subject, message.headers, message.data))
    await client.close()
    assert {subject.split(".")[1] for subject, _, _ in found} == {"event", "dead"}
    return found


async def test_a_patient_is_revealed_to_who_says_why_and_erased_for_good(house):
    await opened(house)
    answer = await tell(house, "care-request", request_told(patient=PATIENT))
    await house.settled()
    request = requests.decider.replay((await house.log.load(names.request(answer["id"]))).events)
    patient_ref = requests.received_of(request).patient_ref
    (who,) = await house.vault.reveal_patient(patient_ref, actor="anna", reason="call back")
    assert who.name == "Lola Halimi"

    how = {
        "executor": house.executor("tests"),
        "vault": house.vault,
        "clock": house.clock,
        "actor": Actor(ref="anna", role=Role.OPERATOR),
    }
    assert await erase(requests.received_of(request).request_id, **how)
    assert not await erase(requests.received_of(request).request_id, **how)

    with pytest.raises(Erased):
        await house.vault.reveal_patient(patient_ref, actor="anna", reason="again")
    history = await house.log.history(names.request(answer["id"]))
    assert [r.event.name for r in history][-1] == "patient.erased"
