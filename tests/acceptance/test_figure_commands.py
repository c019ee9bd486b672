"""`snp indicators`, `snp targets`, `snp journal`, `snp availability`, on a running product."""

import io
import json
from datetime import datetime, timedelta

import openpyxl
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from services.cli.words import HERE
from tests.acceptance.test_agreement_commands import COMMUNES, sent
from tests.acceptance.test_offer_commands import refused
from tests.talking import request_told, slot_told

pytestmark = pytest.mark.xdist_group("agreements")

THIS_MONTH = f"{datetime.now(HERE):%Y-%m}"
FIGURES = "indicator;period;numerator;denominator;source\n"


FINESS, DOCTOR, INSEE = "770099999", "10770999999", "77999"


@pytest.fixture(scope="module")
def month(demo, tmp_path_factory):
    """A doctor with two places today, one of them for a patient. Gives the FINESS."""
    file = tmp_path_factory.mktemp("communes") / "communities.csv"
    file.write_text(f"{COMMUNES}{FINESS};CPTS Meaux;77;;{INSEE};Meaux;55000;48.96;2.88\n")
    demo.json("import", "communities", file)
    now = datetime.now(HERE)
    consent = {"sources": ["SAS", "CPTS"], "weekly_cap": None}
    who = {"rpps": DOCTOR, "profession": "10", "communities": [FINESS], "consent": consent}
    sent(demo, "practitioner", who, "--community", FINESS)
    place = slot_told(now)["place"] | {"commune": INSEE, "position": {"lat": 48.96, "lon": 2.88}}
    slot = slot_told(now + timedelta(hours=2), DOCTOR, communities=[FINESS], place=place)
    slot |= {"end": (now + timedelta(hours=3)).isoformat(), "capacity": 2}
    sent(demo, "slot", slot)
    request = request_told(now, commune=INSEE) | {"delay": "4H"}
    told = sent(demo, "care-request", request, "--community", FINESS)
    assert told["state"] == "assigned", told
    return FINESS


def figures(demo, *words):
    """By code, of a whole and not of its parts."""
    told = demo.json("indicators", *words)
    return told, {one["code"]: one for one in told["figures"] if not one["part"]}


def test_figures_of_this_month_are_shown_and_those_of_a_position_are_the_same_again(demo, month):
    told, found = figures(demo, "--community", month)

    assert found["requests_received"]["value"] == 1
    assert found["fulfilment_rate"]["value"] == 100.0
    assert (found["places_offered"]["value"], found["places_used"]["value"]) == (2, 1)
    again, _ = figures(demo, "--community", month, "--at", told["position"])
    assert again["fingerprint"] == told["fingerprint"]
    shown = demo.run("indicators", "--community", month, "--lang", "fr").stdout
    for words in ("CPTS Meaux", THIS_MONTH, "100,0 %", "1 / 1", told["fingerprint"][:3]):
        assert words in shown
    _, by_label = figures(demo, "--community", month, "--only", "supply", "--by", "label")
    assert by_label["places_offered"]["cell"] in {"SNP", "CPTS"}


def test_an_indicator_is_explained_down_to_its_events(demo, month):
    told = demo.json("indicators", "explain", "fulfilment_rate", "--community", month)

    assert told["definition"]["formula"]["fr"]
    assert told["figures"][0]["denominator"] == 1
    first, last = told["behind"]["events"]
    assert (first["name"], last["name"]) == ("request.received", "request.assigned")
    history = demo.run("history", first["stream"]).stdout
    assert "request.received" in history
    shown = demo.run("indicators", "explain", "fulfilment_rate", "--community", month).stdout
    assert first["event_id"] in shown
    over = ("--as", "ars", "--period", "2026-10")
    ars = demo.run("indicators", "explain", "fulfilment_rate", "--community", month, *over)
    assert "not shown here" in ars.stdout
    assert first["event_id"] not in ars.stdout
    codes = {one["code"] for one in demo.json("indicators", "list")["indicators"]}
    assert {"fulfilment_rate", "places_lost"} <= codes


def test_figures_are_exported_in_four_formats(demo, month, tmp_path):
    files = {kind: tmp_path / f"figures.{kind}" for kind in ("csv", "xlsx", "parquet", "pdf")}
    for kind, file in files.items():
        told = demo.json("indicators", "--community", month, "--export", kind, "--output", file)
        assert told["bytes"] == file.stat().st_size
    assert "fulfilment_rate" in files["csv"].read_text("utf-8")
    assert len(openpyxl.load_workbook(files["xlsx"]).worksheets) == 3
    assert pq.read_table(files["parquet"]).num_rows > 50
    assert len(PdfReader(io.BytesIO(files["pdf"].read_bytes())).pages) > 3
    out = demo.run("indicators", "--community", month, "--export", "csv", "--output", "-").stdout
    assert out.startswith("community,")
    for unusable in (tmp_path, tmp_path / "nowhere" / "a.csv"):
        words = ("indicators", "--community", month, "--export", "csv", "-o", unusable)
        assert refused(demo, *words) == "unusable_file"


