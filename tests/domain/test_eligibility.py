import pytest

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import NoPlaceLeft
from domain.eligibility import LEAD, Candidate, Way, search, ways
from domain.ineligible import (
    DailyCapReached,
    MotiveExcluded,
    NoConsent,
    NotThisCommunity,
    NotThisProfession,
    NotThisSource,
    NotThisWay,
    OutsideAgeLimits,
    PractitionerAway,
    StartsAfterDue,
    StartsTooSoon,
    TooFar,
    VisitsTooFarApart,
    WeeklyCapReached,
)
from domain.practitioner import PractitionerNotEnrolled
from events.codes import Mode, Profession, Source
from events.place import CoarsePosition
from events.practitioner import PractitionerPaused
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    DR_ADAM,
    HOUR,
    MINUTE,
    NOON,
    VALENCIENNES,
    busy,
    called,
    consented,
    enrolled,
    place_held,
    published,
    received,
    taken,
)

FAR = CoarsePosition(lat=47.20, lon=3.16)  # 23 km to the north
AGREEING = (enrolled(), consented())
PAUSED = PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)


def found(*, asked=None, slot=None, practitioner=AGREEING, week=0, day=0, now=NOON):
    request = requests.decider.replay([received(**asked or {})])
    agenda = agendas.decider.replay([published(**slot or {}), *busy(week, day)])
    who = practitioners.decider.replay(practitioner)
    return ways(search(request, now), Candidate(agenda.slots[AFTERNOON], agenda, who))


def test_own_patients_are_not_counted_against_the_cap_of_a_week():
    request = requests.decider.replay([received()])
    slots = [published(), published(called("earlier"), start=NOON + 8 * HOUR, end=NOON + 9 * HOUR)]
    own = taken(called("own"), called("earlier"), own_patient=True)
    other = taken(called("other"), called("earlier"))
    who = practitioners.decider.replay([enrolled(), consented(weekly_cap=1)])
    for happened, counted in ((own, 0), (other, 1)):
        agenda = agendas.decider.replay([*slots, happened])
        assert agenda.regulated == counted
        found = ways(search(request, NOON), Candidate(agenda.slots[AFTERNOON], agenda, who))
        assert (found is WeeklyCapReached) is bool(counted)


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        ({"weekly_cap": 1}, WeeklyCapReached),
        ({"weekly_cap": None, "daily_cap": 1}, DailyCapReached),
    ],
)
def test_a_place_kept_for_somebody_counts_as_theirs(caps, reason):
    """Found by an attack: the place kept for the patient on the telephone could not be given."""
    hours = [
        published(),
        published(called("another"), start=NOON + 2 * HOUR, end=NOON + 3 * HOUR),
    ]
    agenda = agendas.decider.replay([*hours, place_held(ANNA)])
    who = practitioners.decider.replay([enrolled(), consented(**caps)])

    def looked_at(of, slot_id):
        request = requests.decider.replay([received(of)])
        return ways(search(request, NOON), Candidate(agenda.slots[slot_id], agenda, who))

    assert looked_at(BEN, called("another")) is reason
    assert isinstance(looked_at(ANNA, AFTERNOON), list)


def test_a_place_kept_for_an_own_patient_counts_as_little_as_theirs():
    own, other = (
        agendas.decider.replay([published(), place_held(BEN, own_patient=own)])
        for own in (True, False)
    )
    assert (own.regulated_but(ANNA), other.regulated_but(ANNA)) == (0, 1)


NORTH, SOUTH = CoarsePosition(lat=47.10, lon=3.16), CoarsePosition(lat=46.88, lon=3.16)
TO_HOMES = {"modes": (Mode.HOME, Mode.OFFICE, Mode.VIDEO), "radius_km": 30}
NEXT = called("the slot after")


def after_a_visit(minutes, *, asked, where=NORTH, held=False, **slot):
    """A visit in the slot of the examples, then another so much later."""
    hours = {"start": NOON + HOUR + minutes * MINUTE, "end": NOON + 4 * HOUR, **TO_HOMES, **slot}
    mode = Mode.HOME if where else Mode.VIDEO
    visit = place_held(BEN, mode=mode, where=where) if held else taken(BEN, mode=mode, where=where)
    first = published(end=NOON + HOUR + 10 * MINUTE, **TO_HOMES)
    agenda = agendas.decider.replay([first, visit, published(NEXT, **hours)])
    request = requests.decider.replay([received(due_by=NOON + 6 * HOUR, **asked)])
    who = practitioners.decider.replay(AGREEING)
    found = ways(search(request, NOON), Candidate(agenda.slots[NEXT], agenda, who))
    return [way.mode for way in found] if isinstance(found, list) else found


