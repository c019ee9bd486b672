from datetime import UTC, datetime

import pytest

from domain.invariants import Audit
from events.account import AccountClosed, AccountOpened
from events.agenda import Freed, SlotPlaceFreed
from events.codes import Delay, Mode, Priority, Profession, Source
from events.place import CoarsePosition, Position
from events.practitioner import PractitionerPaused, PractitionerResumed
from events.protocol import Pathway
from events.request import (
    PatientErased,
    RequestDeadlineAgreed,
    RequestRefusedAsEmergency,
    RequestSearching,
    RequestWithdrawn,
    Withdrawal,
)
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    MORNING,
    NEVERS,
    NOON,
    NOTHING_WEIGHED,
    OVERBOOK,
    PRACTICE,
    VALENCIENNES,
    adopted,
    agreed_with,
    assigned,
    attended,
    called,
    cancelled,
    closed_to,
    consented,
    elapsed,
    ended,
    enrolled,
    escalated,
    formed,
    freed,
    handed_back,
    held,
    hold_ended,
    left,
    merged,
    missed,
    moved,
    offered,
    on_call,
    opened_to,
    place_held,
    published,
    received,
    refused,
    released,
    reopened,
    reoriented,
    resized,
    taken,
    unassigned,
    vacation,
    withdrawn,
)
from tests.recording import altered, recorded

BEGUN = (formed(), enrolled(), consented(), published())
PAUSED = PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)
FREED = SlotPlaceFreed(
    slot_id=AFTERNOON, request_id=ANNA, reason=Freed.REQUEST_WITHDRAWN, freed_at=NOON
)
WITHDRAWN = RequestWithdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED, withdrawn_at=NOON)
HANDED_BACK = handed_back()
DELEGATED = Pathway(
    code="ODYNOPHAGIE", professions=(Profession.DOCTOR,), settings=(), delegated=True
)
EMERGENCY = RequestRefusedAsEmergency(
    request_id=ANNA,
    case_id=None,
    source=Source.SAS,
    priority=Priority.P1,
    care_level=None,
    motive=None,
    commune=None,
    refused_at=NOON,
)
AGREED = RequestDeadlineAgreed(
    request_id=ANNA, delay=Delay.HOURS_2, due_by=NOON + HOUR, agreed_at=NOON
)
LATER = RequestDeadlineAgreed(
    request_id=ANNA, delay=Delay.MIN_30, due_by=NOON + 30 * MINUTE, agreed_at=NOON
)
AFTER = {"start": NOON + 3 * HOUR, "end": NOON + 4 * HOUR}
ASKABLE = consented(overbook=OVERBOOK)
PLACED = (assigned(), taken())
SOON = {"start": NOON + 90 * MINUTE, "end": NOON + 2 * HOUR}
FAR = PRACTICE.model_copy(update={"position": Position(lat=47.3, lon=3.16)})  # 35 km, 52 minutes
ERASED = PatientErased(request_id=ANNA, patient_ref=called("x"), erased_at=NOON)


def searching(minutes=5, owner="dispatch"):
    return RequestSearching(
        request_id=ANNA,
        owner=owner,
        next_at=NOON + minutes * MINUTE,
        searched_at=NOON,
        explanation=NOTHING_WEIGHED,
    )


def broken(events):
    audit = Audit()
    for one in events:
        audit.see(one)
    return {violation.rule for violation in audit.finish()}


def test_a_day_as_it_should_be_breaks_nothing():
    day = recorded(
        *BEGUN,
        received(),
        searching(),
        AGREED,
        assigned(),
        taken(),
        WITHDRAWN,
        FREED,
        ERASED,
        PAUSED,
        PractitionerResumed(rpps=DR_ADAM, resumed_at=NOON),
    )

    assert broken(day) == set()


