"""How requests came, and what became of them."""

from datetime import UTC, datetime, timedelta

from events.agenda import Freed
from events.codes import Complaint, Mode, Priority, Registration, Source
from events.destination import Destination
from events.ladder import StepKind
from events.offer import Answer, Asked, WhyNot
from events.request import HandBack, RequestWithdrawn, Withdrawal
from tests.domain.test_request import refused as refused_as_emergency
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    CLEO,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NOON,
    assigned,
    called,
    cancelled,
    enrolled,
    escalated,
    formed,
    freed,
    handed_back,
    merged,
    published,
    received,
    reopened,
    reoriented,
    taken,
    unassigned,
)
from tests.projections.stories import Story, count, of, share, split, spread

DORA, EMIL, FRED, GINA, HUGO = (called(name) for name in ("Dora", "Emil", "Fred", "Gina", "Hugo"))
TOMORROW, IN_TWO_DAYS = called("tomorrow's slot"), called("the slot in two days")
DAY = timedelta(days=1)
HERE = (formed(), enrolled())


def withdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED):
    return RequestWithdrawn(request_id=request_id, reason=reason, withdrawn_at=NOON)


STORIES = [
    Story(
        "nobody called",
        HERE,
        {
            "requests_received": count(0),
            "requests_by_source": split(),
            "fulfilment_rate": share(0, 0),
            "time_to_assign": spread(None, None, 0),
            "utilisation": share(0, 0),
            "regulated_visits_a_week": share(0, 0),
            "participation_rate": share(0, 1),
        },
    ),
    Story(
        "eight called: what became of each",
        [
            *HERE,
            *(received(one) for one in (ANNA, BEN, CLEO, DORA)),
            *(received(one, source=Source.PHARMACY) for one in (EMIL, FRED)),
            received(GINA, source=Source.CPTS),
            published(capacity=3),
            taken(ANNA),
            assigned(ANNA),
            taken(BEN),
            assigned(BEN),
            cancelled(BEN),
            freed(BEN, reason=Freed.VISIT_CANCELLED),
            of(CLEO, handed_back()),
            of(DORA, reoriented(Destination.ADVICE)),
            withdrawn(EMIL),
            of(FRED, merged(into=EMIL)),
            refused_as_emergency(request_id=HUGO),
        ],
        {
            "requests_received": count(7),
            "requests_by_source": split(SAS=4, PHARMA=2, CPTS=1),
            "requests_answered_as": split(
                SERVED=1, CANCELLED=1, HANDED_BACK=1, REORIENTED=1, WITHDRAWN=1, MERGED=1, OPEN=1
            ),
            # Not Emil, who wants nothing any more, nor Fred, who is Emil.
            "fulfilment_rate": share(1, 5),
            "requests_open": count(1),
            "emergencies_refused": count(1),
            "hand_back_rate": share(1, 5),
            "reorientations": split(CONSEIL=1),
        },
    ),
    Story(
        "three places: in an hour, tomorrow, and in more than two days",
        [
            *HERE,
            received(ANNA),
            received(BEN, due_by=NOON + 3 * DAY),
            received(CLEO, due_by=NOON + 3 * DAY),
            published(AFTERNOON),
            published(TOMORROW, start=NOON + DAY, end=NOON + DAY + HOUR),
            published(IN_TWO_DAYS, start=NOON + 50 * HOUR, end=NOON + 51 * HOUR),
            taken(ANNA),
            assigned(ANNA, assigned_at=NOON + MINUTE),
            taken(BEN, TOMORROW),
            assigned(BEN, TOMORROW, start=NOON + DAY, assigned_at=NOON + 2 * MINUTE),
            taken(CLEO, IN_TWO_DAYS),
            assigned(CLEO, IN_TWO_DAYS, start=NOON + 50 * HOUR, assigned_at=NOON + 12 * MINUTE),
        ],
        {
            "time_to_assign": spread(2, 10, 3),  # 1, 2 and 12: nine tenths are at 2 + 8/10 of 10
            "time_to_appointment": spread(24 * 60, 24 * 60 + 0.8 * 26 * 60, 3),
            "same_day_rate": share(1, 3),
            "within_24h_rate": share(2, 3),
            "within_48h_rate": share(2, 3),
            "fulfilment_rate": share(2, 3),
        },
    ),
    Story(
        "the clock stops at the first place somebody gave, and one was lost to the practitioner",
        [
            *HERE,
            received(ANNA),
            received(BEN),
            published(capacity=2),
            taken(ANNA),
            assigned(ANNA, assigned_at=NOON + MINUTE),
            unassigned(ANNA),
            freed(ANNA, reason=Freed.CLAIM_CORRECTED),
            taken(ANNA),
            assigned(ANNA, assigned_at=NOON + 9 * MINUTE),
            taken(BEN),
            assigned(BEN, assigned_at=NOON + MINUTE),
        ],
        {
            "time_to_assign": spread(1, 1, 2),
            "lost_place_rate": share(1, 2),
            "refill_rate": share(1, 1),
        },
    ),
    Story(
        "four went through the ladder, and why nobody could",
        [
            *HERE,
            *(received(one) for one in (ANNA, BEN, CLEO, DORA, EMIL, FRED)),
            received(GINA, modes=(Mode.HOME,)),
            received(HUGO),
            *(of(one, escalated()) for one in (BEN, CLEO, DORA, EMIL)),
            of(EMIL, escalated(2, StepKind.NEIGHBOUR_SLOTS)),
            of(EMIL, escalated(3, StepKind.MEMBER_OFFERS)),
            of(ANNA, handed_back()),
            of(BEN, handed_back(HandBack.NOBODY_ACCEPTED)),
            of(
                CLEO,
                handed_back(
                    HandBack.NOBODY_ACCEPTED,
                    asked=(Asked(rpps=DR_ADAM, wave=1, answer=Answer.REFUSED, reason=WhyNot.FULL),),
                ),
            ),
            of(
                DORA,
                handed_back(
                    HandBack.NOBODY_ACCEPTED,
                    asked=(
                        Asked(
                            rpps=DR_ADAM, wave=1, answer=Answer.REFUSED, reason=WhyNot.OUT_OF_SCOPE
                        ),
                    ),
                ),
            ),
            of(
                EMIL,
                handed_back(
                    HandBack.NOBODY_ACCEPTED,
                    asked=(
                        Asked(rpps=DR_ADAM, wave=1, answer=Answer.REFUSED, reason=WhyNot.FULL),
                        Asked(rpps=DR_BLAIN, wave=1, answer=Answer.NONE),
                    ),
                ),
            ),
            withdrawn(FRED, Withdrawal.PATIENT_DECLINED),
            of(GINA, handed_back()),
            of(HUGO, handed_back()),
            of(HUGO, reopened()),
        ],
        {
            "escalation_rate": share(4, 8),
            "escalations_by_step": split(MEMBER_OFFERS=4, NEIGHBOUR_SLOTS=1),
            "hand_back_rate": share(6, 7),
            "failure_reasons": split(
                NO_PLACE=1,
                NO_ANSWER=1,
                ALL_REFUSED=1,
                OUT_OF_SCOPE=1,
                NOBODY_ACCEPTED=1,
                PATIENT_DECLINED=1,
                NO_HOME_VISIT=1,
            ),
            "unserved_by_commune": split(**{"58194": 7}),
        },
    ),
    Story(
        "who they are, where they live, and where some were sent",
        [
            *HERE,
            received(ANNA, age=1, registration=Registration.NOT_REGISTERED),
            received(BEN, age=80, registration=Registration.REGISTERED),
            received(CLEO, age=None, commune=None, registration=Registration.SEEKS_ONE),
            received(DORA, age=12, commune="58303"),
            published(),
            taken(ANNA),
            assigned(ANNA),
            of(BEN, reoriented(Destination.EMERGENCY_DEPARTMENT)),
        ],
        {
            "share_without_gp": share(2, 3),
            "fulfilment_without_gp": share(1, 2),
            "requests_by_age": split(**{"0-1": 1, "75+": 1, "UNKNOWN": 1, "6-12": 1}),
            "requests_by_commune": split(**{"58194": 2, "UNKNOWN": 1, "58303": 1}),
            "ed_reorientation_rate": share(1, 4),
            "reorientations": split(URGENCES=1),
        },
    ),
]

