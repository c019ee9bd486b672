"""What comes in: accepted once, or refused with a code; nothing lost, nothing half done."""

import asyncio
from codecs import BOM_UTF8
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from events import streams as names
from projections import board
from services.intake.directory import Directory
from services.intake.naming import request_of
from services.log.vault import Erased, patient_of
from services.messaging import streams, subjects
from services.projector.queries import rows
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, MINUTE, NEVERS, NOON, VALENCIENNES
from tests.running import until
from tests.talking import (
    ask,
    cloud_event,
    community_told,
    opened,
    practitioner_told,
    request_told,
    slot_told,
    tell,
)

CASE = "fr.health.samu580.DRFR155802600001"


async def states(house):
    await house.settled()
    found = await rows(house.pool, board.on_board())
    return {str(row["request_id"]): row["state"] for row in found}


async def in_inbox(house):
    js = house.broker.connection.jetstream()
    return (await js.stream_info(streams.INBOX)).state.messages


async def history(house, request_id):
    return [r.event for r in await house.log.history(names.request(request_id))]


async def test_a_request_is_answered_with_its_id_and_state_then_assigned(house):
    await opened(house)

    answer = await tell(house, "care-request", request_told())

    assert answer["state"] == "waiting"
    assert await states(house) == {answer["id"]: "assigned"}


async def test_a_byte_order_mark_is_no_part_of_a_message(house):
    """Windows writes one: an emergency behind it was no JSON."""
    await opened(house)
    emergency = orjson.dumps(cloud_event("care-request", request_told(priority="P0")))
    request = orjson.dumps(cloud_event("care-request", request_told()))

    told = await ask(house, "care-request", BOM_UTF8 + emergency)
    first = await ask(house, "care-request", BOM_UTF8 + request)

    assert told["code"] == "refused_as_emergency"
    assert first["state"] == "waiting"
    assert (await ask(house, "care-request", request))["id"] == first["id"]


async def test_a_request_by_jetstream_is_kept_until_it_is_taken_in_and_no_longer(house):
    await opened(house)
    js = house.broker.connection.jetstream()
    body = orjson.dumps(cloud_event("care-request", request_told()))

    ack = await js.publish(subjects.inbox(NEVERS, "care-request"), body)

    assert ack.stream == streams.INBOX
    await until(lambda: _assigned(house, 1))
    await until(lambda: _empty(house))


async def test_jetstream_answers_too_where_an_address_is_given(house):
    await opened(house)
    client = house.broker.connection
    answers = await client.subscribe("answers.here")
    body = orjson.dumps(cloud_event("care-request", request_told()))

    await client.jetstream().publish(
        subjects.inbox(NEVERS, "care-request"), body, headers={"reply_to": "answers.here"}
    )

    answer = await answers.next_msg(timeout=10)
    assert orjson.loads(answer.data)["state"] == "waiting"


async def _assigned(house, count):
    return list((await states(house)).values()).count("assigned") == count


async def _empty(house):
    return await in_inbox(house) == 0


# Bad input: each a clear coded refusal, a dead letter, and nothing in the log

