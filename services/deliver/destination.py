"""Who is told: what they hear of an event, and what became of telling them."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from events.envelope import Recorded


@dataclass(frozen=True)
class Parcel:
    """What one destination is told because of one event."""

    recorded: Recorded
    what: str  # for whoever reads the list: `visit.attended`, `Appointment booked`
    body: bytes
    digest: str | None = None  # of what it says, where the same again need not be said
    known: bool = False  # the destination was told of this before, or may have been

    @property
    def event_id(self) -> UUID:
        """The same for the same event, however often it is told."""
        return self.recorded.meta.event_id


@dataclass(frozen=True)
class Delivered:
    """They have it."""

    status: int | None = None


@dataclass(frozen=True)
class Sent:
    """It is on its way: they say themselves when they have it."""

    status: int | None = None


@dataclass(frozen=True)
class Refused:
    """They will not have it, however often it is told: somebody has to look."""

    status: int | None
    detail: str


@dataclass(frozen=True)
class NotNow:
    """They could not be told, or could not take it: later."""

    detail: str
    status: int | None = None
    after_seconds: float | None = None  # as they asked


@dataclass(frozen=True)
class Over:
    """They want to hear nothing more, ever."""

    status: int | None
    detail: str


Outcome = Delivered | Sent | Refused | NotNow | Over


@dataclass(frozen=True)
class LeftOut:
    """An event they should have heard of, and cannot be told: why."""

    recorded: Recorded
    what: str
    detail: str


class Destination(Protocol):
    """One of them."""

    name: str

    async def parcel(self, recorded: Recorded) -> Parcel | LeftOut | None:
        """What they are told of this event, if anything."""
        ...

    async def send(self, parcel: Parcel, nth: int) -> Outcome:
        """Told, for the nth time."""
        ...