BROKEN_DOWN = [
    Story(
        "by source",
        [
            *HERE,
            received(ANNA),
            received(BEN, source=Source.CPTS),
            published(),
            taken(),
            assigned(),
        ],
        {
            "requests_received SAS": count(1),
            "requests_received CPTS": count(1),
            "fulfilment_rate SAS": share(1, 1),
            "fulfilment_rate CPTS": share(0, 1),
            "requests_by_age SAS": split(**{"6-12": 1}),
        },
        by="source",
    ),
    Story(
        "by day, each in the zone of the community",
        [
            *HERE,
            received(ANNA, asked_at=NOON + 10 * HOUR + 59 * MINUTE),
            received(BEN, asked_at=NOON + 11 * HOUR),
        ],
        {"requests_received 2026-11-23": count(1), "requests_received 2026-11-24": count(1)},
        by="day",
    ),
    Story(
        "by step of the ladder: who went through two is in the cells of both",
        [
            *HERE,
            received(ANNA),
            of(ANNA, escalated()),
            of(ANNA, escalated(2, StepKind.NEIGHBOUR_SLOTS)),
        ],
        {
            "requests_received MEMBER_OFFERS": count(1),
            "requests_received NEIGHBOUR_SLOTS": count(1),
        },
        by="step",
    ),
    Story(
        "by priority, of what is not received but refused as well",
        [*HERE, received(ANNA, priority=Priority.P3, complaint=Complaint.SORE_THROAT)],
        {"requests_received P3": count(1), "emergencies_refused P3": count(0)},
        by="priority",
    ),
]

