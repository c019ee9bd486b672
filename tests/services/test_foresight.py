"""Ahead of the log, and back when it has something else."""

from dataclasses import replace

from events import streams
from events.envelope import Actor, Role
from services.dispatch.board import Board
from services.dispatch.foresight import Foresight, Heard
from services.log.commands import Append, Circumstances, Write
from tests.examples import AFTERNOON, ANNA, BEN, DR_ADAM, WEEK, called, enrolled, published, taken
from tests.recording import altered, recorded

AGENDA = streams.agenda(DR_ADAM, WEEK)
OURS, THEIRS = called("ours"), called("theirs")


def ahead(*events):
    foresight = Foresight(Board())
    for one in recorded(enrolled(), published(), *events):
        assert foresight.hear(one) is Heard.NEWS
    return foresight


def command(*events, expected=1):
    circumstances = Circumstances(None, Actor("tests", Role.SYSTEM), OURS, OURS)
    return Append(OURS, [Write(AGENDA, expected, events)], circumstances)


def in_the_log(event, version, by):
    *_, last = recorded(published(), event)
    return altered(last, version=version, meta=replace(last.meta, command_id=by))


def test_what_was_foreseen_and_is_written_is_no_news():
    foresight = ahead()
    foresight.foresee(command(taken(ANNA)), [AGENDA], OURS)

    assert foresight.hear(in_the_log(taken(ANNA), 2, OURS)) is Heard.KNOWN
    assert foresight.board.version(AGENDA) == 2


def test_what_somebody_else_wrote_there_puts_the_stream_in_doubt():
    foresight = ahead()
    foresight.foresee(command(taken(ANNA)), [AGENDA], OURS)

    assert foresight.hear(in_the_log(taken(BEN), 2, THEIRS)) is Heard.DOUBT
    assert foresight.forget([AGENDA]) == [AGENDA]
    assert foresight.board.version(AGENDA) == 0
    assert foresight.board.candidate(AFTERNOON) is None


def test_what_comes_while_a_stream_is_read_is_applied_after_it():
    foresight = ahead()
    foresight.forget([AGENDA])
    news = in_the_log(taken(BEN), 2, THEIRS)
    assert foresight.hear(news) is Heard.KNOWN

    (history,) = [one for one in recorded(enrolled(), published()) if one.stream == AGENDA]
    foresight.restore(AGENDA, [history, news])

    assert foresight.board.version(AGENDA) == 2
    assert set(foresight.board.candidate(AFTERNOON).slot.taken) == {BEN}


def test_a_failed_command_puts_in_doubt_only_what_was_not_read_since():
    foresight = ahead()
    epochs = foresight.foresee(command(taken(ANNA)), [AGENDA], OURS)
    assert foresight.in_doubt(epochs) == [AGENDA]

    foresight.forget([AGENDA])
    foresight.restore(AGENDA, [])

    assert foresight.in_doubt(epochs) == []


def test_a_decision_stands_on_what_is_not_known_to_be_written():
    foresight = ahead()
    first = command(taken(ANNA))
    foresight.foresee(first, [AGENDA], OURS)
    assert foresight.stands_on([AGENDA]) == {OURS}
    assert foresight.uncertain(AGENDA)

    foresight.written(first)

    assert foresight.stands_on([AGENDA]) == frozenset()
    assert not foresight.uncertain(AGENDA)
