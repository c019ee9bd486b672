"""Following the log: what is new, in order, in batches, as long as one wants."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from events.envelope import Recorded
from services.log.bells import Bell
from services.log.patience import patiently
from services.log.reader import Log
from services.settings import Settings


async def follow(
    log: Log,
    bell: Bell,
    settings: Settings,
    *,
    since: int,
    until: asyncio.Event | None = None,
) -> AsyncIterator[list[Recorded]]:
    """Batches of what comes after a position, for ever, or soon after that event.

    Between two batches the bell is awaited.
    """
    while until is None or not until.is_set():
        news = partial(log.after, since, limit=settings.follow_batch_events)
        batch = await patiently(news, settings, "log unreadable")
        if batch:
            yield batch
            since = batch[-1].position
        if len(batch) < settings.follow_batch_events:
            await bell.heard(within=settings.follow_poll_seconds)
