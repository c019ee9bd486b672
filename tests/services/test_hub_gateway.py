"""The Hub Santé over AMQP: what comes is answered as its models say, and nothing is lost."""

import json
import ssl
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import aio_pika
import orjson
import pytest
from jsonschema import Draft7Validator
from pydantic import ValidationError

from events import streams as names
from services import telemetry
from services.app import Service
from services.cli.shifting import as_of
from services.deliver.ledger import Ledger, listed
from services.hub_sante import publishing
from services.hub_sante.answers import Answers
from services.hub_sante.gateway import Gateway
from services.hub_sante.publishing import EXCHANGE_FAULTS, broker_of, publish
from services.hub_sante.schemas import HEADER_FIELDS, Schemas, SchemasMissing
from services.hub_sante.sent import FORGETTING
from services.hub_sante.threads import Thread, Threads
from services.intake.naming import request_of
from services.intake.rejections import Invalid
from services.settings import settings_with
from tests.conftest import house_at
from tests.examples import HOUR, NOON
from tests.running import until
from tests.services.rabbit import SAMU, US, needs_rabbitmq, rabbit_at
from tests.services.test_hub_sante import CASE, case, demand
from tests.talking import opened, request_told, slot_told, tell

HUB = Path(__file__).parents[3] / "shared" / "conformance" / "hub-sante"
SCHEMAS = HUB / "json-schema"
DEMAND = "fr.health.samu580.request.1"

pytestmark = [
    pytest.mark.xdist_group("rabbitmq"),  # ten seconds to start: one for all of these
    needs_rabbitmq,
    pytest.mark.skipif(not HUB.is_dir(), reason="the Hub's schemas are not beside this checkout"),
]


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory):
    with rabbit_at(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def settings(settings, rabbit):
    certificate, key = rabbit.ours
    return settings.model_copy(
        update={
            "hub_url": settings_with(hub_url=rabbit.url, hub_client_id=US).hub_url,
            "hub_client_id": US,
            "hub_certificate": certificate,
            "hub_key": key,
            "hub_authority": rabbit.authority.file,
            "hub_schemas": SCHEMAS,
            "hub_reconnect_seconds": 0.1,
            "deliver_retry_seconds": (0.05, 0.1),
            "deliver_poll_seconds": 0.05,
            "follower_pause_seconds": 0.005,
        }
    )


class Samu:
    """Somebody else on the Hub, and the Hub between us."""

    def __init__(self, connection, channel):
        self.connection, self.channel = connection, channel
        self.heard = []

    async def send(self, message, queue="message", **how):
        document = message if "distributionID" in message else enveloped(message)
        raw = how.pop("raw", None) or orjson.dumps(document)
        body = aio_pika.Message(raw, content_type=how.get("content_type", "application/json"))
        await self.channel.default_exchange.publish(body, f"{US}.{queue}")
        return document

    async def hears(self, root, count=1):
        """The messages of that kind, once there are so many."""
        await until(lambda: len(self.of(root)) >= count, within=20)
        return self.of(root)

    def of(self, root):
        found = (content(one) for one in self.heard)
        return [one[root] for one in found if root in one]


@pytest.fixture
async def samu(rabbit):
    async with samu_at(rabbit) as connected:
        yield connected


@asynccontextmanager
async def samu_at(rabbit, *, emptied=True):
    context = ssl.create_default_context(cafile=rabbit.authority.file)
    context.load_cert_chain(*rabbit.samu)
    connection = await aio_pika.connect(f"{rabbit.url}?auth=EXTERNAL", ssl_context=context)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue("hub.in")
        if emptied:
            for kind in ("message", "ack", "info"):
                await (await channel.get_queue(f"{US}.{kind}")).purge()
            await queue.purge()
        there = Samu(connection, channel)

        async def heard(message):
            assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            assert message.content_type == "application/json"
            there.heard.append(orjson.loads(message.body))
            await message.ack()

        await queue.consume(heard)
        yield there


@pytest.fixture
async def house(settings, addresses, clock, samu):  # noqa: ARG001 its queues are emptied first
    async with house_at(settings, addresses, clock=clock) as house:
        yield house


def enveloped(message, number=None, at=NOON, **changes):
    """As the Hub hands it on."""
    number = f"{SAMU}_{number or uuid4()}"
    header = {
        "messageId": number,
        "sender": {"name": "SAMU 58", "URI": f"hubex:{SAMU}"},
        "sentAt": at.isoformat(),
        "kind": "Report",
        "status": "Actual",
        "recipient": [{"name": "CPTS", "URI": f"hubex:{US}"}],
    }
    return {
        "distributionID": number,
        "senderID": SAMU,
        "dateTimeSent": at.isoformat(),
        "dateTimeExpires": (at + timedelta(hours=1)).isoformat(),
        "distributionStatus": "Actual",
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {
                "explicitAddressScheme": "hubex",
                "explicitAddressValue": US,
            },
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": header | message}}}],
    } | changes


def content(document):
    return document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]


