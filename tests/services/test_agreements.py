"""What communities and practitioners agree to reaches the requests that wait."""

import asyncio
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from domain import practitioner as practitioners
from domain.practitioner import Paused, enrolment
from events import streams as names
from projections import availability, board
from services.app import Service
from services.calendar import holidays_in
from services.clock import SimulatedClock
from services.intake.naming import contacts_of
from services.log.verify import verify
from services.projector.queries import rows
from tests.conftest import house_at
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, LADDER, MINUTE, NEVERS, NOON, VALENCIENNES
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

ESCALATED = "request.escalated"
SOS = "580012345"  # a structure: its FINESS
SORE_THROAT = {"complaint": "ODYNOPHAGIE", "patient": {"age": 30, "sex": "F"}}
DELEGATED = [{"protocol": "ODYNOPHAGIE", "by": DR_BLAIN}]


SEEN = {"sources": ["SAS"]}


async def formed(house, **changes):
    assert (await tell(house, "community", community_told(**changes)))["state"] == "formed"


async def asked(house, **changes):
    told = await tell(house, "care-request", request_told(**changes))
    await house.settled()
    return told["id"]


async def enrolled(house, rpps=DR_ADAM, agrees=None, **changes):
    consent = {"sources": ["SAS"]} | (agrees or {})
    sheet = practitioner_told(rpps, consent=consent, **changes)
    told = await tell(house, "practitioner", sheet, _sent_to(changes))
    assert told["state"] == "enrolled"


def _sent_to(changes):
    return changes.get("communities", [NEVERS])[0]


async def published(house, start=NOON + 2 * HOUR, rpps=DR_ADAM, **changes):
    told = await tell(house, "slot", slot_told(start, rpps, **changes), _sent_to(changes))
    assert told["state"] == "published"
    await house.settled()
    return told["slots"][0]


async def test_a_sore_throat_at_thirty_is_sent_to_a_pharmacist_of_the_team(house):
    await formed(house)
    await enrolled(house, DR_BLAIN)
    await enrolled(house, profession="21", agrees={"protocols": DELEGATED})
    await published(house)

    row = await on_board(house, await asked(house, **SORE_THROAT))

    assert (row["state"], row["rpps"]) == ("assigned", DR_ADAM)
    assert (await verify(house.pool, house.settings)).violations == []


async def test_without_the_doctor_who_delegates_them_there_are_no_acts(house):
    """Found by an attack: the doctor had left, or was never there, and patients were sent."""
    await formed(house)
    sheet = practitioner_told(DR_ADAM, profession="21", consent={"protocols": DELEGATED} | SEEN)
    told = await tell(house, "practitioner", sheet)
    assert told["not_in_force"] == ["ODYNOPHAGIE"]
    await enrolled(house, DR_BLAIN)
    again = {"rpps": DR_ADAM, "consent": {"protocols": DELEGATED}}
    assert "not_in_force" not in await tell(house, "practitioner-change", again)
    await tell(house, "leaving", {"rpps": DR_BLAIN, "communities": []})
    slot = await published(house)

    request = await asked(house, **SORE_THROAT)

    assert (await on_board(house, request))["state"] == "waiting"
    held = await tell(house, "hold", {"request_id": request, "slot_id": slot})
    assert held["code"] == "not_in_the_protocol"


async def test_a_community_may_leave_a_protocol_aside(house):
    await formed(house)
    await enrolled(house, profession="21", agrees={"protocols": DELEGATED})
    await published(house)
    await tell(house, "protocols", {"finess": NEVERS, "protocols": []})

    row = await on_board(house, await asked(house, **SORE_THROAT))

    assert row["state"] == "waiting"


