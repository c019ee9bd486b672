"""What a free place is worth to those who are still expected to call."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from domain.agenda import Slot


class Kept(NamedTuple):
    """For whom a place is kept."""

    window: timedelta  # they are to be seen within
    expected_by: datetime  # the last of them has called by then


class Price(NamedTuple):
    """What is lost by those still expected when a place is given away."""

    loss: float
    kept: Kept | None = None


FREE = Price(0.0)


class Prices(Protocol):
    """Of the places of a community, as of some instant before now."""

    def price(self, slot: Slot) -> Price:
        """Of one place of the slot."""
        ...


class NothingExpected:
    """Every place is free."""

    def price(self, slot: Slot) -> Price:  # noqa: ARG002 whatever it is
        """Nobody else is known to want it."""
        return FREE
