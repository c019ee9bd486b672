"""What a partner of one community could do to another, and emergencies that were not heard."""

from datetime import timedelta
from uuid import UUID

import pytest

from events import streams as names
from events.motives import NOT_GIVEN
from events.roles import Role
from services.intake.naming import contacts_of, request_of
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON, VALENCIENNES
from tests.services.test_hub_sante import CASE, case, demand, in_envelope, received, sent
from tests.services.test_offers import AGREES, asked_of_a_neighbour
from tests.services.test_series import series_told
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

VITAL = {"qualification": {"details": {"priority": "P0"}}}
MOBILE, OTHER = "+33639980001", "+33639980002"


@pytest.fixture
async def slot(house):
    """A patient has a place of Dr Adam's in Nevers; Valenciennes is there as well."""
    told = await opened(house)
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)
    await sent(house, case())
    await house.settled()
    assert (await received(house))[-1].name == "request.assigned"
    return told["id"]


def by_sms(address):
    return {"rpps": DR_ADAM, "contacts": [{"channel": "SMS", "address": address}]}


ELSEWHERE = {
    "slot-withdrawal": lambda slot: {"slot_id": slot},
    "slot-capacity": lambda slot: {"slot_id": slot, "capacity": 1},
    "slot-opening": lambda slot: {"slot_id": slot, "communities": [VALENCIENNES]},
    "slot-move": lambda slot: {
        "slot_id": slot,
        "start": (NOON + 5 * HOUR).isoformat(),
        "end": (NOON + 6 * HOUR).isoformat(),
    },
    "slot": lambda _: slot_told(NOON + 8 * HOUR, communities=[NEVERS]),
    "vacation": lambda _: {
        "rpps": DR_ADAM,
        "start": NOON.isoformat(),
        "end": (NOON + 48 * HOUR).isoformat(),
    },
    "leaving": lambda _: {"rpps": DR_ADAM},
    "practitioner": lambda _: practitioner_told(communities=[VALENCIENNES]),
    "practitioner-change": lambda _: {"rpps": DR_ADAM, "paused": True},
    "contacts": lambda _: by_sms(OTHER),
    "on-call": lambda _: {"rpps": DR_ADAM, "until": (NOON + HOUR).isoformat()},
}


@pytest.mark.parametrize("kind", ELSEWHERE)
async def test_a_partner_of_one_community_changes_nothing_of_another(house, slot, kind):
    await tell(house, "contacts", by_sms(MOBILE))

    answer = await tell(house, kind, ELSEWHERE[kind](slot), VALENCIENNES)

    assert answer["code"] == "wrong_subject"
    await house.settled()
    assert (await received(house))[-1].name == "request.assigned"
    assert MOBILE.encode() in await house.vault.contacts(contacts_of(DR_ADAM))


@pytest.mark.usefixtures("slot")
async def test_a_member_is_brought_into_no_other_community_by_a_partner(house):
    joins = {"rpps": DR_ADAM, "communities": [VALENCIENNES]}
    enrolled = practitioner_told(DR_BLAIN, communities=[NEVERS, VALENCIENNES])

    assert (await tell(house, "practitioner-change", joins, NEVERS))["code"] == "wrong_subject"
    assert (await tell(house, "practitioner", enrolled, NEVERS))["code"] == "wrong_subject"
    assert "code" not in await tell(house, "practitioner", enrolled, "any")
    assert "code" not in await tell(house, "practitioner", enrolled, NEVERS)


@pytest.mark.parametrize("way", ["over HTTP", "over NATS"])
async def test_who_the_patient_of_a_file_is_is_told_where_they_are_served(door, way):
    """Of another community somebody took the number of the next file, to be told its patient."""
    thief = await door.as_(Role.REGULATOR, community=VALENCIENNES)
    early = {"case_id": CASE, "asked_at": NOON.isoformat(), "priority": "P2", "note": "x"}
    if way == "over HTTP":
        await door.ask("POST", "/v1/requests", thief, json=early | {"motive": NOT_GIVEN})
    else:
        await sent(door.house, demand(), VALENCIENNES)
    patient = {"identity": {"nonStrictFeatures": {"complete": "Zoé Perrichon"}}}

    told = await sent(door.house, case(patient=[patient]), "any")

    assert told["code"] == "request_received_otherwise"
    path = f"/v1/requests/{request_of(CASE)}/identity"
    seen = await door.ask("POST", path, thief, json={"purpose": "curious"})
    assert "Perrichon" not in seen.text


