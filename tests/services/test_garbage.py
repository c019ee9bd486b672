"""When Python's collector stops everything, and what it still finds."""

import gc
import weakref

import pytest

from services.garbage import collected_by_the_clock, seldom_collected, spare_what_is_loaded
from tests.running import running, until


class Ring:
    def __init__(self):
        self.itself = self


@pytest.fixture
def spared():
    before = gc.get_threshold()
    spare_what_is_loaded()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def full_collections():
    return gc.get_stats()[2]["collections"]


@pytest.mark.usefixtures("spared")
def test_however_much_is_made_not_everything_is_looked_at():
    before = full_collections()
    kept = [[nth] for nth in range(600_000)]

    assert full_collections() == before
    assert len(kept) == 600_000


@pytest.mark.usefixtures("spared")
def test_young_rings_are_found_at_once():
    ring = weakref.ref(Ring())
    kept = [[nth] for nth in range(20_000)]

    assert ring() is None
    assert kept


@pytest.mark.usefixtures("spared")
def test_two_read_models_built_at_once_leave_the_collector_as_it_was():
    """Found in review: the second to end left it as the first had set it, for good."""
    before = gc.get_threshold()
    one, other = seldom_collected(), seldom_collected()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() != before
    spare_what_is_loaded()
    assert gc.get_threshold() != before
    other.__exit__(None, None, None)
    assert gc.get_threshold() == before


@pytest.mark.usefixtures("spared")
async def test_old_rings_are_found_by_the_clock():
    made = Ring()
    gc.collect(0)
    gc.collect(1)  # it is old now
    ring = weakref.ref(made)
    del made

    async with running(collected_by_the_clock(0.01)):
        await until(lambda: ring() is None)
