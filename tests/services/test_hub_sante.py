"""The SAMU's messages: what the published examples become here."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft7Validator

from domain.request import USUAL_DELAY
from events import streams as names
from events.codes import Priority
from events.envelope import Actor, Role
from events.place import CoarsePosition
from services.cli.shifting import as_of
from services.intake.naming import request_of
from services.log.appender import Appender
from services.log.erasure import erase
from services.log.vault import Identity
from services.messaging import streams, subjects
from tests.examples import DR_ADAM, NEVERS, NOON, VALENCIENNES, WEEK
from tests.running import until
from tests.talking import ask, cloud_event, community_told, opened, request_told, slot_told, tell

HUB = Path(__file__).parents[3] / "shared" / "conformance" / "hub-sante"
CASE = "fr.health.samu580.DRFR155802600001"
CHILD = "RS-EDA_partageDossier_LolaHalimi.01a.json"
BEZONS = {
    "insee": "95063",
    "title": "Bezons",
    "population": 36_434,
    "position": {"lat": 48.9243, "lon": 2.2128},
}


def published(path):
    if not HUB.exists():
        pytest.skip("the published examples are not beside this checkout")
    return (HUB / path).read_bytes()


def example(name):
    return published(f"examples/{name}")


def now(name):
    return as_of(example(name), NOON)[0]


def case(**changes):
    """A file of Nevers, as RS-EDA writes it."""
    at = NOON.isoformat()
    return {
        "createCaseHealth": {
            "caseId": CASE,
            "creation": at,
            "qualification": {
                "healthMotive": {"code": "M03.14", "label": "Fièvre"},
                "details": {"priority": "P2", "careLevel": "R3"},
            },
            "location": {"city": {"name": "Nevers", "inseeCode": "58194"}},
            "owner": "fr.health.samu580",
        }
        | changes
    }


def demand(purpose="MG", at=None, **changes):
    at = at or NOON
    return {
        "resourcesRequest": {
            "caseId": CASE,
            "request": {
                "requestId": f"fr.health.samu580.request.{changes.get('number', 1)}",
                "datetime": at.isoformat(),
                "purpose": purpose,
            }
            | changes.get("request", {}),
        }
        | changes.get("root", {})
    }


def in_envelope(message, **changes):
    at = NOON
    return {
        "distributionID": "fr.health.samu580_1",
        "senderID": "fr.health.samu580",
        "dateTimeSent": at.isoformat(),
        "dateTimeExpires": (at + timedelta(hours=1)).isoformat(),
        "distributionStatus": "Actual",
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {
                "explicitAddressScheme": "hubex",
                "explicitAddressValue": "fr.cpts.nevers",
            },
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
    } | changes


async def sent(house, message, community="any"):
    return await ask(house, "care-request", message, community)


async def received(house):
    stream = names.request(request_of(CASE))
    return [r.event for r in await house.log.history(stream)]


def test_the_messages_of_these_tests_are_as_the_hub_would_let_them_pass():
    for name, root, message in (
        ("RS-EDA", "createCaseHealth", case()),
        ("RS-DR", "resourcesRequest", demand(request={"deadline": "2H", "freetext": "x"})),
    ):
        schema = json.loads(published(f"json-schema/{name}.schema.json"))
        Draft7Validator(schema).validate(message[root])


async def test_the_child_with_the_sprained_ankle_is_received_with_what_the_file_says(house):
    await opened(house)
    told = community_told("780099003", communes=[BEZONS])
    await tell(house, "community", told, "780099003")

    answer = await sent(house, now(CHILD))

    (recorded, *_) = await house.log.history(names.request(answer["id"]))
    event = recorded.event
    assert event.case_id == "fr.health.samu950.DRFR159502401800159"
    assert (event.motive, event.priority, event.care_level) == ("M02.07", "P2", None)
    assert (event.age, event.sex, event.commune) == (10, "F", "95063")
    assert event.community == "780099003"
    assert event.position == CoarsePosition(lat=48.92, lon=2.22)
    assert event.due_by == event.received_at + USUAL_DELAY[Priority.P2]
    assert recorded.meta.actor.ref == "fr.health.samu950"

    identity = Identity(
        name="Lola Halimi",
        birth_date="2014-03-03",
        phone="+33702880946",
        address="4 rue Danielle Mitterrand, Bezons, accessCode: 5678, floor: 3,"
        " interphone: Halimi, elevator: ESC B, buildingName: A, dans la cage d’escalier B",  # noqa: RUF001 as it is sent
        exact_position=(48.92399978637695, 2.2162439823150635),
        caller="Amina BERTRAND  ",
        notes=(
            "Chute enfant dans les escaliers",
            "Marche impossible.",
            "Cheville gonflée et douloureuse",
            "Entorse de la cheville, avec possible fracture.",
        ),
    )
    revealed = await house.vault.reveal_patient(event.patient_ref, actor="tests", reason="test")
    assert revealed == [identity]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RS-EDA-SMUR_DouleurThoracique_PierreLegrand.01.json", "refused_as_emergency"),
        ("RS-EDA-SMUR_FuiteDeGaz_AliceGregoireNormand.01.json", "refused_as_emergency"),
        ("RS-EDA_partageDossier_MonsieurX.01.json", "refused_as_emergency"),
        ("RS-EDA_Secondaire_RobertVermande.01.json", "no_community_for_commune"),
        ("RS-EDA-MAJ_partageDossier_LolaHalimi.02.json", "unknown_case"),
        ("RS-DR_Incendie_RaymondeLECCIA.02.json", "not_a_gp_request"),
        ("RS-DR_partageRessources_LolaHalimi.03a.json", "not_a_gp_request"),
        ("RS-RR_Incendie_RaymondeLECCIA.03.json", "no_care_asked"),
        ("RS-SAS-RDV_appointment_PS.01.json", "no_care_asked"),
        ("RS-ERROR.json", "no_care_asked"),
        ("RC-REF.json", "no_care_asked"),
    ],
)
async def test_published_examples_that_are_not_for_us(house, name, expected):
    await opened(house)

    assert (await sent(house, now(name)))["code"] == expected


async def test_an_update_of_a_case_refused_as_an_emergency_says_so(house):
    await sent(house, now("RS-EDA_partageDossier_MonsieurX.01.json"))

    answer = await sent(house, now("RS-EDA-MAJ_partageDossier_MonsieurX.02a.json"))

    assert answer["code"] == "case_was_an_emergency"


@pytest.mark.parametrize("path", sorted((HUB / "invalid").glob("*.json")), ids=lambda p: p.stem)
async def test_what_the_hub_would_refuse_is_refused(house, path):
    answer = await sent(house, path.read_bytes())

    assert answer["code"] in {
        "missing_field",
        "expired_message",
        "no_care_asked",
        "several_messages",
        "unknown_type",
    }


async def test_a_file_in_its_envelope_and_bare_is_the_same_file(house):
    await opened(house)
    file = case()

    answer = await sent(house, in_envelope(file))

    assert answer["id"] == str(request_of(CASE))
    assert (await received(house))[0].care_level == "R3"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"distributionStatus": "Exercise"}, "exercise_message"),
        ({"distributionKind": "Ack"}, "no_care_asked"),
        ({"dateTimeExpires": "2026-01-01T00:00:00+01:00"}, "expired_message"),
        ({"content": []}, "invalid_value"),
        ({"senderID": None}, "invalid_value"),
    ],
)
async def test_an_envelope_that_carries_no_request_is_refused(house, changes, code):
    assert (await sent(house, in_envelope(case(), **changes)))["code"] == code


async def test_two_messages_in_one_envelope_are_refused(house):
    both = case() | demand()

    assert (await sent(house, both))["code"] == "several_messages"


async def test_the_same_file_twice_is_one_request_and_another_content_is_refused(house):
    await opened(house)
    file = case()
    first = await sent(house, file)

    assert await sent(house, file) == first
    other = case(patient=[{"patientId": "fr.health.samu580.patient.1", "detail": {"age": "P3Y"}}])
    assert (await sent(house, other))["code"] == "same_id_other_content"


async def test_a_file_with_two_patients_is_for_two_files(house):
    await opened(house)
    patients = [{"patientId": f"fr.health.samu580.patient.{n}"} for n in (1, 2)]

    assert (await sent(house, case(patient=patients)))["code"] == "several_patients"


async def test_a_transfer_between_hospitals_is_no_request_for_a_gp(house):
    await opened(house)

    assert (await sent(house, case(interventionType="T2-INTER")))["code"] == "not_a_gp_request"


@pytest.mark.parametrize(
    ("detail", "birth_date", "age"),
    [
        ({"age": "P40Y"}, "1950-01-01", 40),
        ({"age": "P30M"}, None, 2),
        ({"age": "P3W"}, None, 0),
        ({}, "2000-11-24", None),
        (None, None, None),
    ],
)
async def test_the_age_is_that_of_the_file_or_of_the_birth_date(house, detail, birth_date, age):
    await opened(house)
    patient = {"patientId": "fr.health.samu580.patient.1", "detail": detail or {}}
    if birth_date:
        patient["identity"] = {"strictFeatures": {"birthDate": birth_date, "sex": "M"}}
    if age is None and birth_date:
        today = NOON.date()
        age = today.year - 2000 - ((today.month, today.day) < (11, 24))

    await sent(house, case(patient=[patient]))

    assert (await received(house))[0].age == age


@pytest.mark.parametrize("levels", [("R3", "R1"), (None, "R1"), ("R1", None)])
async def test_a_vital_care_level_is_an_emergency_wherever_the_file_says_it(house, levels):
    """Found in review: of the patient it was not read, and the case went to a doctor in town."""
    await opened(house)
    of_the_file, of_the_patient = levels
    details = {"priority": "P2"} | ({"careLevel": of_the_file} if of_the_file else {})
    qualification = case()["createCaseHealth"]["qualification"] | {"details": details}
    detail = {"detail": {"careLevel": of_the_patient}} if of_the_patient else {}
    told = case(qualification=qualification, patient=[{"patientId": f"{CASE}.1", **detail}])

    answer = await sent(house, told)

    assert answer["state"] == "refused_as_emergency"
    told["createCaseHealth"]["creation"] = "yesterday"
    assert (await sent(house, told))["state"] == "refused_as_emergency"


async def test_the_care_level_of_the_patient_is_kept(house):
    await opened(house)
    qualification = case()["createCaseHealth"]["qualification"] | {"details": {"priority": "P3"}}
    patient = [{"patientId": f"{CASE}.1", "detail": {"careLevel": "R4"}}]

    await sent(house, case(qualification=qualification, patient=patient))

    assert (await received(house))[0].care_level == "R4"


async def test_a_file_taken_back_takes_its_request_back(house):
    """Found in review: a cancellation made a request, and took a place."""
    await opened(house)
    cancel = in_envelope(case(), distributionKind="Cancel")
    assert (await sent(house, cancel))["code"] == "unknown_case"
    await sent(house, in_envelope(case()))
    await house.settled()

    answer = await sent(house, cancel)

    assert answer["state"] == "withdrawn"
    assert (await received(house))[-1].name == "request.withdrawn"
    assert (await sent(house, cancel)) == answer


@pytest.mark.parametrize("status", ["CLOTURE", "CLASSE", "ARCHIVE"])
async def test_a_closed_file_asks_for_no_care(house, status):
    await opened(house)
    details = {"priority": "P2", "status": status}
    qualification = case()["createCaseHealth"]["qualification"] | {"details": details}

    assert (await sent(house, case(qualification=qualification)))["code"] == "file_closed"


# RS-DR: the delay, the cancellation


async def test_the_delay_of_a_demand_becomes_the_deadline_of_the_request(house):
    await opened(house, start=NOON + timedelta(hours=9))
    await sent(house, case(location={"city": {"inseeCode": "58194"}}))
    at = NOON

    answer = await sent(house, demand(at=at, request={"deadline": "12H"}))

    await house.settled()
    agreed = (await received(house))[-1]
    assert answer["id"] == str(request_of(CASE))
    assert agreed.name == "request.deadline_agreed"
    assert agreed.due_by == at + timedelta(hours=12)


async def test_a_place_later_than_the_delay_asked_is_given_up_for_an_earlier_one(house):
    """The file comes first, and its delay a moment later: the patient knows of no place yet."""
    late = await opened(house, start=NOON + timedelta(hours=9))
    await sent(house, case())
    await house.settled()
    assert (await received(house))[-1].start == NOON + timedelta(hours=9)
    await tell(house, "slot", slot_told(NOON + timedelta(hours=1)))

    answer = await sent(house, demand(request={"deadline": "2H"}))

    assert answer["state"] == "waiting"
    await house.settled()
    *_, unassigned, agreed, assigned = await received(house)
    assert (unassigned.reason, agreed.name) == ("DEADLINE_SHORTENED", "request.deadline_agreed")
    assert assigned.start == NOON + timedelta(hours=1)
    agenda = await house.log.load(names.agenda(DR_ADAM, WEEK))
    freed = [event for event in agenda.events if event.name == "slot.place_freed"]
    assert [(str(event.slot_id), event.reason) for event in freed] == [
        (late["id"], "DEADLINE_SHORTENED")
    ]


async def test_a_place_the_patient_knows_of_is_the_regulators_to_judge(house):
    await opened(house, start=NOON + timedelta(hours=9))
    await sent(house, case())
    await house.settled()
    booked = {"case_id": CASE, "status": "booked"}
    assert (await tell(house, "appointment", booked))["state"] == "confirmed"

    answer = await sent(house, demand(request={"deadline": "2H"}))

    assert answer["code"] == "place_after_deadline"


async def test_what_a_demand_adds_freely_goes_to_the_vault(house):
    await opened(house)
    with_caller = {"caller": {"detailedName": {"complete": "Amina Bertrand"}}}
    await sent(house, case(initialAlert=with_caller))
    await house.settled()
    free = {"deadline": "4H", "freetext": "Sonner deux fois"}

    await sent(house, demand(request=free))

    (first, second) = await house.vault.reveal_patient(
        (await received(house))[0].patient_ref, actor="tests", reason="test"
    )
    assert first.caller == "Amina Bertrand"
    assert second.notes == ("Sonner deux fois",)


async def test_a_demand_alone_is_a_request_where_its_subject_names_a_community(house):
    await opened(house)

    nowhere = await sent(house, demand())
    answer = await sent(house, demand(request={"deadline": "4H"}), "580099001")

    assert nowhere["code"] == "unknown_case"
    event = (await received(house))[0]
    assert answer["state"] == "waiting"
    assert (event.motive, event.delay, event.case_id) == ("M07.00", "4H", CASE)
    assert event.due_by == event.received_at + timedelta(hours=4)


async def test_a_demand_cancelled_withdraws_the_request_and_frees_the_place(house):
    slot = await opened(house)
    await sent(house, case())
    await house.settled()

    answer = await sent(house, demand(root={"status": "ANNULEE"}))
    again = await sent(house, demand(number=2, root={"status": "ANNULEE"}))

    assert (answer["state"], again["state"]) == ("withdrawn", "withdrawn")
    assert (await received(house))[-1].name == "request.withdrawn"
    other = await tell(house, "care-request", request_told())
    await house.settled()
    history = await house.log.history(names.request(other["id"]))
    assert history[-1].event.name == "request.assigned"
    assert str(history[-1].event.slot_id) == slot["id"]


async def test_changes_to_an_open_case_are_not_taken_over_in_silence(house):
    await opened(house)
    await sent(house, case())
    await house.settled()
    update = {"createCaseHealthUpdate": {"caseId": CASE, "qualification": {"origin": "15"}}}

    assert (await sent(house, update))["code"] == "case_update_not_taken_over"
    await sent(house, demand(root={"status": "ANNULEE"}))
    update["createCaseHealthUpdate"]["qualification"] = {"origin": "112"}
    assert (await sent(house, update))["code"] == "request_closed"


def test_shifting_moves_instants_to_now_and_leaves_dates_alone():
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    body, shift = as_of(example(CHILD), at)

    file = orjson.loads(body)["createCaseHealth"]
    made = datetime.fromisoformat(file["creation"])
    assert made == at
    assert shift == at - datetime.fromisoformat("2024-01-18T18:00:00+01:00")
    assert file["patient"][0]["identity"]["strictFeatures"]["birthDate"] == "2014-03-03"
    noted = datetime.fromisoformat(file["medicalNote"][0]["creation"])
    assert noted - made == timedelta(minutes=2)
    assert as_of(b"no JSON", at) == (b"no JSON", None)
    assert as_of(b'{"a": 1}', at) == (b'{"a": 1}', None)
    ours = cloud_event("care-request", request_told(at - timedelta(days=3)))
    assert as_of(orjson.dumps(ours), at)[1] == timedelta(days=3)


# Order


async def test_a_file_and_its_cancellation_are_taken_in_in_order_however_fast_they_come(house):
    await opened(house)
    js = house.broker.connection.jetstream()
    inbox = subjects.inbox(NEVERS, "care-request")
    cases = [f"fr.health.samu580.DRFR15580260{n:04}" for n in range(40)]
    for one in cases:
        await js.publish_async(
            subjects.inbox(NEVERS, "care-request"), orjson.dumps(case(caseId=one))
        )
        cancelled = demand(root={"status": "ANNULEE", "caseId": one})
        await js.publish_async(inbox, orjson.dumps(cancelled))
    await js.publish_async_completed()

    async def settled():
        return (await js.stream_info(streams.INBOX)).state.messages == 0

    await until(settled, within=60)
    for one in cases:
        history = await house.log.history(names.request(request_of(one)))
        assert history[-1].event.name == "request.withdrawn", one


async def test_a_demand_that_comes_before_its_file_waits_for_it(house):
    await opened(house)
    js = house.broker.connection.jetstream()
    await js.publish(subjects.inbox("any", "care-request"), orjson.dumps(demand()))
    await asyncio.sleep(0.1)
    await sent(house, case())

    async def agreed():
        return any(event.name == "request.deadline_agreed" for event in await received(house))

    await until(agreed, within=30)


async def test_a_demand_then_its_file_is_one_request_and_the_patient_is_known(house):
    await opened(house)
    await sent(house, demand(), NEVERS)
    await house.settled()

    answer = await sent(house, case())

    assert answer["state"] in {"waiting", "assigned"}
    (event, *_) = await received(house)
    who = await house.vault.reveal_patient(event.patient_ref, actor="anna", reason="call back")
    assert len(who) == 2


async def test_a_request_whose_file_says_emergency_is_closed_and_its_place_is_free(house):
    slot = await opened(house)
    await sent(house, demand(), NEVERS)
    await house.settled()

    answer = await sent(house, case(qualification={"details": {"priority": "P1"}}))

    assert answer["code"] == "refused_as_emergency"
    assert (await received(house))[-1].name == "request.refused_as_emergency"
    other = await tell(house, "care-request", request_told())
    await house.settled()
    history = await house.log.history(names.request(other["id"]))
    assert str(history[-1].event.slot_id) == slot["id"]


@pytest.mark.parametrize(
    ("root", "changes"),
    [
        ("createCaseHealth", {"qualification": {"details": {"priority": "P0"}}}),
        ("createCaseHealthUpdate", {"qualification": {"details": {"priority": "P1"}}}),
        ("createCaseHealthUpdate", {"qualification": {"details": {"careLevel": "R1"}}}),
        ("createCaseHealthUpdate", {"patient": [{"detail": {"careLevel": "R1"}}]}),
    ],
)
async def test_a_file_that_becomes_an_emergency_is_the_samu_s_again(house, root, changes):
    """Found by our own test of the Hub: `same_id_other_content`, and the visit stood."""
    slot = await opened(house)
    await sent(house, case())
    await house.settled()
    file = case(**changes) if root == "createCaseHealth" else {root: {"caseId": CASE} | changes}

    answer = await sent(house, file)

    assert answer["code"] == answer["state"] == "refused_as_emergency"
    assert (await sent(house, file)) == answer
    names_of_events = [event.name for event in await received(house)]
    assert names_of_events.count("request.refused_as_emergency") == 1
    other = await tell(house, "care-request", request_told())
    await house.settled()
    last = (await house.log.history(names.request(other["id"])))[-1].event
    assert str(last.slot_id) == slot["id"]


P0 = {"qualification": {"details": {"priority": "P0"}}}


@pytest.mark.parametrize(
    ("root", "changes"),
    [
        (
            "createCaseHealthUpdate",
            # What the national schema lets pass is no date.
            P0 | {"patient": [{"identity": {"strictFeatures": {"birthDate": "1966-00-00"}}}]},
        ),
        ("createCaseHealthUpdate", P0 | {"patient": [{"detail": {"age": "x"}}]}),
        ("createCaseHealth", P0 | {"patient": "nobody"}),
        ("createCaseHealth", P0 | {"patient": [None]}),
        ("createCaseHealth", {"qualification": {"details": {"careLevel": "R1"}}, "location": "x"}),
        ("createCaseHealth", {"qualification": {"details": {"priority": "P0", "careLevel": 7}}}),
    ],
)
async def test_each_sign_of_an_emergency_is_read_whatever_is_wrong_beside(house, root, changes):
    """Found in review: the visit stood."""
    await opened(house)
    await sent(house, case())
    await house.settled()
    file = case(**changes) if root == "createCaseHealth" else {root: {"caseId": CASE} | changes}

    assert (await sent(house, file))["code"] == "refused_as_emergency"

    assert (await received(house))[-1].name == "request.refused_as_emergency"


async def test_a_malformed_update_of_a_file_nobody_knows_makes_none(house):
    await opened(house)
    update = {"caseId": CASE, "patient": "nobody"} | P0

    answer = await sent(house, {"createCaseHealthUpdate": update})

    assert answer["code"] == "unknown_case"
    assert not await received(house)


@pytest.mark.parametrize(
    "told",
    [
        cloud_event("care-request", request_told(case_id=CASE, priority="P0")),
        cloud_event("care-request", {"case_id": CASE, "priority": "P0", "motive": 5}),
        case(**P0),
        {"createCaseHealthUpdate": {"caseId": CASE} | P0},
    ],
    ids=["ours", "malformed", "file", "update"],
)
async def test_nobody_ends_a_request_of_another_community_by_an_emergency(house, told):
    """Found in review: a partner of any community could."""
    await opened(house)
    await sent(house, case())
    await house.settled()
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)

    answer = await sent(house, told, VALENCIENNES)

    assert answer["code"] == "wrong_subject"
    assert (await received(house))[-1].name == "request.assigned"


async def test_nobody_names_the_patient_of_another_community_s_demand(house):
    """Found in review: the stranger's file was taken, and the true one refused for good."""
    await opened(house)
    await sent(house, demand(), NEVERS)
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)
    patient = {"identity": {"strictFeatures": {"birthName": "Zorglub", "sex": "F"}}}

    stranger = await sent(house, case(patient=[patient]), VALENCIENNES)
    own = await sent(house, case(), NEVERS)

    assert stranger["code"] == "wrong_subject"
    assert "code" not in own