async def test_an_old_word_on_addresses_destroys_no_newer_one(house):
    await opened(house)
    first = cloud_event("contacts", by_sms(MOBILE))
    await ask(house, "contacts", first)
    await tell(house, "contacts", by_sms(OTHER))

    again = await ask(house, "contacts", first)  # delivered a second time

    assert again["state"] == "contacts_given"
    assert OTHER.encode() in await house.vault.contacts(contacts_of(DR_ADAM))


@pytest.mark.usefixtures("slot")
async def test_the_log_says_who_sent_it_and_not_whose_number_it_has(house):
    cancel = in_envelope(case(), distributionKind="Cancel", senderID="fr.health.samu950")

    await sent(house, cancel)

    (*_, last) = await house.log.history(names.request(request_of(CASE)))
    assert (last.event.name, last.meta.actor.ref) == ("request.withdrawn", "fr.health.samu950")


# Emergencies


@pytest.mark.parametrize("beside", [{}, {"location": "nowhere"}], ids=["whole", "malformed"])
@pytest.mark.usefixtures("slot")
async def test_an_emergency_is_never_too_old(house, beside):
    old = (NOON - HOUR).isoformat()

    await sent(house, in_envelope(case(**VITAL, **beside), dateTimeExpires=old))

    assert (await received(house))[-1].name == "request.refused_as_emergency"


async def test_what_was_handed_back_and_became_an_emergency_is_not_opened_again(house, clock):
    await opened(house, start=NOON + 40 * HOUR)
    await sent(house, case())
    await sent(house, demand(request={"deadline": "1H"}))
    await clock.move_to(NOON + HOUR)
    await house.settled()
    assert (await received(house))[-1].name == "request.handed_back"

    await sent(house, case(**VITAL))
    answer = await sent(house, demand(number=2, at=NOON + HOUR, request={"deadline": "4H"}))

    assert answer["code"] == "case_was_an_emergency"


@pytest.mark.parametrize("has_file", [True, False])
async def test_an_emergency_under_an_id_known_already_is_told(house, has_file):
    await opened(house)
    file = {"case_id": CASE} if has_file else {}
    calm = cloud_event("care-request", request_told(**file))
    told = await ask(house, "care-request", calm)
    await house.settled()

    answer = await ask(house, "care-request", calm | {"data": request_told(priority="P0", **file)})

    assert answer["state"] == "refused_as_emergency"
    history = await house.log.history(names.request(told["id"]))
    assert history[-1].event.name == "request.refused_as_emergency"


@pytest.mark.usefixtures("slot")
async def test_an_update_taken_back_makes_no_emergency(house):
    update = {"createCaseHealthUpdate": {"caseId": CASE} | VITAL}

    answer = await sent(house, in_envelope(update, distributionKind="Cancel"))

    assert answer["code"] == "case_update_not_taken_over"
    assert (await received(house))[-1].name == "request.assigned"


async def test_an_exercise_is_one_wherever_it_says_so(house):
    await opened(house)
    calm, vital = case(), case(**VITAL, location="nowhere")

    inside = [await sent(house, in_envelope({"status": "Exercise"} | one)) for one in (calm, vital)]

    assert [answer["code"] for answer in inside] == ["exercise_message", "exercise_message"]
    assert await received(house) == []


@pytest.mark.parametrize("way", ["whole", "of a known id"])
async def test_an_emergency_without_a_file_ends_nothing_of_another_community(house, way):
    await opened(house)
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)
    calm = cloud_event("care-request", request_told())
    told = await ask(house, "care-request", calm, NEVERS)
    await house.settled()
    vital = calm | {"data": request_told(priority="P0") if way == "whole" else {"priority": "P0"}}

    elsewhere = await ask(house, "care-request", vital, VALENCIENNES)
    assert elsewhere["state"] == "refused_as_emergency"
    assert elsewhere["id"] != told["id"]
    before = await house.log.history(names.request(told["id"]))
    await ask(house, "care-request", vital, NEVERS)

    (*_, last) = now = await house.log.history(names.request(told["id"]))
    assert now[: len(before)] == before
    assert len(now) > len(before)
    assert last.event.name == "request.refused_as_emergency"
    assert last.meta.community == NEVERS  # whose regulators are told of it


