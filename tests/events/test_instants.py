from events.instants import happened_at
from tests.domain.test_request import searching
from tests.examples import HOUR, NOON, attended


def test_an_event_has_one_instant_of_its_own():
    assert happened_at(attended()) == NOON + HOUR
    assert happened_at(searching()) == NOON  # not when the request is looked at next
