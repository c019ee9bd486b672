"""A channel that is down is left alone for a while, and tried by one message then."""

from collections import defaultdict
from datetime import datetime, timedelta

from events.codes import Channel


class Breaker:
    """Counts whom it failed to reach in a row, channel by channel.

    People, not messages: one number that is wrong is no reason to leave the others alone.
    """

    def __init__(self, failures: int, rest: timedelta) -> None:
        self._failures = failures
        self._rest = rest
        self._in_a_row: defaultdict[Channel, set[str]] = defaultdict(set)
        self._until: dict[Channel, datetime] = {}
        self._try_at: dict[Channel, datetime] = {}

    def is_down(self, channel: Channel, now: datetime) -> bool:
        """Whether it is not worth trying."""
        return now < self._until.get(channel, now)

    def to_try(self, now: datetime) -> list[Channel]:
        """Those that were down and have rested: each once, and again after another rest."""
        rested = [channel for channel, at in self._try_at.items() if at <= now]
        self._try_at |= dict.fromkeys(rested, now + self._rest)
        return rested

    def next_try(self) -> datetime | None:
        """When one of those that are down is to be tried, if any is."""
        return min(self._try_at.values(), default=None)

    def note(self, channel: Channel, whose: str, now: datetime, *, taken: bool) -> bool:
        """It took a message to somebody, or did not. True: it was down, and is not any more."""
        if taken:
            self._in_a_row.pop(channel, None)
            self._try_at.pop(channel, None)
            return self._until.pop(channel, None) is not None
        self._in_a_row[channel].add(whose)
        if len(self._in_a_row[channel]) >= self._failures:
            self._until[channel] = self._try_at[channel] = now + self._rest
        return False
