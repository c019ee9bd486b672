"""All of a community who may fit now are served together, those who would lose most first."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from domain.eligibility import search, ways
from domain.matching import Ranking, by_urgency, together
from domain.request import Waiting
from services.clock import Clock
from services.dispatch.deciding import Deciding
from services.dispatch.expecting import Expecting
from services.dispatch.partition import Partition
from services.dispatch.work import Todo, Work
from services.dispatch.writing import Writing

LOOKED_AT_IN_ONE_GO = 50  # waiting requests, a few microseconds each


class Serving:
    """`run` it."""

    def __init__(
        self,
        work: Work,
        deciding: Deciding,
        writing: Writing,
        expecting: Expecting,
        partition: Partition,
        clock: Clock,
    ) -> None:
        self._work = work
        self._board = deciding.board
        self._deciding = deciding
        self._writing = writing
        self._expecting = expecting
        self._partition = partition
        self._clock = clock

    async def run(self) -> None:
        """For ever: the community that had news first, first."""
        while True:
            async with self._work.some() as (community, todo):
                if self._partition.has(community):
                    await self._serve(community, todo)

    async def _serve(self, community: str, todo: Todo) -> None:
        """Whoever asks, or may fit now: together, and those who would lose most first."""
        # Who had a place and lost it comes first, and may be among those just being read.
        await self._writing.is_read()
        there = (self._board.candidate(slot_id) for slot_id in tuple(todo.opened))
        opened = [candidate.slot for candidate in there if candidate]
        if opened:
            await self._expecting.estimate(community, opened)
        waiting = self._board.waiting.get(community, {})
        concerned = waiting if todo.opened else waiting.keys() & todo.asking
        order = sorted(concerned, key=lambda request_id: by_urgency(waiting[request_id].state))
        found = []
        for nth, request_id in enumerate(order, 1):
            if request_id in todo.asking or self._may_fit(request_id, todo.opened):
                found.append(request_id)
            if nth % LOOKED_AT_IN_ONE_GO == 0:
                await asyncio.sleep(0)  # thousands may wait: everything else goes on meanwhile
        if len(found) > 1:
            await self._expecting.load()  # what decides about several at once
        for nth in range(0, len(found), LOOKED_AT_IN_ONE_GO):
            await self._decide_together(found[nth : nth + LOOKED_AT_IN_ONE_GO])

    async def _decide_together(self, request_ids: Sequence[UUID]) -> None:
        """Who lost a place, before everybody; of the others whoever gains most by each place."""
        held = [found for one in request_ids if (found := self._board.request(one))]
        for first in [one for one in held if one.state.first_in_line]:
            self._deciding.decide(first.state.received.request_id)
        others = [one.state for one in held if not one.state.first_in_line]
        best = await self._best(others) if len(others) > 1 else {}
        ids = [request.received.request_id for request in others]
        # Who is to have a place takes it before others look for what is left.
        for request_id in sorted(ids, key=lambda request_id: request_id not in best):
            self._deciding.decide(request_id, best.get(request_id))
            await asyncio.sleep(0)

    async def _best(self, requests: Sequence[Waiting]) -> dict[UUID, UUID]:
        """Request → slot, all considered at once. What changes meanwhile each finds by itself."""
        rankings: dict[UUID, tuple[Waiting, Ranking]] = {}
        for request in requests:
            if request.hold is None:
                ranking = self._deciding.around(request).look(request)
                rankings[request.received.request_id] = request, ranking
                await asyncio.sleep(0)
        return together(rankings)

    def _may_fit(self, request_id: UUID, opened: set[UUID]) -> bool:
        """Whether one of these slots may serve the request: far less to look at than all."""
        held = self._board.request(request_id)
        if held is None:
            return False
        asked = search(held.state, self._clock.now())
        for slot_id in tuple(opened):
            candidate = self._board.candidate(slot_id)
            if candidate is None or candidate.slot.free <= 0:
                opened.discard(slot_id)
            elif isinstance(ways(asked, candidate), list):
                return True
        return False
