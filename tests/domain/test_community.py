from datetime import date

import pytest

from domain.community import (
    AdoptLadder,
    AdoptProtocols,
    AgreeHours,
    AgreeNeighbours,
    CommunityAlreadyFormed,
    CommunityNotFormed,
    DeclareCrisis,
    EndCrisis,
    FormCommunity,
    ItsOwnNeighbour,
    LadderWithoutEnd,
    NoCommune,
    NoPartnerNamed,
    NoTimeToAsk,
    PartnersOfNoStep,
    ProtocolTwice,
    TreatingDoctorFirst,
    decider,
)
from domain.decider import ImpossibleHistory
from domain.protocols import NATIONAL
from events.codes import Period, Setting
from events.community import OutOfHours
from events.ladder import Ladder, Rule, Step, StepKind
from tests.domain.spec import Spec
from tests.examples import (
    LADDER,
    NEVERS,
    NEVERS_COMMUNES,
    NOON,
    VALENCIENNES,
    ZONE,
    adopted,
    agreed_with,
    crisis_declared,
    crisis_ended,
    formed,
    hours_agreed,
    protocols_adopted,
)

given = Spec(decider).given


def form(communes=NEVERS_COMMUNES, title="CPTS Nevers"):
    return FormCommunity(NEVERS, title, "58", ZONE, communes, NOON)


def test_a_community_is_formed_once():
    given().when(form()).then(formed())
    given(formed()).when(form()).then_nothing()
    given(formed()).when(form(title="CPTS Nevers Sud")).then_refused(CommunityAlreadyFormed)


def test_a_community_serves_communes_and_each_once():
    given().when(form(communes=())).then_refused(NoCommune)
    given().when(form(communes=NEVERS_COMMUNES + NEVERS_COMMUNES[:1])).then_refused(NoCommune)


def test_a_ladder_is_adopted_once_and_fits_every_request():
    given(formed()).when(AdoptLadder(NEVERS, LADDER, NOON)).then(adopted())
    given(formed(), adopted()).when(AdoptLadder(NEVERS, LADDER, NOON)).then_nothing()
    for_some = LADDER.model_copy(update={"rules": LADDER.rules[:1]})
    given(formed()).when(AdoptLadder(NEVERS, for_some, NOON)).then_refused(LadderWithoutEnd)


def test_who_is_asked_has_time_to_answer():
    hasty = LADDER.model_copy(
        update={
            "rules": (Rule(title="All", steps=(Step(kind=StepKind.MEMBER_OFFERS, minutes=1),)),)
        }
    )
    given(formed()).when(AdoptLadder(NEVERS, hasty, NOON)).then_refused(NoTimeToAsk)


def test_neighbours_are_others():
    agree = AgreeNeighbours(NEVERS, (VALENCIENNES,), NOON)
    given(formed()).when(agree).then(agreed_with(VALENCIENNES))
    given(formed(), agreed_with(VALENCIENNES)).when(agree).then_nothing()
    itself = AgreeNeighbours(NEVERS, (NEVERS,), NOON)
    given(formed()).when(itself).then_refused(ItsOwnNeighbour)


def test_what_was_agreed_does_not_make_it_another_community():
    given(formed(), adopted(), agreed_with(VALENCIENNES)).when(form()).then_nothing()


def laddered(kind, **more):
    step = Step(kind=kind, minutes=10, **more)
    return AdoptLadder(NEVERS, Ladder(title="One", rules=(Rule(title="All", steps=(step,)),)), NOON)


def test_a_step_towards_partners_says_towards_which():
    named = {"settings": (Setting.SOS_MEDECINS,)}
    for kind in (StepKind.PARTNER_SLOTS, StepKind.PARTNER_OFFERS):
        assert decider.decide(laddered(kind, **named), decider.replay([formed()]))
        given(formed()).when(laddered(kind)).then_refused(NoPartnerNamed)
    for more in (named, {"specialties": ("SM04",)}):
        wrong = laddered(StepKind.MEMBER_SLOTS, **more)
        given(formed()).when(wrong).then_refused(PartnersOfNoStep)


