import pytest

from domain.community import (
    AdoptLadder,
    AgreeNeighbours,
    CommunityAlreadyFormed,
    CommunityNotFormed,
    FormCommunity,
    ItsOwnNeighbour,
    LadderWithoutEnd,
    NoCommune,
    NoTimeToAsk,
    decider,
)
from domain.decider import ImpossibleHistory
from events.ladder import Rule, Step, StepKind
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
    formed,
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


@pytest.mark.parametrize(
    "command", [AdoptLadder(NEVERS, LADDER, NOON), AgreeNeighbours(NEVERS, (), NOON)]
)
def test_nothing_is_agreed_with_nobody(command):
    given().when(command).then_refused(CommunityNotFormed)


@pytest.mark.parametrize("event", [adopted(), agreed_with(VALENCIENNES)])
def test_a_history_that_cannot_be_is_noticed(event):
    with pytest.raises(ImpossibleHistory):
        decider.replay([event])
