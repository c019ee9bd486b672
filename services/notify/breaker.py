"""A channel that is down is left alone for a while, and tried by one message then."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from events.codes import Channel


class Breaker:
    """Counts failures in a row, channel by channel."""

    def __init__(self, failures: int, rest: timedelta) -> None:
        self._failures = failures
        self._rest = rest
        self._in_a_row: Counter[Channel] = Counter()
        self._until: dict[Channel, datetime] = {}

    def is_down(self, channel: Channel, now: datetime) -> bool:
        """Whether it is not worth trying."""
        return now < self._until.get(channel, now)

    def all_down(self, channels: Collection[Channel]) -> bool:
        """Whether nothing went out lately, by any of them."""
        return bool(channels) and all(self._in_a_row[c] >= self._failures for c in channels)

    def note(self, channel: Channel, now: datetime, *, taken: bool) -> bool:
        """It took a message, or did not. True: it was down, and is not any more."""
        if taken:
            self._in_a_row.pop(channel, None)
            return self._until.pop(channel, None) is not None
        self._in_a_row[channel] += 1
        if self._in_a_row[channel] >= self._failures:
            self._until[channel] = now + self._rest
        return False
