"""What the ladder does, told: given what there is, when people do this, then that happens."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.request import Waiting
from tests.domain.articulation import World

SCENARIOS = {
    "a free place in time is given at once": (
        "due 4H; slot C 14:00",
        "",
        ["12:00 assigned C 14:00"],
        [],
    ),
    "of two places the earlier": (
        "slot C 14:00; slot D 13:00",
        "",
        ["12:00 assigned D 13:00"],
        [],
    ),
    "nobody is here: back to the SAS ten minutes before it is due": (
        "due 2H",
        "",
        ["13:50 back NO_PLACE"],
        [],
    ),
    "within half an hour: back to the SAS after twenty minutes": (
        "due 30M",
        "",
        ["12:20 back NO_PLACE"],
        [],
    ),
    "a range that has begun: when the patient can be there": (
        "due 4H; slot C 11:00 range",
        "",
        ["12:00 assigned C 12:30"],
        [],
    ),
    "a range that has begun, and a slot that begins sooner": (
        "due 4H; slot C 11:00 range; slot D 12:20",
        "",
        ["12:00 assigned D 12:20"],
        [],
    ),
    "a range that is nearly over": (
        "due 1H; slot C 09:20 range",
        "",
        ["12:50 back NO_PLACE"],
        [],
    ),
    "the practitioner cancels in a range that has begun": (
        "due 4H; slot C 11:00 range; slot D 14:00",
        "12:10 C cancels",
        [
            "12:00 assigned C 12:30",
            "12:10 lost CANCELLED_BY_PRACTITIONER",
            "12:10 assigned D 14:00",
        ],
        [],
    ),
    "a range that begins before it is due is joined no later": (
        "due 30M; slot C 11:00 range",
        "",
        ["12:00 assigned C 12:30"],
        [],
    ),
    "a place after due is no place": (
        "due 2H; slot C 15:00",
        "",
        ["13:50 back NO_PLACE"],
        [],
    ),
    "a place that opens later": (
        "due 4H",
        "12:30 C publishes 14:00",
        ["12:30 assigned C 14:00"],
        [],
    ),
    "a place after hand back": (
        "due 2H",
        "13:55 C publishes 13:58",
        ["13:50 back NO_PLACE"],
        [],
    ),
    "members asked": (
        "due 4H; A overbooks; B overbooks",
        "12:01 A accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 B PLACE_FOUND",
            "12:01 assigned A 13:00",
        ],
        [],
    ),
    "both refuse": (
        "due 4H; A overbooks; B overbooks",
        "12:01 A refuses; 12:02 B refuses",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "15:50 back NOBODY_ACCEPTED A:REFUSEE B:REFUSEE",
        ],
        [],
    ),
    "nobody answers": (
        "due 4H; A overbooks; B overbooks",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:05 A B NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE B:NONE",
        ],
        [],
    ),
    "many members waves": (
        "due 4H; A overbooks; B overbooks; C overbooks; D overbooks; E overbooks; F overbooks; G overbooks; H overbooks",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:05 A B NO_ANSWER",
            "12:05 asked C D until 12:10",
            "12:10 C D NO_ANSWER",
            "12:10 asked E F until 12:15",
            "12:15 E F NO_ANSWER",
            "12:15 asked G H until 12:18:30",
            "12:18:30 G H NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE B:NONE C:NONE D:NONE E:NONE F:NONE G:NONE H:NONE",
        ],
        [],
    ),
    "rate low": (
        "rate 100 5; due 4H; A overbooks; B overbooks; C overbooks; D overbooks; E overbooks; F overbooks; G overbooks; H overbooks",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B C D E F G until 12:05",
            "12:05 A B C D E F G NO_ANSWER",
            "12:05 asked H until 12:10",
            "12:10 H NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE B:NONE C:NONE D:NONE E:NONE F:NONE G:NONE H:NONE",
        ],
        [],
    ),
    "on call first": (
        "rate 100 90; A overbooks; B overbooks on-call",
        "12:01 B accepts 13:00",
        ["12:00 step 1 members until 12:30", "12:00 asked B until 12:05", "12:01 assigned B 13:00"],
        [],
    ),
    "defer then accept": (
        "A overbooks; B overbooks",
        "12:01 A defers 12:20; 12:18 A accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:05 B NO_ANSWER",
            "12:18 assigned A 13:00",
        ],
        [],
    ),
    "defer then silence": (
        "A overbooks",
        "12:01 A defers 12:20",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:20 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:DIFFEREE",
        ],
        [],
    ),
    "proposal": (
        "A overbooks",
        "12:01 A proposes 17:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "15:50 A REQUEST_ENDED",
            "15:50 back NOBODY_ACCEPTED A:PARTIELLE",
        ],
        [],
    ),
    "late accept": (
        "due 4H; A overbooks",
        "12:40 A accepts 13:30",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "12:40 assigned A 13:30",
        ],
        [],
    ),
    "slot during wave": (
        "A overbooks",
        "12:02 C publishes 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:02 A PLACE_FOUND",
            "12:02 assigned C 13:00",
        ],
        [],
    ),
    "second accept": (
        "A overbooks; B overbooks",
        "12:01 A accepts 13:00; 12:02 B accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 B PLACE_FOUND",
            "12:01 assigned A 13:00",
        ],
        ["offer_over"],
    ),
    "correct": (
        "A overbooks; B overbooks",
        "12:01 A accepts 13:00; 12:01:15 A corrects; 12:03 B accepts 13:30",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 B PLACE_FOUND",
            "12:01 assigned A 13:00",
            "12:01:15 lost CLAIM_CORRECTED",
            "12:01:15 step 1 members until 12:31:15",
            "12:01:15 asked B until 12:06:15",
            "12:03 assigned B 13:30",
        ],
        [],
    ),
    "correct late": (
        "A overbooks; B overbooks",
        "12:01 A accepts 13:00; 12:02 A corrects",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 B PLACE_FOUND",
            "12:01 assigned A 13:00",
        ],
        ["grace_over"],
    ),
    "neighbour": (
        "neighbour; slot N 13:00 next-door",
        "",
        ["12:00 step 2 neighbours until 15:50", "12:00 assigned N 13:00"],
        [],
    ),
    "no agreement": (
        "slot N 13:00 next-door",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "neighbour after members": (
        "neighbour; A overbooks; slot N 14:30 next-door",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "12:05 step 2 neighbours until 15:50",
            "12:05 assigned N 14:30",
        ],
        [],
    ),
    "neighbour member not asked": (
        "N overbooks next-door",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "withdraw in wave": (
        "A overbooks",
        "12:01 A withdraws",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 A REQUEST_ENDED",
            "12:01 withdrawn",
        ],
        [],
    ),
    "paused not asked": (
        "A overbooks paused; B overbooks",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked B until 12:05",
            "12:05 B NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED B:NONE",
        ],
        [],
    ),
    "pause before accept": (
        "A overbooks",
        "12:01 A pauses; 12:02 A accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 A AWAY",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        ["practitioner_paused"],
    ),
    "becomes available": (
        "",
        "12:31 A overbooks",
        [
            "12:31 step 1 members until 13:01",
            "12:31 asked A until 12:36",
            "12:36 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "cancel by doc": (
        "slot C 14:00; slot D 15:00",
        "12:10 C cancels",
        [
            "12:00 assigned C 14:00",
            "12:10 lost CANCELLED_BY_PRACTITIONER",
            "12:10 assigned D 15:00",
        ],
        [],
    ),
    "cancel by patient": (
        "slot C 14:00; slot D 15:00",
        "12:10 C cancels patient",
        ["12:00 assigned C 14:00", "12:10 lost CANCELLED_BY_PATIENT", "12:10 assigned D 15:00"],
        [],
    ),
    "off grid": (
        "A overbooks",
        "12:01 A accepts 13:07",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        ["off_the_grid"],
    ),
    "a deferred request by its own rule": (
        "priority P3; rule P3 slots:60 offers:60; A overbooks",
        "",
        [
            "13:00 step 1 members until 14:00",
            "13:00 asked A until 13:05",
            "13:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "everybody else by the last rule": (
        "priority P2; rule P3 slots:60 offers:60; A overbooks",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "a rule by motive": (
        "motive M03.14; rule M03 slots:0 neighbours:0; neighbour; slot N 13:00 next-door; A overbooks",
        "",
        ["12:00 step 1 neighbours until 15:50", "12:00 assigned N 13:00"],
        [],
    ),
    "a rule by motive and its refinement": (
        "motive M03.14.02; rule M03.14 slots:30; A overbooks",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "a motive that does not fit": (
        "motive M02.06; rule M03 slots:30; A overbooks",
        "12:01 A accepts 13:00",
        ["12:00 step 1 members until 12:30", "12:00 asked A until 12:05", "12:01 assigned A 13:00"],
        [],
    ),
    "half an hour for slots first": (
        "ladder slots:30 offers:20; A overbooks",
        "12:40 A accepts 13:30",
        [
            "12:30 step 1 members until 12:50",
            "12:30 asked A until 12:35",
            "12:35 A NO_ANSWER",
            "12:40 assigned A 13:30",
        ],
        [],
    ),
    "slot found while waiting for slots": (
        "ladder slots:30 offers:20; A overbooks",
        "12:10 C publishes 13:00",
        ["12:10 assigned C 13:00"],
        [],
    ),
    "offers alone": (
        "ladder offers:20; A overbooks",
        "12:01 A refuses",
        [
            "12:00 step 0 members until 12:20",
            "12:00 asked A until 12:05",
            "15:50 back NOBODY_ACCEPTED A:REFUSEE",
        ],
        [],
    ),
    "offers twice around neighbours": (
        "ladder slots:0 offers:10 neighbours:0 offers:10; neighbour; A overbooks; N overbooks next-door",
        "12:12 N accepts 13:30",
        [
            "12:00 step 1 members until 12:10",
            "12:00 asked A until 12:02:30",
            "12:02:30 A NO_ANSWER",
            "12:02:30 step 2 neighbours until 15:50",
            "12:02:30 step 3 members until 12:12:30",
            "12:02:30 asked N until 12:05",
            "12:05 N NO_ANSWER",
            "12:12 assigned N 13:30",
        ],
        [],
    ),
    "neighbours for ten minutes then members": (
        "ladder slots:0 neighbours:10 offers:20; neighbour; A overbooks",
        "12:11 A accepts 13:30",
        [
            "12:00 step 1 neighbours until 12:10",
            "12:10 step 2 members until 12:30",
            "12:10 asked A until 12:15",
            "12:11 assigned A 13:30",
        ],
        [],
    ),
    "neighbours first when agreed so": (
        "ladder neighbours:0 offers:20; neighbour; slot N 13:00 next-door; A overbooks",
        "",
        ["12:00 step 0 neighbours until 15:50", "12:00 assigned N 13:00"],
        [],
    ),
    "neighbour place opens later": (
        "neighbour",
        "12:30 N publishes 14:00 next-door",
        ["12:00 step 2 neighbours until 15:50", "12:30 assigned N 14:00"],
        [],
    ),
    "neighbour place opens without agreement": (
        "",
        "12:30 N publishes 14:00 next-door",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "own place before the neighbour's": (
        "neighbour; slot N 12:30 next-door; slot C 15:00",
        "",
        ["12:00 assigned C 15:00"],
        [],
    ),
    "hand back cuts the step short": (
        "due 30M; A overbooks",
        "",
        ["12:20 back NO_PLACE"],
        [],
    ),
    "hand back cuts the wave short": (
        "due 30M; ladder offers:60; A overbooks",
        "",
        ["12:20 back NO_PLACE"],
        [],
    ),
    "too late to ask anybody": (
        "due 30M; ladder slots:19 offers:60; A overbooks",
        "",
        ["12:20 back NO_PLACE"],
        [],
    ),
    "deferred beyond the step still counts": (
        "ladder offers:10; A overbooks",
        "12:01 A defers 12:30; 12:25 A accepts 13:00",
        [
            "12:00 step 0 members until 12:10",
            "12:00 asked A until 12:02:30",
            "12:25 assigned A 13:00",
        ],
        [],
    ),
    "deferred until after the hand back": (
        "due 30M; A overbooks",
        "12:01 A defers 12:25",
        ["12:20 back NO_PLACE"],
        ["not_asked"],
    ),
    "deferred too far": (
        "A overbooks",
        "12:01 A defers 17:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        ["deferred_too_far"],
    ),
    "refused then accepted after all": (
        "A overbooks; B overbooks",
        "12:01 A refuses; 12:03 A accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:03 B PLACE_FOUND",
            "12:03 assigned A 13:00",
        ],
        [],
    ),
    "who was not asked accepts": (
        "A member",
        "12:01 A accepts 13:00",
        ["15:50 back NO_PLACE"],
        ["not_asked"],
    ),
    "accepts twice the same": (
        "A overbooks",
        "12:01 A accepts 13:00; 12:02 A accepts 13:00",
        ["12:00 step 1 members until 12:30", "12:00 asked A until 12:05", "12:01 assigned A 13:00"],
        [],
    ),
    "accepts after the hand back": (
        "due 1H; A overbooks",
        "12:55 A accepts 13:15",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "12:50 back NOBODY_ACCEPTED A:NONE",
        ],
        ["offer_over"],
    ),
    "accepts a time after due": (
        "due 2H; A overbooks",
        "12:01 A accepts 15:00; 12:02 A accepts 13:30",
        ["12:00 step 1 members until 12:30", "12:00 asked A until 12:05", "12:02 assigned A 13:30"],
        ["starts_after_due"],
    ),
    "accepts at a time already taken": (
        "A overbooks; slot A 16:30",
        "12:01 A accepts 16:30; 12:02 A accepts 13:00",
        ["12:00 step 1 members until 12:30", "12:00 asked A until 12:05", "12:02 assigned A 13:00"],
        ["overlaps_another_slot"],
    ),
    "accepts too soon to come": (
        "A overbooks",
        "12:01 A accepts 12:15; 12:02 A accepts 12:30",
        ["12:00 step 1 members until 12:30", "12:00 asked A until 12:05", "12:02 assigned A 12:30"],
        ["starts_too_soon"],
    ),
    "claim corrected and no one else": (
        "A overbooks",
        "12:01 A accepts 13:00; 12:01:10 A corrects",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 assigned A 13:00",
            "12:01:10 lost CLAIM_CORRECTED",
            "15:50 back NOBODY_ACCEPTED A:REFUSEE",
        ],
        [],
    ),
    "corrects what was never accepted": (
        "A overbooks",
        "12:01 A corrects",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        ["offer_over"],
    ),
    "slot of the very member who is asked": (
        "A overbooks",
        "12:02 A publishes 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:02 A PLACE_FOUND",
            "12:02 assigned A 13:00",
        ],
        [],
    ),
    "practitioner cancels an overbooked visit": (
        "A overbooks; B overbooks",
        "12:01 A accepts 13:00; 12:30 A cancels; 12:31 B accepts 14:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 B PLACE_FOUND",
            "12:01 assigned A 13:00",
            "12:30 lost CANCELLED_BY_PRACTITIONER",
            "12:30 step 1 members until 13:00",
            "12:30 asked B until 12:35",
            "12:31 assigned B 14:00",
        ],
        [],
    ),
    "patient cancels for another time and members are asked": (
        "slot C 14:00; A overbooks",
        "12:10 C cancels patient; 12:12 A accepts 13:30",
        [
            "12:00 assigned C 14:00",
            "12:10 lost CANCELLED_BY_PATIENT",
            "12:10 step 1 members until 12:40",
            "12:10 asked A until 12:15",
            "12:12 assigned A 13:30",
        ],
        [],
    ),
    "on call wakes who waits": (
        "",
        "12:17 A overbooks on-call; 12:18 A accepts 13:00",
        ["12:17 step 1 members until 12:47", "12:17 asked A until 12:22", "12:18 assigned A 13:00"],
        [],
    ),
    "seven refuse the eighth accepts": (
        "A overbooks; B overbooks; C overbooks; D overbooks",
        "12:01 A refuses; 12:01 B refuses; 12:02 C refuses; 12:03 D accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 asked C D until 12:06",
            "12:03 assigned D 13:00",
        ],
        [],
    ),
    "proposal then slot": (
        "A overbooks",
        "12:01 A proposes 17:00; 12:20 C publishes 14:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:20 A PLACE_FOUND",
            "12:20 assigned C 14:00",
        ],
        [],
    ),
    "proposal in the past": (
        "A overbooks",
        "12:01 A proposes 11:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        ["proposed_in_the_past"],
    ),
    "all at once": (
        "neighbour; A overbooks; slot C 14:00; slot N 13:00 next-door",
        "",
        ["12:00 assigned C 14:00"],
        [],
    ),
    "a high rate asks one at a time": (
        "rate 100 95; A overbooks; B overbooks",
        "12:01 A refuses; 12:02 B accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 asked B until 12:06",
            "12:02 assigned B 13:00",
        ],
        [],
    ),
    "nobody ever accepts here": (
        "rate 1000 0; A overbooks; B overbooks; C overbooks",
        "",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B C until 12:05",
            "12:05 A B C NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE B:NONE C:NONE",
        ],
        [],
    ),
    "one who puts off does not hold up the others": (
        "rate 100 60; A overbooks; B overbooks; C overbooks; D overbooks",
        "12:01 A defers 12:30; 12:02 B refuses",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 asked B until 12:06",
            "12:02 asked C until 12:07",
            "12:07 C NO_ANSWER",
            "12:07 asked D until 12:12",
            "12:12 D NO_ANSWER",
            "12:30 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:DIFFEREE B:REFUSEE C:NONE D:NONE",
        ],
        [],
    ),
    "an answer put off beyond the step ends when it said": (
        "ladder slots:0 offers:10 neighbours:0; neighbour; A overbooks",
        "12:01 A defers 12:30",
        [
            "12:00 step 1 members until 12:10",
            "12:00 asked A until 12:02:30",
            "12:01 step 2 neighbours until 15:50",
            "12:30 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:DIFFEREE",
        ],
        [],
    ),
    "a neighbour agrees later": (
        "A overbooks; slot N 15:00 next-door",
        "12:50 N agrees",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "12:50 step 2 neighbours until 15:50",
            "12:50 assigned N 15:00",
        ],
        [],
    ),
    "an agreement that ends ends": (
        "neighbour",
        "12:10 N ends; 12:20 N publishes 14:00 next-door",
        [
            "12:00 step 2 neighbours until 15:50",
            "12:10 step 2 dispatch until 15:50",
            "15:50 back NO_PLACE",
        ],
        [],
    ),
    "an agreement that ends is not waited for": (
        "ladder slots:0 neighbours:60 offers:30; neighbour; A overbooks",
        "12:10 N ends",
        [
            "12:00 step 1 neighbours until 13:00",
            "12:10 step 2 members until 12:40",
            "12:10 asked A until 12:15",
            "12:15 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "another ladder with neighbours where offers were": (
        "neighbour; A overbooks; slot N 14:00 next-door",
        "12:01 L adopts slots:0 neighbours:0",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 A STEP_OVER",
            "12:01 step 1 neighbours until 15:50",
            "12:01 assigned N 14:00",
        ],
        [],
    ),
    "another ladder while members are asked": (
        "A overbooks; B overbooks",
        "12:01 L adopts slots:60; 12:02 A accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 A B STEP_OVER",
            "12:02 assigned A 13:00",
        ],
        [],
    ),
    "another ladder that begins with slots, while the first step of this one asks": (
        "ladder offers:30; A overbooks; S overbooks SOS",
        "12:01 L adopts slots:0 ask:10:SOS",
        [
            "12:00 step 0 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 A STEP_OVER",
            "12:01 step 1 partners until 12:11",
            "12:01 asked S until 12:03:30",
            "12:03:30 S NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE S:NONE",
        ],
        [],
    ),
    "whoever need not answer is asked again where the step comes back": (
        "A overbooks",
        "12:01 L adopts slots:0; 12:10 L adopts slots:0 offers:10",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 A STEP_OVER",
            "12:10 asked A until 12:15",
            "12:15 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "a shorter ladder": (
        "neighbour; A overbooks",
        "12:10 L adopts slots:0; 12:20 C publishes 14:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "12:05 step 2 neighbours until 15:50",
            "12:10 step 0 dispatch until 15:50",
            "12:20 assigned C 14:00",
        ],
        [],
    ),
    "the slot of an acceptance is taken back": (
        "A overbooks; B overbooks",
        "12:01 A accepts 13:00; 12:10 A takes-back 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A B until 12:05",
            "12:01 B PLACE_FOUND",
            "12:01 assigned A 13:00",
            "12:10 lost SLOT_WITHDRAWN",
            "12:10 step 1 members until 12:40",
            "12:10 asked B until 12:15",
            "12:15 B NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:REFUSEE B:NONE",
        ],
        [],
    ),
    "the wrong claim has a second patient's place beside it": (
        "A overbooks",
        "12:01 A accepts 13:00; 12:01:05 A resizes 13:00 2; 12:01:10 A corrects",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:01 assigned A 13:00",
            "12:01:10 lost CLAIM_CORRECTED",
            "15:50 back NOBODY_ACCEPTED A:REFUSEE",
        ],
        [],
    ),
    "who cancels is not asked about the same patient": (
        "slot A 14:00; A overbooks; B overbooks",
        "12:10 A cancels",
        [
            "12:00 assigned A 14:00",
            "12:10 lost CANCELLED_BY_PRACTITIONER",
            "12:10 step 1 members until 12:40",
            "12:10 asked B until 12:15",
            "12:15 B NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED B:NONE",
        ],
        [],
    ),
    "a place lost is searched for from the first step": (
        "ladder slots:30 offers:30; slot C 15:30; A overbooks",
        "13:00 C takes-back 15:30",
        [
            "12:00 assigned C 15:30",
            "13:00 lost SLOT_WITHDRAWN",
            "13:30 step 1 members until 14:00",
            "13:30 asked A until 13:35",
            "13:35 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "too late to ask anybody who could come": (
        "due 30M; ladder slots:10 offers:10; A overbooks",
        "",
        ["12:20 back NO_PLACE"],
        [],
    ),
    "within half an hour members are asked while it makes sense": (
        "due 45M; A overbooks",
        "12:02 A accepts 12:30",
        ["12:00 step 1 members until 12:30", "12:00 asked A until 12:05", "12:02 assigned A 12:30"],
        [],
    ),
    "an agreement that ends and begins again": (
        "neighbour",
        "12:10 N ends; 12:15 N publishes 14:00 next-door; 12:20 N agrees",
        [
            "12:00 step 2 neighbours until 15:50",
            "12:10 step 2 dispatch until 15:50",
            "12:20 step 2 neighbours until 15:50",
            "12:20 assigned N 14:00",
        ],
        [],
    ),
    "slots again after members were asked": (
        "ladder slots:0 offers:10 slots:30; A overbooks",
        "12:20 C publishes 14:00",
        [
            "12:00 step 1 members until 12:10",
            "12:00 asked A until 12:02:30",
            "12:02:30 A NO_ANSWER",
            "12:02:30 step 2 dispatch until 12:32:30",
            "12:20 assigned C 14:00",
        ],
        [],
    ),
    "the treating doctor first, though another is earlier": (
        "usual; doctor T; slot T 15:00; slot C 13:00",
        "",
        ["12:00 step 0 treating_doctor until 12:05", "12:00 assigned T 15:00"],
        [],
    ),
    "the treating doctor is asked before others, and others after five minutes": (
        "usual; doctor T; T overbooks; slot C 13:00; A overbooks",
        "",
        [
            "12:00 step 0 treating_doctor until 12:05",
            "12:00 asked T until 12:05",
            "12:05 T NO_ANSWER",
            "12:05 step 1 dispatch until 15:50",
            "12:05 assigned C 13:00",
        ],
        [],
    ),
    "the treating doctor accepts": (
        "usual; doctor T; T overbooks; slot C 13:00",
        "12:03 T accepts 14:00",
        [
            "12:00 step 0 treating_doctor until 12:05",
            "12:00 asked T until 12:05",
            "12:03 assigned T 14:00",
        ],
        [],
    ),
    "the treating doctor refuses: nobody waits five minutes for nothing": (
        "usual; doctor T; T overbooks; slot C 13:00",
        "12:01 T refuses",
        [
            "12:00 step 0 treating_doctor until 12:05",
            "12:00 asked T until 12:05",
            "12:01 step 1 dispatch until 15:50",
            "12:01 assigned C 13:00",
        ],
        [],
    ),
    "the cap of a week is for other doctors' patients": (
        "doctor T; T member full; slot T 14:00; C member full; slot C 13:00",
        "",
        ["12:00 assigned T 14:00"],
        [],
    ),
    "a treating doctor who takes no part is not waited for": (
        "usual; doctor T; slot C 13:00",
        "",
        ["12:00 assigned C 13:00"],
        [],
    ),
    "a treating doctor who has paused is not waited for": (
        "usual; doctor T; T overbooks paused; slot C 13:00",
        "",
        ["12:00 assigned C 13:00"],
        [],
    ),
    "a treating doctor in a health house is one all the same": (
        "usual; doctor T; slot T 15:00 MSP; slot C 13:00",
        "",
        ["12:00 step 0 treating_doctor until 12:05", "12:00 assigned T 15:00"],
        [],
    ),
    "out of hours no member is asked, and the SAS is told of the PDSA": (
        "usual; holiday; A overbooks",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "out of hours a free place is a free place": (
        "usual; holiday; slot C 13:00",
        "",
        ["12:00 assigned C 13:00"],
        [],
    ),
    "members are asked until the SAS closes, and a duty house after": (
        "due 24H; rule PDSA slots:0 ask:60:MMG; A overbooks; M overbooks MMG",
        "20:10 M accepts 21:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "20:00 step 1 partners until 21:00",
            "20:00 asked M until 20:05",
            "20:05 M NO_ANSWER",
            "20:10 assigned M 21:00",
        ],
        [],
    ),
    "partners are asked after members, with what they are": (
        "ladder slots:0 offers:4 ask:10:SOS; A overbooks; S overbooks SOS",
        "12:05 S accepts 13:00",
        [
            "12:00 step 1 members until 12:04",
            "12:00 asked A until 12:02",
            "12:02 A NO_ANSWER",
            "12:02 step 2 partners until 12:12",
            "12:02 asked S until 12:04:30",
            "12:04:30 S NO_ANSWER",
            "12:05 assigned S 13:00",
        ],
        [],
    ),
    "a partner's place is not a member's": (
        "slot S 13:00 SOS",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "a partner's place is reached by its step": (
        "ladder slots:30 partners:0:SOS,CDS; slot S 13:00 SOS",
        "",
        [
            "12:30 step 1 partners until 15:50",
            "12:30 assigned S 13:00",
        ],
        [],
    ),
    "a partner's place that opens later": (
        "ladder slots:0 partners:0:TLC",
        "12:30 V publishes 14:00 TLC; 12:31 V publishes 15:00 TLC",
        ["12:00 step 1 partners until 15:50", "12:30 assigned V 14:00"],
        [],
    ),
    "a specialist is reached by the step that allows it alone": (
        "motive M03.06; rule M03.06 slots:20 partners:0:SPE:SM04; slot H 13:00 SPE SM04",
        "",
        ["12:20 step 1 partners until 15:50", "12:20 assigned H 13:00"],
        [],
    ),
    "another reason does not reach the specialist": (
        "motive M03.14; rule M03.06 slots:20 partners:0:SPE:SM04; slot H 13:00 SPE SM04",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "another specialist is not the one": (
        "ladder partners:0:SPE:SM04; slot H 13:00 SPE SM15",
        "",
        ["12:00 step 0 partners until 15:50", "15:50 back NO_PLACE"],
        [],
    ),
    "any specialist, where the step names none": (
        "ladder partners:0:SPE; slot H 13:00 SPE SM15",
        "",
        ["12:00 step 0 partners until 15:50", "12:00 assigned H 13:00"],
        [],
    ),
    "a hospital comes after the specialist": (
        "ladder slots:0 partners:10:SPE:SM04 partners:0:HOP:SM04; slot H 13:00 HOP SM04",
        "",
        [
            "12:00 step 1 partners until 12:10",
            "12:10 step 2 partners until 15:50",
            "12:10 assigned H 13:00",
        ],
        [],
    ),
    "the SAS is told where the community would send them": (
        "motive M03.06; rule M03.06>URGENCES slots:0",
        "",
        ["15:50 back NO_PLACE to URGENCES"],
        [],
    ),
    "a slot kept for a crisis is kept": (
        "slot C 13:00 surge",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "a crisis opens what is kept for it": (
        "slot C 14:00 surge",
        "12:30 X declares slots:0",
        ["12:30 step 0 dispatch until 15:50", "12:30 assigned C 14:00"],
        [],
    ),
    "a crisis has another ladder": (
        "A overbooks; ladder slots:0",
        "12:30 X declares slots:0 offers:10",
        [
            "12:30 step 0 dispatch until 15:50",
            "12:30 step 1 members until 12:40",
            "12:30 asked A until 12:32:30",
            "12:32:30 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "in a crisis members see more patients, who agreed to": (
        "C member full more-in-crisis; slot C 14:00; D member full; slot D 13:00",
        "12:30 X declares slots:0",
        ["12:30 step 0 dispatch until 15:50", "12:30 assigned C 14:00"],
        [],
    ),
    "after the crisis what was kept for it is kept again": (
        "crisis",
        "12:30 X calm; 12:31 C publishes 14:00 surge",
        [
            "12:00 step 0 dispatch until 15:50",
            "12:30 step 0 dispatch until 15:50",
            "15:50 back NO_PLACE",
        ],
        [],
    ),
    "in a crisis, a ladder that begins with offers": (
        "due 1H; ladder offers:60; crisis; A overbooks",
        "",
        [
            "12:00 step 0 dispatch until 12:50",
            "12:00 step 0 members until 12:50",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "12:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "another ladder that begins with offers, while a partner's place is waited for": (
        "due 1H; ladder partners:0:SOS; A overbooks",
        "12:01 X adopts offers:60",
        [
            "12:00 step 0 partners until 12:50",
            "12:01 step 0 dispatch until 12:50",
            "12:01 step 0 members until 12:50",
            "12:01 asked A until 12:06",
            "12:06 A NO_ANSWER",
            "12:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "in a crisis a step is as long as it was": (
        "ladder slots:10 offers:30; crisis; A overbooks",
        "",
        [
            "12:00 step 0 dispatch until 12:10",
            "12:10 step 1 members until 12:40",
            "12:10 asked A until 12:15",
            "12:15 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "a crisis declared does not make the step any longer": (
        "ladder slots:10 offers:30; A overbooks",
        "12:05 X declares slots:10 offers:30",
        [
            "12:05 step 0 dispatch until 12:10",
            "12:10 step 1 members until 12:40",
            "12:10 asked A until 12:15",
            "12:15 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "nor begins a step anew that is over": (
        "ladder slots:0 neighbours:10 offers:30; neighbour",
        "12:20 X declares slots:0 neighbours:10 offers:30; 12:30 A overbooks",
        [
            "12:00 step 1 neighbours until 12:10",
            "12:20 step 1 neighbours until 15:50",
            "12:30 step 2 members until 13:00",
            "12:30 asked A until 12:35",
            "12:35 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "who was asked in a crisis need not answer after it": (
        "crisis; C overbooks full more-in-crisis",
        "12:01 X calm; 12:02 C accepts 14:00",
        [
            "12:00 step 0 dispatch until 15:50",
            "12:00 step 1 members until 12:30",
            "12:00 asked C until 12:05",
            "12:01 C STEP_OVER",
            "12:01 step 1 members until 12:30",
            "15:50 back NOBODY_ACCEPTED C:NONE",
        ],
        ["weekly_cap_reached"],
    ),
    "a treating doctor in a health house who answers late is welcome": (
        "usual; doctor T; T overbooks MSP",
        "12:06 T accepts 14:00",
        [
            "12:00 step 0 treating_doctor until 12:05",
            "12:00 asked T until 12:05",
            "12:05 T NO_ANSWER",
            "12:05 step 1 dispatch until 15:50",
            "12:06 assigned T 14:00",
        ],
        [],
    ),
    "a specialty is of the setting it is named with": (
        "ladder slots:0 partners:30:SPE:SM04 partners:0:HOP; slot D 14:00 SPE SM10",
        "",
        [
            "12:00 step 1 partners until 12:30",
            "12:30 step 2 partners until 15:50",
            "15:50 back NO_PLACE",
        ],
        [],
    ),
    "a step that asks SOS asks SOS": (
        "ladder slots:0 ask:20:SOS; A overbooks; S overbooks SOS",
        "",
        [
            "12:00 step 1 partners until 12:20",
            "12:00 asked S until 12:05",
            "12:05 S NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED S:NONE",
        ],
        [],
    ),
    "a step that asks members asks members": (
        "ladder slots:0 partners:0:SOS offers:20; A overbooks; S overbooks SOS",
        "",
        [
            "12:00 step 1 partners until 15:50",
            "12:00 step 2 members until 12:20",
            "12:00 asked A until 12:05",
            "12:05 A NO_ANSWER",
            "15:50 back NOBODY_ACCEPTED A:NONE",
        ],
        [],
    ),
    "a sore throat at thirty goes to a pharmacist enrolled in the protocol": (
        "complaint ODYNOPHAGIE aged 30; P member pharmacist in-team; slot P 13:00",
        "",
        ["12:00 assigned P 13:00"],
        [],
    ),
    "not to a pharmacist who is not": (
        "complaint ODYNOPHAGIE aged 30; P member pharmacist; slot P 13:00",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "nor at fifty": (
        "complaint ODYNOPHAGIE aged 50; P member pharmacist in-team; slot P 13:00",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
    "a pharmacist in the team is asked as well": (
        "complaint ODYNOPHAGIE aged 30; P overbooks pharmacist in-team; Q overbooks pharmacist",
        "12:02 P accepts 13:00",
        [
            "12:00 step 1 members until 12:30",
            "12:00 asked P until 12:05",
            "12:02 assigned P 13:00",
        ],
        [],
    ),
    "a pharmacist is not asked about a fever": (
        "P overbooks pharmacist in-team",
        "",
        ["15:50 back NO_PLACE"],
        [],
    ),
}


@pytest.mark.parametrize(
    ("given", "when", "then", "refused"), SCENARIOS.values(), ids=SCENARIOS.keys()
)
def test_the_ladder(given, when, then, refused):
    world = World(given).play(when)

    assert world.told == then
    assert world.refusals == refused
    assert world.audit.finish() == []


MINUTES = st.integers(0, 23 * 60).map(lambda minute: f"{12 + minute // 60}:{minute % 60:02}")
TIMES = st.integers(0, 15).map(lambda quarter: f"{12 + quarter // 4}:{quarter % 4 * 15:02}")
MEMBERS = st.sampled_from("ABCD")
STEP = st.builds(
    "{}:{}".format,
    st.sampled_from(["slots", "offers", "neighbours", "doctor"]),
    st.sampled_from([0, 1, 5, 20, 60, 600]),
) | st.builds(
    "{}:{}:{}".format,
    st.sampled_from(["partners", "ask"]),
    st.sampled_from([0, 5, 20, 600]),
    st.sampled_from(["SOS", "MSP,CDS", "SPE:SM04", "HOP", "SOS,SPE"]),
)
THERE = st.one_of(
    st.builds("{} overbooks".format, MEMBERS),
    st.builds("{} overbooks on-call".format, MEMBERS),
    st.builds("N overbooks next-door".format),
    st.builds("slot S {}".format, TIMES),
    st.builds("slot N {} next-door".format, TIMES),
    st.builds("slot R {} range".format, st.sampled_from(["09:30", "11:00", "12:30"])),
    st.just("neighbour"),
    st.just("usual"),
    st.just("holiday"),
    st.just("crisis"),
    st.builds("doctor {}".format, MEMBERS),
    st.builds("P overbooks {}".format, st.sampled_from(["SOS", "MSP", "SPE SM04", "HOP SM15"])),
    st.builds("slot P {}".format, TIMES),
    st.builds("slot S {} surge".format, TIMES),
    st.builds("rate 50 {}".format, st.integers(0, 50)),
    st.builds("due {}".format, st.sampled_from(["30M", "45M", "1H", "2H", "4H"])),
    st.builds(
        "ladder {}".format,
        st.lists(STEP, min_size=1, max_size=5).map(" ".join),
    ),
)
ACTS = st.one_of(
    st.builds("{} accepts {}".format, MEMBERS, TIMES),
    st.builds("{} refuses".format, MEMBERS),
    st.builds("{} defers {}".format, MEMBERS, TIMES),
    st.builds("{} proposes {}".format, MEMBERS, TIMES),
    st.builds("{} corrects".format, MEMBERS),
    st.builds("{} cancels".format, MEMBERS),
    st.builds("S cancels patient".format),
    st.builds("{} pauses".format, MEMBERS),
    st.just("X calm"),
    st.just("X declares slots:0 offers:20 ask:20:SOS"),
    st.just("X declares doctor:20 partners:0:SPE"),
    st.just("X agrees"),
    st.just("X ends"),
    st.builds(
        "X {} {}".format,
        st.sampled_from(["adopts", "declares"]),
        st.lists(STEP, min_size=1, max_size=4).map(" ".join),
    ),
)
HAPPENING = st.lists(st.tuples(st.integers(0, 240), ACTS), max_size=12).map(
    lambda acts: "; ".join(
        f"{12 + minute // 60}:{minute % 60:02} {act}" for minute, act in sorted(acts)
    )
)


@settings(max_examples=200)
@for_all(st.lists(THERE, max_size=8, unique=True), HAPPENING)
def test_whatever_there_is_and_whoever_answers_no_request_is_forgotten(there, acts):
    """It ends in time, with somebody who has it at every instant, and nothing is broken."""
    enrolled = {f"{letter} member" for letter in "ABCDS"} - {
        f"{line.split()[0]} member" for line in there if "overbooks" in line
    }
    world = World("; ".join([*sorted(enrolled), *_in_order(there)])).play(acts)

    assert not isinstance(world.patient, Waiting)
    assert world.audit.finish() == []
    back = [line for line in world.told if " back " in line]
    due = {"30M": "12:20", "45M": "12:35", "1H": "12:50", "2H": "13:50", "4H": "15:50"}
    asked = [line.split()[1] for line in there if line.startswith("due")] or ["4H"]
    # In time, or at once where a place was lost later than that.
    assert all(line.split()[0] >= due[asked[-1]] for line in back)
    lost = [line.split()[0] for line in world.told if " lost " in line]
    assert all(line.split()[0] <= max([due[asked[-1]], *lost]) for line in back)


def _in_order(there):
    """What there is, each member and the agreement once."""
    seen, kept = set(), []
    for line in there:
        key = line.split()[0] if "overbooks" in line or line == "neighbour" else line
        if key not in seen:
            seen.add(key)
            kept.append(line)
    return kept