BAD = {
    "not JSON": (b"care, please", "not_json"),
    "no object": (b"[1, 2]", "not_json"),
    "no CloudEvent": (orjson.dumps({"hello": 1}), "unknown_type"),
    "an unknown type": (
        orjson.dumps(cloud_event("care-request", {}, type="org.example.else")),
        "unknown_type",
    ),
    "another version of CloudEvents": (
        orjson.dumps(cloud_event("care-request", request_told(), specversion="0.3")),
        "unknown_code",
    ),
    "no data": (
        orjson.dumps(
            {"specversion": "1.0", "id": "1", "source": "/x", "type": "snp.care-request.v1"}
        ),
        "missing_field",
    ),
    "a missing field": (
        orjson.dumps(cloud_event("care-request", {"asked_at": NOON.isoformat(), "priority": "P2"})),
        "missing_field",
    ),
    "an unknown priority": (
        orjson.dumps(cloud_event("care-request", request_told(priority="P9"))),
        "unknown_code",
    ),
    "an unknown reason": (
        orjson.dumps(cloud_event("care-request", request_told(motive="M99.01"))),
        "unknown_code",
    ),
    "a field nobody knows": (
        orjson.dumps(cloud_event("care-request", request_told(urgent=True))),
        "unknown_field",
    ),
    "a date without an offset": (
        orjson.dumps(cloud_event("care-request", request_told(asked_at=None))).replace(
            b"+00:00", b""
        ),
        "date_without_offset",
    ),
    "a date that is none": (
        orjson.dumps(cloud_event("care-request", request_told() | {"asked_at": "yesterday"})),
        "not_a_date",
    ),
    "due before it was asked": (
        orjson.dumps(
            cloud_event("care-request", request_told(due_by=(NOON - 2 * HOUR).isoformat()))
        ),
        "due_before_received",
    ),
    "a request for yesterday": (
        orjson.dumps(
            cloud_event(
                "care-request",
                request_told(NOON - 25 * HOUR, due_by=(NOON - 23 * HOUR).isoformat()),
            )
        ),
        "due_in_the_past",
    ),
    "an age of true": (
        orjson.dumps(cloud_event("care-request", request_told(patient={"age": True}))),
        "invalid_value",
    ),
    "forty thousand professions": (
        orjson.dumps(cloud_event("care-request", request_told(professions=["10"] * 40_000))),
        "invalid_value",
    ),
    "a field said twice": (
        orjson.dumps(cloud_event("care-request", request_told())).replace(
            b'"priority":"P2"', b'"priority":"P3","priority":"P2"'
        ),
        "duplicate_field",
    ),
    "an age of 200": (
        orjson.dumps(cloud_event("care-request", request_told(patient={"age": 200}))),
        "invalid_value",
    ),
    "a commune nobody serves, without a position": (
        orjson.dumps(cloud_event("care-request", request_told(commune="68224"))),
        "unknown_commune",
    ),
    "too large": (
        orjson.dumps(cloud_event("care-request", request_told(note="x" * 300_000))),
        "too_large",
    ),
}


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=BAD.keys())
async def test_what_cannot_be_accepted_is_refused_with_a_code_and_put_aside(house, body, code):
    await opened(house)
    before = await house.log.head()

    answer = await ask(house, "care-request", body)

    assert answer["code"] == code
    assert answer["message"]
    assert await house.log.head() == before
    (letter,) = await house.letters.all()
    assert letter.code == code
    assert letter.subject == f"snp.in.{NEVERS}.care-request"


async def test_who_waits_for_the_answer_is_told_and_only_requests_of_patients_are_kept(house):
    """Found in review: every slip at the terminal was a dead letter."""
    unknown = {"rpps": DR_ADAM, "paused": True}
    assert (await tell(house, "practitioner-change", unknown))[
        "code"
    ] == "practitioner_not_enrolled"
    assert await house.letters.all() == []
    js = house.broker.connection.jetstream()
    body = orjson.dumps(cloud_event("practitioner-change", unknown))
    await js.publish(subjects.inbox(NEVERS, "practitioner-change"), body)

    await until(house.letters.all)


async def test_what_is_sent_as_a_file_is_kept_though_it_is_answered(house):
    """Found by an attack: a slot sent before its practitioner was enrolled was to be sent again."""
    body = orjson.dumps(cloud_event("practitioner-change", {"rpps": DR_ADAM, "paused": True}))
    subject, keep = f"snp.ask.{NEVERS}.practitioner-change", {subjects.KEEP: "refused"}
    await house.broker.connection.request(subject, body, timeout=15, headers=keep)

    (letter,) = await house.letters.all()
    assert letter.code == "practitioner_not_enrolled"


