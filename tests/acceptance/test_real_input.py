"""The SAMU's published examples against `snp up --demo`: the main job, on real input."""

import pytest

from tests.acceptance.conftest import HUB

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(
        not HUB.exists(), reason="the published examples are not beside this checkout"
    ),
]


@pytest.fixture(scope="module")
def sent(demo):
    files = [*sorted(HUB.glob("RS-EDA*.json")), *sorted(HUB.glob("RS-DR*.json"))]
    answers = demo.json("send", "--as-of-now", *files)["sent"]
    return {answer["file"]: answer for answer in answers}


def of(sent, part):
    (found,) = [answer for file, answer in sent.items() if part in file]
    return found


def test_the_child_with_the_sprained_ankle_is_given_a_place_and_told_why(demo, sent):
    child = of(sent, "RS-EDA_partageDossier_LolaHalimi")

    assert child["state"] == "assigned"
    assert child["shifted_seconds"] > 0
    explanation = child["decision"]["explanation"]
    assert explanation["chosen"]["slot_id"] == child["decision"]["slot_id"]
    assert explanation["considered"] > 0
    received, *_ = demo.json("history", child["id"])["events"]
    assert received["data"]["priority"] == "P2"
    assert received["data"]["motive"].startswith("M02.07")
    assert received["data"]["commune"] == "95063"
    assert "Lola" not in str(demo.json("history", child["id"]))


@pytest.mark.parametrize(
    "part",
    [
        "RS-EDA_partageDossier_MonsieurX",
        "RS-EDA-SMUR_DouleurThoracique",
        "RS-EDA-SMUR_FuiteDeGaz",
    ],
)
def test_an_emergency_is_refused_as_one(demo, sent, part):
    refused = of(sent, part)

    assert refused["code"] == "refused_as_emergency"
    rows = demo.json("board", "--state-is", "refused_as_emergency", "--limit", "500")["requests"]
    assert refused["id"] in {row["request_id"] for row in rows}


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("RS-EDA_Secondaire", "no_community_for_commune"),
        ("RS-EDA-MAJ_Secondaire", "unknown_case"),
        ("RS-EDA-MAJ_FuiteDeGaz_AliceGregoireNormand.07", "unknown_case"),  # before its case
        ("RS-DR_partageRessources", "not_a_gp_request"),
        ("RS-DR_Incendie", "not_a_gp_request"),
    ],
)
def test_what_is_no_request_for_same_day_care_is_refused_with_its_code(demo, sent, part, code):
    refused = of(sent, part)

    assert refused["code"] == code
    letters = demo.json("dead-letters")["dead_letters"]
    assert refused["code"] in {letter["code"] for letter in letters}


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("RS-EDA-MAJ_FuiteDeGaz_AliceGregoireNormand.07.json", "case_was_an_emergency"),
        ("RS-EDA-MAJ_partageDossier_MonsieurX.02a.json", "case_was_an_emergency"),
        ("RS-EDA-MAJ_partageDossier_LolaHalimi.02.json", "unknown_case"),  # a file of firemen
        ("RS-EDA-MAJ_Secondaire_RobertVermande.09.json", "unknown_case"),
    ],
)
@pytest.mark.usefixtures("sent")
def test_an_update_is_refused_by_what_became_of_its_case(demo, file, code):
    (refused,) = demo.json("send", "--as-of-now", HUB / file)["sent"]

    assert refused["code"] == code


def test_everything_sent_is_answered(sent):
    assert all("state" in answer or "code" in answer for answer in sent.values())