def test_targets_are_agreed_shown_and_compared(demo, month):
    assert "No targets" in demo.run("targets", month).stdout
    agreed = ("fulfilment_rate>=80", "noshow_rate <= 5,5 %")
    demo.json("targets", month, *agreed, "--year", "2026-03-01/2027-02-28")
    year = demo.json("targets", month)["years"][0]

    assert year["targets"][0] == {
        "indicator": "fulfilment_rate",
        "at_least": 0.8,
        "at_most": None,
    }
    shown = demo.run("targets", month).stdout
    assert "80.0 %" in shown
    assert "5.5 %" in shown
    demo.json("targets", month, "--none", "--year", "2026-03-01/2027-02-28")
    assert demo.json("targets", month)["years"][0]["targets"] == []


def test_notes_are_written_listed_and_struck(demo, month):
    assert "No note" in demo.run("journal", "list", month).stdout
    note = demo.json("journal", "write", month, "-", stdin="Le SAS était coupé.\n")["id"]

    (told,) = demo.json("journal", "list", month)["notes"]
    assert (told["text"], told["entry_id"]) == ("Le SAS était coupé.", note)
    assert demo.run("journal", "strike", month, note, "--json").returncode == 2
    demo.json("journal", "strike", month, note, "--yes")
    assert demo.json("journal", "list", month)["notes"] == []


def test_figures_from_elsewhere_are_imported_whole_or_not_at_all(demo, month, tmp_path):
    file = tmp_path / "figures.csv"
    good = "call_pickup_rate;2026-10;930;1000;SAS 77\n"
    file.write_text(f"{FIGURES}{good}calls;2026-10;1;2;x\nfulfilment_rate;2026-10;1;2;x\n")
    wrong = demo.run("import", "figures", month, file)
    assert wrong.returncode == 1
    assert [line.split()[2] for line in wrong.stdout.splitlines()] == [
        "unknown_indicator",
        "not_reported",
    ]

    file.write_text(FIGURES + good)
    demo.json("import", "figures", month, file)

    _, found = figures(demo, "--community", month, "--period", "2026-10", "--only", "elsewhere")
    assert (found["call_pickup_rate"]["value"], found["call_pickup_rate"]["source"]) == (
        93.0,
        "SAS 77",
    )
    file.write_text(FIGURES)
    assert "no line" in demo.run("import", "figures", month, file).stderr


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (("indicators", "--only", "calls"), "unknown_indicator", 2),
        (("indicators", "--by", "colour"), "usage", 2),
        (("indicators", "--period", "last week"), "not_a_period", 2),
        (("indicators", "--export", "pdf"), "usage", 2),
        (("indicators", "--community", "999999999"), "unknown_community", 1),
        (("indicators", "--as", "ars", "--period", "2025-W48"), "not_their_period", 1),
        (("indicators", "--period", "9999"), "not_a_period", 2),
        (("indicators", "--at", "20261123"), "not_yet_written", 1),
        (("indicators", "explain", "places_offered", "--cell", "SNP"), "usage", 2),
        (("indicators", "explain", "calls"), "unknown_indicator", 2),
        (("targets", "580099001", "fulfilment_rate=80", "--year", "2026"), "not_a_target", 2),
        (("availability", "--by", "colour"), "usage", 2),
        (("availability", "--at", "0001-01-01"), "usage", 2),
        (("availability", "--at", "999999999"), "not_yet_written", 1),
    ],
)
def test_what_cannot_be_asked_is_said(demo, words, code, status):
    assert refused(demo, *words, status=status) == code


def test_places_are_counted_by_what_they_are_now_and_as_they_were(demo, month):
    told = demo.json("availability", "--community", month, "--by", "half_day")

    (row,) = told["places"]
    assert (row["offered"], row["free"], row["taken"]) == (2, 1, 1)
    then = demo.json(
        "availability", "--community", month, "--by", "half-day", "--at", told["position"]
    )
    assert then["places"] == told["places"]
    before = demo.run("availability", "--community", month, "--at", "2020-01-01")
    assert "position 0" in before.stdout
    assert "No free place" in before.stdout
    assert told["consents"] == [
        {"source": "CPTS", "members": 1, "paused": 0},
        {"source": "SAS", "members": 1, "paused": 0},
    ]
    shown = demo.run("availability", "--community", month, "--by", "profession").stdout
    assert "10 doctors" in shown
    by_http = demo.told_by_http("/v1/availability", community=month, by="profession").json()
    assert json.dumps(by_http["places"]) == json.dumps(
        [{"profession": "10"} | {name: count for name, count in row.items() if name != "half_day"}]
    )