async def test_what_nobody_waits_for_or_is_of_a_patient_is_kept(house):
    nats = house.broker.connection
    unknown = cloud_event("practitioner-change", {"rpps": DR_ADAM, "paused": True})
    await nats.publish(f"snp.ask.{NEVERS}.practitioner-change", orjson.dumps(unknown))
    await until(house.letters.all)
    request = cloud_event("care-request", request_told())
    told = await ask(house, "slot", request)
    assert told["code"] == "wrong_subject"
    assert [letter.code for letter in await house.letters.all()] == [
        "practitioner_not_enrolled",
        "wrong_subject",
    ]


async def test_every_problem_is_said_at_once_and_nothing_that_was_sent_is_quoted(house):
    told = request_told(priority="P9", motive="Lola Martin", patient={"Lola": 1})

    answer = await tell(house, "care-request", told)

    assert {(p["field"], p["code"]) for p in answer["problems"]} == {
        ("priority", "unknown_code"),
        ("motive", "malformed"),
        ("patient.?", "unknown_field"),
    }
    assert "Lola" not in str(answer)


async def test_an_unknown_community_is_refused(house):
    answer = await ask(house, "care-request", cloud_event("care-request", request_told()), "9" * 9)

    assert answer["code"] == "unknown_community"


async def test_a_community_that_is_none_is_not_repeated_anywhere(house):
    body = cloud_event("care-request", request_told())
    answer = await ask(house, "care-request", body, "Lola Martin".replace(" ", ""))

    assert answer["code"] == "unknown_community"
    (letter,) = await house.letters.all()
    assert "Lola" not in str(letter)


async def test_a_message_without_a_community_goes_where_its_commune_is_served(house):
    await opened(house)

    answer = await ask(house, "care-request", cloud_event("care-request", request_told()), "any")
    elsewhere = cloud_event("care-request", request_told(commune="68224"))
    refused = await ask(house, "care-request", elsewhere, "any")
    nowhere = cloud_event("care-request", request_told(commune=None))

    assert answer["state"] == "waiting"
    assert refused["code"] == "no_community_for_commune"
    assert (await ask(house, "care-request", nowhere, "any"))["code"] == "nowhere_to_route"


async def test_a_community_formed_a_moment_ago_is_known(house):
    await ask(house, "care-request", cloud_event("care-request", request_told()), "any")
    await tell(house, "community", community_told())

    answer = await ask(house, "care-request", cloud_event("care-request", request_told()), "any")

    assert answer["state"] == "waiting"


async def test_the_wrong_subject_is_said(house):
    answer = await ask(house, "slot", cloud_event("care-request", request_told()))

    assert answer["code"] == "wrong_subject"


# Twice


async def test_the_same_message_twice_is_accepted_once_with_the_same_answer(house):
    await opened(house)
    event = cloud_event("care-request", request_told())

    first = await ask(house, "care-request", event)
    await house.settled()
    head = await house.log.head()
    again = await ask(house, "care-request", dict(reversed(event.items())))

    assert again == first
    assert await house.log.head() == head


async def test_a_hundred_copies_at_once_are_accepted_once(house):
    await opened(house)
    event = cloud_event("care-request", request_told())

    answers = await asyncio.gather(*(ask(house, "care-request", event) for _ in range(100)))

    assert {answer["id"] for answer in answers} == {answers[0]["id"]}
    assert all("code" not in answer for answer in answers)
    assert len(await states(house)) == 1


async def test_the_same_id_with_other_content_is_refused(house):
    await opened(house)
    event = cloud_event("care-request", request_told())
    await ask(house, "care-request", event)

    other = await ask(house, "care-request", event | {"data": request_told(motive="M02.06")})

    assert other["code"] == "same_id_other_content"


async def test_two_messages_about_one_case_make_one_request(house):
    await opened(house)
    told = request_told(case_id=CASE)
    first = await tell(house, "care-request", told)

    second = await tell(house, "care-request", told)
    third = await tell(house, "care-request", told | {"motive": "M02.06"})

    assert first["id"] == second["id"] == str(request_of(CASE))
    assert third["code"] == "request_received_otherwise"


