"""A slot changes, a visit is cancelled or takes place: told by messages, seen on the board."""

import asyncio
from uuid import UUID, uuid4

import pytest

from domain.request import NoSuchRequest
from events import streams as names
from events.envelope import Actor, Role
from projections import availability
from services.dispatch.opening import opening
from services.log.erasure import erase
from services.log.vault import Erased, NothingSealed
from services.log.verify import verify
from services.projector.queries import rows
from tests.conftest import house_at
from tests.examples import (
    DR_BLAIN,
    HOUR,
    MINUTE,
    NEVERS,
    NEVERS_COMMUNES,
    NOON,
    VALENCIENNES,
)
from tests.looking import on_board, story
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

CASE = "fr.health.samu580.DRFR155802600042"


async def asked(house, **changes):
    told = await tell(house, "care-request", request_told(**changes))
    await house.settled()
    return told["id"]


async def state_of(house, request_id):
    return (await on_board(house, request_id))["state"]


async def free_places(house):
    await house.settled()
    found = await rows(house.pool, availability.open_slots(), at=NOON)
    return {str(row["slot_id"]): row["free"] for row in found}


async def appointment(house, request_id, status, **more):
    data = {"request_id": request_id, "status": status, **more}
    return await tell(house, "appointment", data)


async def test_the_patients_of_a_withdrawn_slot_are_placed_again_at_once(house, settings):
    slot = await opened(house)
    request_id = await asked(house)
    later = await tell(house, "slot", slot_told(NOON + 3 * HOUR))

    answer = await tell(house, "slot-withdrawal", {"slot_id": slot["id"]})

    assert answer == {"id": slot["id"], "state": "withdrawn", "searched_again": 1}
    happened = await story(house, request_id)
    assert [event.name for event in happened][1:] == [
        "request.assigned",
        "request.unassigned",
        "request.assigned",
    ]
    assert str(happened[-1].slot_id) == later["id"]
    assert slot["id"] not in await free_places(house)
    assert (await verify(house.pool, settings)).violations == []


async def test_who_lost_a_place_comes_before_whoever_waits_already(house):
    slot = await opened(house)
    lost = await asked(house, delay="8H")
    urgent = await asked(house, delay="4H")
    assert await state_of(house, urgent) == "waiting"

    await tell(house, "slot-withdrawal", {"slot_id": slot["id"]})
    await house.settled()
    await tell(house, "slot", slot_told(NOON + 3 * HOUR))

    assert await state_of(house, lost) == "assigned"
    assert await state_of(house, urgent) == "waiting"


async def test_who_was_moved_with_the_slot_keeps_it_against_whoever_waits(house):
    slot = await opened(house)
    moved = await asked(house, delay="8H")
    urgent = await asked(house, delay="4H")
    start = NOON + 3 * HOUR

    await tell(
        house,
        "slot-move",
        {
            "slot_id": slot["id"],
            "start": start.isoformat(),
            "end": (start + 20 * MINUTE).isoformat(),
        },
    )

    row = await on_board(house, moved)
    assert (row["state"], str(row["slot_id"]), row["start"]) == ("assigned", slot["id"], start)
    assert await state_of(house, urgent) == "waiting"


async def test_one_place_more_goes_to_whoever_waits_and_one_less_sends_the_last_back(house):
    slot = await opened(house)
    first, second = await asked(house), await asked(house)

    grown = await tell(house, "slot-capacity", {"slot_id": slot["id"], "capacity": 2})
    assert grown["searched_again"] == 0
    assert await state_of(house, second) == "assigned"

    shrunk = await tell(house, "slot-capacity", {"slot_id": slot["id"], "capacity": 1})
    assert shrunk["searched_again"] == 1
    assert await state_of(house, first) == "assigned"
    assert await state_of(house, second) == "waiting"


async def test_a_slot_opened_to_a_neighbour_serves_who_waits_there(house):
    slot = await opened(house)
    await tell(house, "community", community_told(VALENCIENNES, title="CPTS B"), VALENCIENNES)
    told = await tell(house, "care-request", request_told(), VALENCIENNES)
    assert await state_of(house, told["id"]) == "waiting"

    opening = {"slot_id": slot["id"], "communities": [VALENCIENNES]}
    await tell(house, "slot-opening", opening, "any")

    assert await state_of(house, told["id"]) == "assigned"


async def test_a_place_the_patient_gives_back_goes_to_whoever_waits(house):
    await opened(house)
    first = await asked(house)
    second = await asked(house)

    answer = await appointment(house, first, "cancelled")

    assert answer["state"] == "cancelled"
    assert await state_of(house, second) == "assigned"
    assert await state_of(house, first) == "cancelled"


