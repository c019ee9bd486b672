"""The end of the log is followed from memory, and never with a gap."""

from hypothesis import given
from hypothesis import strategies as st

from events import streams
from events.envelope import Actor, Role
from services.log.commands import Append, Appended, Circumstances, Write
from services.log.tail import Tail, Written
from tests.examples import DR_ADAM, NOON, called, enrolled

ID = called("a command")
COMMAND = Append(
    ID,
    [Write(streams.practitioner(DR_ADAM), 0, [enrolled()])],
    Circumstances(None, Actor("tests", Role.SYSTEM), ID, ID),
)


def written(*positions):
    return [
        Written(position, b"{}", Appended(COMMAND, position, NOON), 0) for position in positions
    ]


def positions(found):
    return None if found is None else [one.recorded.position for one in found]


def test_what_was_written_here_is_told_in_order():
    tail = Tail(most=10)
    tail.add(4, written(5, 6))
    tail.add(6, written(7))

    assert positions(tail.after(4, limit=10)) == [5, 6, 7]
    assert positions(tail.after(5, limit=1)) == [6]


def test_who_is_further_behind_than_the_tail_must_ask_the_table():
    tail = Tail(most=10)
    tail.add(4, written(5, 6))

    assert tail.after(3, limit=10) is None


def test_who_has_heard_everything_must_ask_the_table_for_what_others_wrote():
    tail = Tail(most=10)
    tail.add(4, written(5, 6))

    assert tail.after(6, limit=10) is None


def test_after_another_process_wrote_the_tail_begins_anew():
    tail = Tail(most=10)
    tail.add(4, written(5, 6))
    tail.add(9, written(10))

    assert tail.after(5, limit=10) is None
    assert positions(tail.after(9, limit=10)) == [10]


@given(st.integers(1, 5), st.lists(st.integers(1, 7), min_size=1, max_size=20))
def test_at_least_so_many_are_kept_and_none_is_missing(most, sizes):
    tail, last = Tail(most), 0
    for size in sizes:
        tail.add(last, written(*range(last + 1, last + size + 1)))
        last += size

    for behind in range(1, min(most, last) + 1):
        expected = list(range(last - behind + 1, last + 1))
        assert positions(tail.after(last - behind, limit=1000)) == expected
    for position in range(last):
        told = positions(tail.after(position, limit=1000))
        assert told is None or told == list(range(position + 1, last + 1))
