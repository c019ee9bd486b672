from domain import practitioner as practitioners
from domain.agenda import NoPlaceLeft
from domain.practitioner import Enrol, Pause
from events.codes import Profession, Setting
from tests.examples import DR_ADAM, NEVERS, NOON


def test_a_refusal_says_its_rule_and_what_it_is_about():
    assert str(NoPlaceLeft("slot 7")) == "Every place of this slot is taken. (slot 7)"
    assert str(NoPlaceLeft()) == "Every place of this slot is taken."


def test_of_several_commands_each_is_decided_after_the_ones_before():
    commands = [
        Enrol(DR_ADAM, Profession.DOCTOR, (NEVERS,), Setting.TOWN, None, NOON),
        Pause(DR_ADAM, NOON),
        Pause(DR_ADAM, NOON),
    ]

    events, state = practitioners.decider.follow(commands, practitioners.decider.initial)

    assert [event.name for event in events] == ["practitioner.enrolled", "practitioner.paused"]
    assert state == practitioners.decider.replay(events)
