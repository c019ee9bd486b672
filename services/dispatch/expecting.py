"""Prices of places, kept fresh beside the decisions, which never wait for them.

Every few minutes, each community at moments of its own, the free places are weighed against what
its past days let expect; whoever was told that a place is kept is then looked at again.
"""

import asyncio
import importlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32
from zoneinfo import ZoneInfo

import structlog

from domain.agenda import Slot
from domain.prices import FREE, Price
from services import telemetry
from services.clock import Clock
from services.dispatch.board import Board
from services.dispatch.partition import Partition
from services.dispatch.timers import Timers
from services.log.database import UNREACHABLE, Pool
from services.settings import Settings

if TYPE_CHECKING:
    from domain.forecast import Outlook
    from services.dispatch.drawing import Drawing

logger = structlog.get_logger()

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def next_look(community: str, after: datetime, every: timedelta) -> datetime:
    """When a community is looked at next: at moments of its own, the same whoever runs it."""
    own = crc32(community.encode()) % 1000 / 1000 * every
    return after + every - (after - _EPOCH - own) % every


class Expecting:
    """`run` it; `prices` of a community at any moment."""

    def __init__(
        self, pool: Pool, board: Board, clock: Clock, settings: Settings, partition: Partition
    ) -> None:
        self._pool = pool
        self._board = board
        self._clock = clock
        self._every = timedelta(seconds=settings.look_ahead_seconds)
        self._partition = partition
        self._drawn: Drawing | None = None
        self._prices: dict[str, Outlook] = {}
        self._timers: Timers[str] = Timers(clock)
        self._looking = False

    def price(self, slot: Slot) -> Price:
        """To those of any of its communities who are expected; of none that was looked at: free."""
        communities = slot.published.communities
        for finess in communities:
            if finess not in self._timers:
                self._look_at(finess)  # a neighbour's, whoever dispatches for it
        found = [self._prices.get(finess) for finess in communities]
        return max((prices.price(slot) for prices in found if prices), key=_loss, default=FREE)

    @property
    def busy(self) -> bool:
        """Whether a community is being looked at, or should be by now."""
        instant = self._timers.next_instant()
        return self._looking or (instant is not None and instant <= self._clock.now())

    def next_instant(self) -> datetime | None:
        """When the next community is looked at."""
        return self._timers.next_instant()

    def meet(self, community: str) -> None:
        """Look at it from now on."""
        if self._partition.has(community) and community not in self._timers:
            self._look_at(community)

    async def estimate(self, community: str, slots: Iterable[Slot]) -> None:
        """Price what opened since the last look, beside everything else."""
        prices = self._prices.get(community)
        if prices is None:
            return
        if new := [slot for slot in slots if slot.published.slot_id not in prices.known]:
            await asyncio.to_thread(prices.estimate, new)

    def _look_at(self, community: str) -> None:
        self._timers.set(community, next_look(community, self._clock.now(), self._every))

    async def run(self, looked: Callable[[str], None]) -> None:
        """For ever. `looked` hears of each community whose prices are new."""
        while True:
            await self._timers.some_due()
            self._looking = True
            try:
                for community in self._timers.pop_due(1):
                    now = self._clock.now()
                    self._look_at(community)
                    await self._look(community, now)
                    looked(community)
            finally:
                self._looking = False

    async def _look(self, community: str, now: datetime) -> None:
        try:
            await self.weigh(community, now)
        except UNREACHABLE as fault:
            telemetry.looks_failed.labels(community).inc()
            logger.warning("not looked ahead", community=community, error=type(fault).__name__)
        except Exception:
            # Whatever it is: requests are decided about without it, and by the prices there are.
            telemetry.looks_failed.labels(community).inc()
            logger.exception("not looked ahead, prices stay as they are", community=community)

    async def weigh(self, community: str, now: datetime) -> None:
        """Price its free places as they are now."""
        # None is no reason not to look: what is published next has a price as well.
        slots = [c.slot for c in self._board.candidates((community,), now) if c.slot.free > 0]
        # The order of a set is nobody's: the same day is to be seen the same twice.
        slots.sort(key=lambda slot: (slot.published.start, slot.published.slot_id))
        zone = ZoneInfo(self._board.community(community).zone)
        opened = list(self._board.slots_of(community))
        drawing = await self.load()
        forecast = await drawing.forecast(community, opened, now, zone)
        with telemetry.look_ahead_seconds.time():
            self._prices[community] = await asyncio.to_thread(forecast.outlook, slots, now)

    @property
    def is_loaded(self) -> bool:
        """Whether the next look has nothing to load first."""
        return self._drawn is not None

    async def load(self) -> "Drawing":
        """NumPy and SciPy take half a second to load: once, and the rest goes on meanwhile."""
        if self._drawn is None:
            module = await asyncio.to_thread(importlib.import_module, "services.dispatch.drawing")
            self._drawn = module.Drawing(self._pool)
        return self._drawn


def _loss(price: Price) -> float:
    return price.loss
