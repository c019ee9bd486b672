"""Starting an embedded server again when it dies by itself."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

log = structlog.get_logger()

_LOOK_SECONDS = 0.2


class Server(Protocol):
    """What can be watched."""

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        ...

    def launch(self) -> None:
        """Start it without waiting."""
        ...


async def keep_alive(servers: Sequence[Server]) -> None:
    """Watch them for ever. Clients reconnect by themselves; what was acknowledged is on disk.

    Runs in the main thread: a child would die with any other thread that had started it.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        for server in servers:
            if not server.alive:
                log.error("server died, starting it again", server=type(server).__name__)
                server.launch()
