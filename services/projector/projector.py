"""Keeping a read model up to date, and building it anew.

Live and rebuilt are the same code over the same events: the same bytes.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise, zip_longest
from typing import cast

import structlog
from psycopg import sql

from events.envelope import Recorded
from projections.rows import Projection
from services import telemetry
from services.garbage import seldom_collected
from services.log import checkpoints
from services.log.bells import Bell
from services.log.database import UNREACHABLE, Connection, Pool
from services.log.follow import follow
from services.log.patience import patiently
from services.log.reader import ALL_OF_IT, Log, Only, after
from services.projector.readers import let_read
from services.projector.statements import Statements, shape
from services.settings import Settings
from services.stopping import stop

logger = structlog.get_logger()

Progress = Callable[[int, int], None]
"""Position reached, position to reach."""


class Projector:
    """Keeps one read model. Any number may run: the checkpoint's row lets one at a time write."""

    def __init__(
        self, pool: Pool, log: Log, projection: Projection, settings: Settings, bell: Bell
    ) -> None:
        self.name = projection.name
        self.position = 0
        self._pool = pool
        self._log = log
        self._projection = projection
        self._statements = Statements(projection)
        self._shape = shape(projection)
        self._settings = settings
        self._bell = bell
        self._hurried = asyncio.Event()
        self._unseen: datetime | None = None  # since when an event is not shown
        telemetry.projection_age.labels(self.name).set_function(self._age)

    async def open(self) -> None:
        """Make sure the tables are there and of the shape this code fills; else build them."""
        await patiently(self._open, self._settings, "read model not built")

    async def _open(self) -> None:
        async with self._pool.connection() as connection:
            self.position, known = await _checkpoint(connection, self.name)
        if known != self._shape:
            logger.info("building read model", projection=self.name)
            self.position = await rebuild(self._pool, self._projection, self._settings)

    async def run(self) -> None:
        """Follow the log, for ever."""
        while True:
            try:
                async for batch in follow(
                    self._log, self._bell, self._settings, since=self.position
                ):
                    if not await self._take_in(batch):
                        # Somebody else was here: go on from where they are, but not at once. Code
                        # of another version may own the tables for as long as it runs.
                        await asyncio.sleep(self._settings.follow_poll_seconds)
                        break
            except UNREACHABLE as fault:
                logger.warning("read model not written", error=type(fault).__name__)
                await asyncio.sleep(self._settings.append_reconnect_seconds)

    async def _take_in(self, batch: Sequence[Recorded]) -> bool:
        """Show it, and pause. False: the tables are elsewhere, go on from there.

        A pause makes one batch of many; who is behind makes none.
        """
        settings = self._settings
        if len(batch) == settings.follow_batch_events:
            return await self._show(batch)
        pause, parts = settings.projection_pause_seconds, [batch]
        if self._projection.seldom:
            # A second's events at once would be tens of milliseconds of both cores, and whoever
            # asks for a place waits meanwhile.
            pause = settings.indicators_pause_seconds
            parts = by_parts(batch, self._projection.events, settings.indicators_part_events)
        for part, rest in zip_longest(parts, parts[1:]):
            if not await self._show(part):
                return False
            if rest:  # in hand, and not shown
                self._unseen = rest[0].recorded_at
            await self._pause(pause / len(parts))
        return True

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()

    async def caught_up(self) -> None:
        """Return when everything in the log now is shown. Nothing pauses meanwhile."""
        head = await self._log.head()
        try:
            while self.position < head:
                self._hurried.set()  # again: another who waited may have let go of it
                self._bell.ring()
                await asyncio.sleep(0.005)
        finally:
            self._hurried.clear()

    def _age(self) -> float:
        """Seconds. Asked for when it is read: it grows for as long as the tables do not change."""
        return (datetime.now(UTC) - self._unseen).total_seconds() if self._unseen else 0.0

    async def _show(self, batch: Sequence[Recorded]) -> bool:
        """Apply what is new of the batch. False: the tables are elsewhere, go on from there."""
        self._unseen = batch[0].recorded_at
        async with self._pool.connection() as connection, connection.transaction():
            reached, known = await checkpoints.reached_and_held(connection, self.name)
            if reached < self.position or known != self._shape:
                self.position, self._unseen = reached, None  # whoever owns them shows it
                return False
            # Another projector may have been faster, or a rebuild: old news is ignored.
            news = [recorded for recorded in batch if recorded.position > reached]
            if news:
                await show(connection, self._statements, news)
                await checkpoints.move(connection, self.name, news[-1].position)
        self.position = max(reached, batch[-1].position)
        self._unseen = None
        telemetry.projection_position.labels(self.name).set(self.position)
        return True