async def test_a_patient_who_wants_another_time_gets_one_elsewhere(house):
    await opened(house)
    request_id = await asked(house)
    other = await tell(house, "slot", slot_told(NOON + 3 * HOUR))

    await appointment(house, request_id, "cancelled", search_again=True)

    assert str((await on_board(house, request_id))["slot_id"]) == other["id"]


async def test_a_practitioner_who_cancels_is_sent_nobody_else_then(house):
    slot = await opened(house, capacity=2)
    first = await asked(house)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN))
    other = await tell(house, "slot", slot_told(NOON + 3 * HOUR, DR_BLAIN))

    await appointment(house, first, "cancelled", by="PRACTITIONER")

    assert str((await on_board(house, first))["slot_id"]) == other["id"]
    assert (await free_places(house))[slot["id"]] == 1


async def test_a_visit_is_confirmed_attended_and_its_outcome_told(house, clock):
    await opened(house)
    request_id = await asked(house, case_id=CASE)

    assert (await appointment(house, request_id, "booked"))["state"] == "confirmed"
    assert await state_of(house, request_id) == "confirmed"
    early = await appointment(house, request_id, "fulfilled")
    assert early["code"] == "not_yet"

    await clock.move_to(NOON + 2 * HOUR)
    attended = await tell(house, "appointment", {"case_id": CASE, "status": "fulfilled"})
    assert attended == {"id": request_id, "state": "attended"}
    await tell(house, "outcome", {"request_id": request_id, "outcome": "TREATED"})

    row = await on_board(house, request_id)
    assert (row["state"], row["outcome"]) == ("attended", "TREATED")


async def test_of_who_did_not_come_no_treatment_is_told(house, clock):
    """Found by an attack: missed and treated, both of one visit."""
    await opened(house)
    request_id = await asked(house)
    await clock.move_to(NOON + 2 * HOUR)
    treated = {"request_id": request_id, "outcome": "TREATED"}

    await appointment(house, request_id, "noshow")
    assert (await tell(house, "outcome", treated))["code"] == "visit_was_missed"
    await appointment(house, request_id, "fulfilled")
    await tell(house, "outcome", treated)
    await appointment(house, request_id, "noshow")

    row = await on_board(house, request_id)
    assert (row["state"], row["outcome"]) == ("missed", None)


async def test_nobody_is_a_duplicate_of_who_was_not_seen(house, clock):
    """Found by an attack: the request that still waited for its visit ended, and nobody saw it."""
    await opened(house)
    missed = await asked(house)
    await clock.move_to(NOON + 2 * HOUR)
    await appointment(house, missed, "noshow")
    waiting = await asked(house, asked_at=NOON + 2 * HOUR)

    refused = await tell(house, "duplicate", {"request_id": waiting, "of": missed})

    assert refused["code"] == "nothing_to_merge_into"
    assert await state_of(house, waiting) == "waiting"


async def test_what_is_written_of_the_outcome_is_sealed(house, clock):
    await opened(house)
    patient = {"age": 10, "sex": "F", "name": "Lola Petit"}
    request_id = await asked(house, patient=patient)
    await clock.move_to(NOON + 2 * HOUR)
    await appointment(house, request_id, "fulfilled")

    report = {"request_id": request_id, "outcome": "HOSPITALISED", "note": "seen by her aunt"}
    await tell(house, "outcome", report)

    async with house.pool.connection() as connection:
        cursor = await connection.execute("select string_agg(data::text, ' ') from events")
        (everything,) = await cursor.fetchone()
        cursor = await connection.execute("select count(*) from vault where kind = 'patient'")
        (sealed,) = await cursor.fetchone()
    assert "aunt" not in everything
    assert sealed == 2


async def test_a_note_told_with_the_same_outcome_is_sealed_too(house, clock):
    await opened(house)
    request_id = await asked(house, patient={"age": 10, "sex": "F", "name": "Lola Petit"})
    await clock.move_to(NOON + 2 * HOUR)
    await appointment(house, request_id, "fulfilled")
    report = {"request_id": request_id, "outcome": "TREATED"}
    await tell(house, "outcome", report)

    await tell(house, "outcome", report | {"note": "called back in the evening"})

    async with house.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from vault where kind = 'patient'")
        assert await cursor.fetchone() == (2,)


LOLA = {"age": 10, "sex": "F", "name": "Lola Petit"}


async def erased(house, request_id):
    actor = Actor(ref="tests", role=Role.OPERATOR)
    how = {"executor": house.executor("tests"), "vault": house.vault, "clock": house.clock}
    return await erase(UUID(request_id), actor=actor, **how)


async def keys_left(house):
    async with house.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from vault where key is not null")
        return (await cursor.fetchone())[0]


