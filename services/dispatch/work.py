"""What is to be looked at, by community: requests that ask, slots that opened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Todo:
    """Of one community."""

    asking: set[UUID] = field(default_factory=set)  # requests to decide about whatever opened
    opened: set[UUID] = field(default_factory=set)  # slots somebody who waits may fit into now


class Work:
    """News of one community is dealt with together, however much of it there is."""

    def __init__(self) -> None:
        self._todo: dict[str, Todo] = {}
        self._now: str | None = None  # the community being served
        self._some = asyncio.Event()

    @property
    def left(self) -> bool:
        """Whether there is any, or some being done."""
        return bool(self._todo) or self._now is not None

    def ask(self, community: str, request_id: UUID) -> None:
        """Decide about the request."""
        self._of(community).asking.add(request_id)

    def asked(self, community: str, request_id: UUID) -> bool:
        """As `ask` if others of the community come first; False: it may be decided at once."""
        if community not in self._todo and community != self._now:
            return False
        self.ask(community, request_id)
        return True

    def opened(self, community: str, slots: set[UUID]) -> None:
        """Somebody who waits may fit into these slots."""
        self._of(community).opened.update(slots)

    @asynccontextmanager
    async def some(self) -> AsyncIterator[tuple[str, Todo]]:
        """What came first, as soon as there is any; done with the end of the block."""
        while not self._todo:
            self._some.clear()
            await self._some.wait()
        self._now = next(iter(self._todo))
        try:
            yield self._now, self._todo.pop(self._now)
        finally:
            self._now = None

    def pop(self) -> tuple[str, Todo] | None:
        """What came first, for who does it at once."""
        if not self._todo:
            return None
        community = next(iter(self._todo))
        return community, self._todo.pop(community)

    def _of(self, community: str) -> Todo:
        self._some.set()
        return self._todo.setdefault(community, Todo())
