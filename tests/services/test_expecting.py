"""Looking ahead beside the decisions: it may fail, and they go on."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from domain import request as requests
from services.dispatch.expecting import next_look
from services.dispatch.preview import foresee, scene
from services.settings import Settings
from services.simulator.play import let_pass
from tests.examples import HOUR, MINUTE, NEVERS, NOON, received
from tests.talking import opened, request_told, slot_told, tell

EVERY = timedelta(minutes=5)


def test_each_community_is_looked_at_at_moments_of_its_own():
    looks = {next_look(f"{n}", NOON, EVERY) for n in range(50)}

    assert len(looks) > 40
    assert all(NOON < look <= NOON + EVERY for look in looks)
    assert next_look("1", next_look("1", NOON, EVERY), EVERY) == next_look("1", NOON, EVERY) + EVERY


@pytest.mark.parametrize("seconds", [0, -5])
def test_there_is_time_between_two_looks(seconds):
    with pytest.raises(ValidationError, match="look_ahead_seconds"):
        Settings(look_ahead_seconds=seconds)


async def test_a_look_that_fails_stops_nobody(house, clock, monkeypatch):
    await opened(house)
    drawing = await house.dispatcher.expecting.load()
    asked = []

    async def broken(community, *_):
        asked.append(community)
        raise RuntimeError

    monkeypatch.setattr(drawing, "forecast", broken)
    await let_pass(house, clock, NOON + 11 * MINUTE)
    assert len(asked) > 1
    assert set(asked) == {NEVERS}

    told = await tell(house, "care-request", request_told(NOON + 11 * MINUTE))
    await house.settled()
    assert (await house.log.history(f"request-{told['id']}"))[1].event.name == "request.assigned"


async def nine_places(house, clock):
    """Three hours of a doctor, looked at once."""
    await opened(house, start=NOON + 40 * MINUTE)
    for nth in range(1, 9):
        await tell(house, "slot", slot_told(NOON + 40 * MINUTE + 21 * nth * MINUTE))
    await let_pass(house, clock, NOON + 6 * MINUTE)


async def test_a_place_expected_to_be_needed_more_is_kept_then_given(house, clock):
    """Ten doctors' worth of calls a day are usual where so many places are open."""
    await nine_places(house, clock)
    for _ in range(9):
        asked = request_told(NOON + 6 * MINUTE, due_by=(NOON + 12 * HOUR).isoformat())
        await tell(house, "care-request", asked)
    await house.settled()
    explained = [
        r.event.explanation
        for r in await house.log.of_kind("request")
        if r.event.name in {"request.assigned", "request.searching"}
    ]
    prices = [o.terms.price for e in explained for o in (e.chosen, *e.alternatives) if o]
    assert max(prices) > 0
    assert any(o.kept_for for e in explained for o in (e.chosen, *e.alternatives) if o)


async def test_what_would_happen_is_told_by_prices_as_dispatch_has_them(house, settings, clock):
    """Found by an attack: a place was foretold that dispatch kept for others."""
    await nine_places(house, clock)
    request = requests.decider.replay([received(due_by=NOON + 12 * HOUR)])

    seen = await scene(house.pool, settings, clock.now())
    await foresee(seen, request)

    slots = [one.slot for one in seen.board.candidates((NEVERS,), clock.now())]
    prices, in_force = (
        [expecting.price(slot).loss for slot in slots]
        for expecting in (seen.expecting, house.dispatcher.expecting)
    )
    assert prices == in_force
    assert max(prices) > 1
