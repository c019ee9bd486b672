"""Ending background tasks, insistently."""

import asyncio
from collections.abc import Collection

_ASK_AGAIN_SECONDS = 0.2


async def stop(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel them and return when they have ended.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which libraries use, loses a cancellation
    that comes together with the result it waits for (mended in 3.12).
    """
    while pending := {task for task in tasks if not task.done()}:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_ASK_AGAIN_SECONDS)