def by_parts(
    batch: Sequence[Recorded], names: Collection[str], most: int
) -> list[Sequence[Recorded]]:
    """The batch in order, cut after every so many events of these names."""
    ends = [nth + 1 for nth, recorded in enumerate(batch) if recorded.event.name in names]
    cuts = [0, *ends[most - 1 :: most]]
    return [part for begin, end in pairwise([*cuts, len(batch)]) if (part := batch[begin:end])]


async def show(connection: Connection, statements: Statements, batch: Sequence[Recorded]) -> None:
    """Apply the events to the rows, in the caller's transaction."""
    projection = statements.projection
    concerned = [r for r in batch if r.event.name in projection.events]
    if not concerned:
        return
    places = [place for recorded in concerned for place in projection.touched(recorded)]
    rows = await statements.read(connection, places)
    for recorded in concerned:
        projection.apply(rows, recorded)
    await statements.write(connection, rows)


async def rebuild(
    pool: Pool, projection: Projection, settings: Settings, progress: Progress | None = None
) -> int:
    """A read model from the beginning of the log, in tables of its own, then swapped in.

    Readers see the old one until the swap. Gives the position it was built up to. Two at once: the
    second waits and builds again.
    """
    name, draft = projection.name, f"{projection.name}_next"
    statements = Statements(projection, draft)
    async with pool.connection() as connection:
        await connection.execute("select pg_advisory_lock(hashtext(%s))", (f"rebuild {name}",))
        try:
            await connection.execute(_drop(draft))
            for statement in statements.create():
                await connection.execute(statement)
            await let_read(connection, projection, draft)
            position = await replay(pool, connection, statements, settings, 0, progress)
            for statement in statements.indexes():
                await connection.execute(statement)
            async with connection.transaction():
                # From here the live projector waits; what it may have seen since is caught up.
                await checkpoints.reached_and_held(connection, name)
                position = await replay(pool, connection, statements, settings, position, progress)
                await connection.execute(_drop(name))
                await connection.execute(
                    sql.SQL("alter schema {} rename to {}").format(
                        sql.Identifier(draft), sql.Identifier(name)
                    )
                )
                await checkpoints.reshape(connection, name, position, shape(projection))
        finally:
            await connection.execute(
                "select pg_advisory_unlock(hashtext(%s))", (f"rebuild {name}",)
            )
    return position


async def replay(
    pool: Pool,
    connection: Connection,
    statements: Statements,
    settings: Settings,
    position: int,
    progress: Progress | None,
    *,
    until: int | None = None,
    only: Only | None = None,
) -> int:
    """Everything after the position, up to another or the end of the log: the new position.

    While a batch is shown on the connection, the next one is read on another.
    """
    async with pool.connection() as reader:
        head = until
        if head is None:
            cursor = await reader.execute("select coalesce(max(position), 0) from events")
            head = cast("tuple[int]", await cursor.fetchone())[0]
        next_after = partial(
            after,
            reader,
            limit=settings.rebuild_batch_events,
            names=statements.projection.events,
            until=head,
            only=only or ALL_OF_IT,
        )
        reading = asyncio.create_task(next_after(position))
        try:
            with seldom_collected():
                while batch := await reading:
                    position = batch[-1].position
                    reading = asyncio.create_task(next_after(position))
                    async with connection.transaction():
                        await show(connection, statements, batch)
                    if progress is not None:
                        progress(position, head)
        finally:
            await stop([reading])
    return max(position, head)


def _drop(schema: str) -> sql.Composed:
    return sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema))


async def _checkpoint(connection: Connection, name: str) -> tuple[int, str | None]:
    async with connection.transaction():
        return await checkpoints.reached_and_held(connection, name)
