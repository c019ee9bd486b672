"""What surrounds a fact: who, for whom, because of what, and where it lies in the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from events.base import CaseId, Finess
from events.catalogue import AnyEvent
from events.roles import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: an opaque reference (an account, an RPPS, a service), never a name."""

    ref: str
    role: Role


@dataclass(frozen=True, slots=True)
class Meta:
    """The circumstances of an event, stored beside it."""

    event_id: UUID  # uuid5(command_id, n): the same command twice makes the same events
    command_id: UUID
    community: Finess | None  # None only where no community serves the case
    actor: Actor
    correlation: UUID  # the request (or the agenda, the practitioner…) all this is about
    causation: UUID  # the event or message that led to the command
    case_id: CaseId | None = None


__all__ = ["META", "Actor", "Meta", "Recorded", "Role"]

META: TypeAdapter[Meta] = TypeAdapter(Meta)
"""From JSON and back."""


class Recorded:
    """An event as the log has it: position counts the log, version its stream, from 1.

    Its circumstances are understood when they are first asked for: most readers never ask.
    """

    __slots__ = ("_meta", "event", "position", "recorded_at", "stream", "version")

    def __init__(
        self,
        *,
        position: int,
        stream: str,
        version: int,
        event: AnyEvent,
        meta: Meta | str,
        recorded_at: datetime,
    ) -> None:
        self.position = position
        self.stream = stream
        self.version = version
        self.event = event
        self.recorded_at = recorded_at
        self._meta = meta

    @property
    def meta(self) -> Meta:
        """Its circumstances. Raises pydantic's ValidationError for what no code of ours wrote."""
        if isinstance(self._meta, str):
            self._meta = META.validate_json(self._meta)
        return self._meta

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorded) and self._whole == other._whole

    def __hash__(self) -> int:
        return hash((self.position, self.stream, self.version))

    def __repr__(self) -> str:
        return f"Recorded{self._whole}"

    @property
    def _whole(self) -> tuple[object, ...]:
        return (
            self.position,
            self.stream,
            self.version,
            self.event,
            self.meta,
            self.recorded_at,
        )
