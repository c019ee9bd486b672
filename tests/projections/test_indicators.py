"""Each indicator, counted by hand: followed, told twice, built anew, and looked back at."""

import pytest

from projections.indicators.definitions import catalogue
from tests.projections.reckoning import AFTERWARDS, Book
from tests.projections.stories import accounts, offers, requests, supply, visits

WHOLE = [
    *requests.STORIES,
    *visits.STORIES,
    *supply.STORIES,
    *offers.STORIES,
    *accounts.STORIES,
]
BROKEN_DOWN = [*requests.BROKEN_DOWN, *requests.OF_DAYS, *supply.BROKEN_DOWN, *offers.BROKEN_DOWN]


@pytest.fixture
def book(pool, settings, appender):
    return Book(pool, settings, appender)


@pytest.mark.parametrize("story", [*WHOLE, *BROKEN_DOWN], ids=lambda story: story.title)
async def test_the_figures_are_those_one_counts_by_hand(book, story):
    await book.tell(story.events, story.role)
    tables, then = await book.tables(), await book.now()

    assert await book.figures(story) == story.figures
    await book.tell_again()
    assert await book.figures(story) == story.figures
    await book.build_anew()
    assert await book.figures(story) == story.figures
    assert await book.tables() == tables
    await book.tell(AFTERWARDS)
    assert await book.tables() != tables
    assert await book.figures(story, at=then) == story.figures


def test_every_indicator_is_in_a_story():
    told = {name for story in WHOLE for name in story.figures}

    assert told == set(catalogue())