def test_between_two_visits_there_is_time_for_the_way():
    """Found by an attack: 31 km to the north, then 61 to the south, without a minute between."""
    home = {"modes": (Mode.HOME,), "position": SOUTH}  # 24 km: 37 minutes
    office = {"modes": (Mode.OFFICE,)}  # 12 km from the visit: 18 minutes
    assert after_a_visit(30, asked=home) is VisitsTooFarApart
    assert after_a_visit(40, asked=home) == [Mode.HOME]
    assert after_a_visit(15, asked=office) is VisitsTooFarApart
    assert after_a_visit(30, asked=office) == [Mode.OFFICE]
    assert after_a_visit(15, asked={"modes": (Mode.VIDEO,)}) == [Mode.VIDEO]
    assert after_a_visit(30, asked=home, where=None) == [Mode.HOME]
    assert after_a_visit(15, asked=office, capacity=3) == [Mode.OFFICE]  # there is time in a range
    for minutes, found in ((30, VisitsTooFarApart), (40, [Mode.HOME])):
        assert after_a_visit(minutes, asked=home, held=True) == found


def test_a_slot_that_fits_says_how_far_it_is():
    (way,) = found()

    assert way.mode is Mode.OFFICE
    assert 1.2 < way.km < 1.5


@pytest.mark.parametrize(
    ("asked", "slot", "reason"),
    [
        ({"community": VALENCIENNES}, {}, NotThisCommunity),
        ({"source": Source.IOA}, {}, NotThisSource),
        ({"professions": (Profession.NURSE,)}, {}, NotThisProfession),
        ({"due_by": NOON + HOUR - MINUTE}, {}, StartsAfterDue),
        ({"modes": (Mode.VIDEO,)}, {}, NotThisWay),
        ({"position": FAR}, {}, TooFar),
        ({"max_km": 1.0}, {}, TooFar),
        ({"modes": (Mode.HOME,), "position": FAR}, {"modes": (Mode.HOME,), "radius_km": 9}, TooFar),
    ],
)
def test_the_slot_is_not_for_this_request(asked, slot, reason):
    assert found(asked=asked, slot=slot) is reason


RANGE = {"start": NOON - HOUR, "end": NOON + 2 * HOUR, "capacity": 3}
BOTH = (Mode.OFFICE, Mode.VIDEO)


def joining(now=NOON, modes=BOTH, due_by=NOON + 6 * HOUR, **slot):
    asked = {"modes": modes, "due_by": due_by}
    slot = {**RANGE, "modes": BOTH, **slot}
    request = requests.decider.replay([received(**asked)])
    agenda = agendas.decider.replay([published(**slot)])
    who = practitioners.decider.replay(AGREEING)
    found = ways(search(request, now), Candidate(agenda.slots[AFTERNOON], agenda, who))
    return [(way.mode, way.start) for way in found] if isinstance(found, list) else found


def test_a_range_that_has_begun_is_joined_on_the_next_quarter_one_can_be_there():
    by_car, by_video = (Mode.OFFICE, NOON + HOUR / 2), (Mode.VIDEO, NOON + HOUR / 4)

    assert joining() == [by_car, by_video]
    assert joining(now=NOON - 3 * MINUTE) == [(Mode.OFFICE, NOON + HOUR / 4), by_video]
    assert joining(now=NOON + MINUTE, modes=(Mode.VIDEO,)) == [(Mode.VIDEO, NOON + HOUR / 2)]


def test_a_range_is_joined_from_its_beginning_by_who_can_be_there():
    assert joining(start=NOON + 20 * MINUTE) == [
        (Mode.OFFICE, NOON + 20 * MINUTE),
        (Mode.VIDEO, NOON + 20 * MINUTE),
    ]
    soon = joining(start=NOON + LEAD, modes=(Mode.OFFICE,))
    assert soon == [(Mode.OFFICE, NOON + HOUR / 2)]


