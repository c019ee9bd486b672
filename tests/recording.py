"""A log in memory, for tests that need positions and versions and no server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from events import streams
from events.agenda import SlotPublished
from events.base import Event
from events.envelope import Actor, Meta, Recorded, Role
from tests.examples import DR_ADAM, NEVERS, NOON, WEEK, called


def stream_of(event: Event) -> str:
    """Where an event of the examples belongs."""
    match event:
        case SlotPublished():
            return streams.agenda(event.rpps, event.week)
        case _ if event.name.startswith("slot."):
            return streams.agenda(DR_ADAM, WEEK)
        case _ if event.name.startswith("community."):
            return streams.community(event.finess)  # type: ignore[attr-defined]
        case _ if event.name.startswith("account."):
            return streams.account(event.account_id)  # type: ignore[attr-defined]
        case _ if event.name.startswith("practitioner."):
            return streams.practitioner(event.rpps)  # type: ignore[attr-defined]
        case _:
            return streams.request(event.request_id)  # type: ignore[attr-defined]


@dataclass
class LogInMemory:
    recorded: list[Recorded] = field(default_factory=list)

    def append(self, stream: str, events: Sequence[Any], command: UUID) -> list[Recorded]:
        version = sum(r.stream == stream for r in self.recorded)
        new = [
            Recorded(
                position=len(self.recorded) + nth,
                stream=stream,
                version=version + nth,
                event=event,
                meta=meta(command, event),
                recorded_at=NOON,
            )
            for nth, event in enumerate(events, 1)
        ]
        self.recorded += new
        return new


def altered(fact: Recorded, **changes: Any) -> Recorded:
    """The same fact, but for that."""
    columns = ("position", "stream", "version", "event", "meta", "recorded_at")
    return Recorded(**{name: getattr(fact, name) for name in columns} | changes)


def meta(command: UUID, event: Event) -> Meta:
    return Meta(
        event_id=called(f"{command} {event.name} {event}"),
        command_id=command,
        community=NEVERS,
        actor=Actor(ref="tests", role=Role.PRACTITIONER),
        correlation=command,
        causation=command,
    )


def recorded(*events: Event, command: str = "one command") -> list[Recorded]:
    """The events as a log has them, all by one command."""
    log = LogInMemory()
    for event in events:
        log.append(stream_of(event), [event], called(command))
    return log.recorded
