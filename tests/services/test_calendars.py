"""A practitioner's calendar, and their free times read from their own agenda."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from domain.decider import Refused
from events.roles import Role
from services.api import calendars
from services.calendars.reading import from_fhir, from_ical
from services.messaging import subjects
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NOON, VALENCIENNES
from tests.running import until
from tests.services.doors import grant
from tests.services.test_fhir_slots import OID, SITE
from tests.talking import cloud_event, request_told, slot_told, tell

PARIS = ZoneInfo("Europe/Paris")
ICAL = {"content-type": "text/calendar"}
FHIR = {"content-type": "application/fhir+json"}
AGENDA = f"/v1/practitioners/{DR_ADAM}/agendas/cabinet"
CALENDAR = f"/v1/practitioners/{DR_ADAM}/calendar"


@pytest.fixture
async def doctor(door):
    return await door.as_(Role.PRACTITIONER)


async def a_model(door, **slot):
    """Something free times are opened like."""
    told = await tell(door.house, "slot", slot_told(NOON + 48 * HOUR, place=SITE, **slot))
    await door.house.settled()
    return told["id"]


def ical(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cabinet//FR", *events, "END:VCALENDAR"]
    return "\r\n".join(lines).encode()


def event(start, minutes=20, *more, uid="1"):
    local = start.astimezone(PARIS)
    return "\r\n".join(
        [
            "BEGIN:VEVENT",
            f"UID:{uid}",
            "DTSTAMP:20261101T000000Z",
            f"DTSTART;TZID=Europe/Paris:{local:%Y%m%dT%H%M%S}",
            f"DTEND;TZID=Europe/Paris:{local + timedelta(minutes=minutes):%Y%m%dT%H%M%S}",
            *more,
            "END:VEVENT",
        ]
    )


FREE = "TRANSP:TRANSPARENT"


async def put(door, who, body, headers=ICAL, path=AGENDA, **params):
    answer = await door.ask("PUT", path, who, content=body, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    await door.house.settled()
    return answer.json()


async def slots_of(door, who):
    found = (await door.ask("GET", f"/v1/practitioners/{DR_ADAM}/slots", who)).json()["slots"]
    return {one["slot_id"]: one for one in found}


# The day in their own calendar


async def test_a_calendar_shows_free_and_taken_places_and_nobodys_name(door, doctor):
    await tell(door.house, "slot", slot_told(NOON + 2 * HOUR, place=SITE))
    await tell(door.house, "slot", slot_told(NOON + 4 * HOUR, place=SITE))
    patient = {"age": 40, "sex": "F", "name": "Odile Perrichon"}
    await tell(door.house, "care-request", request_told(patient=patient))
    await door.house.settled()
    url = (await door.ask("POST", CALENDAR, doctor)).json()["url"]

    answer = await door.client.get(url)

    assert answer.headers["content-type"].startswith("text/calendar")
    assert b"Perrichon" not in answer.content
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    shown = {one.start.astimezone(UTC): (str(one["TRANSP"]), str(one["SUMMARY"])) for one in events}
    assert shown == {
        NOON + 2 * HOUR: ("OPAQUE", "SNP : un patient (au cabinet)"),
        NOON + 4 * HOUR: ("TRANSPARENT", "SNP : place libre (au cabinet)"),
    }
    assert "2 place de la Gare" in str(events[0]["LOCATION"])


async def test_its_address_is_of_no_use_once_there_is_another_or_none(door, doctor):
    first = (await door.ask("POST", CALENDAR, doctor)).json()["url"]
    second = (await door.ask("POST", CALENDAR, doctor)).json()["url"]
    assert (await door.client.get(first)).status_code == 404
    assert (await door.client.get(second)).status_code == 200

    assert (await door.ask("DELETE", CALENDAR, doctor)).status_code == 204
    assert (await door.client.get(second)).status_code == 404


async def test_it_is_read_no_more_once_the_account_may_not(door):
    account_id = await door.account(grant(Role.DELEGATE))
    who = door.bearer(door.tokens.made_for(account_id))
    url = (await door.ask("POST", CALENDAR, who)).json()["url"]
    gone = {"account_id": str(account_id)}
    await door.house.reception.take_in(
        orjson.dumps(cloud_event("account-closing", gone)),
        subjects.ask(subjects.ANY_COMMUNITY, "account-closing"),
    )

    async def refused():
        return (await door.client.get(url)).status_code == 404

    await until(refused)


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.COORDINATOR])
async def test_who_is_not_the_practitioner_has_neither(door, role):
    who = await door.as_(role)

    assert (await door.ask("POST", CALENDAR, who)).status_code == 403
    answer = await door.ask("PUT", AGENDA, who, content=ical(), headers=ICAL)
    assert answer.status_code == 403


async def test_whoever_asked_for_an_address_ends_it_whatever_they_are_now(door):
    """Found in review: of who is vouched for as somebody else by now, nobody could."""
    account_id = await door.account(grant(Role.DELEGATE))
    who = door.bearer(door.tokens.made_for(account_id))
    url = (await door.ask("POST", CALENDAR, who)).json()["url"]
    async with door.house.pool.connection() as connection:
        await connection.execute("update calendar_feeds set rpps = %s", (DR_BLAIN,))

    elsewhere = CALENDAR.replace(DR_ADAM, DR_BLAIN)
    assert (await door.ask("DELETE", elsewhere, who)).status_code == 204

    assert (await door.client.get(url)).status_code == 404


async def test_nobody_guesses_an_address(door):
    assert (await door.client.get(f"/v1/calendars/{'x' * 43}.ics")).status_code == 404
    assert (await door.client.get("/v1/calendars/x.ics")).status_code in {404, 422}


# Their agenda


async def test_free_times_are_opened_like_the_slot_there_is(door, doctor):
    await a_model(door, modes=["AMB", "VR"])
    body = ical(
        event(NOON + 2 * HOUR, 20, FREE, uid="a"), event(NOON + 3 * HOUR, 20, FREE, uid="b")
    )

    told = await put(door, doctor, body)

    assert (len(told["opened"]), told["refused"], told["skipped"]) == (2, [], 0)
    there = await slots_of(door, doctor)
    for slot_id in told["opened"]:
        assert there[slot_id]["place"] == SITE["title"]
        assert there[slot_id]["modes"] == ["AMB", "VR"]


async def test_what_is_busy_is_somebodys_appointment_and_is_skipped(door, doctor):
    await a_model(door)
    body = ical(
        event(NOON + 2 * HOUR, 20, "SUMMARY:Mme Perrichon, fièvre", uid="a"),
        event(NOON + 3 * HOUR, 20, FREE, "STATUS:CANCELLED", uid="b"),
        event(NOON + 4 * HOUR, 20, "CATEGORIES:SNP", uid="c"),
    )

    told = await put(door, doctor, body)

    assert (len(told["opened"]), told["skipped"]) == (1, 2)
    assert "Perrichon" not in str(told)


async def test_the_same_again_changes_nothing_and_what_is_gone_is_taken_back(door, doctor):
    await a_model(door)
    both = ical(
        event(NOON + 2 * HOUR, 20, FREE, uid="a"), event(NOON + 3 * HOUR, 20, FREE, uid="b")
    )
    first = await put(door, doctor, both)

    again = await put(door, doctor, both)
    assert (again["opened"], again["withdrawn"], again["unchanged"]) == ([], [], 2)
    less = await put(door, doctor, ical(event(NOON + 2 * HOUR, 20, FREE, uid="a")))

    assert less["withdrawn"] == [first["opened"][1]]
    assert first["opened"][1] not in await slots_of(door, doctor)


async def test_a_place_a_patient_has_is_kept_though_their_software_says_busy(door, doctor):
    await a_model(door)
    first = await put(door, doctor, ical(event(NOON + 2 * HOUR, 20, FREE)))
    told = await tell(door.house, "care-request", request_told())
    await door.house.settled()

    gone = await put(door, doctor, ical(event(NOON + 2 * HOUR, 20)))

    assert gone["withdrawn"] == []
    assert (await slots_of(door, doctor))[first["opened"][0]]["taken"] == 1
    assert told["id"]


async def test_what_was_published_otherwise_is_not_the_agendas_to_take_back(door, doctor):
    by_hand = await a_model(door)

    told = await put(door, doctor, ical())

    assert told["withdrawn"] == []
    assert by_hand in await slots_of(door, doctor)


async def test_a_dry_run_says_what_would_change_and_changes_nothing(door, doctor):
    await a_model(door)

    told = await put(door, doctor, ical(event(NOON + 2 * HOUR, 20, FREE)), dry_run=True)

    assert (told["opened"], len(told["to_open"])) == ([], 1)
    assert len(await slots_of(door, doctor)) == 1


async def test_a_time_that_cannot_be_opened_says_why_and_the_others_are(door, doctor):
    await a_model(door)
    body = ical(
        event(NOON + 2 * HOUR, 60, FREE, uid="a"), event(NOON + 2.5 * HOUR, 60, FREE, uid="b")
    )

    told = await put(door, doctor, body)

    assert len(told["opened"]) == 1
    assert [one["code"] for one in told["refused"]] == ["overlaps_another_slot"]


async def test_without_a_slot_to_open_them_like_it_says_so(door, doctor):
    await door.house.settled()

    answer = await door.ask("PUT", AGENDA, doctor, content=ical(), headers=ICAL)

    assert (answer.status_code, answer.json()["code"]) == (422, "place_missing")


async def test_slots_of_a_fhir_bundle_are_opened_with_their_modes(door, doctor):
    await a_model(door)
    start = NOON + 2 * HOUR
    slot = {
        "resourceType": "Slot",
        "schedule": {"reference": "Schedule/1"},
        "start": start.isoformat(),
        "end": (start + HOUR / 3).isoformat(),
        "serviceType": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"}
                ]
            }
        ],
    }
    whose = {
        "resourceType": "Practitioner",
        "identifier": [{"system": OID.replace("4.2.2", "4.2.1"), "value": f"8{DR_ADAM}"}],
    }
    entries = [slot | {"status": "free"}, slot | {"status": "busy"}, whose]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in entries],
    }

    told = await put(door, doctor, orjson.dumps(bundle), FHIR)

    assert (len(told["opened"]), told["skipped"]) == (1, 1)
    assert (await slots_of(door, doctor))[told["opened"][0]]["modes"] == ["VR"]
    whose["identifier"][0]["value"] = f"8{DR_BLAIN}"
    answer = await door.ask("PUT", AGENDA, doctor, content=orjson.dumps(bundle), headers=FHIR)
    assert (answer.status_code, answer.json()["code"]) == (403, "somebody_elses_agenda")


@pytest.mark.parametrize(
    ("body", "headers"),
    [(b"BEGIN:VEVENT", ICAL), (b"{}", FHIR), (b"[]", FHIR), (b"x", {"content-type": "text/plain"})],
)
async def test_what_is_no_agenda_is_refused(door, doctor, body, headers):
    await a_model(door)

    answer = await door.ask("PUT", AGENDA, doctor, content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "not_an_agenda")


# Reading


def free_in(*lines, days=7):
    found = from_ical(ical(*lines), NOON, NOON + timedelta(days=days), PARIS)
    return [(one.start, one.end) for one in found.free]


def test_a_rule_is_its_days_but_for_its_exceptions_across_the_change_of_the_clocks():
    monday = datetime(2026, 10, 19, 9, tzinfo=PARIS)
    lines = event(
        monday, 20, FREE, "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Paris:20261019T090000"
    )

    found = from_ical(ical(lines), monday, monday + timedelta(days=30), PARIS)

    assert [one.start.astimezone(PARIS).hour for one in found.free] == [9, 9]
    assert [one.start.hour for one in found.free] == [8, 8]  # UTC: the 26th is after the change


def test_free_times_of_a_freebusy_are_free_times():
    lines = (
        "BEGIN:VFREEBUSY",
        "UID:1",
        "DTSTAMP:20261101T000000Z",
        "FREEBUSY;FBTYPE=FREE:20261123T130000Z/20261123T132000Z,20261123T140000Z/PT20M",
        "FREEBUSY;FBTYPE=BUSY:20261123T150000Z/PT20M",
        "END:VFREEBUSY",
    )
    at = datetime(2026, 11, 23, 13, tzinfo=UTC)

    assert free_in(*lines) == [
        (at, at + timedelta(minutes=20)),
        (at + HOUR, at + HOUR + timedelta(minutes=20)),
    ]


def test_a_time_without_a_zone_is_of_where_they_are():
    lines = event(NOON + HOUR, 20, FREE).replace(";TZID=Europe/Paris", "")

    assert free_in(lines)[0][0] == NOON + HOUR


def test_a_whole_day_says_nothing_of_when():
    lines = (
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTAMP:20261101T000000Z",
        "DTSTART;VALUE=DATE:20261124",
        FREE,
        "END:VEVENT",
    )

    assert free_in(*lines) == []


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=9", "FREQ=HOURLY"])
def test_a_rule_without_end_is_refused_at_once(rule):
    with pytest.raises(Refused):
        free_in(event(NOON, 1, FREE, f"RRULE:{rule}"))


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_whatever_comes_is_an_agenda_or_refused(body):
    for read in (
        lambda: from_ical(body, NOON, NOON + HOUR, PARIS),
        lambda: from_ical(ical(body.decode("latin-1")), NOON, NOON + HOUR, PARIS),
        lambda: from_fhir(body, DR_ADAM, NOON, NOON + HOUR),
    ):
        with suppress(Refused):
            read()


async def test_a_place_taken_this_very_moment_is_kept(door, doctor, monkeypatch):
    await a_model(door)
    first = await put(door, doctor, ical(event(NOON + 2 * HOUR, 20, FREE)))

    async def taken_meanwhile(*given):
        slots = await calendars_between(*given)
        await tell(door.house, "care-request", request_told())
        await door.house.settled()
        return slots

    calendars_between = calendars._slots_between
    monkeypatch.setattr(calendars, "_slots_between", taken_meanwhile)
    gone = await put(door, doctor, ical())

    assert [one["code"] for one in gone["refused"]] == ["patients_there"]
    assert gone["withdrawn"] == []
    monkeypatch.undo()
    assert (await slots_of(door, doctor))[first["opened"][0]]["taken"] == 1


ENDLESS = [
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYHOUR="
    + ",".join(map(str, range(24)))
    + ";BYMINUTE="
    + ",".join(map(str, range(60)))
    + ";BYSECOND="
    + ",".join(map(str, range(60))),
]


@pytest.mark.parametrize("rule", ENDLESS, ids=["never", "always"])
async def test_a_rule_that_never_ends_holds_up_nobody(door, doctor, rule):
    await a_model(door)
    body = ical(*(event(NOON, 1, FREE, f"RRULE:{rule}", uid=str(n)) for n in range(5)))

    async def others():
        """As long as it is looked at, everybody else is answered."""
        return [(await door.ask("GET", "/v1/me", doctor)).status_code for _ in range(20)]

    refused, answered = await asyncio.gather(
        door.ask("PUT", AGENDA, doctor, content=body, headers=ICAL), others()
    )
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert set(answered) == {200}


async def test_a_time_zone_that_somebody_describes_is_theirs_alone(door, doctor):
    await a_model(door)

    def described(offset, start):
        return ical(
            "BEGIN:VTIMEZONE",
            "TZID:Customized Time Zone",
            "BEGIN:STANDARD",
            "DTSTART:16010101T000000",
            f"TZOFFSETFROM:{offset}",
            f"TZOFFSETTO:{offset}",
            "END:STANDARD",
            "END:VTIMEZONE",
            event(start, 20, FREE).replace("Europe/Paris", "Customized Time Zone"),
        )

    await put(door, doctor, described("+0500", NOON + 8 * HOUR), dry_run=True)
    told = await put(door, doctor, described("+0100", NOON + 8 * HOUR), dry_run=True)

    assert datetime.fromisoformat(told["to_open"][0]["start"]) == NOON + 8 * HOUR


async def test_our_own_feed_read_back_opens_nothing(door, doctor):
    slot_id = await a_model(door)
    url = (await door.ask("POST", CALENDAR, doctor)).json()["url"]
    feed = (await door.client.get(url)).content
    await tell(door.house, "slot-withdrawal", {"slot_id": slot_id})

    told = await put(door, doctor, feed)

    assert (told["opened"], told["skipped"]) == ([], 1)


def test_a_time_without_a_zone_overseas_is_of_there():
    at = datetime(2026, 11, 23, 8, tzinfo=ZoneInfo("America/Martinique"))
    lines = event(NOON, 20, FREE).replace(";TZID=Europe/Paris", "")
    lines = lines.replace(f"{NOON.astimezone(PARIS):%Y%m%dT%H%M%S}", "20261123T090000")

    found = from_ical(ical(lines), at, at + 3 * HOUR, ZoneInfo("America/Martinique"))

    assert [one.start for one in found.free] == [at + HOUR]


def test_a_slot_of_fhir_without_a_start_is_no_agenda():
    slot = {"resourceType": "Slot", "schedule": {"reference": "x"}, "status": "free"}
    slot |= {"_start": {"extension": [{"url": "http://x", "valueString": "y"}]}}
    slot |= {"end": "2026-11-23T14:00:00+01:00"}
    body = orjson.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": slot}]}
    )

    with pytest.raises(Refused):
        from_fhir(body, DR_ADAM, NOON, NOON + HOUR)


async def test_who_reads_endless_agendas_holds_up_nobody_else(door, doctor):
    """Found in review: ten of one account, and others waited until they were over."""
    await a_model(door)
    other = await door.as_(Role.PRACTITIONER, rpps=DR_BLAIN)
    await tell(door.house, "slot", slot_told(NOON + 48 * HOUR, DR_BLAIN, place=SITE), VALENCIENNES)
    await door.house.settled()
    endless = ical(event(NOON + 3 * HOUR, 20, FREE, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"))
    good = ical(event(NOON + 5 * HOUR, 20, FREE))
    as_ical = {"content-type": "text/calendar"}

    async def read(rpps, who, body):
        path = f"/v1/practitioners/{rpps}/agendas/a"
        return await door.ask("PUT", path, who, content=body, headers=as_ical)

    reading = [asyncio.create_task(read(DR_ADAM, doctor, endless)) for _ in range(10)]
    await until(lambda: sum(one.done() for one in reading) == 9)
    answer = await read(DR_BLAIN, other, good)

    assert not all(one.done() for one in reading)
    assert answer.status_code == 200
    told = [(await one).json()["code"] for one in reading]
    assert told.count("too_many") == 9
