"""Whatever happened, in whatever order: the facts add up, and say what the rules say."""

from contextlib import suppress
from datetime import timedelta
from typing import assert_never

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import agenda as agendas
from domain.agenda import ChangeCapacity, ElapseSlot, FreePlace, MoveSlot, WithdrawSlot
from domain.decider import Refused
from domain.request import Assigned, Closed, Emergency, NotReceived, Visited, Waiting
from events import streams
from events.agenda import Freed
from events.request import (
    RequestHandedBack,
    RequestMerged,
    RequestReoriented,
    RequestWithdrawn,
)
from events.visit import VisitCancelled
from projections.indicators import folding
from projections.indicators import requests as came
from projections.indicators.tables import places, requests
from projections.rows import Rows
from tests.domain.test_any_history import Care
from tests.examples import AFTERNOON, NOON, called, published, take
from tests.recording import recorded

ENDED = {
    RequestHandedBack: came.HANDED_BACK,
    RequestReoriented: came.REORIENTED,
    RequestWithdrawn: came.WITHDRAWN,
    RequestMerged: came.MERGED,
    VisitCancelled: came.CANCELLED,
}


def answers_of(request):
    """What the state of a request is called among the indicators, one or another."""
    match request:
        case Waiting():
            return {came.OPEN}
        case Assigned() | Visited():
            return {came.SERVED}
        case Emergency():
            return {came.EMERGENCY}
        # What the SAS did after a hand-back does not undo it.
        case Closed(last=RequestReoriented()):
            return {came.REORIENTED, came.HANDED_BACK}
        case Closed(last=last):
            return {ENDED[type(last)]}
        case NotReceived():
            return set()
        case _:
            assert_never(request)


class Counted(Care):
    """As any history, counted at its end."""

    def teardown(self):
        super().teardown()
        rows = Rows()
        for one in self.log.recorded:
            folding.apply(rows, one)
        self.requests_add_up(rows.changed(requests))
        self.places_add_up(rows.changed(places))

    def requests_add_up(self, rows):
        for row in rows:
            request = self.state(streams.request(row["request_id"]))
            assert row["answer"] in answers_of(request)
            assert (row["slot_id"] is not None) == (
                row["answer"] in {came.SERVED, came.CANCELLED}
            ), "who has a place, and they alone, have one"
        received = [r for r in self.log.recorded if r.event.name == "request.received"]
        assert len([row for row in rows if row["received"]]) == len(received)

    def places_add_up(self, rows):
        for row in rows:
            add_up(row, self.state(streams.agenda(row["rpps"], row["week"])))


def add_up(row, agenda):
    """The places of a slot are used, lost, withdrawn or open, and as many as the rules say."""
    assert row["offered"] == row["used"] + row["lost"] + row["withdrawn"] + row["open"]
    assert min(row["used"], row["lost"], row["withdrawn"], row["open"]) >= 0
    slot = agenda.slots.get(row["slot_id"])
    if slot is None:
        assert row["used"] == row["open"] == 0
    else:
        assert row["used"] == len(slot.taken)
        assert row["offered"] - row["withdrawn"] == slot.published.capacity
        assert row["open"] == 0 or not row["over"]


TestAnyLog = Counted.TestCase
TestAnyLog.settings = settings(max_examples=80, stateful_step_count=50)


PATIENTS = [called(name) for name in ("Anna", "Ben", "Cleo", "Dora")]
CHANGES = st.one_of(
    st.tuples(st.just("take"), st.sampled_from(PATIENTS)),
    st.tuples(st.just("free"), st.sampled_from(PATIENTS)),
    st.tuples(st.just("resize"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["move", "withdraw", "elapse"]), st.none()),
)


def asked_for(change, agenda):
    """The commands of a change: who has no place any more gives it up first."""
    kind, what = change
    holders = list(agenda.slots[AFTERNOON].taken) if AFTERNOON in agenda.slots else []
    match kind:
        case "take":
            return [take(what)]
        case "free":
            return [FreePlace(AFTERNOON, what, Freed.VISIT_CANCELLED, NOON)]
        case "resize":
            return [*freeing(holders[what:]), ChangeCapacity(AFTERNOON, what, NOON)]
        case "withdraw":
            return [*freeing(holders), WithdrawSlot(AFTERNOON, NOON)]
        case "move":
            start = NOON + timedelta(days=1)
            return [MoveSlot(AFTERNOON, start, start + timedelta(hours=1), None, NOON)]
        case "elapse":
            return [ElapseSlot(AFTERNOON, NOON + timedelta(days=3))]


def freeing(patients):
    return [FreePlace(AFTERNOON, patient, Freed.SLOT_REDUCED, NOON) for patient in patients]


@given(st.lists(CHANGES, max_size=30))
@settings(max_examples=300)
def test_the_places_of_a_slot_add_up_whatever_becomes_of_it(changes):
    history = [published(capacity=3, end=NOON + timedelta(hours=2))]
    for change in changes:
        for command in asked_for(change, agendas.decider.replay(history)):
            with suppress(Refused):
                history += agendas.decider.decide(command, agendas.decider.replay(history))
    rows = Rows()
    for one in recorded(*history):
        folding.apply(rows, one)

    (row,) = rows.changed(places)
    add_up(row, agendas.decider.replay(history))
