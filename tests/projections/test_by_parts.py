"""What people read now and then is taken in by parts: nobody waits for all of it at once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from projections import arrivals
from services.log.bells import Bells
from services.log.reader import Log
from services.projector.projector import Projector, by_parts, rebuild
from services.settings import settings_with
from tests.examples import assigned, called, received
from tests.projections.tables import contents
from tests.recording import recorded
from tests.running import running, until
from tests.services.test_appender import command, to_request

RECEIVED = received().name


@given(st.lists(st.sampled_from([received(), assigned()])), st.integers(1, 5))
def test_the_parts_are_the_batch_in_its_order_cut_where_one_is_full(events, most):
    batch = recorded(*events)
    parts = by_parts(batch, {RECEIVED}, most)

    concerned = [sum(r.event.name == RECEIVED for r in part) for part in parts]
    assert [r for part in parts for r in part] == batch
    assert all(parts)
    assert all(count == most for count in concerned[:-1])
    assert all(count <= most for count in concerned)


@pytest.fixture
async def given_ten(appender, pool, tmp_path):
    """A projector, and ten requests it has not seen."""
    settings = settings_with(
        state=tmp_path, indicators_pause_seconds=3600.0, indicators_part_events=4
    )
    asked = [called(f"patient {n}") for n in range(10)]
    await appender.append(command(*(to_request(request_id=one) for one in asked)))
    return Projector(pool, Log(pool), arrivals.projection, settings, Bells().listen())


async def test_a_read_model_of_now_and_then_takes_a_part_and_pauses(given_ten, pool, settings):
    async with running(given_ten.run()):
        await until(lambda: given_ten.position)
        assert given_ten.position == 4
        assert len((await contents(pool, arrivals.projection))["calls"]) == 4

        await given_ten.caught_up()  # whoever needs all of it does not wait for the pauses

    live = await contents(pool, arrivals.projection)
    assert len(live["calls"]) == 10
    await rebuild(pool, arrivals.projection, settings)
    assert await contents(pool, arrivals.projection) == live


async def test_the_pause_is_spread_and_what_is_in_hand_is_not_shown_yet(given_ten, monkeypatch):
    paused, behind = [], []

    async def pause(seconds):
        paused.append(seconds)
        behind.append(given_ten._age() > 0)

    monkeypatch.setattr(given_ten, "_pause", pause)
    async with running(given_ten.run()):
        await until(lambda: given_ten.position == 10)
        await until(lambda: len(paused) == 3)

    assert paused == [1200.0, 1200.0, 1200.0]
    assert behind == [True, True, False]


@pytest.mark.parametrize("seconds", [-1.0, 3601.0, math.inf, math.nan])
def test_a_pause_is_so_many_seconds(seconds):
    with pytest.raises(ValidationError, match="indicators_pause_seconds"):
        settings_with(indicators_pause_seconds=seconds)
