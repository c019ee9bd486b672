"""What became of visits, and what followed."""

from datetime import timedelta

from events.codes import Complaint, Profession, Registration, Source
from events.request import Pathway
from events.visit import Outcome, Rater
from projections.indicators.figures import Figure
from tests.examples import (
    ANNA,
    BEN,
    CLEO,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NOON,
    assigned,
    attended,
    called,
    cancelled,
    doctor_found,
    doctor_not_found,
    doctor_sought,
    ended,
    enrolled,
    formed,
    missed,
    published,
    rated,
    received,
    taken,
)
from tests.projections.stories import Story, by, count, of, share, split, spread

DORA, PHARMACY = called("Dora"), called("a slot of the pharmacy")
WEEK_BEFORE = called("a slot of the week before")
HERE = (formed(), enrolled())
CROWD = [called(f"patient {n}") for n in range(21)]
SORE_THROAT = Pathway(
    code="ODYNOPHAGIE", professions=(Profession.PHARMACIST,), settings=(), delegated=True
)


def placed(*requests, **how):
    """They have places, in this order, of one range of Dr Adam's."""
    happened = [published(capacity=len(requests))]
    for one in requests:
        happened += [taken(one, **how), assigned(one)]
    return happened


STORIES = [
    Story(
        "two came, one did not, one said so before",
        [
            *HERE,
            *(received(one) for one in (ANNA, BEN, CLEO, DORA)),
            *placed(ANNA, BEN, CLEO, DORA),
            attended(ANNA),
            attended(BEN),
            missed(CLEO),
            cancelled(DORA),
            ended(Outcome.TREATED),
            of(BEN, ended(Outcome.EMERGENCY_DEPARTMENT)),
            rated(Rater.PATIENT, 5),
            of(BEN, rated(Rater.PATIENT, 2)),
            rated(Rater.PRACTITIONER, 4),
        ],
        {
            "visits_attended": count(2),
            "attendance_rate": share(2, 3),
            "noshow_rate": share(1, 3),
            "cancel_rate": share(1, 4),
            "outcomes": split(TREATED=1, EMERGENCY_DEPARTMENT=1),
            "ed_reorientation_rate": share(1, 4),
            "patient_satisfaction": share(7, 2),
            "practitioner_satisfaction": share(4, 1),
            "fulfilment_rate": share(3, 4),
        },
    ),
    Story(
        "two were said to be seen, and did not come after all: one of them is in hospital",
        [
            *HERE,
            *(received(one) for one in (ANNA, BEN)),
            *placed(ANNA, BEN),
            attended(ANNA),
            attended(BEN),
            ended(Outcome.TREATED),
            of(BEN, ended(Outcome.HOSPITALISED)),
            missed(ANNA),
            missed(BEN),
        ],
        {"noshow_rate": share(2, 2), "outcomes": split(HOSPITALISED=1)},
    ),
    Story(
        "a regulator sent three: one is the doctor's own patient; a pharmacy sent the fourth",
        [
            *HERE,
            received(ANNA, case_id="DRFR15DDXAAJJJ00058"),
            received(BEN),
            received(CLEO),
            received(DORA, source=Source.PHARMACY),
            *placed(ANNA, BEN),
            published(WEEK_BEFORE, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, capacity=2),
            taken(CLEO, WEEK_BEFORE, own_patient=True),
            assigned(CLEO, WEEK_BEFORE),
            taken(DORA, WEEK_BEFORE),
            assigned(DORA, WEEK_BEFORE),
            *(attended(one) for one in (ANNA, BEN, CLEO, DORA)),
        ],
        {
            "regulated_visits": count(2),
            "regulated_visits_filed_rate": share(1, 2),
            "regulated_visits_a_week": share(2, 1),
            "weeks_over_twenty": Figure(0, 0, 1),
        },
    ),
    Story(
        "one doctor sees twenty-one in a week, another one",
        [
            *HERE,
            enrolled(DR_BLAIN),
            *map(received, CROWD),
            *placed(*CROWD),
            *map(attended, CROWD),
            received(ANNA),
            published(WEEK_BEFORE, rpps=DR_BLAIN, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR),
            taken(ANNA, WEEK_BEFORE),
            by(DR_BLAIN, assigned(ANNA, WEEK_BEFORE)),
            attended(ANNA),
        ],
        {"regulated_visits_a_week": share(22, 2), "weeks_over_twenty": Figure(1, 1, 2)},
    ),
    Story(
        "three fit a protocol: a pharmacist sees two of them, a doctor one",
        [
            *HERE,
            enrolled(DR_BLAIN, profession=Profession.PHARMACIST),
            received(
                ANNA,
                complaint=Complaint.SORE_THROAT,
                pathways=(SORE_THROAT,),
                registration=Registration.NOT_REGISTERED,
            ),
            received(BEN, pathways=(SORE_THROAT,)),
            received(CLEO, pathways=(SORE_THROAT,)),
            received(DORA),
            published(PHARMACY, rpps=DR_BLAIN, profession=Profession.PHARMACIST, capacity=2),
            *placed(CLEO, DORA),
            *(
                event
                for one in (ANNA, BEN)
                for event in (taken(one, PHARMACY), by(DR_BLAIN, assigned(one, PHARMACY)))
            ),
            attended(ANNA),
            ended(Outcome.EMERGENCY_DEPARTMENT),
            of(BEN, ended(Outcome.TREATED)),
            of(BEN, rated(Rater.PATIENT, 5)),
        ],
        {
            "protocol_inclusions": split(ODYNOPHAGIE=2),
            "protocol_share": share(2, 3),
            "protocol_outcomes": split(EMERGENCY_DEPARTMENT=1, TREATED=1),
            "protocol_ed_rate": share(1, 2),
            "protocol_without_gp_rate": share(1, 2),
            "protocol_professionals": count(1),
            "protocol_satisfaction": share(5, 1),
        },
    ),
    Story(
        "three seek a treating doctor: found in two days, not found, still sought",
        [
            *HERE,
            *(received(one, registration=Registration.SEEKS_ONE) for one in (ANNA, BEN, CLEO)),
            *placed(ANNA, BEN, CLEO),
            *(of(one, doctor_sought()) for one in (ANNA, BEN, CLEO)),
            of(ANNA, doctor_found(days=2.0)),
            of(BEN, doctor_not_found()),
        ],
        {"doctors_found_rate": share(1, 3), "days_to_doctor": spread(2, 2, 1)},
    ),
]

ON_THE_DAY_OF_THE_VISIT = Story(
    "asked for on the last evening of November, seen on the first of December",
    [
        *HERE,
        received(
            asked_at=NOON + timedelta(days=7) + 10 * HOUR,
            due_by=NOON + timedelta(days=8) + 10 * HOUR,
        ),
        published(start=NOON + timedelta(days=8), end=NOON + timedelta(days=8) + HOUR),
        taken(),
        assigned(
            start=NOON + timedelta(days=8),
            end=NOON + timedelta(days=8) + HOUR,
            assigned_at=NOON + timedelta(days=7) + 10 * HOUR + MINUTE,
        ),
        attended(),
    ],
    {"requests_received": count(1), "fulfilment_rate": share(1, 1), "visits_attended": count(0)},
)
IN_DECEMBER = Story(
    "the same in December",
    ON_THE_DAY_OF_THE_VISIT.events,
    {
        "requests_received": count(0),
        "fulfilment_rate": share(0, 0),
        "visits_attended": count(1),
        "attendance_rate": share(1, 1),
    },
    period="2026-12",
)
STORIES += [ON_THE_DAY_OF_THE_VISIT, IN_DECEMBER]
