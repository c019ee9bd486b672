"""Work on the log that is worth waiting for: done again until PostgreSQL is there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from services.log.database import UNREACHABLE
from services.settings import Settings

Done = TypeVar("Done")

logger = structlog.get_logger()


async def patiently(
    work: Callable[[], Awaitable[Done]],
    settings: Settings,
    meanwhile: str,
    *,
    passing: tuple[type[Exception], ...] = UNREACHABLE,
) -> Done:
    """What the work gives, once it can be done. `meanwhile`: what the operator reads till then."""
    while True:
        try:
            return await work()
        except passing as fault:
            logger.warning(meanwhile, error=type(fault).__name__)
            await asyncio.sleep(settings.append_reconnect_seconds)