async def test_erasing_a_patient_erases_what_was_refused_about_them(house):
    await opened(house)
    request_id = await asked(house, patient=LOLA)
    note = {"request_id": request_id, "outcome": "TREATED", "note": "too early"}
    assert (await tell(house, "outcome", note))["code"] == "not_yet"

    assert await erased(house, request_id)

    assert await keys_left(house) == 0


@pytest.mark.parametrize("changes", [{"delay": "24H"}, {"motive": "a cough"}], ids=str)
async def test_erasing_a_patient_erases_what_was_refused_under_the_id_of_their_request(
    house, changes
):
    await opened(house)
    calm = cloud_event("care-request", request_told(patient=LOLA))
    told = await ask(house, "care-request", calm)
    other = request_told(patient=LOLA | {"address": "3 rue Basse"}, **changes)
    assert "code" in await ask(house, "care-request", calm | {"data": other})

    assert await erased(house, told["id"])

    assert await keys_left(house) == 0


async def test_what_is_refused_about_a_patient_once_they_are_erased_is_nobody_s_to_read(house):
    """Found in review: put aside after the keys were destroyed, it had one of its own."""
    await opened(house)
    calm = cloud_event("care-request", request_told(patient=LOLA))
    told = await ask(house, "care-request", calm)
    assert await erased(house, told["id"])

    assert "code" in await ask(house, "care-request", calm | {"data": request_told(delay="24H")})

    assert await keys_left(house) == 0
    (letter,) = await house.letters.all()
    with pytest.raises(Erased):
        await house.letters.replay(letter, actor="tests")


async def test_of_an_emergency_erasing_takes_what_was_refused_under_its_id(house):
    await opened(house)
    event = cloud_event("care-request", request_told(priority="P0"))
    told = await ask(house, "care-request", event)
    assert "code" in await ask(house, "care-request", event | {"data": request_told(patient=LOLA)})

    assert await erased(house, told["id"])

    assert await keys_left(house) == 0
    assert not await erased(house, told["id"])
    with pytest.raises(NoSuchRequest):
        await erased(house, str(uuid4()))


async def test_what_was_refused_is_its_own_patient_s_whatever_it_says_beside(house):
    """Found in review: a request id in it made it somebody else's, whose erasure took it."""
    await opened(house)
    wrong = cloud_event("care-request", request_told(patient=LOLA) | {"request_id": str(uuid4())})
    assert "code" in await ask(house, "care-request", wrong)
    told = await ask(house, "care-request", wrong | {"data": request_told(patient=LOLA)})

    assert await erased(house, told["id"])

    assert await keys_left(house) == 0


async def test_a_letter_can_be_erased_alone(house):
    await opened(house)
    for name in ("Lola", "Anne"):
        nowhere = request_told(commune="99999", patient=LOLA | {"name": name})
        assert "code" in await ask(house, "care-request", cloud_event("care-request", nowhere))
    first, second = await house.letters.all()

    assert await house.letters.erase(UUID(first.id)) == [first.id]

    assert await house.letters.all() == [second]
    assert await keys_left(house) == 1
    with pytest.raises(NothingSealed):
        await house.vault.open_letter(UUID(first.id), actor="tests", reason="tests")


async def test_with_a_letter_goes_what_was_refused_of_the_same_message_before(house):
    """Found in review: sent again and refused for another reason, its first body stayed."""
    await opened(house)
    late = request_told(NOON - 48 * HOUR, commune="59606", patient=LOLA)
    assert "code" in await ask(house, "care-request", event := cloud_event("care-request", late))
    (first,) = await house.letters.all()
    there = NEVERS_COMMUNES[0].model_dump(mode="json") | {"insee": "59606"}
    await tell(house, "community", community_told(VALENCIENNES, communes=[there]), VALENCIENNES)
    await house.letters.replay(first, actor="tests")

    async def came_back():
        return [one.code for one in await house.letters.all()] not in ([], [first.code])

    await until(came_back)
    (second,) = await house.letters.all()
    assert await keys_left(house) == 2

    assert await house.letters.erase(UUID(second.id)) == sorted([first.id, second.id])

    assert await keys_left(house) == 0
    assert await house.letters.all() == []
    for _ in range(2):
        assert "code" in await ask(house, "care-request", event)
        (again,) = await house.letters.all()
        assert await keys_left(house) == 1  # it is a letter again, to be read and sent
        await house.letters.erase(UUID(again.id))


async def test_of_who_was_not_named_at_first_erasing_takes_what_named_them_later(house):
    await opened(house)
    calm = cloud_event("care-request", request_told())
    told = await ask(house, "care-request", calm)
    named = calm | {"data": request_told(delay="24H", patient=LOLA)}
    assert "code" in await ask(house, "care-request", named)

    assert await erased(house, told["id"])

    assert "code" in await ask(house, "care-request", named | {"data": {"patient": LOLA}})
    assert await keys_left(house) == 0


