"""Reading the log: a stream, or everything after a position."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from domain.decider import Decider
from events import streams
from events.catalogue import AnyEvent, restored
from events.envelope import Recorded
from services.log.commands import Append
from services.log.database import Connection, Pool
from services.log.tail import Tail

State = TypeVar("State")

COLUMNS = "position, stream, version, name, schema_version, data::text, meta::text, recorded_at"
_Row = tuple[int, str, int, str, int, str, str, datetime]

_STREAM = f"select {COLUMNS} from events where stream = %s order by version"  # noqa: S608 columns above
# What a decision needs of a stream: what happened, not who did it and when.
_EVENTS = "select name, schema_version, data::text from events where stream = %s order by version"
_EVENTS_OF = (
    "select stream, name, schema_version, data::text from events where stream = any(%s)"
    " order by stream, version"
)
_AFTER = (
    f"select {COLUMNS} from events where position > %s"  # noqa: S608 columns above
    " order by position limit %s"
)
_AFTER_NAMED = (
    f"select {COLUMNS} from events where position > %s and position <= %s and name = any(%s)"  # noqa: S608 columns above
    " and (stream like any(%s) or stream in"
    " (select stream from events where position > %s and position <= %s and stream like %s))"
    " order by position limit %s"
)
_WRITTEN = (
    f"select {COLUMNS} from events where stream = %s and version between %s and %s"  # noqa: S608 columns above
    " and meta->>'command_id' = %s order by version"
)
_OF_KIND = (
    f"select {COLUMNS} from events where stream >= %s and stream < %s and position > %s"  # noqa: S608 columns above
    " order by position"
)
_RECEIPT = "select fingerprint, answer from inbox where command_id = %s"
# The index has the same expression and the same condition: migration 0002.
_AGENDAS_OF = (
    "select (data->>'slot_id')::uuid, stream from events"
    " where name = 'slot.published' and data->>'slot_id' = any(%s)"
)
_AGENDA_OF = (
    "select stream from events where name = 'slot.published' and data->>'slot_id' = %s limit 1"
)
_WEEKS = (
    "select distinct stream from events where stream >= %s and stream < %s and version = 1"
    " order by stream"
)
_HEAD = "select coalesce(max(position), 0) from events"


@dataclass(frozen=True, slots=True)
class History:
    """What happened in one stream, and the version to expect when writing to it."""

    events: Sequence[AnyEvent]
    version: int


class Log:
    """The log, for readers. Commits happen in the order of positions, so `after` misses nothing."""

    def __init__(self, pool: Pool, tail: Tail | None = None) -> None:
        self._pool = pool
        self._tail = tail

    async def head(self) -> int:
        """The position of the last event, 0 for an empty log."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_HEAD)
            row = await cursor.fetchone()
        return cast("tuple[int]", row)[0]

    async def load(self, stream: str) -> History:
        """One stream from its beginning. A stream nobody wrote to is empty, at version 0."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_EVENTS, (stream,), binary=True)
            rows = cast("list[tuple[str, int, str]]", await cursor.fetchall())
        # Versions count from 1 without gaps: the append path and its constraint see to it.
        return History([restored(*row) for row in rows], len(rows))

    async def load_all(self, named: Collection[str]) -> dict[str, History]:
        """As `load`, of several in one look."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_EVENTS_OF, (list(named),), binary=True)
            rows = cast("list[tuple[str, str, int, str]]", await cursor.fetchall())
        found: dict[str, list[AnyEvent]] = {stream: [] for stream in named}
        for stream, name, schema_version, data in rows:
            found[stream].append(restored(name, schema_version, data))
        return {stream: History(events, len(events)) for stream, events in found.items()}

    async def state(self, decider: Decider[Any, State, Any], stream: str) -> State:
        """What is, in that stream."""
        return decider.replay((await self.load(stream)).events)

    async def states(self, decider: Decider[Any, State, Any], kind: str) -> dict[str, State]:
        """What is, in every stream of a kind that has few, by what its name says after the kind."""
        histories: dict[str, list[AnyEvent]] = {}
        for recorded in await self.of_kind(kind):
            histories.setdefault(streams.identity(recorded.stream), []).append(recorded.event)
        return {name: decider.replay(events) for name, events in histories.items()}

    async def receipt(self, command_id: UUID) -> tuple[str | None, dict[str, Any] | None] | None:
        """The fingerprint and answer of a command in the log; None for one that is not."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_RECEIPT, (command_id,))
            return cast("tuple[str | None, dict[str, Any] | None] | None", await cursor.fetchone())

    async def agenda_of(self, slot_id: UUID) -> str | None:
        """The stream of the agenda a slot was published in."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_AGENDA_OF, (str(slot_id),))
            row = cast("tuple[str] | None", await cursor.fetchone())
        return row[0] if row else None

    async def agendas_of(self, slot_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The streams of the agendas these slots were published in; unknown ones are left out."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_AGENDAS_OF, ([str(one) for one in slot_ids],))
            return dict(cast("list[tuple[UUID, str]]", await cursor.fetchall()))

    async def agendas_since(self, rpps: str, week: str) -> list[str]:
        """The streams of a practitioner's agendas from that ISO week on, in order."""
        async with self._pool.connection() as connection:
            # "." comes after "-": the range holds the agendas of nobody else.
            given = (streams.agenda(rpps, week), f"agenda-{rpps}.")
            cursor = await connection.execute(_WEEKS, given)
            return [stream for (stream,) in cast("list[tuple[str]]", await cursor.fetchall())]

    async def history(self, stream: str) -> list[Recorded]:
        """One stream with its circumstances."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_STREAM, (stream,), binary=True)
            return [recorded_from(cast("_Row", row)) for row in await cursor.fetchall()]

    async def of_kind(self, kind: str, *, after: int = 0) -> list[Recorded]:
        """The events of a kind of stream that has few: `community`, `practitioner`."""
        async with self._pool.connection() as connection:
            # "." comes after "-": the range holds every stream of the kind.
            cursor = await connection.execute(
                _OF_KIND, (f"{kind}-", f"{kind}.", after), binary=True
            )
            return [recorded_from(cast("_Row", row)) for row in await cursor.fetchall()]

    async def after(self, position: int, *, limit: int) -> list[Recorded]:
        """Up to `limit` events after the position, in order."""
        if self._tail is not None and (news := self._tail.after(position, limit)):
            return [written.recorded for written in news]
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_AFTER, (position, limit), binary=True)
            return [recorded_from(cast("_Row", row)) for row in await cursor.fetchall()]


@dataclass(frozen=True)
class Only:
    """Part of the log: streams like these, and those of a kind that changed after a position.

    Whole ones: what changes is of no use without its beginning.
    """

    streams: Sequence[str]  # as LIKE has them: agenda-%-2026-W48
    changed: str = ""  # likewise
    since: int = 0


ALL_OF_IT = Only(streams=("%",))


async def after(
    connection: Connection,
    position: int,
    *,
    until: int,
    names: Collection[str],
    limit: int,
    only: Only = ALL_OF_IT,
) -> list[Recorded]:
    """Up to `limit` events of these names between two positions, in the caller's transaction."""
    since = (only.since, until, only.changed)
    given = (position, until, sorted(names), list(only.streams), *since, limit)
    cursor = await connection.execute(_AFTER_NAMED, given, binary=True)
    return [recorded_from(cast("_Row", row)) for row in await cursor.fetchall()]


async def load_written(connection: Connection, command: Append) -> list[Recorded] | None:
    """The events this command left in the log, or None when they are not (all) there."""
    found: list[Recorded] = []
    for write in command.writes:
        last = write.expected + len(write.events)
        cursor = await connection.execute(
            _WRITTEN, (write.stream, write.expected + 1, last, str(command.command_id)), binary=True
        )
        found.extend(recorded_from(cast("_Row", row)) for row in await cursor.fetchall())
    return found if len(found) == sum(len(write.events) for write in command.writes) else None


def recorded_from(row: _Row) -> Recorded:
    """A row of the events table, understood."""
    position, stream, version, name, schema_version, data, meta, recorded_at = row
    return Recorded(
        position=position,
        stream=stream,
        version=version,
        event=restored(name, schema_version, data),
        meta=meta,
        recorded_at=recorded_at,
    )