async def test_an_update_that_is_no_emergency_leaves_the_request_as_it_is(house):
    await opened(house)
    await sent(house, case())
    await house.settled()
    calmer = {"caseId": CASE, "qualification": {"details": {"priority": "P3", "careLevel": "R4"}}}

    answer = await sent(house, {"createCaseHealthUpdate": calmer})

    assert answer["code"] == "case_update_not_taken_over"
    assert (await received(house))[-1].name == "request.assigned"


async def test_an_emergency_is_told_so_even_if_the_rest_of_its_file_is_wrong(house):
    wrong = case(
        qualification={"details": {"priority": "P0"}},
        location={"city": {"name": "Nevers", "inseeCode": "not a code"}},
    )

    assert (await sent(house, wrong))["code"] == "refused_as_emergency"


async def test_a_demand_for_another_century_is_refused(house):
    await opened(house)
    await sent(house, case())

    answer = await sent(house, demand(request={"datetime": "2099-01-01T00:00:00+00:00"}))

    assert answer["code"] == "asked_in_the_future"


def as_operator(house):
    return {
        "executor": house.executor("tests"),
        "vault": house.vault,
        "clock": house.clock,
        "actor": Actor(ref="anna", role=Role.OPERATOR),
    }


async def keys_left(house):
    async with house.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from vault where key is not null")
        return (await cursor.fetchone())[0]