SOMEBODY, SOMEBODY_ELSE = {"age": 80, "sex": "M"}, {"age": 3, "sex": "F"}
THE_SAME = {"age": 34, "sex": "F"}


@pytest.mark.parametrize(
    "malformed", [{"motive": None}, {"asked_at": "now"}, {"nobody": "knows"}, {}], ids=str
)
async def test_an_emergency_of_another_ends_nothing_however_little_of_it_is_understood(
    house, malformed
):
    await opened(house)
    calm = cloud_event("care-request", request_told(patient={"age": 34, "sex": "F"}))
    told = await ask(house, "care-request", calm)
    await house.settled()

    answers = [
        await ask(
            house,
            "care-request",
            calm | {"data": request_told(priority="P0", patient=whose) | malformed},
        )
        for whose in (SOMEBODY, SOMEBODY_ELSE, SOMEBODY)
    ]

    assert {answer["state"] for answer in answers} == {"refused_as_emergency"}
    assert answers[0]["id"] == answers[2]["id"]
    assert len({told["id"], *(answer["id"] for answer in answers)}) == 3
    for one in answers:
        (written,) = await house.log.history(names.request(one["id"]))
        assert written.event.name == "request.refused_as_emergency"
    (*_, last) = await house.log.history(names.request(told["id"]))
    assert last.event.name == "request.assigned"


async def over_already(house, how):
    """A message of an id whose request there is nothing left to end of, and that request's id."""
    calm = cloud_event("care-request", request_told(patient=THE_SAME))
    vital = calm | {"data": request_told(priority="P0", patient=THE_SAME)}
    if how == "emergency":
        return calm, (await ask(house, "care-request", vital))["id"]
    told = await ask(house, "care-request", calm)
    if how == "became an emergency":
        await ask(house, "care-request", vital)
    else:
        over = {"request_id": told["id"], "reason": "CANCELLED"}
        await tell(house, "withdrawal", over)
    return calm, told["id"]


@pytest.mark.parametrize("how", ["emergency", "became an emergency", "withdrawn"])
@pytest.mark.parametrize(
    ("patient", "community"),
    [(SOMEBODY, NEVERS), (THE_SAME, VALENCIENNES), (THE_SAME, NEVERS)],
)
async def test_an_emergency_under_the_id_of_what_is_over_is_written_as_well(
    house, how, patient, community
):
    """Found in review: answered as an emergency, and nobody else ever heard of it."""
    await opened(house)
    await tell(house, "community", community_told(VALENCIENNES), VALENCIENNES)
    calm, first = await over_already(house, how)
    before = await house.log.history(names.request(first))
    vital = request_told(priority="P1", motive="M02.01", patient=patient)

    answer = await ask(house, "care-request", calm | {"data": vital}, community)
    again = await ask(house, "care-request", calm | {"data": vital}, community)
    later = vital | {"asked_at": (NOON + timedelta(seconds=1)).isoformat()}
    pressed_twice = await ask(house, "care-request", calm | {"data": later}, community)

    assert answer["state"] == "refused_as_emergency"
    assert answer["id"] == again["id"] == pressed_twice["id"] != first
    (written,) = await house.log.history(names.request(answer["id"]))
    assert written.event.name == "request.refused_as_emergency"
    assert written.meta.community == community  # whose regulators are told of it
    assert await house.log.history(names.request(first)) == before


@pytest.mark.parametrize("way", ["new", "of an open request", "too long"])
async def test_who_presses_twice_tells_one_emergency(house, way):
    """Found in review: asked at another second, it was another one."""
    await opened(house)
    calm = cloud_event("care-request", request_told(patient=THE_SAME))
    if way == "of an open request":
        await ask(house, "care-request", calm)
    vital = request_told(priority="P0", patient=THE_SAME)
    if way == "too long":
        vital |= {"note": "x" * 300_000}

    seconds = [(NOON + timedelta(seconds=one)).isoformat() for one in range(3)]
    answers = [
        await ask(house, "care-request", calm | {"time": now, "data": vital | {"asked_at": now}})
        for now in seconds
    ]

    assert len({answer["id"] for answer in answers}) == 1
    assert await emergencies(house) == 1


