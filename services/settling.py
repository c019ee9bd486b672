"""A house that was just opened settles in: what would stop a decision later is done now."""

import sys
from typing import TYPE_CHECKING

import structlog

from services.garbage import collected_by_the_clock, spare_what_is_loaded

if TYPE_CHECKING:
    from services.app import House

logger = structlog.get_logger()


async def settle_in(house: "House") -> None:
    """For ever: until it shows what there is, and from then on (ADR 10, 39)."""
    await house.showing.wait()
    sys.setswitchinterval(house.settings.thread_switch_seconds)
    if house.dispatcher is not None:
        try:
            await house.dispatcher.expecting.load()
        except Exception:
            # Each look will try, and say that it failed: the rest is settled all the same.
            logger.exception("what looking ahead needs is not loaded")
    house.spared = True
    spare_what_is_loaded()
    await collected_by_the_clock(house.settings.full_collection_seconds)
