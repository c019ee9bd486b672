"""`snp slot`, `snp visit` and their kind, on a running product."""

import json
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.cli.words import HERE
from tests.talking import cloud_event, request_told

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture
def assigned(demo):
    """A request with a place."""
    told = request_told(datetime.now(UTC))
    body = json.dumps(cloud_event("care-request", told, id=str(uuid4())))
    (sent,) = demo.json("send", "-", stdin=body)["sent"]
    assert sent["state"] == "assigned"
    return sent


def refused(demo, *words):
    """What a command says that was refused."""
    done = demo.run(*words, "--json")
    assert done.returncode == 1, done.stdout
    return json.loads(done.stdout.splitlines()[-1])["error"]["code"]


def test_slots_to_come_are_listed_with_their_ids(demo, assigned):
    slots = demo.json("slot", "list", "--limit", "5000")["slots"]
    mine = next(s for s in slots if s["slot_id"] == assigned["decision"]["slot_id"])

    assert mine["taken"] >= 1
    assert str(mine["slot_id"])[:8] in demo.run("slot", "list", "--rpps", mine["rpps"]).stdout


def test_a_visit_is_confirmed_then_cancelled_for_another_time(demo, assigned):
    short = assigned["id"][:13]
    assert demo.json("visit", "confirm", short)["state"] == "confirmed"
    assert refused(demo, "visit", "missed", short) == "not_yet"
    begins = datetime.fromisoformat(assigned["decision"]["start"]).astimezone(HERE)
    assert f"{begins:%d %b %Y %H:%M}" in " ".join(demo.run("visit", "missed", short).stderr.split())

    assert demo.json("visit", "cancel", short, "--again")["state"] == "waiting"

    names = [event["name"] for event in demo.json("history", assigned["id"])["events"]]
    assert names[:4] == [
        "request.received",
        "request.assigned",
        "request.confirmed",
        "request.unassigned",
    ]


def test_why_this_place_and_why_not_another(demo, assigned):
    why = demo.json("why", assigned["id"])
    assert why["event"] == "request.assigned"
    assert why["because"][0].startswith("The place chosen: ")
    french = demo.run("why", assigned["id"], "--lang", "fr").stdout
    assert french.startswith("Place choisie : ")

    slot = next(
        one
        for one in demo.json("slot", "list", "--limit", "5000")["slots"]
        if one["slot_id"] == assigned["decision"]["slot_id"]
    )
    places = demo.json("why", assigned["id"], "--not", slot["rpps"])["places"]
    assert any(place["chosen"] for place in places)
    assert refused(demo, "why", assigned["id"], "--not", "10003456784") == "no_place_then"
    assert demo.run("why", slot["rpps"]).returncode == 2


def test_what_if_there_had_been_more_places(demo, assigned, tmp_path):
    received = demo.json("history", assigned["id"])["events"][0]
    finess = received["data"]["community"]
    today = f"{datetime.now(ZoneInfo('Europe/Paris')):%Y-%m-%d}"
    more, html = tmp_path / "more.csv", tmp_path / "what-if.html"
    weekday = datetime.now(ZoneInfo("Europe/Paris")).isoweekday()
    more.write_text(f"weekday,start,end,places\n{weekday},08:00,20:00,4\n")

    told = demo.json(
        "what-if", finess, "--from", today, "--to", today, "--add-slots", more, "--html", html
    )

    assert told["what_if"] == "4 more places a week"
    assert told["requests"] >= 1
    assert told["figures"]["served"]["went"] > 0
    assert "<svg" in html.read_text()
    shown = demo.run("what-if", finess, "--from", today, "--to", today, "--policy", "earliest")
    assert "played again" in shown.stdout
    ladder = tmp_path / "ladder.json"
    step = {"kind": "MEMBER_SLOTS", "minutes": 0}
    ladder.write_text(
        json.dumps({"title": "Places only", "rules": [{"title": "All", "steps": [step]}]})
    )
    told = demo.json("what-if", finess, "--from", today, "--to", today, "--ladder", ladder)
    assert told["what_if"] == "ladder “Places only”"
    assert told["figures"]["asked"]["what_if"] == 0
    bounded = ("what-if", finess, "--from", today, "--to", today, "--inequality-at-most")
    told = demo.json(*bounded, "1")
    assert [one["fairness"] for one in told["tried"]] == [0.0]
    assert "what if: inequality 0 at most" in demo.run(*bounded, "0").stdout
    assert demo.run(*bounded, "0", "--fairness", "1").returncode == 2
    more.write_text("weekday\n9\n")
    wrong = ("what-if", finess, "--from", today, "--to", today, "--add-slots", more)
    assert demo.run(*wrong).returncode == 2
    assert refused(demo, "what-if", finess, "--from", "2020-01-01", "--to", "2020-01-01") == (
        "nothing_found"
    )