async def emergencies(house):
    async with house.pool.connection() as connection:
        name = "request.refused_as_emergency"
        cursor = await connection.execute("select count(*) from events where name = %s", (name,))
        return (await cursor.fetchone())[0]


@pytest.mark.parametrize(
    "said",
    [
        {"priority": "P0", "care_level": "Z"},
        {"priority": "P1", "care_level": ""},
        {"priority": "P0", "source": "FOO"},
        {"priority": "P0", "source": None},
        {"priority": "P9", "care_level": "R1"},
        {"priority": None, "care_level": "R1"},
        {"priority": "P0", "bogus": 1},
    ],
    ids=str,
)
async def test_each_of_the_two_signs_tells_an_emergency_whatever_the_other_says(house, said):
    await opened(house)
    vital = cloud_event("care-request", request_told() | said)

    answer = await ask(house, "care-request", vital)

    assert answer["state"] == "refused_as_emergency"
    (written,) = await house.log.history(names.request(answer["id"]))
    assert written.event.commune == "58194"
    assert written.meta.community == NEVERS  # whose regulators are told of it


@pytest.mark.parametrize("over", ["withdrawn", "reoriented"])
@pytest.mark.parametrize("way", ["anew", "malformed", "by the SAMU", "a change", "a bad change"])
async def test_an_emergency_of_a_file_that_is_over_is_written_as_one_of_its_own(house, over, way):
    """Found in review: answered as an emergency, or not even that, and nobody else heard of it."""
    await opened(house)
    told = await ask(house, "care-request", cloud_event("care-request", request_told(case_id=CASE)))
    kind, how = {
        "withdrawn": ("withdrawal", {"reason": "CANCELLED"}),
        "reoriented": ("reorientation", {"to": "URGENCES"}),
    }[over]
    await tell(house, kind, {"request_id": told["id"]} | how)
    before = await received(house)
    change = {"caseId": CASE} | VITAL
    vital = {
        "anew": lambda: cloud_event("care-request", request_told(case_id=CASE, priority="P0")),
        "malformed": lambda: cloud_event("care-request", {"case_id": CASE, "priority": "P0"}),
        "by the SAMU": lambda: case(**VITAL),
        "a change": lambda: {"createCaseHealthUpdate": change},
        "a bad change": lambda: {"createCaseHealthUpdate": change | {"location": "nowhere"}},
    }[way]()

    answers = [await ask(house, "care-request", vital) for _ in range(2)]

    assert {answer["state"] for answer in answers} == {"refused_as_emergency"}
    assert len({answer["id"] for answer in answers}) == 1
    (written,) = await house.log.history(names.request(answers[0]["id"]))
    assert (written.event.name, written.event.case_id) == ("request.refused_as_emergency", CASE)
    assert await received(house) == before


@pytest.mark.parametrize(
    "bad", [{"ifversion": "x"}, {"time": ["x"]}, {"actorrole": "boss"}, {"type": 4}], ids=str
)
async def test_an_emergency_is_of_its_id_whatever_else_of_its_envelope_is_wrong(house, bad):
    await opened(house)
    calm = cloud_event("care-request", request_told(patient=THE_SAME))
    told = await ask(house, "care-request", calm)

    vital = calm | {"data": request_told(priority="P0", patient=THE_SAME)} | bad
    answer = await ask(house, "care-request", vital)

    assert answer["id"] == told["id"]
    (*_, last) = await house.log.history(names.request(told["id"]))
    assert (last.event.name, last.meta.actor.ref) == (
        "request.refused_as_emergency",
        calm["source"],
    )


async def test_an_emergency_without_an_id_is_another_one_another_day(house):
    await opened(house)
    days = [NOON - day * 24 * HOUR for day in range(2)]
    told = [{"data": request_told(day, priority="P0", patient=THE_SAME)} for day in days]

    answers = [await ask(house, "care-request", one) for one in told]

    assert answers[0]["id"] != answers[1]["id"]
    assert await emergencies(house) == 2


