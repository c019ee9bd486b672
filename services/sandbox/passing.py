"""Letting time pass in a sandbox: nothing that was to happen meanwhile is jumped over."""

from datetime import datetime, timedelta
from typing import Protocol

from services.clock import SandboxClock

_STRIDE = timedelta(minutes=1)  # what has no instant that dispatch knows of happens so late at most
_STRIDES = 500  # of a longer way, in which they are longer


class Dispatch(Protocol):
    """Who looks at requests at instants of theirs."""

    def next_instant(self) -> datetime | None:
        """When the next one is due."""
        ...

    async def settled(self) -> None:
        """Return when everything that is due has been dealt with."""
        ...


async def let_pass(clock: SandboxClock, dispatch: Dispatch | None, until: datetime) -> None:
    """From instant to instant, each dealt with before the next."""
    stride = max(_STRIDE, (until - clock.now()) / _STRIDES)
    while dispatch is not None and (now := clock.now()) < until:
        await dispatch.settled()
        instant = dispatch.next_instant() or until
        clock.move_to(min(max(instant, now), now + stride, until))
        await dispatch.settled()
    clock.move_to(until)