# Emergencies


@pytest.mark.parametrize("changes", [{"priority": "P0"}, {"priority": "P1"}, {"care_level": "R1"}])
async def test_an_emergency_is_refused_as_one_and_nothing_of_the_patient_is_kept(house, changes):
    told = request_told(patient={"name": "Lola Martin", "age": 10}, **changes)

    answer = await tell(house, "care-request", told)

    assert answer["state"] == answer["code"] == "refused_as_emergency"
    (event,) = await history(house, answer["id"])
    assert event.name == "request.refused_as_emergency"
    assert (await states(house)) == {answer["id"]: "refused_as_emergency"}
    assert await house.letters.all() == []
    async with house.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from vault")
        assert await cursor.fetchone() == (0,)


async def test_an_emergency_with_a_malformed_field_is_still_told_as_an_emergency(house):
    answer = await tell(house, "care-request", {"priority": "P0", "motive": "chest pain"})

    assert answer["code"] == "refused_as_emergency"


@pytest.mark.parametrize(
    "said",
    [
        '"priority":"P0","priority":"P2"',
        '"priority":"P2","priority":"P1"',
        '"priority":"P2","priority":"P0","priority":"P2"',
        '"priority":"P2","care_level":"R1","care_level":"R2"',
        '"priority":"P2"},"data":{"priority":"P0","priority":"P2"',
    ],
)
async def test_an_emergency_is_told_whichever_is_meant(house, said):
    """Found by an attack: P0 and then P2 was taken in as a request of the second."""
    await opened(house)
    body = orjson.dumps(cloud_event("care-request", request_told()))

    answer = await ask(house, "care-request", body.replace(b'"priority":"P2"', said.encode()))

    assert answer["code"] == "refused_as_emergency"


@pytest.mark.parametrize(
    "envelope", [{"id": 42}, {"source": None}, {"type": "snp.request.v9"}, {"specversion": None}]
)
async def test_an_emergency_in_a_malformed_envelope_is_still_told_as_one(house, envelope):
    """Found in review: `"id": 42`, and a vital emergency was put aside as a letter."""
    called = cloud_event("care-request", request_told(priority="P0"), **envelope)

    first, again = (
        await ask(house, "care-request", called),
        await ask(house, "care-request", called),
    )

    assert first["code"] == again["code"] == "refused_as_emergency"
    assert first["id"] == again["id"]
    other = cloud_event("care-request", request_told(priority="P2"), **envelope)
    refused = await ask(house, "care-request", other)
    assert refused["code"] in {"invalid_value", "unknown_code", "unknown_type"}


# Slots and practitioners


async def test_a_slot_is_opened_by_somebody_enrolled(house):
    await tell(house, "community", community_told())

    answer = await tell(house, "slot", slot_told(NOON + 2 * HOUR))

    assert answer["code"] == "practitioner_not_enrolled"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"end": (NOON + HOUR).isoformat()}, "ends_before_it_starts"),
        ({"end": (NOON + 26 * HOUR + MINUTE).isoformat()}, "longer_than_a_day"),
        (
            {
                "start": "2026-11-29T23:50:00+01:00",
                "end": "2026-11-30T00:10:00+01:00",
            },
            "crosses_the_week",
        ),
        (
            {"start": (NOON - 2 * HOUR).isoformat(), "end": (NOON - HOUR).isoformat()},
            "already_over",
        ),
        ({"capacity": 0}, "invalid_value"),
        ({"modes": ["HH"]}, "home_visit_without_radius"),
        ({"modes": []}, "slot_open_to_nobody"),
        ({"modes": ["XX"]}, "unknown_code"),
        ({"zone": "Europe/Atlantis"}, "unknown_code"),
        ({"communities": ["999999999"]}, "unknown_community"),
        ({"start": "2026-11-23T10:00:00"}, "date_without_offset"),
    ],
)
async def test_a_slot_that_cannot_be_is_refused(house, changes, code):
    await tell(house, "community", community_told())
    await tell(house, "practitioner", practitioner_told())

    answer = await tell(house, "slot", slot_told(NOON + 2 * HOUR) | changes)

    assert answer["code"] == code