def check(document):
    """Whether the Hub would let it pass, by its schemas alone: none of our code asks."""
    Draft7Validator(schema("EDXL-DE-envelope-only")).validate(document)
    message = content(document)
    header = {key: message[key] for key in message if key in HEADER_FIELDS}
    Draft7Validator(schema("RC-DE")).validate(header)
    ((root, body),) = ((key, message[key]) for key in message if key not in HEADER_FIELDS)
    file = {
        "reference": "RC-REF",
        "error": "RS-ERROR",
        "resourcesResponse": "RS-RR",
        "appointment": "RS-SAS-RDV",
    }[root]
    Draft7Validator(schema(file)).validate(body)


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


async def test_a_case_then_a_demand_are_answered_with_a_place(house, samu):
    await opened(house)

    file = await samu.send(case())
    receipts = await samu.hears("reference")
    assert receipts == [{"distributionID": file["distributionID"], "step": "INTEGRE"}]
    (booked,) = await samu.hears("appointment")
    assert booked["appointmentId"].startswith(CASE)
    assert (booked["status"], booked["method"]) == ("booked", "CreateAppointment")
    await samu.send(demand(request={"deadline": "4H"}))
    (answer,) = await samu.hears("resourcesResponse")

    assert (answer["caseId"], answer["requestId"]) == (CASE, DEMAND)
    assert answer["response"]["answer"] == "ACCEPTEE"
    for one in samu.heard:
        check(one)


async def demanded_with_a_place(house, samu):
    """A file has a place, of which its SAMU heard, and a demand was accepted."""
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.hears("resourcesResponse")


async def demanded_again(house, samu):
    """With more time; then there is a place."""
    again = demand(number=2, at=NOON + HOUR, request={"deadline": "4H"})
    await samu.send(enveloped(again, at=NOON + HOUR))
    await samu.hears("resourcesResponse", 3)
    await tell(house, "slot", slot_told(NOON + 3 * HOUR))


async def refused_in_time(house, samu, clock):
    """Nobody could: what was answered to the demand, at first and in the end."""
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.send(demand(request={"deadline": "1H"}))
    await samu.hears("resourcesResponse")
    await clock.move_to(NOON + HOUR)
    return await samu.hears("resourcesResponse", 2)


async def test_what_waits_is_deferred_and_then_accepted(house, samu):
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.send(demand(request={"deadline": "4H"}))
    (first,) = await samu.hears("resourcesResponse")
    assert first["response"]["answer"] == "DIFFEREE"

    assert (await tell(house, "slot", slot_told(NOON + 2 * HOUR)))["state"] == "published"
    (_, second) = await samu.hears("resourcesResponse", 2)

    assert second["response"]["answer"] == "ACCEPTEE"
    assert second["response"]["deadline"] == "2H"
    assert "15:00" in second["response"]["freetext"]
    for one in samu.heard:
        check(one)


async def test_what_nobody_can_is_refused_in_time(house, samu, clock):
    (_, last) = await refused_in_time(house, samu, clock)

    assert last["response"]["answer"] == "REFUSEE"


async def test_a_place_taken_back_is_told_as_a_change(house, samu):
    told = await opened(house)
    await samu.send(case())
    await samu.hears("appointment")

    await tell(house, "slot-withdrawal", {"slot_id": told["id"]})
    (_, change) = await samu.hears("appointment", 2)

    assert (change["method"], change["status"]) == ("UpdateAppointment", "cancelled")


async def test_what_is_invalid_is_refused_with_its_code_and_nothing_ends(house, samu):
    paths = sorted((HUB / "invalid").glob("*.json"))
    for path in paths:
        await samu.send({}, raw=path.read_bytes())
    errors = await samu.hears("error", len(paths))

    assert {one["errorCode"]["statusCode"] for one in errors} == {300, 301}
    assert {one.get("refused") for one in samu.of("reference")} == {True}
    for one in samu.heard:
        check(one)
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")