async def test_the_treating_doctor_is_asked_first_and_then_the_others(house, clock):
    await formed(house)
    place = slot_told(NOON)["place"]
    await enrolled(house, DR_BLAIN, agrees={"overbook": {"place": place}})
    await enrolled(house, DR_ADAM)
    await published(house)

    request_id = await asked(house, treating_doctor=DR_BLAIN, registration="REGISTERED")

    row = await on_board(house, request_id)
    assert (row["state"], row["owner"]) == ("waiting", "treating_doctor")
    await clock.move_to(NOON + 5 * MINUTE)
    await house.settled()
    row = await on_board(house, request_id)
    assert (row["state"], row["rpps"]) == ("assigned", DR_ADAM)


async def test_who_is_named_and_said_to_be_missing_is_a_contradiction(house):
    await formed(house)

    told = await tell(
        house,
        "care-request",
        request_told(treating_doctor=DR_BLAIN, registration="SEEKS_ONE"),
    )

    assert told["problems"][0]["code"] == "invalid_value"


async def test_a_partner_is_reached_by_the_step_that_names_it(house):
    await formed(house)
    await enrolled(house, SOS, setting="SOS")
    await published(house, rpps=SOS)
    request_id = await asked(house)
    assert (await on_board(house, request_id))["state"] == "waiting"

    steps = [
        {"kind": "MEMBER_SLOTS", "minutes": 0},
        {"kind": "PARTNER_SLOTS", "minutes": 0, "settings": ["SOS"]},
    ]
    ladder = {"title": "With SOS", "rules": [{"title": "All", "steps": steps}]}
    told = await tell(house, "ladder", {"finess": NEVERS, "ladder": ladder})
    assert told["state"] == "ladder_adopted"
    await house.settled()

    assert (await on_board(house, request_id))["state"] == "assigned"
    assert (await verify(house.pool, house.settings)).violations == []


async def test_a_crisis_opens_what_is_kept_for_it_until_it_ends(house):
    await formed(house)
    await enrolled(house)
    await published(house, surge=True)
    await published(house, NOON + 3 * HOUR, surge=True)
    first = await asked(house)
    assert (await on_board(house, first))["state"] == "waiting"

    told = await tell(house, "crisis", {"finess": NEVERS, "title": "Bronchiolite"})
    assert told["state"] == "crisis_declared"
    await house.settled()
    assert (await on_board(house, first))["state"] == "assigned"

    assert (await tell(house, "crisis-over", {"finess": NEVERS}))["state"] == "crisis_ended"
    await house.settled()
    assert (await on_board(house, await asked(house)))["state"] == "waiting"
    assert (await verify(house.pool, house.settings)).violations == []


async def test_out_of_hours_members_sleep_and_the_sas_is_told_of_the_pdsa(settings, addresses):
    clock = SimulatedClock(NOON.replace(hour=21))
    async with house_at(settings, addresses, clock=clock) as house:
        await formed(house)
        place = slot_told(NOON)["place"]
        await enrolled(house, agrees={"overbook": {"place": place}})
        request_id = await asked(house, asked_at=clock.now(), delay="1H")

        while (await on_board(house, request_id))["state"] == "waiting":
            await clock.move_to(clock.now() + 5 * MINUTE)
            await house.settled()

        told = await story(house, request_id)
        assert [event.name for event in told if event.name == "request.offered"] == []
        (back,) = [event for event in told if event.name == "request.handed_back"]
        assert back.suggested == "PDSA"


async def test_who_waits_is_asked_for_when_the_sas_opens(settings, addresses):
    """The ladder of the hour: nobody at six, members at eight in Paris."""
    clock = SimulatedClock(NOON.replace(hour=5))
    async with house_at(settings, addresses, clock=clock) as house:
        await formed(house)
        place = slot_told(NOON)["place"]
        await enrolled(house, agrees={"overbook": {"place": place}})
        request_id = await asked(house, asked_at=clock.now())
        await clock.move_to(NOON.replace(hour=6, minute=59))
        await house.settled()
        assert "request.offered" not in [e.name for e in await story(house, request_id)]

        await clock.move_to(NOON.replace(hour=7))
        await house.settled()

        assert "request.offered" in [e.name for e in await story(house, request_id)]


