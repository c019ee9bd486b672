"""`snp up --sandbox`: a day of care in minutes, stepped from another terminal."""

import json
from uuid import uuid4

from tests.acceptance.conftest import Snp
from tests.examples import DR_ADAM, NEVERS
from tests.services.test_offers import AGREES
from tests.talking import cloud_event, community_told, practitioner_told, request_told


def test_a_day_passes_as_fast_as_one_steps_it(tmp_path):
    snp = Snp(tmp_path)
    morning = ("--sandbox", "--clock", "2026-11-23T08:00", "--speed", "0", "--demo")
    with snp.running(*morning) as demo:
        assert demo.json("clock")["now"].startswith("2026-11-23T07:00")
        slots = demo.json("slot", "list", "--limit", "1")["slots"]
        assert slots[0]["start"].startswith("2026-11-23")
        request = request_told(delay="1H", modes=["VR"], max_km=0, professions=["40"])
        body = json.dumps(cloud_event("care-request", request, id=str(uuid4())))
        (sent,) = demo.json("send", "-", "--as-of-now", stdin=body)["sent"]
        assert sent["state"] == "searching"

        demo.json("clock", "--step", "45")
        demo.json("clock", "--to", "08:51")

        names = [event["name"] for event in demo.json("history", sent["id"])["events"]]
        assert names[-1] == "request.handed_back"
        assert demo.json("verify")["violations"] == []
        assert demo.json("clock", "--speed", "60")["speed"] == 60
        assert "times as fast" in demo.run("clock").stdout


def test_elsewhere_time_passes_as_everywhere(tmp_path):
    snp = Snp(tmp_path)
    assert snp.run("up", "--clock", "2026-11-23T08:00").returncode == 2
    with snp.running() as running:
        done = running.run("clock", "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == "no_sandbox"


def test_an_hour_alone_is_of_the_day_it_is_in_the_sandbox(tmp_path):
    with Snp(tmp_path).running("--sandbox", "--clock", "2027-03-01T08:00", "--speed", "0") as snp:
        told = [
            cloud_event("community", community_told(), id="c"),
            cloud_event(
                "practitioner", practitioner_told(consent=AGREES, communities=[NEVERS]), id="p"
            ),
        ]
        snp.json("send", "-", stdin=json.dumps(told))
        request = cloud_event("care-request", request_told(delay="4H"), id="r")
        (sent,) = snp.json("send", "-", "--as-of-now", stdin=json.dumps(request))["sent"]

        accepted = snp.json("offer", "accept", sent["id"], DR_ADAM, "--at", "09:30")

        assert accepted["start"] == "2027-03-01T08:30:00+00:00"


def test_a_real_state_is_no_sandbox_and_a_sandbox_is_not_real(tmp_path):
    """Found in review: a real request went back to the SAS at New Year."""
    sandbox = ("--sandbox", "--clock", "2027-01-01T08:00", "--speed", "0")
    for name in ("real", "kept"):
        (tmp_path / name).mkdir()
    real, kept = Snp(tmp_path / "real"), Snp(tmp_path / "kept")
    with real.running():
        pass
    refused = real.run("up", *sandbox, "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout.splitlines()[-1])["error"]["code"] == "not_a_sandbox"

    with kept.running(*sandbox) as snp:
        snp.json("send", "-", stdin=json.dumps(cloud_event("community", community_told(), id="c")))
        snp.json("clock", "--step", "90")
        told = cloud_event("practitioner", practitioner_told(communities=[NEVERS]), id="p")
        snp.json("send", "-", stdin=json.dumps(told))
    with kept.running(*sandbox) as snp:  # goes on from where it was
        assert snp.json("clock")["now"] >= "2027-01-01T08:30"
    with kept.running("--sandbox", "--speed", "0") as snp:
        # Found by an attack: it jumped to the day of the machine, and all who waited went back.
        assert snp.json("clock")["now"].startswith("2027-01-01T08:30")
    refused = kept.run("up", "--json")
    assert json.loads(refused.stdout.splitlines()[-1])["error"]["code"] == "is_a_sandbox"
