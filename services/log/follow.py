"""Following the log: what is new, in order, in batches, as long as one wants."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from events.envelope import Recorded
from services.log.bells import Bell
from services.log.database import UNREACHABLE
from services.log.reader import Log
from services.settings import Settings

logger = structlog.get_logger()


async def follow(
    log: Log, bell: Bell, settings: Settings, *, since: int
) -> AsyncIterator[list[Recorded]]:
    """Batches of what comes after a position, for ever. Between two batches the bell is awaited."""
    while True:
        try:
            batch = await log.after(since, limit=settings.follow_batch_events)
        except UNREACHABLE as fault:
            logger.warning("log unreadable", error=type(fault).__name__)
            await asyncio.sleep(settings.append_reconnect_seconds)
            continue
        if batch:
            yield batch
            since = batch[-1].position
        if len(batch) < settings.follow_batch_events:
            await bell.heard(within=settings.follow_poll_seconds)
