"""What members offered in their agendas, and what became of it; who took part."""

from datetime import timedelta

from events.agenda import Freed
from events.codes import Label, Mode, Origin, Profession
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    CLEO,
    DR_BLAIN,
    HOUR,
    MINUTE,
    MORNING,
    NEVERS,
    NOON,
    VALENCIENNES,
    called,
    elapsed,
    enrolled,
    formed,
    freed,
    left,
    moved,
    published,
    received,
    resized,
    taken,
    withdrawn,
)
from tests.projections.stories import Story, count, index, share

DR_CLERC = "10978000031"
EXTRA = called("a place beyond the agenda")
HERE = (formed(), enrolled())


STORIES = [
    Story(
        "of two slots and a range: two used, one lost, two withdrawn, one open",
        [
            *HERE,
            published(AFTERNOON, capacity=4, end=NOON + 2 * HOUR),
            taken(ANNA),
            taken(BEN),
            resized(3),
            elapsed(lost=1),
            published(MORNING, start=NOON + 3 * HOUR, end=NOON + 3 * HOUR + 20 * MINUTE),
            withdrawn(MORNING),
            published(EXTRA, start=NOON + 5 * HOUR, end=NOON + 5 * HOUR + 20 * MINUTE),
        ],
        {
            "places_offered": count(6),
            "places_used": count(2),
            "places_lost": count(1),
            "places_withdrawn": count(2),
            "places_open": count(1),
            "utilisation": share(2, 6),
            "hours_offered": count(round(1 + 1 / 3, 6)),
            "refill_rate": share(0, 0),
            "fairness_of_use": index(0, 1),
        },
    ),
    Story(
        "two places are given up, and one is taken again",
        [
            *HERE,
            *(received(one) for one in (ANNA, BEN, CLEO)),
            published(capacity=2),
            taken(ANNA),
            taken(BEN),
            freed(ANNA, reason=Freed.VISIT_CANCELLED),
            freed(BEN, reason=Freed.VISIT_CANCELLED),
            taken(CLEO),
        ],
        {"refill_rate": share(1, 2), "places_used": count(1), "places_open": count(1)},
    ),
    Story(
        "a slot that moves counts on its new day, with as many hours as it has then",
        [
            *HERE,
            published(end=NOON + 2 * HOUR),
            moved(start=NOON + timedelta(days=1)),
        ],
        {"places_offered": count(0), "hours_offered": count(0)},
        period="2026-11-23",
    ),
    Story(
        "all the places of one are used, a quarter of another's, none of a third's",
        [
            *HERE,
            enrolled(DR_BLAIN),
            enrolled(DR_CLERC),
            published(AFTERNOON, capacity=2),
            taken(ANNA),
            taken(BEN),
            published(MORNING, rpps=DR_BLAIN, capacity=4),
            taken(CLEO, MORNING),
            published(EXTRA, rpps=DR_CLERC),
        ],
        # Shares of 0, 1/4 and 1: 2 * (0*1 + ¼*2 + 1*3) / (3 * 5/4) - 4/3.
        {"fairness_of_use": index(round(2 * 3.5 / 3.75 - 4 / 3, 6), 3)},
    ),
    Story(
        "of four members two were active in the week: a third took back all that was offered",
        [
            *HERE,
            enrolled(DR_BLAIN),
            enrolled(DR_CLERC, profession=Profession.PHARMACIST),
            enrolled("10978000049"),
            published(AFTERNOON, start=NOON + HOUR, end=NOON + 3 * HOUR, capacity=6),
            published(MORNING, rpps=DR_CLERC, profession=Profession.PHARMACIST),
            published(EXTRA, rpps=DR_BLAIN),
            withdrawn(EXTRA),
        ],
        {
            "active_effectors": count(2),
            "participation_rate": share(2, 4),
            # Of three doctors one offered two hours in the week.
            "doctors_two_hours": share(1, 3),
        },
        period="2026-W48",
    ),
    Story(
        "who left in October is no member in November; who comes back is one again",
        [
            formed(),
            enrolled(enrolled_at=NOON - timedelta(days=60)),
            left().model_copy(update={"left_at": NOON - timedelta(days=40)}),
            enrolled(DR_BLAIN, enrolled_at=NOON - timedelta(days=60)),
            left().model_copy(update={"rpps": DR_BLAIN, "left_at": NOON - timedelta(days=40)}),
            enrolled(DR_BLAIN, enrolled_at=NOON),
        ],
        {"participation_rate": share(0, 1)},
    ),
]

BROKEN_DOWN = [
    Story(
        "by community: a member of two who opens places in one is active there",
        [
            formed(),
            formed(VALENCIENNES),
            enrolled(communities=(NEVERS, VALENCIENNES)),
            published(communities=(NEVERS,), end=NOON + 14 * HOUR),
        ],
        {
            f"participation_rate {NEVERS}": share(1, 1),
            f"participation_rate {VALENCIENNES}": share(0, 1),
            f"doctors_two_hours {NEVERS}": share(1, 1),
            f"doctors_two_hours {VALENCIENNES}": share(0, 1),
        },
        by="community",
        community=None,
    ),
    Story(
        "by label: a place seen by two labels is in the cells of both",
        [*HERE, published(labels=(Label.SNP, Label.CPTS), modes=(Mode.OFFICE, Mode.VIDEO))],
        {"places_offered SNP": count(1), "places_offered CPTS": count(1)},
        by="label",
    ),
    Story(
        "by half-day, where the place of work is",
        [
            *HERE,
            published(AFTERNOON, start=NOON, end=NOON + HOUR),
            published(MORNING, start=NOON - MINUTE, end=NOON + HOUR),
        ],
        {"places_offered AM": count(1), "places_offered PM": count(1)},
        by="half_day",
    ),
    Story(
        "by profession",
        [
            *HERE,
            enrolled(DR_BLAIN, profession=Profession.PHARMACIST),
            published(AFTERNOON),
            published(MORNING, rpps=DR_BLAIN, profession=Profession.PHARMACIST, capacity=3),
            taken(ANNA, MORNING),
        ],
        {
            "places_offered 10": count(1),
            "places_offered 21": count(3),
            "utilisation 21": share(1, 3),
            "participation_rate 21": share(1, 1),
        },
        by="profession",
    ),
    Story(
        "by community, of all there are: a slot of two is in the cells of both, and once in all",
        [
            *HERE,
            formed(VALENCIENNES, title="CPTS Valenciennes", departement="59"),
            published(communities=(NEVERS, VALENCIENNES)),
        ],
        {f"places_offered {NEVERS}": count(1), f"places_offered {VALENCIENNES}": count(1)},
        by="community",
        community=None,
    ),
    Story(
        "by commune",
        [*HERE, published()],
        {"places_offered 58194": count(1), "hours_offered 58194": count(round(1 / 3, 6))},
        by="commune",
    ),
]
BEYOND = Story(
    "places beyond the agenda are offered places, and no hours of an agenda",
    [*HERE, published(origin=Origin.OVERBOOK), taken()],
    {"places_offered": count(1), "places_used": count(1), "hours_offered": count(0)},
)
STORIES += [BEYOND]