def test_the_treating_doctor_is_asked_first_and_somebody_after_them():
    doctor = Step(kind=StepKind.TREATING_DOCTOR, minutes=5)
    slots = Step(kind=StepKind.MEMBER_SLOTS, minutes=0)
    for steps, fits in (
        ((doctor, slots), True),
        ((doctor,), False),
        ((slots, doctor), False),
        ((doctor, doctor, slots), False),
    ):
        command = AdoptLadder(
            NEVERS, Ladder(title="One", rules=(Rule(title="All", steps=steps),)), NOON
        )
        if fits:
            assert decider.decide(command, decider.replay([formed()]))
        else:
            given(formed()).when(command).then_refused(TreatingDoctorFirst)


def test_a_ladder_of_some_hours_alone_has_no_end():
    night = Rule(title="Night", hours=(Period.OUT_OF_HOURS,), steps=LADDER.rules[0].steps)
    ladder = LADDER.model_copy(update={"rules": (night,)})
    given(formed()).when(AdoptLadder(NEVERS, ladder, NOON)).then_refused(LadderWithoutEnd)


def test_hours_are_agreed_once():
    bridges = AgreeHours(NEVERS, OutOfHours(friday_after_holiday=True), NOON)
    given(formed()).when(bridges).then(hours_agreed(friday_after_holiday=True))
    given(formed(), hours_agreed(friday_after_holiday=True)).when(bridges).then_nothing()
    given(formed()).when(AgreeHours(NEVERS, OutOfHours(), NOON)).then_nothing()


def test_protocols_are_adopted_whole_and_each_once():
    adopt = AdoptProtocols(NEVERS, NATIONAL[:2], NOON)
    given(formed()).when(adopt).then(protocols_adopted(*NATIONAL[:2]))
    given(formed(), protocols_adopted(*NATIONAL[:2])).when(adopt).then_nothing()
    twice = AdoptProtocols(NEVERS, (NATIONAL[0], NATIONAL[0]), NOON)
    given(formed()).when(twice).then_refused(ProtocolTwice)
    backwards = NATIONAL[0].model_copy(update={"valid_until": date(2000, 1, 1)})
    given(formed()).when(AdoptProtocols(NEVERS, (backwards,), NOON)).then_refused(ProtocolTwice)


def test_a_crisis_is_declared_and_ends():
    declare = DeclareCrisis(NEVERS, "Bronchiolite", LADDER, NOON)
    given(formed()).when(declare).then(crisis_declared())
    given(formed(), crisis_declared()).when(declare).then_nothing()
    with_the_usual = DeclareCrisis(NEVERS, "Bronchiolite", None, NOON)
    given(formed(), crisis_declared()).when(with_the_usual).then(crisis_declared(None))
    given(formed(), crisis_declared()).when(EndCrisis(NEVERS, NOON)).then(crisis_ended())
    given(formed()).when(EndCrisis(NEVERS, NOON)).then_nothing()
    given(formed(), crisis_declared(), crisis_ended()).when(declare).then(crisis_declared())
    endless = LADDER.model_copy(update={"rules": LADDER.rules[:1]})
    without_end = DeclareCrisis(NEVERS, "Bronchiolite", endless, NOON)
    given(formed()).when(without_end).then_refused(LadderWithoutEnd)


@pytest.mark.parametrize(
    "command",
    [
        AdoptLadder(NEVERS, LADDER, NOON),
        AgreeNeighbours(NEVERS, (), NOON),
        AgreeHours(NEVERS, OutOfHours(), NOON),
        AdoptProtocols(NEVERS, (), NOON),
        DeclareCrisis(NEVERS, "Bronchiolite", None, NOON),
        EndCrisis(NEVERS, NOON),
    ],
)
def test_nothing_is_agreed_with_nobody(command):
    given().when(command).then_refused(CommunityNotFormed)


@pytest.mark.parametrize("event", [adopted(), agreed_with(VALENCIENNES), crisis_ended()])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        decider.replay([event])
