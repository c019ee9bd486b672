"""The relay: the log, in order, onto JetStream, for everyone else.

One is active at a time (a session lock of PostgreSQL); others stand by. After a crash a few events
are published again under the same Nats-Msg-Id, which JetStream drops; whoever follows keeps the
position of the last one, which each message carries with the position of the one before.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any, cast

import orjson
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services import telemetry
from services.log import checkpoints
from services.log.bells import Bell
from services.log.database import UNREACHABLE, Connection, connect
from services.log.leading import leading
from services.log.tail import Tail, Written
from services.messaging import streams, subjects
from services.settings import Settings
from services.stopping import Together

log = structlog.get_logger()

NAME = "relay"
POSITION = "Snp-Position"
PREVIOUS_POSITION = "Snp-Previous-Position"
SOURCE = "/snp-dispatch"

_ONE_ACTIVE = 4021902  # advisory lock
# The stored text goes out as it is: nothing is decoded, so an event of newer code passes too.
_NEWS = (
    "select position, stream, name, schema_version, data::text, meta, recorded_at from events"
    " where position > %s order by position limit %s"
)
_Row = tuple[int, str, str, int, str | bytes, dict[str, Any], datetime]


class Relay:
    """`run` publishes what is in the log and not yet on JetStream, for ever."""

    def __init__(
        self, url: str, nats: Client, settings: Settings, bell: Bell, tail: Tail | None = None
    ) -> None:
        self._url = url
        self._nats = nats
        self._js: JetStreamContext = nats.jetstream(timeout=settings.publish_timeout_seconds)
        self._settings = settings
        self._bell = bell
        self._tail = tail
        self.active = False
        self._last_id: str | None = None  # of the last event published in this round

    async def run(self) -> None:
        """Stand by, then be the one, until cancelled."""
        while True:
            try:
                async with self._leading() as connection:
                    await self._publish_from(connection, await self._start(connection))
            except* (*UNREACHABLE, NatsError, TimeoutError) as faults:
                names = sorted({type(fault).__name__ for fault in faults.exceptions})
                log.warning("relay interrupted", errors=names)
            finally:
                self.active = False
            await asyncio.sleep(self._settings.relay_standby_seconds)

    @asynccontextmanager
    async def _leading(self) -> AsyncIterator[Connection]:
        """A connection that holds the lock and hears every append of every process."""
        async with leading(self._url, self._settings, _ONE_ACTIVE) as connection:
            # A lost checkpoint costs duplicates, which JetStream drops: no need to wait for disk.
            await connection.execute("set synchronous_commit = off")
            yield connection

    async def _start(self, connection: Connection) -> int:
        """Where to go on: the checkpoint, or before it when JetStream has lost its end."""
        reached = await checkpoints.reached(connection, NAME)
        published = await self._last_published()
        if published is not None and published < reached:
            log.warning("JetStream is behind the relay's checkpoint", lost=reached - published)
            return published
        return reached

    async def _last_published(self) -> int | None:
        """The position of the newest event on JetStream; None when the stream is empty by age."""
        info = await self._js.stream_info(streams.EVENTS)
        if info.state.messages == 0:
            return None if info.state.last_seq else 0
        try:
            message = await self._js.get_msg(streams.EVENTS, info.state.last_seq, direct=True)
        except NotFoundError:
            return None
        position = (message.headers or {}).get(POSITION)
        if position is None:  # none of ours: where we stand, our checkpoint knows
            log.error("a foreign message on the stream of events", subject=message.subject)
            return None
        return int(position)

    async def _publish_from(self, connection: Connection, position: int) -> None:
        self.active = True
        self._last_id = None
        async with Together() as tasks:
            tasks.create_task(self._publish(connection, position))
            tasks.create_task(self._hear_other_processes())

    async def _hear_other_processes(self) -> None:
        connection = await connect(self._url, self._settings)
        try:
            await connection.execute("listen snp_appended")
            async for appended in connection.notifies():
                if self._tail is None or appended.pid != self._tail.writer:
                    self._bell.ring()  # our own was heard when it was written
        finally:
            await connection.close()

    async def _publish(self, connection: Connection, position: int) -> None:
        saved, saved_at = position, monotonic()
        while True:
            rows = await self._news(connection, position)
            if rows:
                telemetry.relay_lag_events.set(len(rows))
                telemetry.relay_lag_seconds.set((datetime.now(UTC) - rows[0][6]).total_seconds())
                await self._publish_all(position, rows)
                position = rows[-1][0]
                # One ring a batch: everybody reads the log, nobody needs a ring an event.
                await self._nats.publish(subjects.BELL, str(position).encode())
            if len(rows) < self._settings.relay_batch_events:
                telemetry.relay_lag_events.set(0)
                telemetry.relay_lag_seconds.set(0)
                until_saved = self._settings.relay_checkpoint_seconds
                await self._bell.heard(
                    within=self._settings.follow_poll_seconds if position == saved else until_saved
                )
            if (
                position > saved
                and monotonic() - saved_at > self._settings.relay_checkpoint_seconds
            ):
                await checkpoints.move(connection, NAME, position)
                saved, saved_at = position, monotonic()

    async def _news(self, connection: Connection, position: int) -> Sequence[_Row]:
        """What comes next, from beside us or from the table."""
        limit = self._settings.relay_batch_events
        if self._tail is not None and (written := self._tail.after(position, limit)):
            return [_row(one) for one in written]
        cursor = await connection.execute(_NEWS, (position, limit))
        return cast("Sequence[_Row]", await cursor.fetchall())

    async def _publish_all(self, previous: int, rows: Sequence[_Row]) -> None:
        """All of them, acknowledged, in this order or not at all.

        Each expects the one before it to be the last: after one that was lost none is taken, and
        the fault ends this round; the next asks JetStream where it stands. What was stored is then
        dropped as a duplicate.
        """
        stored = []
        for row in rows:
            headers = _headers(row, previous, self._last_id)
            previous, self._last_id = row[0], headers["Nats-Msg-Id"]
            stored.append(
                await self._js.publish_async(
                    subjects.event(row[5]["community"], row[2], row[1]),
                    message(row),
                    stream=streams.EVENTS,
                    headers=headers,
                )
            )
        async with asyncio.timeout(self._settings.publish_timeout_seconds):
            await asyncio.gather(*stored)


def _row(written: Written) -> _Row:
    recorded, meta = written.recorded, written.recorded.meta
    circumstances = {
        "event_id": str(meta.event_id),
        "community": meta.community,
        "case_id": meta.case_id,
        "correlation": meta.correlation,
        "causation": meta.causation,
        "actor": {"role": meta.actor.role},
    }
    event = recorded.event
    return (
        recorded.position,
        recorded.stream,
        event.name,
        event.version,
        written.data,
        circumstances,
        recorded.recorded_at,
    )


def _headers(row: _Row, previous: int, last_id: str | None) -> dict[str, str]:
    expected = {"Nats-Expected-Last-Msg-Id": last_id} if last_id else {}
    return expected | {
        "Nats-Msg-Id": row[5]["event_id"],
        "Content-Type": "application/cloudevents+json",
        POSITION: str(row[0]),
        PREVIOUS_POSITION: str(previous),
    }


def message(row: _Row) -> bytes:
    """The event as a CloudEvent 1.0 in structured mode."""
    _, stream, name, schema_version, data, meta, recorded_at = row
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": meta["event_id"],
            "source": SOURCE,
            "type": name,
            "subject": stream,
            "time": recorded_at,
            "datacontenttype": "application/json",
            "schemaversion": schema_version,
            "community": meta["community"],
            "caseid": meta["case_id"],
            "correlationid": meta["correlation"],
            "causationid": meta["causation"],
            "actorrole": meta["actor"]["role"],
            "data": orjson.Fragment(data),
        }
    )
