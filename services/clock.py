"""The only place that knows what time it is."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, and waiting for it."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...

    async def until(self, instant: datetime) -> None:
        """Return at that instant, or at once if it has passed."""
        ...


class WallClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)

    async def until(self, instant: datetime) -> None:
        """Return at that instant, or at once if it has passed."""
        # A long sleep follows the monotonic clock and would miss a correction of the wall clock.
        while (left := (instant - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 60.0))


class SimulatedClock:
    """A time that passes only when somebody moves it: a day of care in seconds."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        return self._now

    async def until(self, instant: datetime) -> None:
        """Return once the clock was moved to that instant or past it."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= instant)

    async def move_to(self, instant: datetime) -> None:
        """Let time pass. It never goes back."""
        async with self._moved:
            self._now = max(self._now, instant)
            self._moved.notify_all()