async def test_a_slot_that_overlaps_another_of_the_same_practitioner_is_refused(house):
    start = NOON + 2 * HOUR
    await opened(house, start=start)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN))

    overlapping = await tell(house, "slot", slot_told(start + timedelta(minutes=10)))
    of_another = await tell(house, "slot", slot_told(start + timedelta(minutes=10), DR_BLAIN))

    assert overlapping["code"] == "overlaps_another_slot"
    assert of_another["state"] == "published"


async def test_overlapping_slots_sent_at_once_are_not_both_published(house):
    await opened(house)
    start = NOON + 5 * HOUR

    answers = await asyncio.gather(
        *(tell(house, "slot", slot_told(start + timedelta(minutes=n))) for n in range(20))
    )

    assert sum(answer.get("state") == "published" for answer in answers) == 1
    assert {answer.get("code") for answer in answers} == {None, "overlaps_another_slot"}


async def test_a_practitioner_told_again_changes_what_differs(house):
    await tell(house, "community", community_told())
    await tell(house, "practitioner", practitioner_told())
    await tell(house, "practitioner", practitioner_told())
    paused = await tell(house, "practitioner", practitioner_told(paused=True))

    recorded = await house.log.history(names.practitioner(DR_ADAM))
    assert paused["state"] == "paused"
    assert [r.event.name for r in recorded] == [
        "practitioner.enrolled",
        "practitioner.consented",
        "practitioner.paused",
    ]


async def test_a_community_is_told_to_itself(house):
    answer = await tell(house, "community", community_told("590099002"))

    assert answer["code"] == "wrong_subject"


# Whose it is


async def routed(house, **changes):
    """The community a request that names none goes to."""
    told = await ask(
        house, "care-request", cloud_event("care-request", request_told(**changes)), "any"
    )
    history = await house.log.history(names.request(UUID(told["id"])))
    return history[0].meta.community


async def test_of_two_communities_of_a_town_the_first_gets_the_requests_whoever_asks(house):
    """Found in review: it depended on how long the process had been running."""
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)
    assert await routed(house) == VALENCIENNES

    second = await tell(house, "community", community_told(NEVERS))

    assert second["served_first_by"] == {"58194": VALENCIENNES, "58303": VALENCIENNES}
    assert await routed(house) == VALENCIENNES
    started_later = Directory(house.log, timedelta(seconds=5))
    assert (await started_later.serving("58194")).finess == VALENCIENNES


async def test_requests_follow_communes_that_change_hands(house):
    object.__setattr__(house.directory, "_again", 0.0)
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    assert await routed(house, commune="58303") == NEVERS

    only_nevers = community_told()["communes"][:1]
    told = await tell(house, "community-change", {"finess": NEVERS, "communes": only_nevers})

    assert told["state"] == "changed"
    assert await routed(house, commune="58303") == VALENCIENNES
    assert await routed(house) == NEVERS
    refused = await tell(house, "community-change", {"finess": "999999999", "title": "X"}, "any")
    assert refused["code"] == "community_not_formed"


# Dead letters


async def test_a_dead_letter_is_replayed_after_the_fix(house):
    """The request came before its community was formed."""
    refused = await tell(house, "care-request", request_told(patient={"name": "Lola Martin"}))
    assert refused["code"] == "unknown_community"
    await opened(house)

    (letter,) = await house.letters.all()
    await house.letters.replay(letter, actor="tests")

    await until(lambda: _assigned(house, 1))
    assert await house.letters.all() == []


async def test_a_dead_letter_replayed_by_two_at_once_is_sent_once(house):
    """Found by an attack: who was later failed half-way, and was told of stream replicas."""
    await tell(house, "care-request", request_told())
    await opened(house)
    (letter,) = await house.letters.all()

    await asyncio.gather(*(house.letters.replay(letter, actor="tests") for _ in range(3)))

    await until(lambda: _assigned(house, 1))
    assert await house.letters.all() == []


