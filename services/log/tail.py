"""The end of the log as this process wrote it: followers beside the appender need not ask for it.

Only what is committed is here, and only without gaps: where another process wrote in between, the
tail begins anew after it, and whoever is behind that reads the table. Reading the table for each
event at each follower was half of all the work at 200 requests a second.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from events.envelope import Recorded
from services.log.commands import Appended


@dataclass(frozen=True, slots=True)
class Written:
    """An event, and its JSON as it was stored."""

    position: int
    data: bytes
    appended: Appended  # the command it came with…
    nth: int  # …and which of its events it is

    @property
    def recorded(self) -> Recorded:
        """As the log has it."""
        return self.appended.recorded[self.nth]


class Tail:
    """The last events, `most` to twice as many, in order, without gaps from `start` on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._written: list[Written] = []
        self._start = -1  # positions after this one are here
        self.last = -1
        self.writer: int | None = None  # the backend of PostgreSQL that writes for this process

    def add(self, previous: int, written: Sequence[Written]) -> None:
        """What was just committed, and the position of the event before it."""
        if previous != self.last:
            self._written.clear()
            self._start = previous
        self._written.extend(written)
        self.last = written[-1].position
        if len(self._written) > 2 * self._most:  # seldom: moving the rest up costs its length
            gone = len(self._written) - self._most
            self._start = self._written[gone - 1].position
            del self._written[:gone]

    def after(self, position: int, limit: int) -> list[Written] | None:
        """Up to `limit` events after the position; None when only the table can tell."""
        if not self._start <= position < self.last:
            return None
        # Positions have no gaps here but for numbers a failed transaction burnt.
        begin = bisect_right(self._written, position, key=_position)
        return self._written[begin : begin + limit]


def _position(written: Written) -> int:
    return written.position