async def test_a_bridge_may_be_out_of_hours(house):
    await formed(house)

    told = await tell(
        house, "hours", {"finess": NEVERS, "out_of_hours": {"friday_after_holiday": True}}
    )

    assert told["state"] == "hours_agreed"
    (event,) = [
        r.event
        for r in await house.log.history(names.community(NEVERS))
        if r.event.name == "community.hours_agreed"
    ]
    assert event.out_of_hours.friday_after_holiday
    assert event.out_of_hours.saturday_afternoon


@pytest.mark.parametrize(
    ("departement", "day", "off"),
    [
        ("58", "2026-04-03", False),  # Good Friday
        ("57", "2026-04-03", True),
        ("67", "2026-12-26", True),
        ("68", "2026-12-26", True),
        ("75", "2026-12-26", False),
        ("974", "2026-12-20", True),  # the abolition of slavery there
        ("971", "2026-05-27", True),
        ("972", "2026-05-22", True),
        ("973", "2026-06-10", True),
        ("976", "2026-04-27", True),
        ("2A", "2026-07-14", True),
        ("975", "2026-07-14", True),
    ],
)
def test_each_departement_has_its_holidays(departement, day, off):
    found = {d.isoformat() for d in holidays_in(departement, frozenset({2026}))}

    assert (day in found) is off
    assert "2026-05-01" in found


async def test_a_vacation_withdraws_its_slots_and_finds_the_patient_another(house):
    await opened(house)
    request_id = await asked(house)
    await enrolled(house, DR_BLAIN)
    await published(house, NOON + 3 * HOUR, DR_BLAIN)
    start, end = NOON.isoformat(), (NOON + timedelta(days=10)).isoformat()
    away = {"rpps": DR_ADAM, "start": start, "end": end}

    told = await tell(house, "vacation", away)

    assert (told["state"], told["withdrawn"], told["searched_again"]) == (
        "vacation_announced",
        1,
        1,
    )
    await house.settled()
    row = await on_board(house, request_id)
    assert (row["state"], row["rpps"]) == ("assigned", DR_BLAIN)
    refused = await tell(house, "slot", slot_told(NOON + 5 * HOUR))
    assert refused["code"] == "on_vacation"
    assert (await verify(house.pool, house.settings)).violations == []

    back = await tell(house, "vacation-cancelled", {"rpps": DR_ADAM, "start": start})
    assert back["state"] == "vacation_cancelled"
    await published(house, NOON + 5 * HOUR)


async def test_who_leaves_is_sent_nobody_any_more_and_their_patients_find_another(house):
    await opened(house)
    request_id = await asked(house)
    await enrolled(house, DR_BLAIN)
    await published(house, NOON + 3 * HOUR, DR_BLAIN)
    sms = [{"channel": "SMS", "address": "+33612345678"}]
    await tell(house, "contacts", {"rpps": DR_ADAM, "contacts": sms})

    told = await tell(house, "leaving", {"rpps": DR_ADAM})

    assert (told["state"], told["withdrawn"], told["searched_again"]) == ("left", 1, 1)
    await house.settled()
    row = await on_board(house, request_id)
    assert (row["state"], row["rpps"]) == ("assigned", DR_BLAIN)
    assert await house.vault.contacts(contacts_of(DR_ADAM)) is None
    line = practitioner_told(DR_ADAM, communities=[NEVERS])
    imported = await tell(house, "import", {"sheets": [line]})
    assert [problem["code"] for problem in imported["problems"]] == ["practitioner_has_left"]
    refused = await tell(house, "slot", slot_told(NOON + 5 * HOUR))
    assert refused["code"] == "practitioner_not_enrolled"
    again = await tell(house, "leaving", {"rpps": DR_ADAM})
    assert again["code"] == "practitioner_not_enrolled"
    assert (await verify(house.pool, house.settings)).violations == []

    await enrolled(house)
    await published(house, NOON + 5 * HOUR)