async def test_a_dead_letter_replayed_too_early_comes_back(house):
    await tell(house, "care-request", request_told())
    (letter,) = await house.letters.all()

    await house.letters.replay(letter, actor="tests")

    async def back():
        letters = await house.letters.all()
        return letters and letters[0].sequence > letter.sequence

    await until(back)
    (again,) = await house.letters.all()
    assert again.code == "unknown_community"


async def test_what_was_published_and_is_replayed_too_early_comes_back_every_time(house):
    """Found in review: the same letter within two minutes was taken for a duplicate, and lost."""
    js = house.broker.connection.jetstream()
    body = orjson.dumps(cloud_event("care-request", request_told()))
    await js.publish(subjects.inbox(NEVERS, "care-request"), body)
    await until(house.letters.all)

    for _ in range(3):
        (letter,) = await house.letters.all()
        await house.letters.replay(letter, actor="tests")

        async def back(before=letter):
            letters = await house.letters.all()
            return [one.sequence > before.sequence for one in letters] == [True]

        await until(back)
    (again,) = await house.letters.all()
    assert (again.id, again.code) == (letter.id, "unknown_community")


async def test_every_dead_letter_is_found_however_many_were_replayed_since(house):
    """Found in review: only the last thousand numbers were looked at, not the last letters."""
    for nth in range(5):
        await tell(house, "care-request", request_told(age=nth))
    first, *others = await house.letters.all()
    for letter in others:
        await house.letters.replay(letter, actor="tests")

    async def back():
        return len(await house.letters.all()) == 5

    await until(back)
    assert (await house.letters.all(limit=5))[0].id == first.id
    assert len(await house.letters.all(limit=2)) == 2


async def test_a_letter_whose_patient_was_erased_is_nobodys_to_replay(house):
    await opened(house)
    case = {"case_id": "fr.health.samu580.DRFR1"}
    accepted = await tell(house, "care-request", request_told(**case))
    await tell(house, "care-request", request_told(age=44, **case))  # another content: refused
    (letter,) = await house.letters.all()
    await house.vault.erase(patient_of(UUID(accepted["id"])))

    with pytest.raises(Erased):
        await house.letters.replay(letter, actor="tests")

    await house.letters.drop(letter)
    assert await house.letters.all() == []


async def test_a_fault_of_ours_is_retried_and_then_put_aside(house, monkeypatch):
    await opened(house)

    async def broken(*_):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("services.intake.care.CareDesk.request", broken)
    object.__setattr__(house.settings, "intake_retry_seconds", (0.01,))
    js = house.broker.connection.jetstream()
    body = orjson.dumps(cloud_event("care-request", request_told()))
    await js.publish(subjects.inbox(NEVERS, "care-request"), body)

    async def put_aside():
        return [letter.code for letter in await house.letters.all()] == ["internal_error"]

    await until(put_aside)
    assert await in_inbox(house) == 0


async def test_an_unknown_id_has_no_history(house):
    assert await history(house, uuid4()) == []


# What others got wrong


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"asked_at": "9999-12-31T23:59:59+00:00"}, "not_a_date"),
        ({"asked_at": "0001-01-01T00:00:00+00:00"}, "not_a_date"),
        ({"asked_at": 1795435200}, "not_a_date"),
        ({"asked_at": "1795435200"}, "not_a_date"),
        ({"patient": {"birth_date": "2099-01-01"}}, "invalid_value"),
        ({"patient": {"birth_date": "1700-01-01"}}, "invalid_value"),
        ({"motive": "M03.14\u0000"}, "nul_character"),
    ],
)
async def test_a_request_that_cannot_be_meant_is_refused_with_its_code(house, changes, code):
    await opened(house)

    answer = await tell(house, "care-request", request_told() | changes)

    assert answer["code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"zone": "Europe"}, "unknown_code"),
        ({"zone": "Europe/Atlantis"}, "unknown_code"),
        ({"start": "9999-12-31T10:00:00+00:00"}, "not_a_date"),
        ({"place": {"title": "\u0000", "commune": "58194"}}, "nul_character"),
        ({"communities": [NEVERS, "590099002"]}, "unknown_community"),
    ],
)
async def test_a_slot_that_cannot_be_meant_is_refused_with_its_code(house, changes, code):
    await opened(house)

    answer = await tell(house, "slot", slot_told(NOON + 5 * HOUR) | changes)

    assert answer["code"] == code