async def test_nothing_more_is_sealed_about_a_patient_who_was_erased(house):
    await opened(house)
    await sent(house, case())
    await house.settled()
    await sent(house, {"createCaseHealthUpdate": {"caseId": CASE, "note": "Lola"}})
    assert await erase(request_of(CASE), **as_operator(house))

    await sent(house, demand(request={"freetext": "Lola again", "deadline": "2H"}))

    assert await keys_left(house) == 0


async def test_a_file_that_comes_while_its_patient_is_erased_is_not_sealed(house, monkeypatch):
    await opened(house)
    await sent(house, demand(), NEVERS)
    append = Appender.append

    async def once_they_are_erased(appender, wanted):
        monkeypatch.setattr(Appender, "append", append)
        assert await erase(request_of(CASE), **as_operator(house))
        return await append(appender, wanted)

    monkeypatch.setattr(Appender, "append", once_they_are_erased)

    answer = await sent(house, case())

    assert answer["code"] == "request_received_otherwise"
    assert await keys_left(house) == 0


async def test_what_a_sender_writes_into_codes_is_not_quoted(house):
    refused = await sent(house, demand(request={"purpose": "Zorglub +33699887766"}))

    assert refused["code"] == "not_a_gp_request"
    assert "Zorglub" not in str(refused)
    await ask(house, "care-request", b"{", "Zorglub")
    letters = await house.letters.all()
    assert len(letters) == 2
    assert "Zorglub" not in str(letters)
