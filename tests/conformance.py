"""`make conformance`: the test kit's requirements one by one, and the tests that hold them.

    python -m tests.conformance

Requirements: ANS, test kit of the SAS interfaces (shared/conformance/sas/requirements.csv).
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "shared" / "conformance" / "sas" / "requirements.csv"
SUITES = ["tests/services/test_fhir_slots.py", "tests/services/test_tls.py"]

_SHOWN = "test_a_slot_is_shown_with_who_and_where"
_SAID = "test_a_slot_says_to_whom_it_is_shown_how_one_meets_and_that_one_books"
_GUIDE = "test_every_answer_is_what_the_guide_defines"
_FILTERED = "test_what_is_taken_or_of_another_hour_or_for_others_is_not_shown"
_RANGE = "test_a_range_that_has_begun_is_shown_from_the_next_quarter_on"
_READ = "test_an_instant_is_read_as_the_platform_writes_it"
_NAMED = "test_professionals_are_named_with_or_without_the_national_prefix"
_REFUSED = "test_what_cannot_be_searched_is_refused"
_NAMES = "test_another_name_or_another_unit_is_nobody_s"
_TWO_PLACES = "test_who_works_in_two_places_has_two_roles_and_two_schedules"
_TWO_PEOPLE = "test_two_who_are_asked_for_are_both_shown"

HELD_BY: dict[int, tuple[str, ...]] = {
    1: (
        "test_the_right_certificate_is_let_in",
        "test_who_shows_none_is_nobody",
        "test_what_was_revoked_is_not_even_spoken_to",
        "test_what_is_over_is_not_even_spoken_to",
        "test_old_tls_is_not_spoken",
    ),
    2: (_NAMES,),
    3: (_NAMES,),
    4: (_SHOWN,),
    5: (_FILTERED, _RANGE),
    6: (_FILTERED,),
    7: (_FILTERED, _RANGE),
    8: ("test_nothing_found_is_an_empty_bundle_of_the_general_profile",),
    9: (_GUIDE,),
    10: (_SAID,),
    11: (_SHOWN, _GUIDE),
    12: (_SHOWN, _GUIDE),
    13: (_GUIDE,),
    14: (_SHOWN,),
    15: (_SHOWN,),
    16: (_SHOWN, _GUIDE),
    17: (_SHOWN,),
    18: (_SHOWN,),
    19: (_SHOWN,),
    20: (_SHOWN, _TWO_PLACES),
    21: (_SHOWN,),
    22: (_SHOWN, _GUIDE),
    23: (_SAID,),
    24: (_SAID,),
    25: (_SHOWN,),
    26: (_READ, _REFUSED),
    27: (_SAID, _REFUSED),
    28: ("test_slots_shared_with_communities_are_asked_for_by_their_include",),
    29: (_NAMED, _REFUSED),
    30: ("test_a_slot_of_two_communities_names_both",),
    31: (_GUIDE,),
    32: (_GUIDE,),
    36: (_SHOWN,),
    37: (_SHOWN,),
    38: (_SHOWN, _GUIDE),
    39: (_SHOWN, _GUIDE),
    40: (_SHOWN,),
    41: (_SAID,),
    42: (_TWO_PLACES,),
    43: (_TWO_PLACES,),
    44: (_TWO_PEOPLE,),
    45: (_SHOWN, _RANGE),
    46: (_SAID,),
    47: (_FILTERED,),
    48: (_SAID,),
    49: (_SAID,),
}
NOT_APPLICABLE = {
    33: "no names of practitioners are kept: the log and its read models have numbers alone",
    34: "no telephone of a practitioner is kept: that of the place is in PractitionerRole",
    35: "as 34",
}


class _Outcomes:
    """What became of each test, by its name without parameters."""

    def __init__(self) -> None:
        self.of: dict[str, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        if report.when == "call" or report.outcome != "passed":
            self.of[name].append(report.outcome)


def verdict(number: int, outcomes: dict[str, list[str]]) -> str:
    """`pass`, `fail`, `not run`, or why it does not apply."""
    if number in NOT_APPLICABLE:
        return f"not applicable: {NOT_APPLICABLE[number]}"
    found = [
        outcome for name in HELD_BY.get(number, ()) for outcome in outcomes.get(name, ["none"])
    ]
    if not found or "none" in found:
        return "not run"
    if "failed" in found:
        return "fail"
    return "pass" if set(found) == {"passed"} else "skipped: no definitions here"


def main(arguments: Sequence[str] = ()) -> int:
    """Every requirement with its verdict; 1 where one does not hold."""
    if not REQUIREMENTS.is_file():
        print(f"no requirements: {REQUIREMENTS.name} is not beside the repository")
        return 1
    with REQUIREMENTS.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    outcomes = _Outcomes()
    pytest.main(["-q", "--no-header", "-n", "0", *SUITES, *arguments], plugins=[outcomes])
    wrong = 0
    for row in rows:
        said = verdict(int(row["ID"]), outcomes.of)
        wrong += said in {"fail", "not run"}
        print(f"{int(row['ID']):3}  {said:<14}  {row['Requirement'].strip()[:160]}")
    held = sum(verdict(int(row["ID"]), outcomes.of) == "pass" for row in rows)
    print(f"{held} of {len(rows)} requirements hold, {len(NOT_APPLICABLE)} do not apply here")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