async def test_the_addresses_of_who_left_are_destroyed_whatever_came_between(house, monkeypatch):
    """Found in review: interrupted, they stayed; told again later, the new ones were destroyed."""
    await formed(house)
    await enrolled(house)
    contacts = {"rpps": DR_ADAM, "contacts": [{"channel": "SMS", "address": "+33612345678"}]}
    await tell(house, "contacts", contacts)
    leaving = orjson.dumps(cloud_event("leaving", {"rpps": DR_ADAM}, id="the one"))
    forget = house.vault.forget

    async def interrupted(*_):
        raise ConnectionError

    monkeypatch.setattr(house.vault, "forget", interrupted)
    assert (await ask(house, "leaving", leaving))["code"] == "internal_error"
    assert await house.vault.contacts(contacts_of(DR_ADAM))
    monkeypatch.setattr(house.vault, "forget", forget)

    again = await tell(house, "leaving", {"rpps": DR_ADAM})

    assert again["code"] == "practitioner_not_enrolled"
    assert await house.vault.contacts(contacts_of(DR_ADAM)) is None
    await enrolled(house)
    await tell(house, "contacts", contacts)
    assert (await ask(house, "leaving", leaving))["state"] == "left"  # as it was answered then
    assert await house.vault.contacts(contacts_of(DR_ADAM))


async def test_who_leaves_one_community_still_sees_the_patients_of_another(house):
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    await enrolled(house, communities=[NEVERS])
    joined = {"rpps": DR_ADAM, "communities": [VALENCIENNES], "setting": "MSP"}
    await tell(house, "practitioner-change", joined, "any")
    known = await house.executor("tests").look(practitioners.decider, names.practitioner(DR_ADAM))
    assert (known.communities, known.setting) == ((NEVERS, VALENCIENNES), "MSP")
    unknown = {"rpps": DR_ADAM, "communities": ["999999999"]}
    assert (await tell(house, "practitioner-change", unknown))["code"] == "unknown_community"
    both = slot_told(NOON + 2 * HOUR, communities=[NEVERS, VALENCIENNES], setting="PS")
    assert (await tell(house, "slot", both))["state"] == "published"

    told = await tell(house, "leaving", {"rpps": DR_ADAM, "communities": [NEVERS]})

    assert (told["state"], told["withdrawn"]) == ("left_in_part", 0)
    of_nevers = await asked(house, delay="4H")
    of_valenciennes = (await tell(house, "care-request", request_told(), VALENCIENNES))["id"]
    await house.settled()
    assert (await on_board(house, of_nevers))["state"] == "waiting"
    assert (await on_board(house, of_valenciennes))["state"] == "assigned"
    assert (await verify(house.pool, house.settings)).violations == []


async def test_who_agrees_to_be_asked_is_asked_at_once(house):
    """Found in review: a quarter of an hour later."""
    await formed(house)
    await enrolled(house)
    request_id = await asked(house, delay="1H")
    assert "request.offered" not in [e.name for e in await story(house, request_id)]

    change = {"rpps": DR_ADAM, "consent": {"overbook": {"place": slot_told(NOON)["place"]}}}
    assert (await tell(house, "practitioner-change", change))["state"] == "takes_part"

    assert "request.offered" in [e.name for e in await story(house, request_id)]


async def test_two_who_change_different_things_at_once_both_do(house):
    """Found in review: a consent that came with a pause undid the pause."""
    await formed(house)
    await enrolled(house)

    for age in range(1, 9):
        await asyncio.gather(
            tell(house, "practitioner-change", {"rpps": DR_ADAM, "paused": bool(age % 2)}),
            tell(house, "practitioner-change", {"rpps": DR_ADAM, "consent": {"min_age": age}}),
        )
        known = await house.executor("tests").look(
            practitioners.decider, names.practitioner(DR_ADAM)
        )
        assert isinstance(known, Paused) is bool(age % 2)
        assert enrolment(known).consent.min_age == age


