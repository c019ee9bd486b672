"""Load, decide, append; a lost race is decided again on what is true by then."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from domain.decider import Decider, Refused
from domain.request import Request
from events import streams
from events.base import Event
from services import telemetry
from services.log.appender import Appender
from services.log.circumstances import about_request
from services.log.commands import (
    AlreadySeen,
    Answer,
    Append,
    Circumstances,
    Sealed,
    StreamMoved,
    Write,
)
from services.log.reader import History, Log
from services.settings import Settings

State = TypeVar("State")


class ChangedMeanwhile(Refused):
    """It is not what you saw: look again, and decide again."""

    code = "changed_meanwhile"


class SameIdOtherContent(Refused):
    """A message with this id was accepted before, with another content."""

    code = "same_id_other_content"


@dataclass(frozen=True)
class Given:
    """A command as it came: its id, its circumstances, a digest of the message that made it."""

    command_id: UUID
    circumstances: Circumstances
    fingerprint: str | None = None
    expected: tuple[str, int] | None = None  # the stream as its sender saw it


@dataclass
class Decision:
    """What one decision reads and wants written, collected while it is taken."""

    log: Log
    first_attempt: bool
    sealed: list[Sealed] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)
    _read: dict[str, History] = field(default_factory=dict)

    async def read(self, *named: str) -> None:
        """What `state` is asked for next, in one look."""
        self._read |= await self.log.load_all(named)

    async def state(self, decider: Decider[Any, State, Any], stream: str) -> State:
        """What is, in that stream. It must not have moved when the decision is written."""
        history = self._read.pop(stream, None) or await self.log.load(stream)
        self._versions[stream] = history.version
        return decider.replay(history.events)

    async def state_of_new(self, decider: Decider[Any, State, Any], stream: str) -> State:
        """As `state`, for a stream that most likely has not begun: not even looked up at first."""
        if self.first_attempt:
            self._versions[stream] = 0
            return decider.initial
        return await self.state(decider, stream)

    def write(
        self, stream: str, events: Sequence[Event], about: Circumstances | None = None
    ) -> None:
        """Want these events there, if there are any; `about`: not the command's circumstances."""
        if events:
            self.writes.append(Write(stream, self._versions[stream], events, about))

    def write_to_requests(
        self,
        happened: Mapping[UUID, Sequence[Event]],
        before: Mapping[UUID, Request],
        given: Given,
    ) -> None:
        """What somebody else's command does to requests: each is told as its own."""
        for request_id, events in happened.items():
            actor, cause = given.circumstances.actor, given.circumstances.causation
            about = about_request(request_id, before[request_id], actor, causation=cause)
            self.write(streams.request(request_id), events, about)

    def check(self, expected: tuple[str, int] | None) -> None:
        """Raises ChangedMeanwhile where the stream is not as the sender saw it."""
        if expected is not None and self._versions.get(expected[0]) not in {None, expected[1]}:
            raise ChangedMeanwhile

    def unmoved(self) -> list[tuple[str, int]]:
        """What was read and is not written to."""
        written = {write.stream for write in self.writes}
        return [(stream, v) for stream, v in self._versions.items() if stream not in written]


class Executor:
    """Takes decisions over streams of the log, for services that keep nothing in memory."""

    def __init__(self, log: Log, appender: Appender, settings: Settings, service: str) -> None:
        self._log = log
        self._appender = appender
        self._settings = settings
        self._service = service

    async def look(self, decider: Decider[Any, State, Any], stream: str) -> State:
        """What is, in that stream, for nothing but looking."""
        return await self._log.state(decider, stream)

    async def knows(self, command_id: UUID) -> bool:
        """Whether the command is in the log, or its receipt is."""
        return await self._log.receipt(command_id) is not None

    async def cause_of(self, stream: str) -> UUID | None:
        """The command that began the stream; None: nothing did."""
        first = next(iter(await self._log.history(stream)), None)
        return first.meta.causation if first else None

    async def answered(self, command_id: UUID) -> Answer:
        """What was answered to it; nothing, if it was never accepted."""
        seen = await self._log.receipt(command_id)
        return (seen[1] if seen else None) or {}

    async def agenda_of(self, slot_id: UUID) -> str | None:
        """The stream of the agenda a slot is in; None for a slot nobody published."""
        return await self._log.agenda_of(slot_id)

    async def agendas_of(self, slot_ids: Sequence[UUID]) -> dict[UUID, str]:
        """As `agenda_of`, of many: those nobody published are not in it."""
        return await self._log.agendas_of(slot_ids)

    async def execute(
        self, given: Given, decide: Callable[[Decision], Awaitable[Answer]]
    ) -> Answer:
        """What the sender is told, once it is in the log.

        What decides nothing has its receipt all the same: the same id stays the same message.
        `decide` reads and wants through the Decision, returns the answer, raises what refuses.
        Raises SameIdOtherContent, StreamMoved after too many lost races, and LogUnavailable.
        """
        for attempt in range(1, self._settings.decide_attempts + 1):
            decision = Decision(self._log, first_attempt=attempt == 1)
            try:
                answer = await decide(decision)
                decision.check(given.expected)
            except Refused:
                # Accepted before, and sent again when it would no longer be: the same answer.
                if seen := await self._log.receipt(given.command_id):
                    return _told(given, AlreadySeen(*seen), {})
                raise
            try:
                outcome = await self._appender.append(
                    Append(
                        command_id=given.command_id,
                        writes=decision.writes,
                        circumstances=given.circumstances,
                        unmoved=decision.unmoved(),
                        sealed=decision.sealed,
                        fingerprint=given.fingerprint,
                        answer=answer,
                    )
                )
            except StreamMoved:
                telemetry.lost_races.labels(self._service).inc()
                continue
            return _told(given, outcome, answer)
        raise StreamMoved(given.command_id)


def _told(given: Given, outcome: object, answer: Answer) -> Answer:
    if not isinstance(outcome, AlreadySeen):
        return answer
    if outcome.fingerprint != given.fingerprint:
        raise SameIdOtherContent(given.command_id)
    return outcome.answer or answer
