"""The figures of a story: written to a real log, followed, told again, built anew, looked back at.

Every one of these ways must give the same, or there is no figure.
"""

from collections import Counter
from uuid import uuid4

from events.envelope import Actor, Role
from projections.indicators import folding
from projections.indicators.periods import period_of
from projections.indicators.questions import Asked
from projections.indicators.scope import Scope
from services.log.bells import Bells
from services.log.commands import Append, Circumstances, Write
from services.log.reader import Log
from services.projector.projector import Projector, rebuild
from services.reports.asking import Ask, report
from tests.examples import NEVERS, called, published, received
from tests.projections.tables import contents
from tests.recording import stream_of
from tests.running import running

AFTERWARDS = (received(called("somebody later")), published(called("a slot of later")))


class Book:
    """A log of one's own, with the live projector of its indicators."""

    def __init__(self, pool, settings, appender):
        self._pool, self._settings, self._appender = pool, settings, appender
        self._log = Log(pool)
        self._versions: Counter[str] = Counter()
        self._agendas: dict[object, str] = {}

    async def tell(self, events, role=Role.REGULATOR):
        """Written one after the other, and followed."""
        projector = Projector(
            self._pool, self._log, folding.projection, self._settings, Bells().listen()
        )
        await projector.open()
        for event in events:
            await self._write(event, role)
        async with running(projector.run()):
            await projector.caught_up()

    async def _write(self, event, role):
        if event.name == "slot.published":
            self._agendas[event.slot_id] = stream_of(event)
        slot = getattr(event, "slot_id", None) if event.name.startswith("slot.") else None
        stream = self._agendas.get(slot) or stream_of(event)
        command = uuid4()
        await self._appender.append(
            Append(
                command_id=command,
                writes=[Write(stream, self._versions[stream], (event,))],
                circumstances=Circumstances(
                    community=NEVERS,
                    actor=Actor(ref="tests", role=role),
                    correlation=command,
                    causation=command,
                ),
            )
        )
        self._versions[stream] += 1

    async def tell_again(self):
        """Everything is delivered once more, to a projector that has heard nothing yet."""
        projector = Projector(
            self._pool, self._log, folding.projection, self._settings, Bells().listen()
        )
        async with running(projector.run()):
            await projector.caught_up()

    async def build_anew(self):
        """From the log alone."""
        await rebuild(self._pool, folding.projection, self._settings)

    async def tables(self):
        """Every row, to the byte."""
        return await contents(self._pool, folding.projection)

    async def now(self):
        """When the last event was written."""
        return (await self._log.after(await self._log.head() - 1, limit=1))[0].recorded_at

    async def report(self, story, at=None, **how):
        """What is asked of it."""
        scope = Scope(community=story.community)
        asked = Asked(scope, period_of(story.period), story.by)
        return await report(self._pool, self._settings, Ask(asked, at=at, **how))

    async def figures(self, story, at=None):
        """Those the story tells, by code and cell."""
        cells = (await self.report(story, at)).cells
        told = {f"{code} {cell}".strip(): figure for (code, cell), figure in cells.items()}
        return {name: told.get(name) for name in story.figures}
