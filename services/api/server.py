"""Uvicorn inside our own loop: it starts when told, and leaves the signals to us."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn

from services.api.front_door import FrontDoor
from services.api.tls import context_of, protocol

if TYPE_CHECKING:
    from services.app import House


class PortTaken(Exception):
    """Another program listens there: choose a port with --http-port or SNP_HTTP_PORT."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stop the whole process in order, HTTP among the rest."""
        yield


@asynccontextmanager
async def serving(house: "House") -> AsyncIterator[str]:
    """HTTP on the address of the settings, until the end of the block. Gives the base URL."""
    settings = house.settings
    door = FrontDoor(house)
    listening = _bound(settings.http_host, settings.http_port)
    server = _Server(
        uvicorn.Config(
            door,
            lifespan="off",
            log_config=None,
            access_log=False,
            http=protocol(settings),
            limit_concurrency=settings.http_connections,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=int(settings.drain_timeout_seconds),
        )
    )
    server.config.load()
    server.config.ssl = context_of(settings)
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listening])
    try:
        port = listening.getsockname()[1]
        scheme = "https" if server.config.ssl else "http"
        yield f"{scheme}://{settings.http_host}:{port}"
    finally:
        await server.shutdown(sockets=[listening])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as taken:
        listening.close()
        raise PortTaken(f"{host}:{port}") from taken
    return listening
