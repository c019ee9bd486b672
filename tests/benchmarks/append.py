"""Commands of 3 events over 2 streams, 64 at a time, fsync on; the peer on the same server."""

import asyncio
import os
import threading
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import orjson

from events import streams
from events.catalogue import stored
from events.envelope import Actor, Role
from services.embedded.postgres import Postgres
from services.garbage import spare_what_is_loaded
from services.log.appender import Appender
from services.log.bells import Bells
from services.log.commands import Append, Circumstances, Write
from services.log.migrate import migrate
from services.settings import Settings, settings_with
from services.stopping import stop
from tests.benchmarks.servers import postgres
from tests.examples import DR_ADAM, NEVERS, WEEK, received, searching, taken

GOAL = "≥ 10 times eventsourcing 9.5.6 with its PostgreSQL recorder"

CONCURRENT = 64
COMMANDS = 20_000
PEER_COMMANDS = 4_000
ROUNDS = 3

REQUEST = (received(), searching())  # two events of a request…
AGENDA = (taken(),)  # …and one of an agenda
ACTOR = Actor(ref="benchmark", role=Role.SYSTEM)


def run() -> dict[str, Any]:
    """Ours and the peer's in turn, three times; medians."""
    with postgres() as server:
        migrate(server.url)
        settings = settings_with(state=server.folder)
        peer = _Peer(server)
        spare_what_is_loaded()  # as services do when they are ready; the peer gains as well
        ours_per_s, peer_per_s, alone_per_s = [], [], []
        for _ in range(ROUNDS):
            ours_per_s.append(_ours(server.url, settings))
            peer_per_s.append(peer.saves(CONCURRENT))
            alone_per_s.append(peer.saves(1))
        peer.close()
    ours, theirs = median(ours_per_s), median(peer_per_s)
    return {
        "ours_per_s": round(ours),
        "peer_per_s": round(theirs),
        "ratio": round(ours / theirs, 1),
        "peer_one_thread_per_s": round(median(alone_per_s)),
        "events_per_command": len(REQUEST) + len(AGENDA),
        "bytes_per_command": sum(len(stored(event)) for event in (*REQUEST, *AGENDA)),
        "concurrent": CONCURRENT,
    }


def _ours(url: str, settings: Settings) -> float:
    try:
        import uvloop  # noqa: PLC0415 where there is one
    except ImportError:
        return asyncio.run(_appends(url, settings))
    return uvloop.run(_appends(url, settings))


async def _appends(url: str, settings: Settings) -> float:
    appender = Appender(url, settings, Bells())
    writing = asyncio.create_task(appender.run())
    left = iter(range(COMMANDS))

    async def work() -> None:
        for _ in left:
            await appender.append(_command(uuid4()))

    try:
        await appender.append(_command(uuid4()))  # connected, and its plans made
        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(CONCURRENT)))
        return COMMANDS / (time.perf_counter() - began)
    finally:
        await stop([writing])


def _command(request_id: UUID) -> Append:
    return Append(
        command_id=uuid4(),
        writes=[
            Write(streams.request(request_id), 0, REQUEST),
            Write(streams.agenda(DR_ADAM, f"{WEEK}-{request_id}"), 0, AGENDA),
        ],
        circumstances=Circumstances(NEVERS, ACTOR, request_id, request_id),
    )


class _Peer:
    """eventsourcing: two aggregates, three events with the same data, one save."""

    def __init__(self, server: Postgres) -> None:
        os.environ.update(
            PERSISTENCE_MODULE="eventsourcing.postgres",
            POSTGRES_DBNAME="postgres",
            POSTGRES_HOST="127.0.0.1",
            POSTGRES_PORT=str(server.port),
            POSTGRES_USER="snp",
            POSTGRES_PASSWORD=server.password,
            POSTGRES_POOL_SIZE=str(CONCURRENT // 2),
            POSTGRES_MAX_OVERFLOW=str(CONCURRENT // 4),
        )
        warnings.simplefilter("ignore")
        # It reads the environment above when it is loaded.
        from eventsourcing.application import Application  # noqa: PLC0415 the peer, here alone
        from eventsourcing.domain import Aggregate, event  # noqa: PLC0415 the peer, here alone

        first, second, third = (orjson.loads(stored(e)) for e in (*REQUEST, *AGENDA))

        class Request(Aggregate):
            @event("Received")
            def __init__(self, data: dict[str, Any]) -> None:
                self.data = data

            @event("Searching")
            def search(self, data: dict[str, Any]) -> None:  # noqa: ARG002 the event has it
                self.state = "searching"

        class Agenda(Aggregate):
            @event("PlaceTaken")
            def __init__(self, data: dict[str, Any]) -> None:
                self.data = data

        self._application: Any = Application()

        def save() -> None:
            request = Request(first)
            request.search(second)
            self._application.save(request, Agenda(third))

        self._save: Callable[[], None] = save

    def saves(self, threads: int) -> float:
        """Commands a second."""
        each = PEER_COMMANDS // threads

        def work() -> None:
            for _ in range(each):
                self._save()

        workers = [threading.Thread(target=work) for _ in range(threads)]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return each * threads / (time.perf_counter() - began)

    def close(self) -> None:
        self._application.close()