LEFT = left(VALENCIENNES)


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ((received(), taken(), taken(BEN)), "over_capacity"),
        ((received(), assigned(), taken(), taken()), "place_taken_twice"),
        ((published(MORNING),), "in_two_places_at_once"),
        ((published(),), "slot_published_twice"),
        ((published(MORNING, rpps=DR_BLAIN, start=NOON),), None),
        ((taken(slot_id=MORNING),), "place_of_no_slot"),
        ((FREED,), "freed_twice"),
        ((PAUSED, received(), assigned(), taken()), "practitioner_not_available"),
        ((LEFT, received(), assigned(), taken()), "left_the_community"),
        ((consented(sources=()), received(), assigned(), taken()), "outside_consent"),
        ((consented(weekly_cap=0), received(), assigned(), taken()), "over_the_weekly_cap"),
        ((PAUSED, PAUSED), "impossible_history"),
        ((AccountOpened(account_id=ANNA, opened_at=NOON),), None),
        ((AccountClosed(account_id=ANNA, closed_at=NOON),), "impossible_history"),
        ((received(), received()), "received_twice"),
        ((EMERGENCY, received()), "received_twice"),
        ((WITHDRAWN,), "never_received"),
        ((received(), WITHDRAWN, searching()), "happened_to_a_closed_request"),
        ((EMERGENCY, searching()), "happened_to_a_closed_request"),
        ((received(), assigned(), taken(), assigned()), "two_places"),
        ((received(), assigned(), taken(), HANDED_BACK), "handed_back_with_a_place"),
        ((received(), assigned(), taken(), searching()), "searching_with_a_place"),
        ((received(), searching(minutes=0)), "no_next_instant"),
        ((received(), searching(owner="")), "no_next_instant"),
        ((received(), assigned()), "assigned_without_a_place"),
        ((received(), taken()), "place_without_an_assignment"),
        ((taken(),), "place_without_an_assignment"),
        ((received(), HANDED_BACK), None),
        ((received(), HANDED_BACK, reoriented()), None),
        ((received(), HANDED_BACK, reopened(), reoriented()), None),
        ((received(), HANDED_BACK, reopened(), assigned(), taken()), None),
        ((received(), HANDED_BACK, reoriented(), reopened()), "happened_to_a_closed_request"),
        ((received(), assigned(), taken(), EMERGENCY, FREED), None),
        ((received(community="590099002"), assigned(), taken()), "slot_not_open_to_the_request"),
        ((received(professions=(Profession.NURSE,)), assigned(), taken()), "another_profession"),
        ((received(), escalated(only=DR_BLAIN), assigned(), taken()), "beyond_its_step"),
        (
            (received(professions=(), pathways=(DELEGATED,)), assigned(), taken()),
            "outside_protocols",
        ),
        ((received(due_by=NOON + MINUTE), assigned(), taken()), "assigned_after_due"),
        ((received(), LATER, assigned(), taken()), "assigned_after_due"),
        ((received(), taken(), assigned(start=NOON + 61 * MINUTE)), "visit_outside_its_slot"),
        ((received(), assigned(start=NOON + 61 * MINUTE), taken()), "visit_outside_its_slot"),
        ((resized(3), received(), assigned(start=NOON + 61 * MINUTE), taken()), None),
        ((received(), assigned(assigned_at=NOON + HOUR), taken()), "assigned_to_the_past"),
        ((consented(min_age=18), received(age=10), assigned(), taken()), "outside_age_or_motives"),
        ((consented(max_age=9), received(age=10), assigned(), taken()), "outside_age_or_motives"),
        ((consented(min_age=18), received(age=None), assigned(), taken()), None),
        (
            (consented(excluded_motives=("M03.14",)), received(), assigned(), taken()),
            "outside_age_or_motives",
        ),
        ((received(), assigned(), taken(), attended(), missed(), ended()), None),
        ((received(), HANDED_BACK, ended()), None),
        ((ASKABLE, received(), offered(DR_ADAM), refused(), HANDED_BACK), None),
        ((ASKABLE, received(), offered(DR_ADAM), HANDED_BACK), "offer_left_open"),
        ((received(), offered(DR_ADAM)), "asked_without_consent"),
        ((ASKABLE, received(), offered(DR_ADAM, until=NOON)), "no_next_instant"),
        ((received(), escalated(until=NOON)), "no_next_instant"),
        ((received(), escalated(owner="")), "no_next_instant"),
        ((received(community=VALENCIENNES), escalated(communities=(NEVERS,)), *PLACED), None),
        ((received(), held(), place_held(), released(), assigned(), taken()), None),
        ((received(), held(), place_held(), hold_ended(), released()), None),
        ((received(), held(), place_held()), None),
        ((received(), held(), place_held(), WITHDRAWN), "place_held_for_nobody"),
        ((received(), place_held()), "place_held_for_nobody"),
        ((released(),), "released_twice"),
        ((withdrawn(), place_held()), "place_of_no_slot"),
        ((place_held(until=NOON),), "no_next_instant"),
        ((place_held(), place_held(BEN)), "over_capacity"),
        ((adopted(), agreed_with(VALENCIENNES), on_call()), None),
        ((consented(daily_cap=0), received(), *PLACED), "over_the_daily_cap"),
        ((consented(daily_cap=1), received(), *PLACED), None),
        ((published(MORNING, place=FAR, **SOON),), "in_two_places_at_once"),
        ((published(MORNING, place=FAR, **AFTER),), None),
        ((received(), attended()), "visit_without_a_place"),
        ((received(), assigned(), taken(), cancelled()), "place_without_an_assignment"),
        ((received(), assigned(), taken(), cancelled(), freed()), None),
        ((received(), assigned(), taken(), unassigned(), freed(), withdrawn()), None),
        ((received(), unassigned()), "unassigned_without_a_place"),
        ((received(), reoriented(), searching()), "happened_to_a_closed_request"),
        ((received(), merged(), ended()), None),
        ((received(), assigned(), taken(), withdrawn()), "withdrawn_with_patients"),
        (
            (
                consented(weekly_cap=0),
                received(treating_doctor=DR_ADAM),
                assigned(),
                taken(own_patient=True),
            ),
            None,
        ),
        ((vacation(), received(), assigned(), taken()), "on_vacation"),
        ((received(), closed_to(), assigned(), taken()), "slot_not_open_to_the_request"),
        ((elapsed(),), None),
        ((elapsed(), elapsed()), "elapsed_twice_or_early"),
        ((elapsed(at=NOON),), "elapsed_twice_or_early"),
        ((received(), assigned(), taken(), elapsed()), "lost_and_taken"),
        ((received(), assigned(), taken(), moved()), "moved_with_patients"),
        ((withdrawn(), withdrawn()), "change_of_no_slot"),
        ((moved(MORNING),), "change_of_no_slot"),
        ((withdrawn(), received(), assigned(), taken()), "place_of_no_slot"),
        ((withdrawn(), published(MORNING)), None),
        ((moved(), published(MORNING)), None),
        ((published(MORNING, **AFTER), moved(MORNING, NOON + HOUR)), "in_two_places_at_once"),
        ((resized(2), received(), assigned(), taken(), resized(1)), None),
        (
            (resized(2), received(), received(BEN), taken(), taken(BEN), resized(1)),
            "over_capacity",
        ),
        (
            (opened_to(VALENCIENNES), received(), assigned(), taken()),
            "slot_not_open_to_the_request",
        ),
    ],
)
def test_what_breaks_an_invariant_is_named(events, rule):
    found = broken(recorded(*BEGUN, *events))

    assert (rule in found) if rule else not found