@pytest.mark.usefixtures("house")
async def test_every_published_example_is_understood(samu):
    """Whatever becomes of it: each is well written, and its sender hears of it."""
    sent = {}
    for path in sorted((HUB / "examples").glob("*.json")):
        raw, _ = as_of(path.read_bytes(), NOON)
        document = await samu.send(enveloped(json.loads(raw)))
        sent[document["distributionID"]] = path.stem
    receipts = await samu.hears("reference", len(sent))

    assert {one["distributionID"] for one in receipts} == set(sent)
    badly_written = {101, 102, 200, 300, 301}
    for one in samu.of("error"):
        code, about = one["errorCode"]["statusCode"], one["referencedDistributionID"]
        assert code not in badly_written, sent[about]
    for one in samu.heard:
        check(one)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dateTimeExpires": "2026-01-01T00:00:00+01:00"}, 400),
        ({"senderID": "fr.health.samu999"}, 200),
        ({"distributionKind": "Something"}, 300),
        ({"unexpected": True}, 300),
    ],
)
async def test_an_envelope_that_is_wrong_is_refused_with_its_code(samu, changes, code):
    await samu.send(enveloped(case(), **changes))

    (error,) = await samu.hears("error")

    assert error["errorCode"]["statusCode"] == code
    (receipt,) = await samu.hears("reference")
    assert (receipt["refused"], receipt["step"]) == (True, "ERREUR")
    assert receipt["errorDistributionID"].startswith(f"{US}_")
    for one in samu.heard:
        check(one)


async def test_what_is_no_json_and_names_nobody_is_let_go_and_the_next_is_taken_in(house, samu):
    for raw in (b"\xff\xfe", b"[1, 2]", b"{", b"null", b"[" * 100_000):
        await samu.send({}, raw=raw)
    await opened(house)
    await samu.send(case())

    await samu.hears("appointment")


@pytest.mark.usefixtures("house")
async def test_another_content_type_is_refused(samu):
    await samu.send(case(), content_type="application/xml")

    (error,) = await samu.hears("error")

    assert error["errorCode"] == {"statusCode": 101, "statusString": "NOT_ALLOWED_CONTENT_TYPE"}


async def test_an_emergency_goes_back_to_the_samu_and_says_so(house, samu):
    await opened(house)
    vital = case(qualification={"details": {"priority": "P0", "careLevel": "R1"}})

    await samu.send(vital)
    (error,) = await samu.hears("error")

    assert "refused_as_emergency" in error["errorCause"]
    (receipt,) = await samu.hears("reference")
    assert receipt["refused"]


async def test_no_name_goes_out_over_the_hub(house, samu):
    await opened(house)
    patient = {
        "patientId": "fr.health.samu580.patient.1",
        "identity": {"strictFeatures": {"birthName": "Perrichon", "sex": "F"}},
    }
    await samu.send(case(patient=[patient]))
    await samu.hears("appointment")

    assert b"Perrichon" not in orjson.dumps(samu.heard)


async def test_a_receipt_makes_it_delivered_and_an_error_refused(house, samu):
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")
    (sent,) = [one for one in samu.heard if "appointment" in content(one)]

    async def states():
        async with house.pool.connection() as connection:
            found = await listed(connection, destination="hub", limit=10)
        return [one["state"] for one in found]

    await until(lambda: states_are(states, ["sent"]))
    await until(lambda: shows(lambda seconds: seconds > 0))
    ack = {"reference": {"distributionID": sent["distributionID"], "step": "INTEGRE"}}
    await samu.send(enveloped(ack, distributionKind="Ack"), "ack")
    await until(lambda: states_are(states, ["delivered"]))
    await until(lambda: shows(lambda seconds: seconds == 0))
    failed = {
        "error": {
            "errorCode": {"statusCode": 500, "statusString": "DEAD_LETTER_QUEUED"},
            "errorCause": "nobody was there",
            "referencedDistributionID": sent["distributionID"],
        }
    }
    await samu.send(enveloped(failed, distributionKind="Error"), "info")
    await until(lambda: states_are(states, ["refused"]))


async def test_who_has_it_is_not_told_again_because_the_hub_is_slow_to_say_so(
    house, samu, monkeypatch
):
    """Found in review: their receipt had come before, and nobody waited for another."""
    tries = []

    async def without_an_answer(broker, client_id, message):
        tries.append(message)
        await publish(broker, client_id, message)
        await samu.send(receipt_of(message), "ack")
        await until(lambda: is_told(house, ("appointment", "delivered")))
        raise TimeoutError

    await opened(house)
    monkeypatch.setattr(publishing, "publish", without_an_answer)
    await samu.send(case())

    await until(lambda: tries)
    await until(lambda: is_told(house, ("appointment", "delivered")))
    await until(lambda: tried(house))
    assert await told_of(house) == {("appointment", "delivered")}
    assert len(tries) == 1


