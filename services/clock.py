"""The only place that knows what time it is."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
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


class SandboxClock:
    """A time of its own, that passes so many times faster, and that somebody may move on."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._origin = start
        self._began = monotonic()
        self._speed = speed
        self._moved = asyncio.Event()

    @property
    def speed(self) -> float:
        """Seconds of the sandbox in a second; 0: it stands still."""
        return self._speed

    def now(self) -> datetime:
        """The instant it is in the sandbox, in UTC."""
        return self._origin + timedelta(seconds=(monotonic() - self._began) * self._speed)

    async def until(self, instant: datetime) -> None:
        """Return at that instant of the sandbox, however it comes about."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            moved, seconds = self._moved, left / self._speed if self._speed else None
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await moved.wait()

    def move_to(self, instant: datetime) -> None:
        """Go on from there at the same speed. It never goes back."""
        self._go_on(max(instant, self.now()), self._speed)

    def run_at(self, speed: float) -> None:
        """Go on from now at that speed."""
        self._go_on(self.now(), speed)

    def _go_on(self, since: datetime, speed: float) -> None:
        self._origin, self._began, self._speed = since, monotonic(), speed
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


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
