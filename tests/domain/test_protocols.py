from datetime import date

import pytest

from domain.protocols import NATIONAL, pathways
from events.codes import Complaint, Profession, Setting, Sex
from events.protocol import Protocol

TODAY = date(2026, 11, 23)


def opened(complaint=Complaint.SORE_THROAT, age=30, sex=Sex.MALE, day=TODAY, **more):
    asked = {"motive": "M03.14", "complaint": complaint, "age": age, "sex": sex, "day": day} | more
    rules = asked.pop("rules", NATIONAL)
    return [pathway.code for pathway in pathways(rules, **asked)]


def rule(**changes):
    fields = {
        "code": "LOCAL",
        "title": "Local",
        "professions": (Profession.NURSE,),
        "delegated": True,
        "valid_from": date(2026, 1, 1),
        "source": "Test",
    }
    return Protocol(**fields | changes)


def test_a_sore_throat_at_thirty_may_go_to_a_pharmacist_or_a_nurse():
    (pathway,) = pathways(
        NATIONAL,
        motive="M03.14",
        complaint=Complaint.SORE_THROAT,
        age=30,
        sex=Sex.MALE,
        day=TODAY,
    )

    assert pathway.professions == (Profession.PHARMACIST, Profession.NURSE)
    assert pathway.delegated


@pytest.mark.parametrize(
    ("complaint", "age", "sex", "codes"),
    [
        (Complaint.SORE_THROAT, 6, Sex.MALE, ["ODYNOPHAGIE"]),
        (Complaint.SORE_THROAT, 5, Sex.MALE, []),
        (Complaint.SORE_THROAT, 45, Sex.MALE, ["ODYNOPHAGIE"]),
        (Complaint.SORE_THROAT, 46, Sex.MALE, []),
        (Complaint.SORE_THROAT, None, Sex.MALE, []),
        (Complaint.BURNING_URINATION, 16, Sex.FEMALE, ["POLLAKIURIE"]),
        (Complaint.BURNING_URINATION, 65, Sex.FEMALE, ["POLLAKIURIE"]),
        (Complaint.BURNING_URINATION, 66, Sex.FEMALE, []),
        (Complaint.BURNING_URINATION, 30, Sex.MALE, []),
        (Complaint.BURNING_URINATION, 30, Sex.UNKNOWN, []),
        (Complaint.ACUTE_LOW_BACK_PAIN, 20, Sex.MALE, ["LOMBALGIE"]),
        (Complaint.ACUTE_LOW_BACK_PAIN, 56, Sex.MALE, []),
        (Complaint.ANKLE_SPRAIN, None, Sex.MALE, ["ENTORSE"]),
        (Complaint.TOOTHACHE, None, Sex.UNKNOWN, ["DENTISTE"]),
        (None, 30, Sex.FEMALE, []),
    ],
)
def test_age_and_sex_are_those_of_the_text(complaint, age, sex, codes):
    assert opened(complaint, age, sex) == codes


def test_physiotherapists_act_in_health_houses_and_centres():
    (pathway,) = pathways(
        NATIONAL,
        motive="M02.06",
        complaint=Complaint.ANKLE_SPRAIN,
        age=30,
        sex=Sex.MALE,
        day=TODAY,
    )

    assert pathway.settings == (Setting.HEALTH_HOUSE, Setting.HEALTH_CENTRE)


def test_a_rule_holds_from_its_first_day_to_its_last():
    assert opened(day=date(2023, 3, 13)) == []
    assert opened(day=date(2023, 3, 14)) == ["ODYNOPHAGIE"]
    short = rule(complaints=(Complaint.SORE_THROAT,), valid_until=date(2026, 6, 30))
    assert opened(rules=[short], day=date(2026, 6, 30)) == ["LOCAL"]
    assert opened(rules=[short], day=date(2026, 7, 1)) == []


def test_a_community_may_go_by_the_national_reasons():
    assert opened(None, rules=[rule(motives=("M03",))]) == ["LOCAL"]
    assert opened(None, rules=[rule(motives=("M02",))]) == []
    both = rule(motives=("M02",), complaints=(Complaint.SORE_THROAT,))
    assert opened(rules=[both]) == []


def test_a_rule_for_no_reason_is_for_nobody():
    assert opened(rules=[rule()]) == []


def test_an_age_may_be_bounded_on_one_side():
    adults, children = rule(motives=("M03",), min_age=18), rule(motives=("M03",), max_age=17)
    assert opened(None, 18, rules=[adults, children]) == ["LOCAL"]
    assert opened(None, 17, rules=[adults]) == []
    assert opened(None, 17, rules=[children]) == ["LOCAL"]
