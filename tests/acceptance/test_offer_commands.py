"""`snp offer`, `snp ladder`, `snp on-call`, `snp neighbours`, on a running product."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest

from services.cli.words import HERE
from tests.services.test_offers import AGREES
from tests.talking import cloud_event, community_told, practitioner_told, request_told

pytestmark = pytest.mark.xdist_group("demo")

_numbers = count(1)
_SLOTS = {"kind": "MEMBER_SLOTS", "minutes": 0}
AT_ANY_HOUR = {
    "title": "At any hour",  # on the usual ladder nobody is asked at night: this runs then too
    "rules": [
        {
            "title": "All",
            "steps": [
                _SLOTS,
                {"kind": "MEMBER_OFFERS", "minutes": 30},
                {"kind": "NEIGHBOUR_SLOTS", "minutes": 0},
            ],
        }
    ],
}


@pytest.fixture
def community(demo):
    """A community of two doctors who are asked, and of no slot: its number and theirs."""
    nth = next(_numbers)
    finess, doctors = f"7500{nth:05}", [f"1097{nth:04}{n:03}" for n in range(2)]
    insee = f"75{nth:03}"
    communes = [commune | {"insee": insee} for commune in community_told()["communes"][:1]]
    told = [cloud_event("community", community_told(finess, communes=communes), id=str(uuid4()))]
    for rpps in doctors:
        sheet = practitioner_told(rpps, consent=AGREES, communities=[finess])
        told.append(cloud_event("practitioner", sheet, id=str(uuid4())))
    told.append(cloud_event("ladder", {"finess": finess, "ladder": AT_ANY_HOUR}, id=str(uuid4())))
    sent = demo.json("send", "-", stdin=json.dumps(told))["sent"]
    assert [one["state"] for one in sent] == [
        "formed",
        "enrolled",
        "enrolled",
        "ladder_adopted",
    ]
    return finess, doctors, insee


@pytest.fixture
def asked(demo, community):
    """A request about which both are asked."""
    _, doctors, insee = community
    told = request_told(datetime.now(UTC), commune=insee, delay="4H")
    body = json.dumps(cloud_event("care-request", told, id=str(uuid4())))
    (sent,) = demo.json("send", "-", "--wait", "0.5", stdin=body)["sent"]
    return sent["id"], doctors


def quarter(hours):
    """A quarter of an hour, so many hours from now, as a command takes it."""
    then = datetime.now(HERE) + timedelta(hours=hours)
    then -= timedelta(minutes=then.minute % 15)
    return then.strftime("%Y-%m-%dT%H:%M")


def refused(demo, *words, status=1):
    done = demo.run(*words, "--json")
    assert done.returncode == status, done.stdout
    return json.loads(done.stdout.splitlines()[-1])["error"]["code"]


def test_members_are_asked_and_the_first_who_accepts_sees_the_patient(demo, asked):
    request, (adam, blain) = asked
    offers = demo.json("offer", "list", "--rpps", adam)["offers"]
    assert [(one["request_id"], one["state"]) for one in offers] == [(request, "pending")]
    assert (offers[0]["age"], offers[0]["motive"]) == (10, "M03.14")
    assert request[:8] in demo.run("offer", "list", "--rpps", adam).stdout

    told = demo.json("offer", "accept", request[:12], adam, "--at", quarter(2))

    assert (told["state"], told["rpps"]) == ("assigned", adam)
    assert refused(demo, "offer", "accept", request, blain, "--at", quarter(2)) == "offer_over"
    (lapsed,) = demo.json("offer", "list", "--rpps", blain)["offers"]
    assert (lapsed["state"], lapsed["reason"]) == ("lapsed", "PLACE_FOUND")


def test_a_claim_made_by_mistake_is_corrected(demo, asked):
    request, (adam, _) = asked
    demo.json("offer", "accept", request, adam, "--at", quarter(2), "--as", "delegate")

    assert demo.json("offer", "correct", request, adam)["state"] == "waiting"


def test_members_refuse_put_off_and_propose_another_time(demo, asked):
    request, (adam, blain) = asked
    assert demo.json("offer", "refuse", request, adam, "--reason", "full")["state"] == "waiting"
    soon = (datetime.now(HERE) + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    demo.json("offer", "defer", request, blain, "--at", soon)
    demo.json("offer", "propose", request, blain, "--at", quarter(3))

    taken = demo.json("offer", "take", request, blain)

    assert taken["state"] == "assigned"
    shown = demo.run("history", request).stdout
    for words in ("wave 1", "does not (full)", "answers by", "would at"):
        assert words in shown


def test_a_ladder_is_shown_tried_and_adopted(demo, asked, community, tmp_path):
    finess, _, _ = community
    request, _ = asked
    shown = demo.json("ladder", "show", finess)
    assert shown["probability"] == pytest.approx(0.267, abs=0.01)  # two asked, nobody accepted yet
    assert "At any hour" in demo.run("ladder", "show", finess).stdout
    ladder = shown["ladder"]
    ladder["title"] = "Two hours for slots"
    ladder["rules"][0]["steps"] = [{"kind": "MEMBER_SLOTS", "minutes": 120}]
    file = tmp_path / "ladder.json"
    file.write_text(json.dumps(ladder))

    foreseen = demo.json("ladder", "preview", request)["foreseen"]
    assert foreseen[-1]["name"] == "request.handed_back"
    other = demo.json("ladder", "preview", request, "--ladder", file)["foreseen"]
    assert "request.offered" not in [one["name"] for one in other]
    assert "back to the SAS" in demo.run("ladder", "preview", request).stdout

    assert demo.json("ladder", "adopt", finess, file)["state"] == "ladder_adopted"
    assert demo.json("ladder", "show", finess)["ladder"]["title"] == "Two hours for slots"


def test_a_ladder_that_is_none_is_told_before_it_is_sent(demo, community, tmp_path):
    finess, _, _ = community
    file = tmp_path / "ladder.json"
    file.write_text('{"title": "x", "rules": [{"title": "y", "steps": [{"kind": "TAXI"}]}]}')
    assert refused(demo, "ladder", "adopt", finess, file, status=2) == "invalid_ladder"
    for_some = {"title": "x", "rules": [{"title": "y", "priorities": ["P3"], "steps": [_SLOTS]}]}
    file.write_text(json.dumps(for_some))
    assert refused(demo, "ladder", "adopt", finess, file, status=2) == "ladder_without_end"
    file.write_text("{")
    assert refused(demo, "ladder", "adopt", finess, file, status=2) == "not_json"
    missing = tmp_path / "none.json"
    assert refused(demo, "ladder", "adopt", finess, missing, status=2) == "unreadable_file"
    assert refused(demo, "ladder", "show", "999999999") == "unknown_community"


def test_neighbours_agree_and_doctors_are_available_at_once(demo, community):
    finess, (adam, _), _ = community
    assert demo.json("neighbours", finess, "580099001")["state"] == "neighbours_agreed"
    assert refused(demo, "neighbours", finess, finess) == "its_own_neighbour"
    assert refused(demo, "neighbours", finess, status=2) == "usage"
    assert demo.json("neighbours", finess, "--none")["state"] == "neighbours_agreed"
    late = (datetime.now(HERE) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    assert demo.json("on-call", adam, "--until", late)["state"] == "on_call"
    assert demo.json("on-call", adam, "--off")["state"] == "off_call"
    assert refused(demo, "on-call", adam, status=2) == "usage"