async def tried(house):
    """Whether something was tried twice, and is settled."""
    async with house.pool.connection() as connection:
        (found,) = await listed(connection, destination="hub", limit=10)
    return found["attempts"] == 2 and found["state"] != "waiting"


async def shows(wanted):
    """Of how long something sent has had no answer."""
    (shown,) = telemetry.oldest_unanswered_seconds.collect()
    return any(wanted(one.value) for one in shown.samples)


async def states_are(states, wanted):
    return await states() == wanted


async def test_receipts_and_errors_are_never_answered(house, samu):
    ack = {"reference": {"distributionID": f"{US}_x", "step": "RECU"}}
    await samu.send(enveloped(ack, distributionKind="Ack"))
    await samu.send(enveloped({"error": {}}, distributionKind="Error"), "info")
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")

    assert len(samu.of("reference")) == 1


OTHERS = set(Service) - {Service.HUB}


async def test_what_came_while_the_intake_was_away_is_taken_in_after(
    settings, addresses, clock, samu
):
    async with house_at(settings, addresses, clock=clock, services=OTHERS) as house:
        await opened(house)
    async with house_at(settings, addresses, clock=clock, services={Service.HUB}):
        await samu.send(case())
        async with house_at(settings, addresses, clock=clock, services=OTHERS):
            (receipt,) = await samu.hears("reference")
    assert receipt["step"] == "INTEGRE"


async def test_the_same_message_again_is_answered_the_same(house, samu):
    await opened(house)
    file = enveloped(case())
    await samu.send(file)
    await samu.send(file)
    receipts = await samu.hears("reference", 2)

    assert receipts[0] == receipts[1]
    numbers = [one["distributionID"] for one in samu.heard if "reference" in content(one)]
    assert numbers[0] == numbers[1]
    assert len(await samu.hears("appointment")) == 1
    history = await house.log.history(f"request-{request_of(CASE)}")
    assert [one.event.name for one in history].count("request.received") == 1


async def test_killed_before_it_let_go_a_message_comes_again_and_nothing_is_lost(
    settings, addresses, clock, samu
):
    """The Hub goes away while a message is in hand: nothing was acknowledged."""
    async with house_at(settings, addresses, clock=clock, services=OTHERS) as house:
        await opened(house)
        for _ in range(3):
            async with house_at(settings, addresses, clock=clock, services={Service.HUB}):
                await samu.send(enveloped(case(), number=str(uuid4())))
        async with house_at(settings, addresses, clock=clock, services={Service.HUB}):
            receipts = await samu.hears("reference", 3)
        assert {one["step"] for one in receipts} <= {"INTEGRE", "ERREUR"}
        history = await house.log.history(f"request-{request_of(CASE)}")
        assert [one.event.name for one in history].count("request.received") == 1


async def test_when_the_hub_comes_back_what_was_to_be_told_is_told(house, rabbit, samu):
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.hears("resourcesResponse")

    rabbit.stop()
    await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    await house.settled()
    rabbit.start()
    async with samu_at(rabbit, emptied=False) as back:  # it may be told before it is back itself
        answered = partial(back.of, "resourcesResponse")  # what it had not let go comes again
        await until(
            lambda: "ACCEPTEE" in [one["response"]["answer"] for one in answered()], within=20
        )


async def test_a_hub_that_says_nothing_is_not_waited_for_for_ever(house, settings, rabbit, samu):
    house.settings = settings.model_copy(update={"deliver_timeout_seconds": 0.2})
    hasty, broker = Gateway(house), broker_of(settings)
    reply = enveloped(case(), distributionKind="Ack")
    await broker.start()
    try:
        with rabbit.frozen(), pytest.raises(TimeoutError):
            await hasty._replied(broker, reply)

        async def told():
            with suppress(*EXCHANGE_FAULTS):  # its channel is opened again first
                await hasty._replied(broker, reply)
            return samu.heard

        await until(told)
    finally:
        await broker.stop()


def test_the_hub_is_reached_over_tls_or_not_at_all():
    with pytest.raises(ValidationError, match="amqps"):
        settings_with(hub_url="amqp://hub.example/x", hub_client_id=US)
    with pytest.raises(ValidationError, match="SNP_HUB_CLIENT_ID"):
        settings_with(hub_url="amqps://hub.example/x")


def test_what_was_sent_is_not_quoted_in_what_is_wrong_with_it():
    wrong = enveloped(case(location={"city": {"inseeCode": "Perrichon"}}))

    with pytest.raises(Invalid) as refused:
        Schemas(SCHEMAS).check(wrong)

    assert "Perrichon" not in str(refused.value)