async def test_what_is_told_of_a_patient_while_they_are_erased_is_erased_as_well(
    house, clock, monkeypatch
):
    await opened(house)
    request_id = await asked(house, patient=LOLA)
    await clock.move_to(NOON + 2 * HOUR)
    await appointment(house, request_id, "fulfilled")
    erase_keys = house.vault.erase

    async def and_somebody_tells(subject):
        monkeypatch.setattr(house.vault, "erase", erase_keys)
        done = await erase_keys(subject)
        note = {"request_id": request_id, "outcome": "TREATED", "note": "Lola was called"}
        assert "code" not in await tell(house, "outcome", note)
        return done

    monkeypatch.setattr(house.vault, "erase", and_somebody_tells)

    assert await erased(house, request_id)

    assert await keys_left(house) == 0


@pytest.mark.parametrize(
    ("kind", "data", "state"),
    [
        ("reorientation", {"to": "URGENCES"}, "reoriented"),
        ("withdrawal", {"reason": "PATIENT_DECLINED"}, "withdrawn"),
    ],
)
async def test_what_ends_gives_its_place_to_whoever_waits(house, kind, data, state):
    await opened(house)
    first, second = await asked(house), await asked(house)

    answer = await tell(house, kind, {"request_id": first, **data})

    assert answer["state"] == state
    assert await state_of(house, first) == state
    assert await state_of(house, second) == "assigned"


async def test_a_duplicate_gives_its_place_to_the_request_that_goes_on(house):
    await opened(house)
    first, second = await asked(house), await asked(house)

    await tell(house, "duplicate", {"request_id": first, "of": second})

    assert await state_of(house, first) == "merged"
    assert await state_of(house, second) == "assigned"


async def test_the_event_says_that_a_delegate_acted(house):
    slot = await opened(house)
    event = cloud_event("slot-withdrawal", {"slot_id": slot["id"]}, actorrole="delegate")

    await ask(house, "slot-withdrawal", event)

    stream = await house.log.agenda_of(UUID(slot["id"]))
    assert (await house.log.history(stream))[-1].meta.actor.role == "delegate"


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("slot-withdrawal", {"slot_id": str(uuid4())}, "no_such_slot"),
        ("slot-capacity", {"slot_id": str(uuid4()), "capacity": 0}, "invalid_value"),
        ("appointment", {"request_id": str(uuid4()), "status": "booked"}, "no_such_request"),
        ("appointment", {"status": "booked"}, "invalid_value"),
        (
            "appointment",
            {"request_id": str(uuid4()), "case_id": CASE, "status": "booked"},
            "invalid_value",
        ),
        ("appointment", {"case_id": CASE, "status": "arrived"}, "unknown_code"),
        ("outcome", {"case_id": CASE, "outcome": "CURED"}, "unknown_code"),
        ("reorientation", {"case_id": CASE}, "missing_field"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_code(house, kind, data, code):
    await opened(house)

    answer = await tell(house, kind, data)

    codes = {problem["code"] for problem in answer.get("problems", ())}
    assert code in {answer["code"]} | codes


async def test_two_who_cancel_at_once_free_the_place_once(house, settings):
    await opened(house)
    request_id = await asked(house)

    answers = await asyncio.gather(
        *(appointment(house, request_id, "cancelled", search_again=bool(n % 2)) for n in range(8))
    )

    assert {answer.get("state", answer.get("code")) for answer in answers} <= {
        "cancelled",
        "waiting",
        "not_assigned",
        "request_closed",
        "assigned",
    }
    await house.settled()
    assert (await verify(house.pool, settings)).violations == []


async def test_who_lost_a_place_still_waits_after_a_restart(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock) as house:
        slot = await opened(house)
        request_id = await asked(house)
        await tell(house, "slot-withdrawal", {"slot_id": slot["id"]})
        assert await state_of(house, request_id) == "waiting"
        events = (await opening(house.pool, clock.now())).events
        assert names.request(UUID(request_id)) in {recorded.stream for recorded in events}

    async with house_at(settings, addresses, clock=clock) as house:
        assert house.dispatcher.board.request(UUID(request_id)).state.first_in_line
        await tell(house, "slot", slot_told(NOON + 3 * HOUR))
        assert await state_of(house, request_id) == "assigned"


async def test_a_community_named_must_exist(house):
    slot = await opened(house)

    answer = await tell(
        house, "slot-opening", {"slot_id": slot["id"], "communities": ["999999999"]}
    )

    assert answer["code"] == "unknown_community"
    assert NEVERS not in answer["message"]
