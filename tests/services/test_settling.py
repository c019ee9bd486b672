"""What a house does once it is open, so that no decision waits for it later."""

import gc
import sys

import pytest

from services.settling import settle_in
from tests.running import running, until


@pytest.fixture
def as_before():
    thresholds, switching = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    sys.setswitchinterval(switching)


@pytest.mark.usefixtures("as_before")
async def test_what_looking_ahead_needs_is_loaded_before_anybody_waits_for_it(house):
    async with running(settle_in(house)):
        await until(lambda: house.spared)

        assert house.dispatcher.expecting.is_loaded


@pytest.mark.usefixtures("as_before")
async def test_work_beside_the_decisions_lets_them_go_on_early(house):
    async with running(settle_in(house)):
        await until(lambda: house.spared)

        assert sys.getswitchinterval() == pytest.approx(0.0005)


@pytest.mark.usefixtures("as_before")
async def test_what_cannot_be_loaded_keeps_nothing_else_from_settling(house, monkeypatch):
    async def broken():
        raise ImportError

    monkeypatch.setattr(house.dispatcher.expecting, "load", broken)
    async with running(settle_in(house)):
        await until(lambda: house.spared)
