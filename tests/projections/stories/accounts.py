"""What the community wrote down itself: figures from elsewhere, and its journal."""

from dataclasses import replace
from datetime import date

from events.journal import JournalTopic
from events.reporting import ReportedFigure
from tests.examples import NOTE, called, figures_reported, formed, journal_struck, journal_written
from tests.projections.stories import Story, count, share, split

OTHER_NOTE = called("another note")
CODES = (
    "ed_visits_not_admitted",
    "ed_visits_town",
    "call_pickup_rate",
    "calls_within_a_minute",
    "files_regulated_by_gps",
    "ald_patients_without_gp",
)


def reported(code, numerator, denominator, begins=date(2026, 11, 1), ends=date(2026, 11, 30)):
    return ReportedFigure(
        indicator=code,
        begins=begins,
        ends=ends,
        numerator=numerator,
        denominator=denominator,
        source=SOURCE,
    )


SOURCE = "SAMU 58"


def said(numerator, denominator):
    return replace(share(numerator, denominator), source=SOURCE)


MONTHS_OF_AUTUMN = [
    (date(2026, 10, 1), date(2026, 10, 31)),
    (date(2026, 11, 1), date(2026, 11, 30)),
    (date(2026, 12, 1), date(2026, 12, 31)),
]
WEEKS = [(date(2026, 11, 2), date(2026, 11, 8)), (date(2026, 11, 9), date(2026, 11, 15))]

STORIES = [
    Story(
        "every figure from elsewhere, once",
        [formed(), figures_reported(*(reported(code, 3, 4) for code in CODES))],
        {code: said(3, 4) for code in CODES},
    ),
    Story(
        "weeks are added up; the month that holds them all is not added to them",
        [
            formed(),
            figures_reported(
                *(reported("call_pickup_rate", 90, 100, *week) for week in WEEKS),
                *(reported("ed_visits_not_admitted", 5, None, *week) for week in WEEKS),
                reported("calls_within_a_minute", 50, 200),
                *(reported("calls_within_a_minute", 90, 100, *week) for week in WEEKS),
            ),
        ],
        {
            "call_pickup_rate": said(180, 200),
            "ed_visits_not_admitted": replace(count(10), source=SOURCE),
            "calls_within_a_minute": said(50, 200),
        },
    ),
    Story(
        "visits of inhabitants are added up month by month, inhabitants are not",
        [
            formed(),
            figures_reported(
                *(
                    reported("ed_visits_not_admitted", 100, 10_000, *month)
                    for month in MONTHS_OF_AUTUMN
                )
            ),
        ],
        {"ed_visits_not_admitted": said(300, 10_000)},
        period="2026-Q4",
    ),
    Story(
        "of reports that overlap, those that say most days and none twice",
        [
            formed(),
            figures_reported(
                reported("call_pickup_rate", 10, 20, date(2026, 11, 1), date(2026, 11, 10)),
                reported("call_pickup_rate", 5, 30, date(2026, 11, 8), date(2026, 11, 25)),
                reported("call_pickup_rate", 1, 40, date(2026, 11, 26), date(2026, 11, 30)),
            ),
        ],
        {"call_pickup_rate": said(6, 70)},
    ),
    Story(
        "reported again, a figure takes the place of the one before",
        [
            formed(),
            figures_reported(reported("call_pickup_rate", 1, 2)),
            figures_reported(reported("call_pickup_rate", 3, 4)),
        ],
        {"call_pickup_rate": said(3, 4)},
    ),
    Story(
        "two notes, one of them struck",
        [
            formed(),
            journal_written(),
            journal_written().model_copy(
                update={"entry_id": OTHER_NOTE, "topic": JournalTopic.ADVERSE_EVENT}
            ),
            journal_struck(),
        ],
        {"journal_entries": split(ADVERSE_EVENT=1)},
    ),
]
assert journal_struck().entry_id == NOTE, "it is the first note that is struck"
