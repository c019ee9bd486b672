"""`snp community`, `snp practitioner`, `snp doctor`, `snp import`, on a running product."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest

from services.cli.words import HERE
from tests.acceptance.test_offer_commands import refused
from tests.talking import cloud_event, request_told, slot_told

pytestmark = pytest.mark.xdist_group("agreements")  # beside the other commands, not after

_numbers = count(1)
COMMUNES = "finess;title;departement;zone;insee;commune;population;lat;lon\n"
WHO = "rpps;profession;setting;weekly_cap;protocols;new_patients\n"


@pytest.fixture
def named():
    """A community's number, two practitioners' and a commune's."""
    nth = next(_numbers)
    return f"7700{nth:05}", f"1077{nth:07}", f"1078{nth:07}", f"77{nth:03}"


@pytest.fixture
def community(demo, named, tmp_path):
    """Imported: a doctor who takes new patients, and a pharmacist in the team."""
    finess, doctor, pharmacist, insee = named
    file = tmp_path / "communities.csv"
    file.write_text(
        f"\ufeff{COMMUNES}{finess};CPTS Meaux;77;;{insee};Meaux;55000;48.96;2.88\n", "utf-8"
    )
    assert demo.json("import", "communities", file)["changed"] == 1
    assert demo.json("import", "communities", file)["changed"] == 0
    file = tmp_path / "practitioners.csv"
    lines = [f"{doctor};10;;;;oui", f"{pharmacist};21;;none;ODYNOPHAGIE:{doctor};"]
    file.write_text(WHO + "\n".join(lines) + "\n")
    told = demo.json("import", "practitioners", file, "--community", finess)
    assert (told["lines"], told["changed"]) == (2, 2)
    return finess, doctor, pharmacist, insee


def sent(demo, kind, data, *words):
    body = json.dumps(cloud_event(kind, data, id=str(uuid4())))
    (one,) = demo.json("send", "-", *words, stdin=body)["sent"]
    return one


def test_what_was_imported_is_shown(demo, community):
    finess, doctor, pharmacist, _ = community

    shown = demo.json("practitioner", "show", pharmacist)

    assert shown["communities"] == [finess]
    assert shown["consent"]["weekly_cap"] is None
    assert shown["consent"]["protocols"] == [{"protocol": "ODYNOPHAGIE", "by": doctor}]
    assert demo.json("practitioner", "show", doctor)["consent"]["weekly_cap"] == 20
    assert "treating doctor" in demo.run("practitioner", "show", doctor).stdout


def test_one_wrong_line_and_nothing_is_imported(demo, community, tmp_path):
    finess, doctor, _, _ = community
    new = "10790000001"
    file = tmp_path / "wrong.csv"
    file.write_text(f"{WHO}{new};10;;;;\nDr Adam;10;;;;peut-être\n{doctor};21;;;;\n")

    done = demo.run("import", "practitioners", file, "-c", finess)

    assert done.returncode == 1
    assert "line 3" in done.stdout
    assert "new_patients" in done.stdout
    assert "nothing was imported" in done.stderr
    assert refused(demo, "practitioner", "show", new) == "practitioner_not_enrolled"

    file.write_text(f"{WHO}{new};10;;;;\n{doctor};21;;;;\n{new};10;;;;\n")
    done = demo.run("import", "practitioners", file, "-c", finess)
    assert "line 3  already_enrolled_otherwise" in done.stdout
    assert "line 4  named_twice" in done.stdout
    assert refused(demo, "practitioner", "show", new) == "practitioner_not_enrolled"