async def test_an_agreement_that_ends_closes_the_way_at_once(house):
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    for one, other in ((NEVERS, VALENCIENNES), (VALENCIENNES, NEVERS)):
        await tell(house, "neighbours", {"finess": one, "neighbours": [other]}, one)
    request_id = await asked(house)
    reached = [e.communities for e in await story(house, request_id) if e.name == ESCALATED]
    assert reached == [(VALENCIENNES,)]

    told = {"finess": VALENCIENNES, "neighbours": []}
    await tell(house, "neighbours", told, VALENCIENNES)

    reached = [e.communities for e in await story(house, request_id) if e.name == ESCALATED]
    assert reached[-1] == ()


async def test_a_race_lost_for_a_place_of_neighbours_forgets_nothing_that_was_agreed(house):
    """Found in review: dispatch went on by the usual ladder, until all was read anew."""
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    for one, other in ((NEVERS, VALENCIENNES), (VALENCIENNES, NEVERS)):
        await tell(house, "neighbours", {"finess": one, "neighbours": [other]}, one)
    steps = [{"kind": "NEIGHBOUR_SLOTS", "minutes": 60}]
    ladder = {"title": "Neighbours", "rules": [{"title": "All", "steps": steps}]}
    await tell(house, "ladder", {"finess": NEVERS, "ladder": ladder})
    await enrolled(house, communities=[VALENCIENNES])
    slot_id = await published(house, communities=[VALENCIENNES])
    dispatcher, late, known = house.dispatcher, [], []
    hear, read = dispatcher.hear, dispatcher._log.history
    dispatcher.hear = late.append  # a moment behind the log

    async def reads(stream):
        known.append(dispatcher.board.ladder_of(NEVERS).title)
        return await read(stream)

    dispatcher._log.history = reads
    await tell(house, "slot-withdrawal", {"slot_id": slot_id}, VALENCIENNES)
    told = await tell(house, "care-request", request_told(delay="4H"))
    await until(lambda: known)
    dispatcher.hear = hear
    for batch in late:
        hear(batch)

    assert (await on_board(house, told["id"]))["state"] == "waiting"
    assert set(known) == {"Neighbours"}
    assert dispatcher.board.neighbours_of(NEVERS) == (VALENCIENNES,)


async def test_no_place_of_former_neighbours_is_kept_by_hand(settings, addresses, clock):
    """Before dispatch, which is away here, could tell the request."""
    async with house_at(settings, addresses, clock=clock) as house:
        for finess in (NEVERS, VALENCIENNES):
            await tell(house, "community", community_told(finess), finess)
        for one, other in ((NEVERS, VALENCIENNES), (VALENCIENNES, NEVERS)):
            await tell(house, "neighbours", {"finess": one, "neighbours": [other]}, one)
        await enrolled(house, communities=[VALENCIENNES])
        asked_there = {"overbook": {"place": slot_told(NOON)["place"]}}
        await enrolled(house, DR_BLAIN, asked_there, communities=[VALENCIENNES])
        steps = [
            {"kind": "NEIGHBOUR_SLOTS", "minutes": 0},
            {"kind": "MEMBER_OFFERS", "minutes": 60},
        ]
        ladder = {"title": "Neighbours", "rules": [{"title": "All", "steps": steps}]}
        await tell(house, "ladder", {"finess": NEVERS, "ladder": ladder})
        request_id = await asked(house, delay="8H")
        assert ESCALATED in [e.name for e in await story(house, request_id)]
    async with house_at(settings, addresses, clock=clock, services={Service.INTAKE}) as house:
        told = slot_told(NOON + 2 * HOUR, communities=[VALENCIENNES])
        slot_id = (await tell(house, "slot", told, VALENCIENNES))["id"]
        keep = {"request_id": request_id, "slot_id": slot_id}
        assert (await tell(house, "hold", keep))["state"] == "held"
        await tell(house, "hold-end", {"request_id": request_id})
        told = {"finess": VALENCIENNES, "neighbours": []}
        await tell(house, "neighbours", told, VALENCIENNES)

        assert (await tell(house, "hold", keep))["code"] == "not_this_community"
        offer = {"rpps": DR_BLAIN, "request_id": request_id, "answer": "ACCEPTEE"}
        accepts = offer | {"start": (NOON + HOUR).isoformat(), "minutes": 15}
        answered = await tell(house, "offer-answer", accepts, VALENCIENNES)
        assert answered["code"] == "not_this_community"