def test_a_slot_with_patients_is_not_withdrawn_by_a_slip(demo, assigned):
    slot = assigned["decision"]["slot_id"]
    careless = demo.run("slot", "withdraw", slot, "--json")
    assert careless.returncode == 2
    assert json.loads(careless.stdout)["error"]["code"] == "not_sure"

    told = demo.json("slot", "withdraw", slot, "--yes", "--as", "delegate")

    assert told["state"] == "withdrawn"
    assert told["searched_again"] >= 1
    # Its patient may have another place in the same week by now: it is not the last event.
    events = demo.json("history", f"agenda-{_agenda(assigned)}")["events"]
    (mine,) = [
        one for one in events if one["name"] == "slot.withdrawn" and one["data"]["slot_id"] == slot
    ]
    assert mine["meta"]["actor"]["role"] == "delegate"


def _agenda(sent):
    return f"{sent['decision']['rpps']}-{sent['decision']['week']}"


def test_a_patient_is_sent_elsewhere_and_a_request_taken_back(demo, assigned):
    assert demo.json("reorient", assigned["id"], "urgences")["state"] == "reoriented"
    assert refused(demo, "withdraw", assigned["id"]) == "request_closed"
    assert "emergency department" in demo.run("history", assigned["id"]).stdout
    assert demo.json("outcome", assigned["id"], "hospitalised")["state"] == "reoriented"


def test_a_duplicate_ends_in_the_other_one(demo, assigned):
    told = request_told(datetime.now(UTC))
    body = json.dumps(cloud_event("care-request", told, id=str(uuid4())))
    (other,) = demo.json("send", "-", stdin=body)["sent"]

    merged = demo.json("duplicate", other["id"], "--of", assigned["id"])

    assert merged == {"id": other["id"], "state": "merged"}


def test_what_nobody_knows_is_said(demo):
    assert refused(demo, "visit", "confirm", "ffffffffffff") == "nothing_found"
    for next_to_nothing in ("", "%", "_"):
        done = demo.run("slot", "withdraw", next_to_nothing, "--json")
        assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == "ambiguous"
    assert refused(demo, "slot", "capacity", "ffffffffffff", "2") == "no_such_slot"
    wrong = demo.run("outcome", "ffffffffffff", "--json")
    assert wrong.returncode == 2


def test_who_has_a_place_is_kept_and_given_no_other(demo, assigned):
    slot = assigned["decision"]["slot_id"]
    demo.json("visit", "cancel", assigned["id"], "--again")
    # Dispatch is quicker than a command: another place was found, and no second one is given.
    assert refused(demo, "hold", assigned["id"], slot) == "already_assigned"
    assert refused(demo, "take", assigned["id"], slot) == "already_assigned"
    assert demo.json("release", assigned["id"])["state"] == "assigned"
    assert refused(demo, "take", assigned["id"], "ffffffffffff") == "no_such_slot"


def test_where_no_candidate_was_tried_it_is_said_how_to(demo):
    assert demo.json("shadow") == {"policies": [], "otherwise": []}
    assert "SNP_SHADOW_POLICY" in demo.run("shadow").stdout
