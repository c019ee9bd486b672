"""When each waiting request, or community, must be looked at again."""

import asyncio
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Generic, TypeVar
from uuid import UUID

from services.clock import Clock

AT_ONCE = 50  # a millisecond or two each: everything else goes on in between


Key = TypeVar("Key", UUID, str)


class Timers(Generic[Key]):
    """One instant for each; setting it again replaces it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[Key, datetime] = {}
        self._queue: list[tuple[datetime, Key]] = []
        self._earlier = asyncio.Event()

    def set(self, key: Key, instant: datetime) -> None:
        """Look at it then."""
        if self._due.get(key) == instant:
            return
        self._due[key] = instant
        heappush(self._queue, (instant, key))
        if self._queue[0][1] == key:
            self._earlier.set()

    def cancel(self, key: Key) -> None:
        """Nothing to look at any more."""
        self._due.pop(key, None)

    def __contains__(self, key: Key) -> bool:
        return key in self._due

    def next_instant(self) -> datetime | None:
        """When the next one is due."""
        while self._queue and self._due.get(self._queue[0][1]) != self._queue[0][0]:
            heappop(self._queue)  # replaced or cancelled
        return self._queue[0][0] if self._queue else None

    def pop_due(self, most: int = AT_ONCE) -> list[Key]:
        """Those whose instant has come, the earliest first, so many at most; each is told once."""
        due: list[Key] = []
        while len(due) < most and (instant := self.next_instant()) and instant <= self._clock.now():
            _, key = heappop(self._queue)
            del self._due[key]
            due.append(key)
        return due

    async def some_due(self) -> None:
        """Return when an instant has come."""
        while True:
            self._earlier.clear()
            instant = self.next_instant()
            if instant is not None and instant <= self._clock.now():
                return
            waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._earlier.wait())]
            if instant is not None:
                waits.append(asyncio.ensure_future(self._clock.until(instant)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