async def test_a_slot_does_not_move_into_a_vacation(house):
    slot_id = (await opened(house))["slots"][0]
    start, end = NOON + 24 * HOUR, NOON + 48 * HOUR
    away = {"rpps": DR_ADAM, "start": start.isoformat(), "end": end.isoformat()}
    await tell(house, "vacation", away)
    to = start + HOUR
    move = {"slot_id": slot_id, "start": to.isoformat(), "end": (to + HOUR).isoformat()}

    assert (await tell(house, "slot-move", move))["code"] == "on_vacation"


async def test_what_is_kept_for_a_crisis_is_not_shown_as_free(house):
    await formed(house)
    await enrolled(house)
    await published(house, surge=True)
    await published(house, NOON + 4 * HOUR)

    found = await rows(house.pool, availability.open_slots(), at=NOON)

    assert [row["start"] for row in found] == [NOON + 4 * HOUR]


async def test_whoever_loses_a_place_is_told_as_of_their_own_community_and_file(house):
    """Found in review: under the doctor's community, and without the SAMU's file."""
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    for one, other in ((NEVERS, VALENCIENNES), (VALENCIENNES, NEVERS)):
        await tell(house, "neighbours", {"finess": one, "neighbours": [other]}, one)
    sheet = practitioner_told(DR_ADAM)
    await tell(house, "practitioner", sheet, VALENCIENNES)
    await tell(house, "slot", slot_told(NOON + 2 * HOUR), VALENCIENNES)
    case = "fr.health.samu580.DRFR155800001"
    request_id = await asked(house, case_id=case)
    assert (await on_board(house, request_id))["state"] == "assigned"
    start, end = NOON.isoformat(), (NOON + 24 * HOUR).isoformat()

    await tell(house, "vacation", {"rpps": DR_ADAM, "start": start, "end": end}, VALENCIENNES)

    history = await house.log.history(names.request(UUID(request_id)))
    (lost,) = [r for r in history if r.event.name == "request.unassigned"]
    assert (lost.meta.community, lost.meta.case_id) == (NEVERS, case)
    assert lost.meta.correlation == UUID(request_id)
    assert lost.meta.actor.role == "practitioner"


async def test_a_series_leaves_a_vacation_out(house):
    await opened(house)
    away = {
        "rpps": DR_ADAM,
        "start": "2026-11-30T00:00:00+01:00",
        "end": "2026-12-07T00:00:00+01:00",
    }
    await tell(house, "vacation", away)
    series = slot_told(NOON)
    del series["start"], series["end"]
    series |= {
        "weekdays": [1],
        "starts": "09:00",
        "ends": "12:00",
        "first": "2026-11-24",
        "last": "2026-12-20",
    }

    told = await tell(house, "slot-series", series)

    assert len(told["slots"]) == 2  # of 30 November, 7 and 14 December


async def test_places_nobody_took_are_lost_when_the_slot_is_over(house, clock):
    await opened(house, capacity=3)
    await asked(house)

    await clock.move_to(NOON + 2 * HOUR + 20 * MINUTE)

    async def lost():
        await house.settled()
        return [row["lost"] for row in await _slots(house)] == [2]

    await until(lost)
    await clock.move_to(NOON + 4 * HOUR)
    assert await lost()
    assert (await verify(house.pool, house.settings)).violations == []


async def _slots(house):
    return await rows(house.pool, availability.slots.select())


async def test_what_was_lost_while_nobody_looked_is_told_when_somebody_does(settings, addresses):
    async with house_at(settings, addresses, clock=SimulatedClock(NOON)) as house:
        await opened(house, capacity=2)
    later = SimulatedClock(NOON + timedelta(days=3))
    async with house_at(settings, addresses, clock=later) as house:

        async def lost():
            await house.settled()
            return [row["lost"] for row in await _slots(house)] == [2]

        await until(lost)


