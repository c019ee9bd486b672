"""When each waiting request must be looked at again."""

import asyncio
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from services.clock import Clock

AT_ONCE = 50  # a millisecond or two each: everything else goes on in between


class Timers:
    """One instant a request; setting it again replaces it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[UUID, datetime] = {}
        self._queue: list[tuple[datetime, UUID]] = []
        self._earlier = asyncio.Event()

    def set(self, request_id: UUID, instant: datetime) -> None:
        """Look at it then."""
        if self._due.get(request_id) == instant:
            return
        self._due[request_id] = instant
        heappush(self._queue, (instant, request_id))
        if self._queue[0][1] == request_id:
            self._earlier.set()

    def cancel(self, request_id: UUID) -> None:
        """Nothing to look at any more."""
        self._due.pop(request_id, None)

    def __contains__(self, request_id: UUID) -> bool:
        return request_id in self._due

    def next_instant(self) -> datetime | None:
        """When the next one is due."""
        while self._queue and self._due.get(self._queue[0][1]) != self._queue[0][0]:
            heappop(self._queue)  # replaced or cancelled
        return self._queue[0][0] if self._queue else None

    def pop_due(self, most: int = AT_ONCE) -> list[UUID]:
        """Those whose instant has come, the earliest first, so many at most; each is told once."""
        due: list[UUID] = []
        while len(due) < most and (instant := self.next_instant()) and instant <= self._clock.now():
            _, request_id = heappop(self._queue)
            del self._due[request_id]
            due.append(request_id)
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
