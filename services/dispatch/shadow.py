"""A candidate policy beside the one in force: what it would decide is written down, never done.

It sees what the live decision saw, in that instant. Nothing waits for it: it decides later, and
where there is too much to look at it lets some go.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import structlog

from domain.eligibility import Candidate
from domain.matching import NOTHING_EXPECTED, Ranked, rank
from domain.prices import Prices
from domain.request import Waiting
from services import telemetry
from services.log.database import UNREACHABLE, Pool
from services.settings import Settings, ShadowPolicy

logger = structlog.get_logger()

MOST_WAITING = 1_000  # decisions to look at: of more the oldest are let go
AT_ONCE = 20

_WRITE = """
insert into shadow_decisions (
    request_id, policy, community, decided_at, live_slot, live_loss, shadow_slot, shadow_loss
) values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""


class Seen(NamedTuple):
    """What a live decision saw, and what it chose; None: the request waits."""

    request: Waiting
    candidates: Sequence[Candidate]
    now: datetime
    live: Ranked | None


class Shadow:
    """`run` it, and let it `watch`."""

    def __init__(self, pool: Pool, prices: Prices, settings: Settings) -> None:
        self._pool = pool
        self._prices = prices
        self._policy = settings.shadow_policy
        self._weights = settings.shadow_weights
        self._seen: deque[Seen] = deque(maxlen=MOST_WAITING)
        self._some = asyncio.Event()
        self.settled = True

    @property
    def is_on(self) -> bool:
        """Whether a candidate is tried."""
        return self._policy is not None

    def watch(self, seen: Seen) -> None:
        """Decide about it too, some time."""
        if len(self._seen) == MOST_WAITING:
            telemetry.shadows_let_go.inc()
        self._seen.append(seen)
        self.settled = False
        self._some.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._some.wait()
            some = [self._seen.popleft() for _ in range(min(AT_ONCE, len(self._seen)))]
            rows = []
            for seen in some:
                rows.append(self._row(seen))
                await asyncio.sleep(0)  # everything else comes first
            try:
                async with self._pool.connection() as connection, connection.cursor() as cursor:
                    await cursor.executemany(_WRITE, rows)
            except UNREACHABLE:
                logger.warning("shadow decisions not written", decisions=len(rows))
            if not self._seen:
                self._some.clear()
                self.settled = True

    def _row(self, seen: Seen) -> tuple[object, ...]:
        received = seen.request.received
        shadow = self._decide(seen)
        return (
            received.request_id,
            self._policy,
            received.community,
            seen.now,
            *_chosen(seen.live),
            *_chosen(shadow),
        )

    def _decide(self, seen: Seen) -> Ranked | None:
        request, candidates, now = seen.request, seen.candidates, seen.now
        match self._policy:
            case ShadowPolicy.EARLIEST:
                found = rank(request, candidates, now).eligible
                return min(found, key=_start_then_way, default=None)
            case ShadowPolicy.LEAST_LOSS:
                ranking = rank(request, candidates, now, NOTHING_EXPECTED, self._weights)
            case _:
                ranking = rank(request, candidates, now, self._prices, self._weights)
        return ranking.eligible[0] if ranking.eligible else None


def _start_then_way(ranked: Ranked) -> tuple[datetime, float, str]:
    return ranked.way.start, ranked.way.km, str(ranked.slot_id)


def _chosen(ranked: Ranked | None) -> tuple[UUID | None, float | None]:
    """The slot, and what it costs the patient alone."""
    if ranked is None:
        return None, None
    return ranked.slot_id, ranked.loss