async def seen(house, clock):
    """A patient who wants a treating doctor was seen."""
    request_id = await asked(house, registration="SEEKS_ONE")
    await clock.move_to(NOON + 2 * HOUR)
    visit = {"request_id": request_id, "status": "fulfilled"}
    assert (await tell(house, "appointment", visit))["state"] == "attended"
    return request_id


async def test_a_patient_who_wants_a_treating_doctor_is_taken_by_one_who_has_room(house, clock):
    await opened(house)
    await enrolled(house, DR_BLAIN, agrees={"new_patients": True})
    request_id = await seen(house, clock)

    full = await tell(house, "new-patient", {"request_id": request_id, "rpps": DR_ADAM})
    assert full["code"] == "takes_no_new_patients"
    await clock.move_to(NOON + timedelta(days=3))
    await tell(house, "new-patient", {"request_id": request_id, "rpps": DR_BLAIN})

    last = (await story(house, request_id))[-1]
    assert (last.name, last.rpps) == ("patient.doctor_found", DR_BLAIN)
    assert last.days == pytest.approx(2.92)
    assert (await verify(house.pool, house.settings)).violations == []


async def test_that_no_treating_doctor_was_found_is_told_after_a_month(house, clock):
    await opened(house)
    request_id = await seen(house, clock)
    await house.settled()

    await clock.move_to(NOON + timedelta(days=31))

    async def told():
        return (await story(house, request_id))[-1].name == "patient.doctor_not_found"

    await until(told)


async def test_no_treating_doctor_is_sought_for_who_had_not_come_after_all(house, clock):
    """Found in review: they were found one "after the visit", or sought for a month."""
    await opened(house)
    await enrolled(house, DR_BLAIN, agrees={"new_patients": True})
    request_id = await seen(house, clock)
    await house.settled()
    assert [row["request_id"] for row in await rows(house.pool, board.doctor_sought())]

    await tell(house, "appointment", {"request_id": request_id, "status": "noshow"})

    await house.settled()
    assert await rows(house.pool, board.doctor_sought()) == []
    async with house.pool.connection() as connection:
        cursor = await connection.execute("select doctor, doctor_day from indicators.requests")
        assert await cursor.fetchall() == [(None, None)]
    told = await tell(house, "new-patient", {"request_id": request_id, "rpps": DR_BLAIN})
    assert told["code"] == "no_doctor_sought"
    await clock.move_to(NOON + timedelta(days=31))
    await house.settled()
    assert (await story(house, request_id))[-1].name == "visit.missed"


async def test_what_they_think_of_it_is_counted_and_what_they_write_is_sealed(house, clock):
    await opened(house)
    request_id = await seen(house, clock)
    rating = {"request_id": request_id, "by": "PATIENT", "score": 4, "note": "Merci Dr Adam"}

    assert (await tell(house, "rating", rating))["state"] == "attended"

    told = await story(house, request_id)
    (rated,) = [event for event in told if event.name == "visit.rated"]
    assert (rated.by, rated.score) == ("PATIENT", 4)
    assert not any("Merci" in event.model_dump_json() for event in told)


async def test_a_slot_is_closed_to_a_source(house):
    slot_id = (await opened(house))["slots"][0]

    told = await tell(house, "slot-closing", {"slot_id": slot_id, "sources": ["SAS"]})

    assert told["state"] == "published"
    await house.settled()
    assert (await on_board(house, await asked(house)))["state"] == "waiting"


async def test_a_crisis_may_have_a_ladder_of_its_own_which_must_be_one(house):
    await formed(house)
    endless = {"title": "Half", "rules": [LADDER.rules[0].model_dump(mode="json")]}

    told = await tell(house, "crisis", {"finess": NEVERS, "title": "Canicule", "ladder": endless})

    assert told["code"] == "ladder_without_end"