async def test_a_demand_that_was_refused_is_never_accepted_later(house, samu):
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.send(demand(purpose="SMUR", number=99))
    answers = await samu.hears("resourcesResponse", 2)
    assert {one["requestId"][-2:]: one["response"]["answer"] for one in answers} == {
        ".1": "DIFFEREE",
        "99": "REFUSEE",
    }

    await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    answers = await samu.hears("resourcesResponse", 3)

    accepted = [one["requestId"] for one in answers if one["response"]["answer"] == "ACCEPTEE"]
    assert accepted == [DEMAND]


def of_a_stranger(message, kind="Report"):
    """Of a SAMU the case is not of."""
    stranger = "fr.health.samu999"
    document = enveloped(message, distributionKind=kind, senderID=stranger)
    document["distributionID"] = f"{stranger}_{uuid4()}"
    content(document)["sender"]["URI"] = f"hubex:{stranger}"
    return document


VITAL = {"details": {"priority": "P0", "careLevel": "R1"}}


@pytest.mark.parametrize("beside", [{}, {"location": "nowhere"}], ids=["whole", "malformed"])
@pytest.mark.parametrize("door", ["the Hub", "another"])
async def test_another_samu_does_not_end_a_case_by_calling_it_an_emergency(
    house, samu, beside, door
):
    await opened(house)
    if door == "the Hub":
        await samu.send(case())
        await samu.hears("appointment")
    else:
        assert "code" not in await tell(house, "care-request", request_told(case_id=CASE))

    await samu.send(of_a_stranger(case(qualification=VITAL, **beside)))
    (error,) = await samu.hears("error")

    assert error["errorCode"]["statusCode"] == 703
    names = [one.event.name for one in await house.log.history(f"request-{request_of(CASE)}")]
    assert "request.refused_as_emergency" not in names


async def test_its_own_samu_does_even_where_the_file_is_malformed(house, samu):
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")

    await samu.send(case(qualification=VITAL, location="nowhere"))
    (_, change) = await samu.hears("appointment", 2)

    assert change["status"] == "cancelled"
    for one in samu.heard:
        check(one)


async def test_a_file_goes_on_being_answered_after_an_update_that_is_refused(house, samu):
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.hears("reference")
    await samu.send({"createCaseHealthUpdate": {"caseId": CASE, "medicalNote": []}})
    await samu.hears("error")

    await tell(house, "slot", slot_told(NOON + 2 * HOUR))

    assert await samu.hears("appointment")


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("reorientation", {"to": "URGENCES"}, "réorienté"),
        ("duplicate", {"of": "another"}, "Doublon"),
    ],
)
async def test_what_ends_elsewhere_is_told_to_who_asked(house, samu, kind, data, said):
    await demanded_with_a_place(house, samu)
    if "of" in data:
        data = {"of": (await tell(house, "care-request", request_told()))["id"]}

    await tell(house, kind, {"request_id": str(request_of(CASE)), **data})
    (_, answer) = await samu.hears("resourcesResponse", 2)
    (_, change) = await samu.hears("appointment", 2)

    assert answer["response"]["answer"] == "REFUSEE"
    assert said in answer["response"]["freetext"]
    assert change["status"] == "cancelled"
    for one in samu.heard:
        check(one)


async def test_an_emergency_is_told_to_who_asked(house, samu):
    await demanded_with_a_place(house, samu)

    await samu.send(case(qualification=VITAL))
    (_, answer) = await samu.hears("resourcesResponse", 2)
    (_, change) = await samu.hears("appointment", 2)

    assert "Urgence" in answer["response"]["freetext"]
    assert change["status"] == "cancelled"


async def test_what_the_sas_does_with_what_it_got_back_is_not_told_it_again(house, samu, clock):
    await refused_in_time(house, samu, clock)

    reoriented = {"request_id": str(request_of(CASE)), "to": "URGENCES"}
    assert "code" not in await tell(house, "reorientation", reoriented)
    await house.settled()
    await samu.send(case(caseId=f"{CASE}.other"))
    await samu.hears("reference", 3)

    assert len(samu.of("resourcesResponse")) == 2


# Found in review: each with what it did.


async def test_a_demand_that_was_refused_in_the_end_is_not_accepted_for_another(house, samu, clock):
    """Both were accepted: two visits for one place."""
    await refused_in_time(house, samu, clock)
    await demanded_again(house, samu)
    await until(lambda: "ACCEPTEE" in answers_to(samu, ".2"))
    await house.settled()

    assert answers_to(samu, ".1") == ["DIFFEREE", "REFUSEE"]