async def test_the_id_of_what_was_only_about_a_request_ends_none(house):
    await opened(house)
    told = await ask(house, "care-request", cloud_event("care-request", request_told()))
    later = cloud_event("deadline", {"request_id": told["id"], "delay": "2H"})
    assert "code" not in await ask(house, "deadline", later)

    vital = cloud_event("care-request", {"priority": "P0"}, id=later["id"])
    answer = await ask(house, "care-request", vital)

    assert answer["state"] == "refused_as_emergency"
    assert answer["id"] != told["id"]


async def test_an_emergency_ends_the_request_of_its_id_were_it_one_of_a_file(house):
    await opened(house)
    calm = cloud_event("care-request", request_told(case_id=CASE, patient=THE_SAME))
    told = await ask(house, "care-request", calm)

    vital = calm | {"data": request_told(priority="P0", patient=THE_SAME)}
    answer = await ask(house, "care-request", vital)

    assert answer["id"] == told["id"] == str(request_of(CASE))
    assert (await received(house))[-1].name == "request.refused_as_emergency"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("slot", slot_told(NOON + 8 * HOUR)),
        ("practitioner", practitioner_told(DR_BLAIN)),
        ("community", community_told(VALENCIENNES)),
    ],
)
async def test_an_emergency_under_the_id_of_another_kind_of_message_is_told(house, kind, told):
    await opened(house)
    before = cloud_event(kind, told)
    assert "code" not in await ask(house, kind, before, told.get("finess", NEVERS))
    vital = cloud_event("care-request", request_told(priority="P0"), id=before["id"])

    answer = await ask(house, "care-request", vital)

    assert answer["state"] == "refused_as_emergency"
    (written,) = await house.log.history(names.request(answer["id"]))
    assert written.event.name == "request.refused_as_emergency"


@pytest.mark.parametrize("beside", ["a\0b", "x" * 300_000], ids=["no text", "large"])
async def test_an_emergency_ends_its_request_whatever_is_said_beside(house, beside):
    """Found in review: shortened, it had forgotten of which id it was."""
    await opened(house)
    calm = cloud_event("care-request", request_told(patient=THE_SAME))
    told = await ask(house, "care-request", calm)
    vital = request_told(priority="P0", patient=THE_SAME, note=beside)

    answer = await ask(house, "care-request", calm | {"data": vital})

    assert answer["id"] == told["id"]
    (*_, last) = await house.log.history(names.request(told["id"]))
    assert last.event.name == "request.refused_as_emergency"
    assert (last.meta.community, last.meta.actor.ref) == (NEVERS, calm["source"])


async def test_two_patients_of_one_age_are_two_emergencies_under_one_id(house):
    await opened(house)
    calm = cloud_event("care-request", request_told(patient={"age": 34, "sex": "F"}))
    await ask(house, "care-request", calm)

    answers = [
        await ask(
            house,
            "care-request",
            calm | {"data": request_told(priority="P0", patient=SOMEBODY | {"name": name})},
        )
        for name in ("Anne Martin", "Louise Petit")
    ]

    assert answers[0]["id"] != answers[1]["id"]
    for one in answers:
        (written,) = await house.log.history(names.request(one["id"]))
        assert written.event.name == "request.refused_as_emergency"


@pytest.mark.parametrize("malformed", [{}, {"motive": None}], ids=str)
async def test_a_birth_date_tells_one_patient_from_another_as_an_age_does(house, malformed):
    await opened(house)
    calm = cloud_event("care-request", request_told(patient={"birth_date": "1950-03-02"}))
    told = await ask(house, "care-request", calm)
    await house.settled()
    vital = request_told(priority="P1", patient={"birth_date": "2000-03-02"}) | malformed

    answer = await ask(house, "care-request", calm | {"data": vital})

    assert answer["state"] == "refused_as_emergency"
    assert answer["id"] != told["id"]
    (*_, last) = await house.log.history(names.request(told["id"]))
    assert last.event.name == "request.assigned"


async def test_an_emergency_whose_patient_is_none_that_can_be_understood_is_told(house):
    await opened(house)
    calm = cloud_event("care-request", request_told())
    told = await ask(house, "care-request", calm)
    vital = request_told(priority="P0", patient={"age": "old", "sex": ["M"]})

    answer = await ask(house, "care-request", calm | {"data": vital})

    assert answer == {"id": told["id"], "state": "refused_as_emergency"} | answer