FAR_AWAY = "974990001"
SPRING = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Paris, of a day of 23 hours
AUTUMN = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight in Paris, of a day of 25 hours


def asked_at(request_id, at, **changes):
    return received(request_id, asked_at=at, due_by=at + 4 * HOUR, **changes)


OF_DAYS = [
    Story(
        "a day of 23 hours ends an hour sooner",
        [
            *HERE,
            asked_at(ANNA, SPRING - MINUTE),
            asked_at(BEN, SPRING),
            asked_at(CLEO, SPRING + 22 * HOUR + 59 * MINUTE),
            asked_at(DORA, SPRING + 23 * HOUR),
        ],
        {"requests_received": count(2)},
        period="2026-03-29",
    ),
    Story(
        "a day of 25 hours ends an hour later",
        [
            *HERE,
            asked_at(ANNA, AUTUMN - MINUTE),
            asked_at(BEN, AUTUMN),
            asked_at(CLEO, AUTUMN + 24 * HOUR + 59 * MINUTE),
            asked_at(DORA, AUTUMN + 25 * HOUR),
        ],
        {"requests_received": count(2)},
        period="2026-10-25",
    ),
    Story(
        "in La Réunion it is tomorrow three hours sooner, and there are places the same evening",
        [
            formed(FAR_AWAY, title="CPTS du Port", departement="974", zone="Indian/Reunion"),
            asked_at(ANNA, NOON + 8 * HOUR - MINUTE, community=FAR_AWAY),
            asked_at(BEN, NOON + 8 * HOUR, community=FAR_AWAY),
        ],
        {"requests_received 2026-11-23": count(1), "requests_received 2026-11-24": count(1)},
        by="day",
        community=FAR_AWAY,
    ),
]
