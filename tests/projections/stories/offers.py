"""Members are asked beyond their agenda."""

from events.codes import Origin
from events.offer import Lapse, WhyNot
from events.request import Unassigned
from tests.examples import (
    ANNA,
    BEN,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NOON,
    accepted,
    assigned,
    called,
    deferred,
    delivered,
    enrolled,
    formed,
    lapsed,
    offered,
    proposed,
    published,
    received,
    refused,
    seen,
    taken,
    unassigned,
)
from tests.projections.stories import Story, count, index, of, share, split, spread

DR_CLERC, DR_DUMAS, DR_ETIENNE, DR_FABRE = (f"109780000{nth}" for nth in (31, 49, 56, 64))
BEYOND = called("beyond the agenda")
HERE = (formed(), *(enrolled(rpps) for rpps in (DR_ADAM, DR_BLAIN, DR_CLERC, DR_DUMAS)))

STORIES = [
    Story(
        "six are asked: accepted, proposed, refused twice, deferred, no answer",
        [
            *HERE,
            received(ANNA),
            offered(DR_ADAM, DR_BLAIN, DR_CLERC),
            delivered(DR_ADAM),
            delivered(DR_BLAIN),
            seen(DR_BLAIN),
            refused(DR_BLAIN, WhyNot.FULL).model_copy(update={"answered_at": NOON + MINUTE}),
            refused(DR_CLERC, WhyNot.ABSENT).model_copy(update={"answered_at": NOON + 2 * MINUTE}),
            offered(DR_DUMAS, DR_ETIENNE, DR_FABRE, wave=2, at=NOON + 5 * MINUTE),
            proposed(DR_DUMAS).model_copy(update={"answered_at": NOON + 8 * MINUTE}),
            deferred(DR_ETIENNE),
            accepted(DR_ADAM).model_copy(update={"accepted_at": NOON + 10 * MINUTE}),
            published(BEYOND, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, origin=Origin.OVERBOOK),
            taken(ANNA, BEYOND),
            assigned(ANNA, BEYOND),
            lapsed(DR_FABRE, Lapse.PLACE_FOUND),
        ],
        {
            "offers_sent": count(6),
            "offers_delivered_rate": share(5, 6),  # who answered was reached
            "offers_seen_rate": share(5, 6),
            "offers_answered_as": split(ACCEPTED=1, REFUSED=2, PROPOSED=1, DEFERRED=1, LAPSED=1),
            "refusal_reasons": split(FULL=1, ABSENT=1),
            "acceptance_rate": share(1, 5),
            "time_to_answer": spread(2.5, 7.9, 4),  # 1, 2, 3 and 10 minutes
            "overbook_share": share(1, 1),
            # One of six accepted: 2*6/6 - 7/6.
            "fairness_of_overbook": index(round(2 - 7 / 6, 6), 6),
            "active_effectors": count(1),
        },
    ),
    Story(
        "accepted by mistake, and said so: it was accepted, but who did is not active by it",
        [
            *HERE,
            received(ANNA),
            received(BEN),
            offered(DR_ADAM),
            accepted(DR_ADAM),
            published(BEYOND, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, origin=Origin.OVERBOOK),
            taken(ANNA, BEYOND),
            assigned(ANNA, BEYOND),
            unassigned(ANNA, BEYOND, Unassigned.CLAIM_CORRECTED),
        ],
        {
            "offers_answered_as": split(CORRECTED=1),
            "acceptance_rate": share(1, 1),
            "active_effectors": count(0),
            "overbook_share": share(0, 0),
        },
    ),
    Story(
        "the patient cancels: who accepted did",
        [
            *HERE,
            received(ANNA),
            offered(DR_ADAM),
            accepted(DR_ADAM),
            published(BEYOND, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, origin=Origin.OVERBOOK),
            taken(ANNA, BEYOND),
            assigned(ANNA, BEYOND),
            unassigned(ANNA, BEYOND, Unassigned.CANCELLED_BY_PATIENT),
        ],
        {"offers_answered_as": split(ACCEPTED=1), "active_effectors": count(1)},
    ),
]
BROKEN_DOWN = [
    Story(
        "by wave",
        [
            *HERE,
            received(ANNA),
            offered(DR_ADAM),
            offered(DR_BLAIN, DR_CLERC, wave=2),
            of(ANNA, refused(DR_ADAM)),
        ],
        {"offers_sent 1": count(1), "offers_sent 2": count(2)},
        by="wave",
    )
]
