"""What is given to the log, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha1
from typing import Any
from uuid import UUID

from events.base import Event
from events.envelope import Actor, Meta, Recorded

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Write:
    """Events for one stream, which must be at that version (0: not begun)."""

    stream: str
    expected: int
    events: Sequence[Event]
    about: "Circumstances | None" = None  # where they are others than the command's


@dataclass(frozen=True, slots=True)
class Sealed:
    """A body and its key, both sealed: a row of the vault, written with the command or not."""

    ref: UUID
    subject: UUID  # whom it is about: erasing a subject erases all its rows
    kind: str
    key: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who commands, for whom, and because of what."""

    community: str | None
    actor: Actor
    correlation: UUID
    causation: UUID
    case_id: str | None = None

    def meta(self, command_id: UUID, nth: int) -> Meta:
        """The meta of the command's nth event, from 0."""
        return Meta(
            event_id=UUID(event_id(command_id, nth)),
            command_id=command_id,
            community=self.community,
            actor=self.actor,
            correlation=self.correlation,
            causation=self.causation,
            case_id=self.case_id,
        )


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def event_id(command_id: UUID, nth: int) -> str:
    """uuid5(command_id, nth) as text: a command given twice makes the same events.

    The standard library's takes six times as long, which was a fifth of appending.
    """
    digits = sha1(b"%b%d" % (command_id.bytes, nth), usedforsecurity=False).hexdigest()
    return (
        f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}"
        f"-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
    )


@dataclass(frozen=True, slots=True)
class Append:
    """All of it is written in one transaction, or nothing."""

    command_id: UUID
    writes: Sequence[Write]
    circumstances: Circumstances
    unmoved: Sequence[
        tuple[str, int]
    ] = ()  # streams read and not written: they must not have moved
    # Commands given and not yet answered that this decision took for written: if one of them fails,
    # this one does, for the version it expects may by then be somebody else's doing.
    stands_on: frozenset[UUID] = frozenset()
    sealed: Sequence[Sealed] = ()
    fingerprint: str | None = None  # of the message that made the command
    answer: Answer | None = None  # what its sender is told, now and if it asks again


@dataclass(frozen=True)
class Appended:
    """The command is in the log, its events at consecutive positions from `position`."""

    command: Append
    position: int
    recorded_at: datetime

    @cached_property
    def recorded(self) -> list[Recorded]:
        """Its events as the log has them. Made when asked for: it takes as long as appending."""
        command, recorded = self.command, list[Recorded]()
        for write in command.writes:
            for version, event in enumerate(write.events, write.expected + 1):
                nth = len(recorded)
                recorded.append(
                    Recorded(
                        position=self.position + nth,
                        stream=write.stream,
                        version=version,
                        event=event,  # type: ignore[arg-type]  # stored events are in the catalogue
                        meta=(write.about or command.circumstances).meta(command.command_id, nth),
                        recorded_at=self.recorded_at,
                    )
                )
        return recorded


@dataclass(frozen=True, slots=True)
class AlreadySeen:
    """A command with this id was in the log before: what it was made of, and its answer."""

    fingerprint: str | None
    answer: Answer | None


class StreamMoved(Exception):
    """Somebody else wrote to a stream this decision was based on: decide again."""


class LogUnavailable(Exception):
    """PostgreSQL did not take the command in time. Whether it was written shows on the next try."""
