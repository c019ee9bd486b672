"""Events as the log has them."""

from events.envelope import META
from tests.examples import received
from tests.recording import altered, recorded


def test_a_fact_is_the_same_whether_its_circumstances_were_understood_yet():
    (fact,) = recorded(received())
    unread = altered(fact, meta=META.dump_json(fact.meta).decode())

    assert {unread, fact} == {fact}
    assert unread.meta.actor == fact.meta.actor
    assert altered(fact, position=2) != fact
    assert fact != "a fact"


def test_a_fact_says_what_it_is():
    (fact,) = recorded(received())

    assert "RequestReceived" in repr(fact)
    assert fact.stream in repr(fact)
