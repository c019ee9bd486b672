"""Bells: something new may be in the log. A bell that rings twice is heard once."""

import asyncio
from contextlib import suppress


class Bell:
    """One listener's bell."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be news."""
        self._rung.set()

    def rang(self) -> bool:
        """Whether it rang since somebody asked."""
        rung = self._rung.is_set()
        self._rung.clear()
        return rung

    async def heard(self, within: float) -> None:
        """Return when it rings, or after so many seconds: a lost bell costs no more than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._rung.wait()
        self._rung.clear()


class Bells:
    """All listeners of this process."""

    def __init__(self) -> None:
        self._bells: list[Bell] = []

    def listen(self) -> Bell:
        """A bell of one's own, which has just rung: there may be news from before."""
        bell = Bell()
        bell.ring()
        self._bells.append(bell)
        return bell

    def forget(self, bell: Bell) -> None:
        """Nobody listens to it any more."""
        self._bells.remove(bell)

    def ring(self) -> None:
        """Ring them all."""
        for bell in self._bells:
            bell.ring()
