"""The one append path: every waiting command in one transaction (group commit).

Measured on two cores: one transaction a command gives 1.2-1.8k commands/s, one a batch more than
ten times that, because the flush to disk and the round trip are paid once.
"""

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg
import structlog
from psycopg.types.json import Jsonb

from events.catalogue import stored
from services import telemetry
from services.log.bells import Bells
from services.log.commands import (
    AlreadySeen,
    Append,
    Appended,
    Circumstances,
    LogUnavailable,
    StreamMoved,
    event_id,
)
from services.log.database import UNREACHABLE, Connection, connect
from services.log.reader import load_written
from services.log.tail import Tail, Written
from services.settings import Settings

log = structlog.get_logger()

_APPEND = "select append_commands_2(%b)"
_KNOWN_STREAMS = 200_000
_FAILED_COMMANDS = 50_000


Outcome = asyncio.Future[Appended | AlreadySeen]


@dataclass(slots=True, eq=False)
class _Waiting:
    command: Append
    answer: Outcome
    chain: int = 0
    retried: bool = False
    data: list[bytes] = field(default_factory=list)  # of each event, as it is stored
    events: list[dict[str, Any]] = field(default_factory=list)


class Appender:
    """Writes commands to the log. `run` does the writing; `append` waits for it.

    Who is in `overhearing` is told of each command before it is written, and may give commands
    that stand on it: they go into the same transaction, and are written with it or not at all.
    """

    def __init__(self, url: str, settings: Settings, bells: Bells) -> None:
        self.tail = Tail(settings.tail_events)
        self.overhearing: list[Callable[[Append, Outcome], None]] = []
        self._url = url
        self._settings = settings
        self._bells = bells
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        # The least version each stream is known to have: a race already lost needs no round trip.
        self._known: dict[str, int] = {}
        self._failed: dict[UUID, None] = {}  # the last commands that failed, oldest first

    async def append(self, command: Append) -> Appended | AlreadySeen:
        """The command, written. Raises StreamMoved and LogUnavailable."""
        return await self.written(self.give(command))

    def give(self, command: Append) -> Outcome:
        """Queue the command, and say at once to who overhears that it will be written."""
        self._failed.pop(command.command_id, None)  # another attempt
        waiting = _Waiting(command, asyncio.get_running_loop().create_future())
        waiting.data = [stored(event) for write in command.writes for event in write.events]
        waiting.events = _encoded(command, waiting.data)
        self._waiting.append(waiting)
        for overhear in self.overhearing:
            overhear(command, waiting.answer)
        self._wake.set()  # last: what stands on it goes into the same batch
        return waiting.answer

    async def written(self, outcome: Outcome) -> Appended | AlreadySeen:
        """What became of a command given: it is written, or it never will be.

        Raises StreamMoved and LogUnavailable. Several may wait for one command; the first to lose
        patience withdraws it for all.
        """
        try:
            async with asyncio.timeout(self._settings.append_timeout_seconds):
                return await outcome
        except TimeoutError as late:
            raise LogUnavailable from late
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise LogUnavailable from None

    def least_version(self, stream: str) -> int:
        """The version the stream has at least: what this process happened to see of it."""
        return self._known.get(stream, 0)

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while batch := self._next_batch():
                    await self._write(batch)
        finally:
            if self._connection is not None:
                await self._connection.close()

    def _next_batch(self) -> list[_Waiting]:
        """Commands that can be written together, in the order they came.

        A command that stands on what an earlier one of the batch writes shares its fate (a
        `chain`). One whose stream an earlier one moves past its expectation waits for the next
        batch, where PostgreSQL, or what is known by then, tells it that it lost.
        """
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        written: dict[str, tuple[int, int]] = {}  # stream → version it will have, chain
        ids: set[UUID] = set()
        # Half of a long queue: the callers of one batch prepare their next command while
        # PostgreSQL writes the other. At 64 concurrent: 4.7k commands/s whole, 7.6k halved.
        most = min(
            max(len(self._waiting) // 2, self._settings.append_batch_overlap_commands),
            self._settings.append_batch_commands,
        )
        while self._waiting and len(batch) < most:
            waiting = self._waiting.popleft()
            if waiting.answer.done() or self._lost_already(waiting):
                self._fail(waiting)
                continue
            chains = _chains(waiting.command, written)
            if chains is None or waiting.command.command_id in ids:
                later.append(waiting)
                continue
            ids.add(waiting.command.command_id)
            waiting.chain = len(batch)
            if chains:
                _join(batch, written, chains, waiting.chain)
            for write in waiting.command.writes:
                written[write.stream] = write.expected + len(write.events), waiting.chain
            batch.append(waiting)
        self._waiting.extendleft(reversed(later))
        return batch

    def _lost_already(self, waiting: _Waiting) -> bool:
        command = waiting.command
        if not self._failed.keys().isdisjoint(command.stands_on):
            return True
        if command.fingerprint is not None:
            return False  # it came from outside, perhaps for the second time: the inbox knows
        return any(self.least_version(w.stream) > w.expected for w in command.writes) or any(
            self.least_version(stream) > version for stream, version in command.unmoved
        )

    async def _write(self, batch: list[_Waiting]) -> None:
        payload = Jsonb(_payload(batch), dumps=orjson.dumps)
        began = perf_counter()
        while True:
            try:
                if self._connection is None:
                    self._connection = await connect(self._url, self._settings)
                    self.tail.writer = self._connection.info.backend_pid
                cursor = await self._connection.execute(_APPEND, (payload,))
                row = await cursor.fetchone()
                break
            except UNREACHABLE as error:
                # Whether the batch was written is unknown: the inbox tells on the next attempt.
                log.warning("log unreachable", error=type(error).__name__, commands=len(batch))
                await self._disconnect()
                for waiting in batch:
                    waiting.retried = True
                await asyncio.sleep(self._settings.append_reconnect_seconds)
            except psycopg.Error as error:
                log.warning("append refused", error=type(error).__name__)
                await self._one_by_one(batch, error)
                return
        telemetry.append_seconds.observe(perf_counter() - began)
        telemetry.append_batch.observe(len(batch))
        assert row is not None
        await self._resolve(batch, cast("dict[str, Any]", row[0]))

    async def _one_by_one(self, batch: list[_Waiting], error: psycopg.Error) -> None:
        """What PostgreSQL refuses outright must not take its neighbours along."""
        if len(batch) == 1:
            self._fail(batch[0], error)
            return
        for waiting in batch:
            await self._write([waiting])

    async def _resolve(self, batch: list[_Waiting], outcome: dict[str, Any]) -> None:
        position = outcome["first"] or 0  # receipts alone have no events
        written: list[Written] = []
        recorded_at = datetime.fromisoformat(outcome["recorded_at"])
        accepted = set(outcome["accepted"])
        seen = {entry["n"]: entry for entry in outcome["seen"]}
        for moved in outcome["moved"]:
            self._know(moved["stream"], moved["version"])
        for n, waiting in enumerate(batch):
            if n in accepted:
                appended = Appended(waiting.command, position, recorded_at)
                for nth, data in enumerate(waiting.data):
                    written.append(Written(position + nth, data, appended, nth))
                position += len(waiting.data)
                for write in waiting.command.writes:
                    self._know(write.stream, write.expected + len(write.events))
                _tell(waiting, appended)
            elif n in seen:
                await self._tell_seen(waiting, seen[n])
            else:
                self._fail(waiting)
        if written:
            telemetry.appended_events.inc(len(written))
            self.tail.add(outcome["previous"], written)
            self._bells.ring()

    async def _tell_seen(self, waiting: _Waiting, entry: dict[str, Any]) -> None:
        if waiting.retried and self._connection is not None:
            # Written by the attempt whose answer was lost, or by another process before: look.
            written = await load_written(self._connection, waiting.command)
            if written:
                first = written[0]
                _tell(waiting, Appended(waiting.command, first.position, first.recorded_at))
                self._bells.ring()
                return
        _tell(waiting, AlreadySeen(entry["fingerprint"], entry["answer"]))

    def _fail(self, waiting: _Waiting, error: Exception | None = None) -> None:
        self._failed[waiting.command.command_id] = None
        if len(self._failed) > _FAILED_COMMANDS:
            del self._failed[next(iter(self._failed))]
        if not waiting.answer.done():  # its caller may have given up waiting
            waiting.answer.set_exception(error or StreamMoved(waiting.command.command_id))

    def _know(self, stream: str, version: int) -> None:
        if len(self._known) >= _KNOWN_STREAMS:
            self._known.clear()
        self._known[stream] = max(self._known.get(stream, 0), version)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _chains(command: Append, written: dict[str, tuple[int, int]]) -> set[int] | None:
    """The chains this command would join, or None when it cannot be in this batch."""
    chains: set[int] = set()
    expectations = [(write.stream, write.expected) for write in command.writes]
    for stream, expected in (*expectations, *command.unmoved):
        if stream in written:
            version, chain = written[stream]
            if version != expected:
                return None
            chains.add(chain)
    return chains


def _join(
    batch: list[_Waiting], written: dict[str, tuple[int, int]], chains: set[int], into: int
) -> None:
    """Make one chain of several."""
    for waiting in batch:
        if waiting.chain in chains:
            waiting.chain = into
    for stream, (version, chain) in written.items():
        if chain in chains:
            written[stream] = version, into


def _tell(waiting: _Waiting, answer: Appended | AlreadySeen) -> None:
    if not waiting.answer.done():  # its caller may have given up waiting
        waiting.answer.set_result(answer)


def _encoded(command: Append, data: Sequence[bytes]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for write in command.writes:
        about = {"about": _whose(write.about)} if write.about else {}
        for version, event in enumerate(write.events, write.expected + 1):
            rows.append(
                {
                    "id": event_id(command.command_id, len(rows)),
                    "stream": write.stream,
                    "version": version,
                    "name": event.name,
                    "schema_version": event.version,
                    "data": orjson.Fragment(data[len(rows)]),
                }
                | about
            )
    return rows


def _common_meta(command: Append) -> dict[str, Any]:
    """`Meta` but for the event's id."""
    return {"command_id": command.command_id, **_whose(command.circumstances)}


def _whose(circumstances: Circumstances) -> dict[str, Any]:
    return {
        "community": circumstances.community,
        "actor": {"ref": circumstances.actor.ref, "role": circumstances.actor.role},
        "correlation": circumstances.correlation,
        "causation": circumstances.causation,
        "case_id": circumstances.case_id,
    }


def _payload(batch: Sequence[_Waiting]) -> dict[str, Any]:
    checks: list[dict[str, Any]] = []
    written: set[str] = set()
    for waiting in batch:
        command = waiting.command
        expectations = [(write.stream, write.expected) for write in command.writes]
        checks.extend(
            {"chain": waiting.chain, "stream": stream, "version": version}
            for stream, version in (*expectations, *command.unmoved)
            if stream not in written
        )
        written.update(write.stream for write in command.writes)
    return {
        "commands": [
            {
                "n": n,
                "chain": waiting.chain,
                "id": waiting.command.command_id,
                "fingerprint": waiting.command.fingerprint,
                "answer": waiting.command.answer,
                "meta": _common_meta(waiting.command),
            }
            for n, waiting in enumerate(batch)
        ],
        "checks": checks,
        "events": [row | {"n": n} for n, waiting in enumerate(batch) for row in waiting.events],
        "sealed": [
            {
                "n": n,
                "ref": sealed.ref,
                "subject": sealed.subject,
                "kind": sealed.kind,
                "key": b64encode(sealed.key).decode(),
                "body": b64encode(sealed.body).decode(),
            }
            for n, waiting in enumerate(batch)
            for sealed in waiting.command.sealed
        ],
    }