def answers_to(samu, number):
    return [
        one["response"]["answer"]
        for one in samu.of("resourcesResponse")
        if one["requestId"].endswith(number)
    ]


async def test_what_is_withdrawn_is_told_to_every_demand_but_the_one_taken_back(house, samu):
    """The others were DIFFEREE for ever."""
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.send(demand(number=2, request={"deadline": "4H"}))
    await samu.hears("resourcesResponse", 2)

    await samu.send(demand(request={"deadline": "4H"}, root={"status": "ANNULEE"}))
    await until(lambda: "REFUSEE" in answers_to(samu, ".2"))
    await samu.hears("reference", 4)

    assert answers_to(samu, ".1") == ["DIFFEREE"]


async def test_who_takes_a_demand_back_hears_that_its_appointment_is_cancelled(house, samu):
    await opened(house, start=NOON + 40 * HOUR)
    await tell(house, "care-request", request_told(case_id=CASE))
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.hears("resourcesResponse")
    await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    await samu.hears("appointment")

    await samu.send(demand(request={"deadline": "4H"}, root={"status": "ANNULEE"}))
    (_, change) = await samu.hears("appointment", 2)

    assert change["status"] == "cancelled"


async def test_what_was_taken_in_is_answered_the_same_after_its_time(house, samu, clock):
    """`expired_message`, and the SAMU believed it had failed while a place was taken."""
    await opened(house, start=NOON + 3 * HOUR)
    file = enveloped(case())
    await samu.send(file)
    await samu.hears("appointment")

    await clock.move_to(NOON + 2 * HOUR)
    await samu.send(file)
    receipts = await samu.hears("reference", 2)

    assert receipts[0] == receipts[1]
    await samu.send(case(caseId=f"{CASE}.new"))
    (error,) = await samu.hears("error")
    assert error["errorCode"]["statusCode"] == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"distributionStatus": "Exercise", "dateTimeSent": "never"},
        {"distributionStatus": "Test"},
        {"distributionStatus": "Exercise", "distributionKind": "Something"},
        {"distributionKind": "Cancel", "dateTimeSent": "never"},
        {"descriptor": {"explicitAddress": {"explicitAddressValue": "fr.other"}}},
    ],
    ids=str,
)
async def test_what_is_not_meant_for_us_or_for_real_ends_nothing(house, samu, changes):
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")

    await samu.send(enveloped(case(qualification=VITAL), **changes))
    await samu.hears("reference", 2)

    names = [one.event.name for one in await house.log.history(f"request-{request_of(CASE)}")]
    assert names[-1] == "request.assigned"


@pytest.mark.parametrize("beside", [{}, {"location": "nowhere"}], ids=["whole", "malformed"])
async def test_an_emergency_of_a_shared_case_is_answered_the_same_when_it_comes_again(
    house, samu, beside
):
    """The second time it was `not_their_case`."""
    await opened(house)
    vital = of_a_stranger(case(qualification=VITAL, **beside))
    await samu.send(vital)
    await samu.send(vital)

    errors = await samu.hears("error", 2)

    assert errors[0] == errors[1]
    assert "refused_as_emergency" in errors[0]["errorCause"]


async def test_another_samu_neither_cancels_a_case_nor_hears_of_it(house, samu):
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")

    for message, kind in ((case(), "Cancel"), (demand(), "Report"), (case(), "Report")):
        await samu.send(of_a_stranger(message, kind))
    errors = await samu.hears("error", 3)

    assert {one["errorCode"]["statusCode"] for one in errors} == {703}
    names = [one.event.name for one in await house.log.history(f"request-{request_of(CASE)}")]
    assert "request.withdrawn" not in names
    told = [one for one in samu.heard if "appointment" in content(one)]
    assert {one["descriptor"]["explicitAddress"]["explicitAddressValue"] for one in told} == {SAMU}


def hostile():
    """Messages somebody could send; none may hold up the next."""
    deep = []
    for _ in range(300):
        deep = [deep]
    beside = enveloped(case())
    beside["content"][0]["jsonContent"]["embeddedJsonContent"]["beside"] = deep
    endless = enveloped(case(caseId="a" * 60 + "!"))
    no_sender = enveloped(case())
    content(no_sender)["sender"] = "x"
    nul = enveloped(demand())
    content(nul)["resourcesRequest"]["request"]["requestId"] = "fr.health.samu580.request.\x00"
    return {"deep": beside, "endless": endless, "no_sender": no_sender, "nul": nul}


