"""Ending when told to: by ^C, by whoever runs us, by a terminal that is closed."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, TypeVar

from services.stopping import stop

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNALLED = 128  # a shell's status of who ended by a signal, less the signal


def ended_by_signals() -> None:
    """From here on a signal unwinds what was begun: children and folders go with it."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(_SIGNALLED + number)

    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, end)


def on_signals(told: Callable[[], None]) -> None:
    """In the running loop: called instead of ending at once."""
    loop = asyncio.get_running_loop()
    for sign in SIGNALS:
        loop.add_signal_handler(sign, told)


def ends_at_last(seconds: float) -> None:
    """The process ends after so long, whatever still spins in it: its supervisor starts another."""
    watchdog = threading.Timer(seconds, os._exit, (1,))
    watchdog.daemon = True  # a process that ends by itself does not wait for it
    watchdog.start()


async def until_told(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; told to end before, it is cancelled until it has, and we end."""
    told = asyncio.Event()
    on_signals(told.set)
    working, waiting = asyncio.create_task(work), asyncio.create_task(told.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            await stop([working])
            raise KeyboardInterrupt
        return working.result()
    finally:
        await stop([waiting])
