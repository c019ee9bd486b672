"""A weekday played through the real services, under a clock that jumps to the next happening."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from services.app import House
from services.clock import SimulatedClock
from services.dispatch.prior import CLOSES, OPENS
from services.simulator.day import ZONE, Happening, requests, slots
from services.simulator.seeding import tell, tell_beginnings
from services.simulator.territory import Territory, territories

DAY = date(2026, 11, 23)
"""A Monday. Always the same: a seed must give the same day whenever it is played."""

OPENING = datetime.combine(DAY, OPENS, ZONE)
CLOSING = datetime.combine(DAY, CLOSES, ZONE)


@dataclass
class Day:
    """A weekday in three communities."""

    seed: int
    territories: list[Territory] = field(init=False)

    def __post_init__(self) -> None:
        self.territories = territories(self.seed)

    def happenings(self, count: int) -> list[Happening]:
        """Slots and requests, in the order of the day."""
        made: Iterable[Happening] = [
            *(h for territory in self.territories for h in slots(territory, DAY, self.seed)),
            *requests(self.territories, DAY, count, self.seed),
        ]
        return sorted(made, key=attrgetter("at"))


async def play(
    house: House, clock: SimulatedClock, day: Day, count: int
) -> AsyncIterator[tuple[Happening, dict[str, Any]]]:
    """Each happening of the day and what the intake answered, once dispatch has dealt with it."""
    await tell_beginnings(house, day.territories)
    for happening in day.happenings(count):
        await let_pass(house, clock, happening.at)
        (answer,) = await tell(house, [happening])
        yield happening, answer
        await dispatched(house)
    await let_pass(house, clock, CLOSING)


async def let_pass(house: House, clock: SimulatedClock, until: datetime) -> None:
    """Time passes, and stops at each instant at which something is looked at again."""
    dispatcher = house.dispatcher
    assert dispatcher is not None
    while True:
        instants = (dispatcher.next_instant(), dispatcher.expecting.next_instant())
        instant = min((one for one in instants if one is not None), default=None)
        if instant is None or instant > until:
            break
        await clock.move_to(instant)
        await dispatched(house)
    await clock.move_to(until)


async def dispatched(house: House) -> None:
    """Return when nothing is left to decide at this instant."""
    assert house.dispatcher is not None
    await house.dispatcher.settled()