async def test_an_update_makes_an_emergency_of_what_was_handed_back(house, clock):
    await opened(house, start=NOON + 40 * HOUR)
    await sent(house, case())
    await sent(house, demand(request={"deadline": "1H"}))
    await clock.move_to(NOON + HOUR)
    await house.settled()

    await sent(house, {"createCaseHealthUpdate": {"caseId": CASE} | VITAL})

    again = demand(number=2, at=NOON + HOUR, request={"deadline": "4H"})
    assert (await sent(house, again))["code"] == "case_was_an_emergency"


@pytest.mark.parametrize("beside", ["\0", "x" * 300_000], ids=["no text", "large"])
@pytest.mark.parametrize("national", [True, False])
async def test_an_emergency_is_told_whatever_is_said_beside(house, beside, national):
    await opened(house)
    file = case(**VITAL)
    file["createCaseHealth"]["beside"] = beside
    ours = cloud_event("care-request", request_told(priority="P0", case_id=CASE, note=beside))

    answer = await (sent(house, file) if national else ask(house, "care-request", ours))

    assert answer["state"] == "refused_as_emergency"
    assert [one.name for one in await received(house)] == ["request.refused_as_emergency"]


@pytest.mark.usefixtures("slot")
async def test_nobody_is_taken_out_of_another_community(house):
    both = {"rpps": DR_ADAM, "communities": [NEVERS, VALENCIENNES]}
    await tell(house, "practitioner-change", both, "any")
    there = await tell(
        house, "slot", slot_told(NOON + 9 * HOUR, communities=[NEVERS, VALENCIENNES]), "any"
    )
    both_places = series_told(communities=[NEVERS, VALENCIENNES])
    weekly = await tell(house, "slot-series", both_places, "any")

    for gone in ({}, {"communities": [NEVERS]}):
        told = await tell(house, "leaving", {"rpps": DR_ADAM} | gone, VALENCIENNES)
        assert told["code"] == "wrong_subject"
    leaving = {"rpps": DR_ADAM, "communities": [VALENCIENNES]}
    assert (await tell(house, "leaving", leaving, VALENCIENNES))["state"] == "left_in_part"
    for kind, withdrawal in (
        ("slot-withdrawal", {"slot_id": there["id"]}),
        ("series-withdrawal", {"series_id": weekly["id"]}),
    ):
        told = await tell(house, kind, withdrawal, VALENCIENNES)
        assert told["code"] == "wrong_subject"  # it is theirs no more
    assert (await received(house))[-1].name == "request.assigned"


async def test_who_was_asked_of_neighbours_is_answered_for_by_their_own_community(house):
    request_id = await asked_of_a_neighbour(house)
    start = (NOON + HOUR).isoformat()
    said = {"request_id": request_id, "rpps": DR_BLAIN, "answer": "ACCEPTEE", "start": start}

    of_another = await tell(house, "offer-answer", said, NEVERS)
    of_their_own = await tell(house, "offer-answer", said, VALENCIENNES)

    assert of_another["code"] == "wrong_subject"
    assert of_their_own["state"] == "assigned"


@pytest.mark.parametrize("gone", ["left", "moved"])
async def test_who_left_is_not_answered_for_by_another_community(house, gone):
    """Found in review: who answered was nobody there, and the regulation heard of a proposal."""
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    await tell(house, "practitioner", practitioner_told(consent=AGREES))
    request_id = (await tell(house, "care-request", request_told()))["id"]
    await house.settled()
    if gone == "left":
        await tell(house, "leaving", {"rpps": DR_ADAM})
    else:
        moved = {"rpps": DR_ADAM, "communities": [VALENCIENNES]}
        await tell(house, "practitioner-change", moved, "any")
    await house.settled()
    said = {"request_id": request_id, "rpps": DR_ADAM}

    for answer in (
        {"answer": "PARTIELLE", "start": (NOON + HOUR).isoformat()},
        {"answer": "REFUSEE", "reason": "FULL"},
    ):
        assert (await tell(house, "offer-answer", said | answer, VALENCIENNES))["code"] == (
            "wrong_subject"
        )

    history = [one.event.name for one in await house.log.history(names.request(UUID(request_id)))]
    assert "request.offered" in history
    assert not {"offer.partially_accepted", "offer.refused"}.intersection(history)
