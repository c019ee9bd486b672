"""What tests of the doors begin with."""

from collections.abc import AsyncIterator

import pytest

from services.app import House
from tests.services.doors import Door, doors_of


@pytest.fixture
async def door(house: House) -> AsyncIterator[Door]:
    """HTTP over a house with every service, two communities and a doctor in each."""
    async with doors_of(house) as opened:
        yield opened