async def test_what_looks_like_nul_and_is_text_is_taken(house):
    await opened(house)
    place = slot_told(NOON)["place"] | {"title": "\\u0000"}

    assert (await tell(house, "slot", slot_told(NOON + 5 * HOUR, place=place)))["state"]


async def test_a_message_nested_too_deep_is_refused(house):
    nested = b'{"specversion":"1.0","data":' + b"[" * 300 + b"]" * 300 + b"}"

    assert (await ask(house, "care-request", nested))["code"] == "too_deep"


async def test_a_subject_with_more_than_it_should_have_is_refused(house):
    await opened(house)
    body = cloud_event("care-request", request_told())

    assert (await ask(house, "care-request.extra.tokens", body))["code"] == "wrong_subject"


SUNDAY_NIGHT = {"start": "2026-11-29T21:30:00+01:00", "end": "2026-11-29T21:50:00+01:00"}


async def test_who_practises_in_two_zones_is_in_one_place_at_a_time(house):
    await opened(house)
    # Monday 00:30 in La Réunion is Sunday 21:30 in Paris: two weeks, one instant.
    first = slot_told(NOON) | SUNDAY_NIGHT
    second = first | {"zone": "Indian/Reunion"}

    assert (await tell(house, "slot", first))["state"] == "published"
    assert (await tell(house, "slot", second))["code"] == "overlaps_another_slot"


async def test_two_slots_at_once_in_two_zones_are_one_slot(house):
    await opened(house)
    paris = slot_told(NOON) | SUNDAY_NIGHT
    answers = await asyncio.gather(
        *(
            tell(house, "slot", paris | {"zone": zone})
            for zone in ("Europe/Paris", "Indian/Reunion", "Pacific/Noumea")
        )
    )

    assert sorted(a.get("state", a.get("code")) for a in answers) == [
        "overlaps_another_slot",
        "overlaps_another_slot",
        "published",
    ]


async def test_a_slot_is_for_communities_the_practitioner_is_a_member_of(house):
    await opened(house)
    await tell(house, "community", community_told("590099002"), "590099002")

    answer = await tell(house, "slot", slot_told(NOON + 5 * HOUR), "590099002")

    assert answer["code"] == "not_a_member"


async def test_the_same_id_is_the_same_message_even_if_it_changed_nothing(house):
    await opened(house)
    unchanged = cloud_event("practitioner", practitioner_told())
    other = unchanged | {"data": practitioner_told(consent={"sources": ["CPTS"]})}

    first = await ask(house, "practitioner", unchanged)

    assert await ask(house, "practitioner", unchanged) == first
    assert (await ask(house, "practitioner", other))["code"] == "same_id_other_content"


async def test_a_message_that_comes_again_after_its_delay_has_its_first_answer(house, clock):
    await opened(house)
    message = cloud_event("care-request", request_told(delay="2H"))
    first = await ask(house, "care-request", message)
    await house.dispatcher.settled()

    await clock.move_to(NOON + 5 * HOUR)

    assert await ask(house, "care-request", message) == first


async def test_ids_are_told_apart_by_who_gave_them(house):
    await opened(house)
    one = cloud_event("care-request", request_told(), source="/a", id="b c")
    other = cloud_event("care-request", request_told(), source="/a/b", id="c")

    answers = [await ask(house, "care-request", each) for each in (one, other)]

    assert len({answer["id"] for answer in answers}) == 2
