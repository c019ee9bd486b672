from domain.community import CommunityAlreadyFormed, FormCommunity, NoCommune, decider
from tests.domain.spec import Spec
from tests.examples import NEVERS, NEVERS_COMMUNES, NOON, ZONE, formed

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