def test_a_file_with_other_columns_says_which(demo, tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("rpps,name\n10790000001,Anna\n")
    assert refused(demo, "import", "practitioners", file, status=2) == "other_columns"
    for text, code in (
        (WHO, "nothing_to_import"),
        (f"{WHO}10790000001;10;;;;;SAS;CPTS\n", "other_columns"),
        ("rpps;profession;rpps\n1;10;2\n", "other_columns"),
    ):
        file.write_text(text)
        assert refused(demo, "import", "practitioners", file, status=2) == code
    assert refused(demo, "import", "communities", "nowhere.csv", status=2) == "unreadable_file"


def test_consent_changes_in_part_and_a_file_changes_what_it_says(demo, community, tmp_path):
    finess, doctor, _, _ = community

    demo.json("practitioner", "consent", doctor, "--weekly-cap", "5", "--crisis-weekly-cap", "-1")

    consent = demo.json("practitioner", "show", doctor)["consent"]
    assert (consent["weekly_cap"], consent["new_patients"]) == (5, True)
    assert consent["in_crisis"] == {"weekly_cap": None, "daily_cap": None}
    assert demo.json("practitioner", "pause", doctor)["state"] == "paused"
    assert demo.json("practitioner", "show", doctor)["paused"]
    # Said again by the file it came from, a pause and a consent are as they were.
    file = tmp_path / "again.csv"
    file.write_text(f"{WHO}{doctor};10;;;;\n")
    demo.json("import", "practitioners", file, "-c", finess)
    shown = demo.json("practitioner", "show", doctor)
    assert (shown["paused"], shown["consent"]) == (True, consent)
    assert demo.json("practitioner", "resume", doctor)["state"] == "takes_part"
    assert (
        refused(demo, "practitioner", "consent", doctor, "--overbook", status=2) == "place_missing"
    )


def test_a_practitioner_is_enrolled_by_hand(demo, community):
    finess, *_ = community
    rpps = f"1079{int(finess[-7:]):07}"

    told = demo.json("practitioner", "enrol", rpps, "-c", finess, "--setting", "sos")

    assert told["state"] == "enrolled"
    assert demo.json("practitioner", "show", rpps)["setting"] == "SOS"


def test_hours_protocols_and_crises_are_shown_and_agreed(demo, community, tmp_path):
    finess, *_ = community
    assert demo.json("community", "hours", finess)["period"] in {"SAS", "PDSA", "NONE"}
    assert "until" in demo.run("community", "hours", finess).stdout
    demo.json("community", "hours", finess, "--friday-after-holiday")
    assert demo.json("community", "hours", finess)["out_of_hours"]["friday_after_holiday"]

    assert "nothing" in demo.run("community", "weights", finess).stdout
    demo.json("community", "weights", finess, "--continuity", "0.5")
    told = demo.json("community", "weights", finess, "--fairness", "0.2")
    assert told["state"] == "weights_agreed"
    assert demo.json("community", "weights", finess)["weights"] == {
        "continuity": 0.5,
        "fairness": 0.2,
        "scarcity": 0.0,
        "fragility": 0.0,
        "tours": 0.0,
    }

    found = demo.json("community", "protocols", finess)
    assert "ODYNOPHAGIE" in demo.run("community", "protocols", finess).stdout
    found["protocols"][0]["max_age"] = 50
    file = tmp_path / "protocols.json"
    file.write_text(json.dumps(found))
    told = demo.json("community", "protocols", finess, "--adopt", file)
    assert told["state"] == "protocols_adopted"
    assert demo.json("community", "protocols", finess)["protocols"][0]["max_age"] == 50

    assert demo.json("community", "crisis", finess)["crisis"] is None
    demo.json("community", "crisis", finess, "--title", "[/red] Canicule")
    assert "[/red] Canicule" in demo.run("community", "crisis", finess).stdout
    instead = demo.run("community", "crisis", finess, "--title", "Grippe").stdout
    assert "instead of the one there was: [/red] Canicule" in instead
    assert "[/red] Canicule" in demo.run("history", finess).stdout
    assert demo.json("community", "crisis", finess, "--over")["state"] == "crisis_ended"
    assert (
        refused(demo, "community", "crisis", finess, "--over", "--title", "X", status=2) == "usage"
    )


def test_a_vacation_asks_before_patients_lose_their_places(demo, community):
    _, doctor, _, insee = community
    start = datetime.now(UTC) + timedelta(hours=3)
    slot = slot_told(start, doctor)
    times = [(start + timedelta(minutes=m)).astimezone(HERE) for m in (0, 20)]
    begins, ends = (f"{time:%Y-%m-%dT%H:%M}" for time in times)
    words = ["slot", "publish", doctor, "--start", begins, "--end", ends]
    assert refused(demo, *words, status=2) == "place_missing"
    place = "Cabinet de la Gare;58194;46.99;3.16"
    assert demo.json(*words, "--place", place)["state"] == "published"
    overbook = demo.json("practitioner", "consent", doctor, "--overbook")
    assert overbook["state"] == "takes_part"
    demo.json("practitioner", "consent", doctor, "--no-overbook")
    request = sent(
        demo,
        "care-request",
        request_told(datetime.now(UTC), commune=insee, position=slot["place"]["position"]),
    )
    assert request["state"] == "assigned"
    first, last = (datetime.now(UTC) + timedelta(days=n) for n in (0, 5))
    days = (first.strftime("%Y-%m-%dT%H:%M"), last.strftime("%Y-%m-%d"))

    assert refused(demo, "practitioner", "vacation", doctor, *days, status=2) == "not_sure"
    told = demo.json("practitioner", "vacation", doctor, *days, "--yes")
    assert (told["withdrawn"], told["searched_again"]) == (1, 1)
    assert "away" in demo.run("practitioner", "show", doctor).stdout
    back = demo.json("practitioner", "vacation", doctor, days[0], "--cancel")
    assert back["state"] == "vacation_cancelled"


def test_the_last_day_of_a_vacation_is_one_of_it(demo, community):
    _, doctor, _, _ = community
    day = f"{datetime.now(HERE) + timedelta(days=9):%Y-%m-%d}"
    vacation = ("practitioner", "vacation", doctor)

    demo.json(*vacation, day, day, "--yes")

    (away,) = demo.json("practitioner", "show", doctor)["vacations"]
    start, end = (datetime.fromisoformat(away[name]) for name in ("start", "end"))
    assert end.astimezone(HERE).date() - start.astimezone(HERE).date() == timedelta(days=1)
    assert refused(demo, *vacation, day, "2020-01-01") == "vacation_ends_before_it_starts"
    assert refused(demo, *vacation, "2020-01-01", "2020-01-02") == "vacation_over"
    for wrong in ((day,), (day, day, "--cancel"), (day, "someday")):
        assert refused(demo, *vacation, *wrong, status=2) == "usage"


def test_days_and_hours_typed_for_a_member_are_by_their_clocks(demo, named, tmp_path):
    """Found by an attack: in Guadeloupe the evening before a vacation was withdrawn."""
    finess, doctor, _, insee = named
    file = tmp_path / "overseas.csv"
    file.write_text(f"{COMMUNES}{finess};CPTS du Port;974;;{insee};Le Port;33000;-20.94;55.29\n")
    demo.json("import", "communities", file)
    demo.json("practitioner", "enrol", doctor, "-c", finess)
    day = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"

    demo.json("practitioner", "vacation", doctor, day, day, "--yes")
    place = ("--place", f"Cabinet;{insee};-20.94;55.29")
    before = f"{datetime.now(UTC) + timedelta(days=8):%Y-%m-%d}"
    evening = ("--start", f"{before}T23:30", "--end", f"{before}T23:50")
    demo.json("slot", "publish", doctor, *evening, *place)

    (away,) = demo.json("practitioner", "show", doctor)["vacations"]
    assert away["start"].endswith("T20:00:00+00:00")
    (slot,) = demo.json("slot", "list", "--rpps", doctor)["slots"]
    assert (slot["zone"], slot["start"][11:16]) == ("Indian/Reunion", "19:30")


def test_an_hour_the_clocks_skip_or_have_twice_is_asked_about(demo, community):
    """Found by an attack: 02:30 became 03:30, and a quarter of an hour lasted an hour more."""
    _, doctor, _, insee = community
    publish = ("slot", "publish", doctor, "--place", f"Cabinet;{insee};48.96;2.88")
    skipped = ("--start", "2027-03-28T02:30", "--end", "2027-03-28T04:00")
    twice = ("--start", "2027-10-31T02:50", "--end", "2027-10-31T03:05")
    assert refused(demo, *publish, *skipped, status=2) == "no_such_hour"
    assert refused(demo, *publish, *twice, status=2) == "hour_comes_twice"

    told = demo.json(*publish, "--start", "2027-10-31T02:50+01:00", "--end", "2027-10-31T03:05")

    listed = {one["slot_id"]: one for one in demo.json("slot", "list", "--rpps", doctor)["slots"]}
    slot = listed[told["id"]]
    assert slot["start"].startswith("2027-10-31T01:50")
    assert slot["end"].startswith("2027-10-31T02:05")
    assert "Sun 31 Oct 02:50" in demo.run("slot", "list", "--rpps", doctor).stdout


def test_a_commune_two_communities_serve_is_named(demo, community, named, tmp_path):
    finess, _, _, insee = community
    file = tmp_path / "another.csv"
    other = f"99{named[0][2:]}"
    file.write_text(f"{COMMUNES}{other};CPTS Voisine;77;;{insee};Meaux;55000;48.96;2.88\n")

    told = demo.json("import", "communities", file)

    assert told["served_first_by"] == {insee: finess}
    assert f"{insee} is served by {finess}" in demo.run("import", "communities", file).stdout
    file.write_text(f"{COMMUNES}{other};Autre titre;77;;{insee};Meaux;55000;48.96;2.88\n")
    assert "snp community change" in demo.run("import", "communities", file).stdout


def test_a_practitioner_works_elsewhere_and_leaves_once_that_is_sure(demo, community):
    finess, _, pharmacist, insee = community
    person = f"1{pharmacist[1:]}"[::-1]
    nurse = demo.json("practitioner", "enrol", person, "-c", finess, "--profession", "60")["id"]
    assert refused(demo, "practitioner", "enrol", nurse, "-c", finess) == "already_enrolled"
    assert refused(demo, "practitioner", "change", nurse, status=2) == "usage"
    assert demo.json("practitioner", "change", nurse, "--setting", "msp")["state"] == "takes_part"
    assert demo.json("practitioner", "show", nurse)["setting"] == "MSP"
    there = ("practitioner", "change", nurse, "-c", "999999999")
    assert refused(demo, *there) == "unknown_community"
    start = datetime.now(UTC) + timedelta(hours=3)
    begins, ends = (
        f"{(start + timedelta(minutes=m)).astimezone(HERE):%Y-%m-%dT%H:%M}" for m in (0, 20)
    )
    place = ("--place", f"Cabinet;{insee};48.96;2.88")
    demo.json("slot", "publish", nurse, "--start", begins, "--end", ends, *place)
    demo.json("practitioner", "change", nurse, "--setting", "ps")

    told = demo.json("practitioner", "leave", nurse, "-c", finess)

    assert (told["state"], told["withdrawn"], told["searched_again"]) == ("left", 1, 0)
    assert refused(demo, "practitioner", "show", nurse) == "practitioner_not_enrolled"
    assert refused(demo, "practitioner", "leave", nurse) == "practitioner_not_enrolled"
    assert "no longer in" in demo.run("history", nurse).stdout


def test_places_are_opened_every_week_by_the_wall_clock_of_where_they_are(demo, community):
    _, doctor, _, insee = community
    place = ("--place", f"Cabinet;{insee};48.96;2.88", "--zone", "Indian/Reunion")
    every = ("slot", "series", doctor, "--on", "mon,tue,wed,thu,fri,sat,sun", *place)
    hours = ("--start", "09:00", "--end", "09:20")
    today = datetime.now(UTC).date()
    days = [f"{today + timedelta(days=n):%Y-%m-%d}" for n in (3, 4, 5)]

    told = demo.json(*every, *hours, "--first", days[0], "--last", days[2], "--without", days[1])

    assert len(told["slots"]) == 2
    shown = demo.json("slot", "list", "--rpps", doctor)["slots"]
    starts = {datetime.fromisoformat(slot["start"]) for slot in shown}
    assert {(start.hour, start.minute) for start in starts} == {(5, 0)}  # UTC+4, all year
    again = (*every[:5], "--start", "14:00", "--end", "14:20")  # where the last ones were
    told = demo.json(*again, "--first", days[0], "--last", days[0])
    shown = {slot["slot_id"]: slot for slot in demo.json("slot", "list", "--rpps", doctor)["slots"]}
    (slot,) = (shown[one] for one in told["slots"])
    assert (slot["zone"], datetime.fromisoformat(slot["start"]).hour) == ("Indian/Reunion", 10)
    wrong = ("--first", days[0], "--last", days[2])
    some = ("slot", "series", doctor, "--on", "mon", *hours, *wrong, "--without", "2026-12-24")
    assert refused(demo, *some, status=2) == "usage"  # a Thursday
    assert refused(demo, *every[:4], "someday", *place, *hours, *wrong, status=2) == "usage"
    nowhere = ("slot", "publish", doctor, "--start", "09:00", "--end", "09:20", "--zone", "Mars")
    assert refused(demo, *nowhere, *place[:2], status=2) == "unknown_zone"


def test_how_a_practitioner_is_reached_is_told_and_what_they_were_told_is_shown(demo, community):
    _, doctor, _, _ = community
    told = demo.json("practitioner", "contacts", doctor, "--sms", "+33612345678")
    assert told["channels"] == ["SMS"]
    assert refused(demo, "practitioner", "contacts", doctor, "--email", "dr.adam") == "malformed"
    assert refused(demo, "practitioner", "contacts", doctor, status=2) == "usage"
    assert demo.json("notifications", "--rpps", doctor)["notifications"] == []
    assert "Nobody was told" in demo.run("notifications", "--rpps", doctor).stdout
    assert refused(demo, "notifications", "--state-is", "lost", status=2) == "usage"


def test_nobody_is_sought_where_nobody_seeks(demo, community):
    finess, *_ = community
    assert demo.json("doctor", "sought", "-c", finess)["sought"] == []
    assert "Nobody waits" in demo.run("doctor", "sought", "-c", finess).stdout
