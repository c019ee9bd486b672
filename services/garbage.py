"""Python's garbage collector, set for a process that answers within milliseconds (ADR 10)."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_NEVER = 1_000_000_000
_THRESHOLDS = 2_000, 1, _NEVER
"""New objects before the youngest are collected; rounds before the older are; the oldest by the
clock alone (`collected_by_the_clock`)."""
_MANY = 500_000  # objects


def spare_what_is_loaded() -> None:
    """From now on nothing that is loaded is looked at again: call it when all is ready.

    Full collections stopped everything for up to 100 ms, every few seconds under load.
    """
    gc.collect()
    gc.freeze()
    _seldom.otherwise = _THRESHOLDS
    if not _seldom.at_work:
        gc.set_threshold(*_THRESHOLDS)


async def collected_by_the_clock(every: float) -> None:
    """For ever, every so many seconds: all that was made since the start, for up to 100 ms."""
    while True:
        await asyncio.sleep(every)
        gc.collect()


@dataclass
class _Seldom:
    at_work: int = 0  # how many do such work now: the last one sets the collector back
    otherwise: tuple[int, int, int] = field(default_factory=gc.get_threshold)


_seldom = _Seldom()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """For work that lets go of all it makes: looking for cycles was a quarter of a rebuild."""
    if not _seldom.at_work:
        _seldom.otherwise = gc.get_threshold()
    _seldom.at_work += 1
    gc.set_threshold(_MANY, *_seldom.otherwise[1:])
    try:
        yield
    finally:
        _seldom.at_work -= 1
        if not _seldom.at_work:
            gc.set_threshold(*_seldom.otherwise)
