"""What changes on a page while somebody looks: made once for all who see the same, and pushed.

A view is what some people see alike: the board of these communities, in French. It is made anew
when something happened there, when the read models show it, and sent to whoever looks at it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from events import streams
from events.envelope import Recorded
from events.request import RequestConfirmed
from events.visit import OutcomeRecorded, VisitAttended, VisitCancelled, VisitMissed
from projections.rows import Projection
from services.log.follow import follow
from services.log.patience import patiently
from services.projector.past import shown_by
from services.stopping import stop

if TYPE_CHECKING:
    from services.app import House

log = structlog.get_logger()

_A_MINUTE = 60.0
PATIENCE_SECONDS = 2.0  # for a read model; then what there is, is shown


@dataclass(frozen=True)
class View:
    """What some people see alike."""

    name: str
    language: str
    communities: frozenset[str] | None = None  # None: all of them
    rpps: str | None = None
    of_places: bool = False  # a slot may be of several communities, its events of the first

    def concerns(self, recorded: Recorded) -> bool:
        """Whether that may change it."""
        community = recorded.meta.community
        here = self.communities is None or community is None or community in self.communities
        if self.rpps is None:
            return here or (self.of_places and streams.kind(recorded.stream) == "agenda")
        event = recorded.event
        if self.rpps in recorded.stream or self.rpps in getattr(event, "to", ()):
            return True
        if isinstance(event, _OF_A_VISIT):
            return here  # it does not say whose patient it was
        return bool(getattr(event, "rpps", None) == self.rpps)


_OF_A_VISIT = (RequestConfirmed, VisitAttended, VisitMissed, VisitCancelled, OutcomeRecorded)
Make = Callable[[], Awaitable[bytes]]


class _Shown:
    """A view as it is now, and who looks at it."""

    def __init__(self, make: Make, needs: Sequence[Projection]) -> None:
        self.make = make
        self.needs = needs
        self.lookers = 0
        self.body: bytes | None = None
        self.version = 0
        self.news = asyncio.Event()  # something happened
        self.seen = asyncio.Condition()  # it was made anew
        self.making: asyncio.Task[None] | None = None

    async def show(self, body: bytes) -> None:
        """To everybody who looks, if it is another."""
        if body == self.body:
            return
        async with self.seen:
            self.body = body
            self.version += 1
            self.seen.notify_all()


class Live:
    """Every view somebody looks at in this process."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._shown: dict[View, _Shown] = {}
        self._following: asyncio.Task[None] | None = None
        self._head = 0
        self._heard = asyncio.Event()  # the head of the log is known

    @property
    def looked_at(self) -> int:
        """How many people look."""
        return sum(one.lookers for one in self._shown.values())

    async def watch(
        self, view: View, make: Make, needs: Sequence[Projection]
    ) -> AsyncIterator[bytes]:
        """As it is, then every time it is another. `needs`: the read models it is made of.

        Between two of them, nothing (`b""`) tells that the connection lives.
        """
        shown = self._shown.setdefault(view, _Shown(make, needs))
        shown.lookers += 1
        if self._following is None or self._following.done():
            self._heard = asyncio.Event()
            self._following = asyncio.create_task(self._follow())
        if shown.making is None or shown.making.done():
            shown.news.set()
            shown.making = asyncio.create_task(self._keep(view, shown))
        try:
            seen = 0
            while not self._house.stopping.is_set():
                body = await self._next(shown, seen)
                if body is not None:
                    seen = shown.version
                yield body or b""
        finally:
            shown.lookers -= 1
            if not shown.lookers:
                self._shown.pop(view, None)
                await stop([shown.making])
            if not self._shown and self._following is not None:
                following, self._following = self._following, None
                await stop([following])

    async def _next(self, shown: _Shown, seen: int) -> bytes | None:
        """The view once it is another than that version; None: for a while, or to the end, not."""
        stopping = self._house.stopping
        try:
            async with asyncio.timeout(self._house.settings.console_tick_seconds), shown.seen:
                await shown.seen.wait_for(lambda: shown.version > seen or stopping.is_set())
                return shown.body if shown.version > seen else None
        except TimeoutError:
            return None

    async def _follow(self) -> None:
        """Which views what happens is about."""
        house = self._house
        bell = house.bells.listen()
        try:
            self._head = await patiently(house.log.head, house.settings, "log unreadable")
            self._heard.set()
            batches = follow(
                house.log, bell, house.settings, since=self._head, until=house.stopping
            )
            async with aclosing(batches) as news:  # type: ignore[type-var]  # an async generator
                async for batch in news:
                    self._head = batch[-1].position
                    for view, shown in self._shown.items():
                        if any(view.concerns(one) for one in batch):
                            shown.news.set()
            for shown in list(self._shown.values()):
                async with shown.seen:
                    shown.seen.notify_all()  # everything stops, and so does whoever looks
        finally:
            house.bells.forget(bell)

    async def _keep(self, view: View, shown: _Shown) -> None:
        """Made anew after every change, not more often than a person can read.

        And each minute: what is soon due, and which day it is, change by themselves.
        """
        pool = self._house.pool
        await self._heard.wait()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_A_MINUTE):
                    await shown.news.wait()
            shown.news.clear()
            try:
                in_time = await shown_by(pool, shown.needs, self._head, PATIENCE_SECONDS)
                await shown.show(await shown.make())
                if not in_time:
                    shown.news.set()  # a read model is behind: looked at again till it is not
            except Exception as fault:  # noqa: BLE001 one that fails is tried again, whatever it was
                log.warning("view not made", view=view.name, error=type(fault).__name__)
                shown.news.set()
                await asyncio.sleep(self._house.settings.console_retry_seconds)
            await asyncio.sleep(self._house.settings.console_pause_seconds)


def as_event(name: str, body: bytes) -> bytes:
    """A server-sent event; of nothing, a comment (HTML Living Standard, 9.2)."""
    if not body:
        return b": alive\n\n"
    lines = b"\n".join(b"data: " + line for line in body.split(b"\n"))
    return b"event: " + name.encode() + b"\n" + lines + b"\n\n"