def test_a_slot_in_the_agenda_of_another_is_noticed():
    events = recorded(*BEGUN)
    stray = altered(events[3], stream=f"agenda-{DR_BLAIN}-2026-W48")

    assert broken([*events[:3], stray]) == {"slot_in_another_agenda"}


def test_a_place_taken_by_another_command_than_the_assignment_is_noticed():
    events = recorded(*BEGUN, received(), assigned())
    (apart,) = recorded(taken(), command="another")
    place = altered(apart, position=7, version=2)

    assert broken([*events, place]) == {"place_without_an_assignment"}


def test_two_places_at_once_are_noticed_in_two_zones():
    sunday = datetime(2026, 11, 29, 20, 30, tzinfo=UTC)
    in_paris = published(start=sunday, end=sunday + HOUR)
    in_reunion = published(MORNING, start=sunday, end=sunday + HOUR, zone="Indian/Reunion")
    assert in_paris.week != in_reunion.week

    assert broken(recorded(formed(), enrolled(), consented(), in_paris, in_reunion)) == {
        "in_two_places_at_once"
    }


@pytest.mark.parametrize(
    ("lat", "mode", "told"),
    [
        (46.88, Mode.HOME, {"visits_too_far_apart"}),
        (47.09, Mode.HOME, set()),
        (46.88, Mode.VIDEO, set()),
    ],
)
def test_visits_nobody_could_drive_between_are_noticed(lat, mode, told):
    at_homes = {"modes": (Mode.HOME, Mode.VIDEO), "radius_km": 30}
    there = CoarsePosition(lat=lat, lon=3.16) if mode is Mode.HOME else None
    first = published(MORNING, start=NOON + 40 * MINUTE, end=NOON + HOUR, **at_homes)
    visits = [
        taken(ANNA, MORNING, mode=Mode.HOME, where=CoarsePosition(lat=47.10, lon=3.16)),
        taken(BEN, mode=mode, where=there),
    ]
    events = recorded(formed(), enrolled(), consented(), first, published(**at_homes), *visits)
    assert broken(events) - {"place_without_an_assignment"} == told


def test_a_gap_and_a_wrong_order_are_noticed():
    first, *rest = recorded(received(), searching(), assigned())

    assert "version_gap" in broken([first, rest[1]])
    assert "out_of_order" in broken([first, altered(rest[0], position=1)])


def test_double_bookings_are_counted():
    audit = Audit()
    for one in recorded(*BEGUN, received(), assigned(), taken(), taken(BEN), taken(BEN)):
        audit.see(one)
    audit.finish()

    assert audit.double_booked == 3  # over capacity twice, and Ben twice