@pytest.mark.parametrize("name", sorted(hostile()))
async def test_no_message_holds_up_the_next(house, samu, name):
    await opened(house)
    await samu.send({}, raw=json.dumps(hostile()[name]).encode())
    await samu.send(case())

    await samu.hears("appointment")
    assert any(one.get("refused") for one in samu.of("reference"))


async def test_what_nobody_foresaw_is_put_aside_and_its_sender_is_told(house, samu, monkeypatch):
    await opened(house)

    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("services.hub_sante.receiving.Receiving._check_theirs", broken)
    await samu.send(case())
    (error,) = await samu.hears("error")

    assert error["errorCode"]["statusCode"] == 700
    assert await house.letters.count() == 1


def test_a_folder_without_schemas_is_said_at_once(tmp_path):
    with pytest.raises(SchemasMissing):
        Schemas(tmp_path)


# Found in review: what one message, or one receipt, could do to others


def grown(document):
    """As it came it is small enough; written by us, `1e15` takes three times as much."""
    content(document)["createCaseHealth"]["more"] = "HERE"
    many = b"[" + b",".join([b"1e15"] * 120_000) + b"]"
    return orjson.dumps(document).replace(b'"HERE"', many)


async def test_a_message_that_grows_holds_up_nobody_and_is_heard_where_it_is_vital(house, samu):
    await opened(house)

    await samu.send({}, raw=grown(enveloped(case())))
    await samu.send({}, raw=grown(enveloped(case(qualification=VITAL, location="nowhere"))))
    await samu.send(case(caseId=f"{CASE}.other"))

    await samu.hears("appointment")
    first, second = (one["errorCode"]["statusCode"] for one in samu.of("error"))
    assert (first, second) == (102, 300)
    history = await house.log.history(names.request(request_of(CASE)))
    assert [one.event.name for one in history] == ["request.refused_as_emergency"]


async def test_a_message_of_nobody_is_put_aside(house, samu):
    await opened(house)
    unsigned = enveloped(case(qualification=VITAL))
    del unsigned["senderID"]
    unsigned["distributionID"] = "12"

    await samu.send({}, raw=orjson.dumps(unsigned))
    await samu.send(case(caseId=f"{CASE}.other"))

    await samu.hears("appointment")
    (letter,) = await house.letters.all()
    assert letter.code == "nobody_to_reply_to"


async def told_of(house):
    async with house.pool.connection() as connection:
        found = await listed(connection, destination="hub", limit=20)
    return {(one["what"], one["state"]) for one in found}


def receipt_of(message, sender=SAMU, **more):
    said = {"distributionID": message["distributionID"], "step": "INTEGRE"} | more
    return enveloped({"reference": said}, distributionKind="Ack", senderID=sender)


async def test_an_event_is_told_when_each_of_its_messages_is_received_by_whom_it_was_for(
    house, samu
):
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.hears("resourcesResponse")
    await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    await samu.hears("resourcesResponse", 2)
    await samu.hears("appointment")
    deferred, accepted, booked = (
        one
        for root in ("resourcesResponse", "appointment")
        for one in samu.heard
        if root in content(one)
    )
    both = "appointment, resourcesResponse"
    await until(lambda: is_told(house, (both, "sent")))

    for number in (f"{US}_\0", "\0", None, 7):
        await samu.send(receipt_of({"distributionID": number}), "ack")
    await samu.send(receipt_of(booked, sender="\0"), "ack")
    await samu.send({}, "ack", raw=b"no JSON")
    await samu.send(receipt_of(booked), "ack")
    for more in ({}, {"step": "ERREUR", "refused": True}):
        await samu.send(receipt_of(accepted, sender="fr.health.samu999", **more), "ack")
    await samu.send(receipt_of(deferred), "ack")

    await until(lambda: is_told(house, ("resourcesResponse", "delivered")))
    assert (both, "sent") in await told_of(house)
    await samu.send(receipt_of(accepted), "ack")
    await until(lambda: is_told(house, (both, "delivered")))


async def is_told(house, wanted):
    return wanted in await told_of(house)


async def test_an_answer_at_once_that_nobody_receives_is_listed(house, samu):
    await demanded_with_a_place(house, samu)
    (said,) = (one for one in samu.heard if "resourcesResponse" in content(one))
    failed = {
        "error": {
            "errorCode": {"statusCode": 500, "statusString": "DEAD_LETTER_QUEUED"},
            "errorCause": "nobody was there",
            "referencedDistributionID": said["distributionID"],
        }
    }

    nobodys = failed["error"] | {"referencedDistributionID": "\0"}
    malformed = failed["error"] | {"errorCode": {"statusCode": 10**12, "statusString": "\0"}}

    unforeseen = failed["error"] | {"errorCode": {"statusCode": True, "statusString": "x"}}
    for one in (nobodys, unforeseen, malformed):  # the first must not hold up the others
        await samu.send(enveloped({"error": one}, distributionKind="Error"), "info")

    await until(lambda: is_told(house, ("resourcesResponse", "refused")))


