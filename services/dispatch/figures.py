"""Figures of who waits."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from services import telemetry
from services.clock import Clock
from services.dispatch.board import Board
from services.dispatch.partition import Partition
from services.dispatch.timers import Timers
from services.settings import Settings


class Figures:
    """`show` them."""

    def __init__(
        self,
        board: Board,
        timers: Timers[UUID],
        partition: Partition,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._board = board
        self._timers = timers
        self._partition = partition
        self._clock = clock
        self._settings = settings
        self._untimed: dict[UUID, datetime] = {}

    async def show(self) -> None:
        """For ever, every few seconds."""
        while True:
            for community, waiting in self._board.waiting.items():
                telemetry.waiting_requests.labels(community).set(len(waiting))
            # Of the requests themselves: one whose timer was lost shows as well.
            now = self._clock.now()
            late = (now - self._board.next_instant(now)).total_seconds()
            telemetry.oldest_due_seconds.set(max(late, 0.0))
            telemetry.oldest_untimed_seconds.set(self._untimed_for(now).total_seconds())
            await asyncio.sleep(self._settings.figures_seconds)

    def _untimed_for(self, now: datetime) -> timedelta:
        """Since when the first of those who wait is in no list of instants. Never, but for bugs."""
        untimed = {
            request_id
            for community, waiting in self._board.waiting.items()
            if self._partition.has(community)
            for request_id in waiting
            if request_id not in self._timers
        }
        # One that is being written about has no instant for a moment.
        self._untimed = {one: self._untimed.get(one, now) for one in untimed}
        return now - min(self._untimed.values(), default=now)
