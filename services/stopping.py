"""Background tasks that belong together, and ending them insistently."""

import asyncio
from collections.abc import Collection, Coroutine
from types import TracebackType
from typing import Any, Self

_ASK_AGAIN_SECONDS = 0.2


async def stop(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel them and return when they have ended, however often we are cancelled meanwhile.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which libraries use, loses a cancellation
    that comes together with the result it waits for (mended in 3.12).
    """
    cancelled: asyncio.CancelledError | None = None
    while pending := {task for task in tasks if not task.done()}:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=_ASK_AGAIN_SECONDS)
        except asyncio.CancelledError as again:
            cancelled = again
    if cancelled is not None:
        raise cancelled


async def finished(work: Coroutine[Any, Any, None]) -> None:
    """Done to its end, however often we are cancelled meanwhile: what closes must close whole."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as again:
            cancelled = again
    task.result()
    if cancelled is not None:
        raise cancelled


class Together:
    """As `asyncio.TaskGroup`: one that fails ends them all. It cancels until they have ended.

    A TaskGroup cancels each of its tasks once, and waits for ever for one that lost it.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._fault: BaseException | None = None
        self._changed = asyncio.Event()

    def create_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """One more, running."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            fault = task.exception()  # of each, or asyncio says that nobody asked
            self._fault = self._fault or fault
        self._changed.set()

    async def __aenter__(self) -> Self:
        """Nothing runs yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for them all. Raises what one of them raised, as soon as it did."""
        try:
            while error is None and self._tasks and self._fault is None:
                self._changed.clear()
                await self._changed.wait()
        finally:
            await stop(set(self._tasks))
        if error is None and self._fault is not None:
            raise self._fault