async def test_a_demand_refused_for_good_is_not_accepted_because_it_was_taken_back_in_vain(
    house, samu, clock
):
    await refused_in_time(house, samu, clock)
    back = demand(at=NOON + HOUR, request={"deadline": "1H"}, root={"status": "ANNULEE"})
    await samu.send(enveloped(back, at=NOON + HOUR))
    await samu.hears("error")
    await demanded_again(house, samu)

    await until(lambda: "ACCEPTEE" in answers_to(samu, ".2"))
    await house.settled()
    assert answers_to(samu, ".1") == ["DIFFEREE", "REFUSEE"]


async def test_a_demand_taken_back_by_its_envelope_is_that_demand_and_no_more(house, samu):
    await opened(house, start=NOON + 40 * HOUR)
    await samu.send(case())
    first = demand(request={"deadline": "4H"})
    await samu.send(first)
    await samu.send(demand(number=2, request={"deadline": "4H"}))
    await samu.hears("resourcesResponse", 2)

    await samu.send(enveloped(first, distributionKind="Cancel"))

    await until(lambda: answers_to(samu, ".2") == ["DIFFEREE", "REFUSEE"])
    await house.settled()
    assert answers_to(samu, ".1") == ["DIFFEREE"]


async def test_nobody_takes_back_a_demand_of_another_or_one_that_was_never_made(house, samu):
    await opened(house)
    await samu.send(of_a_stranger(case()))
    await samu.hears("appointment")
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.hears("resourcesResponse")

    await samu.send(of_a_stranger(demand(root={"status": "ANNULEE"})))
    await samu.send(demand(number=5, root={"status": "ANNULEE"}))

    errors = await samu.hears("error", 2)
    assert [one["errorCause"].partition(":")[0] for one in errors] == ["unknown_demand"] * 2
    history = await house.log.history(names.request(request_of(CASE)))
    assert "request.withdrawn" not in [one.event.name for one in history]


async def test_a_demand_that_was_refused_is_nobodys_to_take_back(house, samu):
    """Found in review: of the same number as another's, it took that one back."""
    await opened(house)
    await samu.send(of_a_stranger(case()))
    await samu.hears("appointment")
    await samu.send(demand(request={"deadline": "4H"}))
    await samu.hears("resourcesResponse")

    await samu.send(of_a_stranger(demand(request={"deadline": "8H"})))
    await samu.hears("error")
    await samu.send(of_a_stranger(demand(root={"status": "ANNULEE"})))

    errors = await samu.hears("error", 2)
    assert errors[-1]["errorCause"].startswith("unknown_demand")


async def test_what_was_decided_before_a_demand_is_no_answer_to_it(house, samu, clock):
    """The Hub was away: the hand-back is told when the next demand is taken in already."""
    await refused_in_time(house, samu, clock)
    threads = Threads(house.pool)
    history = await house.log.history(names.request(request_of(CASE)))
    (back,) = (one for one in history if one.event.name == "request.handed_back")
    await threads.keep(CASE, Thread(SAMU, "fr.health.samu580.request.2"), "a number")

    told = await Answers(US, house.log, threads, clock).parcel(back)

    said = [content(one)["resourcesResponse"] for one in orjson.loads(told.body)]
    assert [one["requestId"][-2:] for one in said] == [".1"]


@pytest.mark.parametrize("ended", [{}, {"step": "ERREUR", "refused": True}])
async def test_what_is_sent_again_on_purpose_is_told_whoever_had_or_refused_it(house, samu, ended):
    await opened(house)
    await samu.send(case())
    await samu.hears("appointment")
    (sent,) = (one for one in samu.heard if "appointment" in content(one))
    await samu.send(receipt_of(sent), "ack")
    await until(lambda: is_told(house, ("appointment", "delivered")))
    if ended:
        await samu.send(receipt_of(sent, **ended), "ack")
        await until(lambda: is_told(house, ("appointment", "refused")))

    await Ledger(house.pool).back("hub", 0, FORGETTING)

    await samu.hears("appointment", 2)
    await until(lambda: is_told(house, ("appointment", "sent")))
    await samu.send(receipt_of(sent), "ack")
    await until(lambda: is_told(house, ("appointment", "delivered")))