def test_a_range_is_joined_a_quarter_before_it_is_over_at_the_latest():
    assert joining(end=NOON + 30 * MINUTE) == [(Mode.VIDEO, NOON + HOUR / 4)]
    assert joining(end=NOON + 29 * MINUTE) is StartsTooSoon
    assert joining(now=NOON + 2 * HOUR) is StartsTooSoon


def test_a_range_is_joined_before_the_visit_is_due():
    assert joining(due_by=NOON + HOUR / 4) == [(Mode.VIDEO, NOON + HOUR / 4)]
    assert joining(due_by=NOON + HOUR / 4 - MINUTE) is StartsAfterDue


def test_a_slot_of_one_place_is_not_joined():
    assert joining(capacity=1) is StartsTooSoon


def test_a_slot_may_start_at_the_very_instant_the_visit_is_due():
    assert isinstance(found(asked={"due_by": NOON + HOUR}), list)


@pytest.mark.parametrize(
    ("history", "asked", "reason"),
    [
        ((), {}, PractitionerNotEnrolled),
        ((enrolled(),), {}, NoConsent),
        ((enrolled(), consented(), PAUSED), {}, PractitionerAway),
        ((enrolled(), consented(sources=(Source.CPTS,))), {}, NoConsent),
        ((enrolled(), consented(min_age=16)), {"age": 15}, OutsideAgeLimits),
        ((enrolled(), consented(max_age=16)), {"age": 17}, OutsideAgeLimits),
        ((enrolled(), consented(excluded_motives=("M03.14",))), {}, MotiveExcluded),
        ((enrolled(), consented(weekly_cap=3)), {}, WeeklyCapReached),
        ((enrolled(), consented(daily_cap=2)), {}, DailyCapReached),
    ],
)
def test_the_practitioner_does_not_take_this_request(history, asked, reason):
    assert found(practitioner=history, asked=asked, week=3, day=2) is reason


@pytest.mark.parametrize(
    ("history", "asked"),
    [
        ((enrolled(), consented(min_age=16, max_age=16)), {"age": 16}),
        ((enrolled(), consented(min_age=16, max_age=16)), {"age": None}),
        ((enrolled(), consented(excluded_motives=("M03.20",))), {}),
        ((enrolled(), consented(weekly_cap=4)), {}),
        ((enrolled(), consented(daily_cap=3)), {}),
    ],
)
def test_the_practitioner_takes_this_request(history, asked):
    assert isinstance(found(practitioner=history, asked=asked, week=3, day=2), list)


def test_an_excluded_motive_excludes_its_refinements():
    excluding = (enrolled(), consented(excluded_motives=("M03.14",)))

    assert found(practitioner=excluding, asked={"motive": "M03.14.01"}) is MotiveExcluded


def test_a_full_slot_has_no_place():
    request = requests.decider.replay([received()])
    agenda = agendas.decider.replay([published(), taken()])
    who = practitioners.decider.replay([enrolled(), consented()])

    assert (
        ways(search(request, NOON), Candidate(agenda.slots[AFTERNOON], agenda, who)) is NoPlaceLeft
    )


def test_the_patient_needs_time_to_come():
    drive = found()[0].km / 40 * HOUR
    start = NOON + HOUR

    assert isinstance(found(now=start - LEAD - drive), list)
    assert found(now=start - LEAD - drive + MINUTE) is StartsTooSoon
    assert found(now=start - LEAD + MINUTE) is StartsTooSoon


def test_nobody_travels_to_a_video_consultation_and_the_practitioner_to_a_home_visit():
    slot = {"modes": (Mode.OFFICE, Mode.HOME, Mode.VIDEO), "radius_km": 10}
    every = (Mode.OFFICE, Mode.HOME, Mode.VIDEO)

    at_home, by_video = Way(Mode.HOME, 0.0, NOON + HOUR), Way(Mode.VIDEO, 0.0, NOON + HOUR)

    assert found(asked={"modes": every[1:]}, slot=slot) == [at_home, by_video]
    assert len(found(asked={"modes": every}, slot=slot)) == 3
    assert found(asked={"modes": every, "position": FAR}, slot=slot) == [by_video]
