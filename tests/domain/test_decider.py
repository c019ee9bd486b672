from domain.agenda import NoPlaceLeft


def test_a_refusal_says_its_rule_and_what_it_is_about():
    assert str(NoPlaceLeft("slot 7")) == "Every place of this slot is taken. (slot 7)"
    assert str(NoPlaceLeft()) == "Every place of this slot is taken."
