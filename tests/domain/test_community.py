from datetime import date

import pytest

from domain import community as communities
from domain.community import (
    AdoptLadder,
    AdoptProtocols,
    AgreeHours,
    AgreeNeighbours,
    AgreeTargets,
    AgreeWeights,
    ChangeCommunity,
    CommunityAlreadyFormed,
    CommunityNotFormed,
    ContractYearsOverlap,
    DeclareCrisis,
    EndCrisis,
    FormCommunity,
    ItsOwnNeighbour,
    JournalOfTomorrow,
    LadderWithoutEnd,
    NoCommune,
    NoContractYear,
    NoPartnerNamed,
    NotAFigure,
    NotATarget,
    NoTimeToAsk,
    NotInTheJournal,
    PartnersOfNoStep,
    ProtocolTwice,
    ReportFigures,
    StrikeJournal,
    TreatingDoctorFirst,
    WriteJournal,
    decider,
)
from domain.decider import ImpossibleHistory
from domain.protocols import NATIONAL
from events.codes import Period, Setting
from events.community import OutOfHours
from events.journal import JournalTopic
from events.ladder import Ladder, Rule, Step, StepKind
from events.reporting import ContractYear, Target
from events.weights import Weights
from tests.domain.spec import Spec
from tests.examples import (
    HALF_ANSWERED,
    LADDER,
    NEVERS,
    NEVERS_COMMUNES,
    NOON,
    NOTE,
    PICKED_UP,
    VALENCIENNES,
    YEAR,
    ZONE,
    adopted,
    agreed_with,
    crisis_declared,
    crisis_ended,
    figures_reported,
    formed,
    hours_agreed,
    journal_struck,
    journal_written,
    protocols_adopted,
    targets_agreed,
    weights_agreed,
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


def test_what_is_weighed_is_agreed_once():
    doctors = AgreeWeights(NEVERS, Weights(continuity=0.5), NOON)
    given(formed()).when(doctors).then(weights_agreed(continuity=0.5))
    given(formed(), weights_agreed(continuity=0.5)).when(doctors).then_nothing()
    given(formed()).when(AgreeWeights(NEVERS, Weights(), NOON)).then_nothing()
    state = communities.decider.replay([formed(), weights_agreed(fairness=1.0)])
    assert state.weights == Weights(fairness=1.0)


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
        AgreeWeights(NEVERS, Weights(), NOON),
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


def agree(*targets, year=YEAR):
    return AgreeTargets(NEVERS, year, targets or (HALF_ANSWERED,), NOON)


def test_targets_are_agreed_for_a_contract_year_and_agreed_again_whole():
    fewer = Target(indicator="noshow_rate", at_most=0.05)

    given().when(agree()).then_refused(CommunityNotFormed)
    given(formed()).when(agree()).then(targets_agreed())
    given(formed(), targets_agreed()).when(agree()).then_nothing()
    given(formed(), targets_agreed()).when(agree(fewer)).then(targets_agreed(fewer))


def test_a_contract_year_has_an_end_after_its_beginning_and_no_other_year_in_it():
    backwards = ContractYear(begins=YEAR.ends, ends=YEAR.begins)
    endless = ContractYear(begins=YEAR.begins, ends=date(2030, 1, 1))
    in_it = ContractYear(begins=date(2026, 1, 1), ends=date(2026, 12, 31))
    after = ContractYear(begins=date(2027, 3, 1), ends=date(2028, 2, 29))

    given(formed()).when(agree(year=backwards)).then_refused(NoContractYear)
    given(formed()).when(agree(year=endless)).then_refused(NoContractYear)
    given(formed(), targets_agreed()).when(agree(year=in_it)).then_refused(ContractYearsOverlap)
    given(formed(), targets_agreed()).when(agree(year=after)).then(targets_agreed(year=after))


@pytest.mark.parametrize(
    "targets",
    [
        (HALF_ANSWERED, HALF_ANSWERED),
        (Target(indicator="noshow_rate"),),
        (Target(indicator="noshow_rate", at_least=0.1, at_most=0.2),),
    ],
)
def test_a_target_names_an_indicator_once_and_says_one_thing(targets):
    given(formed()).when(agree(*targets)).then_refused(NotATarget)


def report(*figures):
    return ReportFigures(NEVERS, figures, NOON)


def test_figures_from_elsewhere_replace_what_was_reported_for_the_same_days():
    corrected = PICKED_UP.model_copy(update={"numerator": 950})
    told = given(formed(), figures_reported())

    given(formed()).when(report(PICKED_UP)).then(figures_reported())
    told.when(report(PICKED_UP)).then_nothing()
    told.when(report(corrected)).then(figures_reported(corrected))
    given(formed(), figures_reported(), figures_reported(corrected)).when(report(PICKED_UP)).then(
        figures_reported()
    )


@pytest.mark.parametrize(
    "figures",
    [
        (),
        (PICKED_UP, PICKED_UP),
        (PICKED_UP.model_copy(update={"begins": date(2026, 11, 1)}),),
        (PICKED_UP.model_copy(update={"ends": date(2026, 11, 24)}),),
    ],
)
def test_a_figure_is_of_days_that_have_come_and_told_once(figures):
    given(formed()).when(report(*figures)).then_refused(NotAFigure)


def note(day=date(2026, 11, 20)):
    return WriteJournal(NEVERS, NOTE, JournalTopic.CONTEXT, day, NOON)


def test_a_note_is_written_once_and_struck_once():
    strike = StrikeJournal(NEVERS, NOTE, NOON)

    given(formed()).when(note()).then(journal_written())
    given(formed(), journal_written()).when(note()).then_nothing()
    given(formed()).when(strike).then_refused(NotInTheJournal)
    given(formed(), journal_written()).when(strike).then(journal_struck())
    given(formed(), journal_written(), journal_struck()).when(strike).then_nothing()
    given(formed(), journal_written(), journal_struck()).when(note()).then_nothing()


def test_a_note_is_about_a_day_that_has_come():
    given(formed()).when(note(date(2026, 11, 24))).then_refused(JournalOfTomorrow)


def changed(**what):
    told = {"title": None, "departement": None, "zone": None, "communes": None} | what
    return ChangeCommunity(NEVERS, at=NOON, **told)


def test_a_community_serves_other_communes_and_what_it_agreed_stays():
    fewer = NEVERS_COMMUNES[:1]

    given().when(changed(title="Nevers")).then_refused(CommunityNotFormed)
    given(formed()).when(changed()).then_nothing()
    given(formed()).when(changed(communes=())).then_refused(NoCommune)
    given(formed()).when(changed(communes=fewer)).then(formed(communes=fewer))
    renamed = formed(title="CPTS Nevers Sud", zone="Europe/Brussels", departement="59")
    given(formed()).when(
        changed(title="CPTS Nevers Sud", zone="Europe/Brussels", departement="59")
    ).then(renamed)
    state = decider.replay([formed(), adopted(), formed(communes=fewer)])
    assert (state.communes, state.ladder) == (fewer, LADDER)
