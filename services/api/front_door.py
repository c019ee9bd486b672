"""What answers before anything heavy is loaded: health and figures; the rest when it is there."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.garbage import spare_what_is_loaded

if TYPE_CHECKING:
    from services.app import House

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class FrontDoor:
    """An ASGI application: orchestrators get their answer while FastAPI is still being imported."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._rest: asyncio.Task[Asgi] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        match scope["path"]:
            case "/health/live":
                await _answer(send, 200, orjson.dumps({"live": True}))
            case "/health/ready":
                state = await self._house.readiness()
                status = 200 if state["ready"] else 503
                await _answer(send, status, orjson.dumps(state))
            case "/metrics":
                await _answer(send, 200, generate_latest(), CONTENT_TYPE_LATEST)
            case _:
                rest = await asyncio.shield(self.load())
                await rest(scope, receive, send)

    def load(self) -> "asyncio.Task[Asgi]":
        """Load the rest in the background: it takes most of a second."""
        if self._rest is None:
            self._rest = asyncio.create_task(self._loaded())
        return self._rest

    async def _loaded(self) -> Asgi:
        module = await asyncio.to_thread(importlib.import_module, "services.api.rest")
        rest: Asgi = module.rest(self._house)
        if self._house.spared:
            spare_what_is_loaded()  # FastAPI with all its models, looked at again and again: 80 ms
        return rest


async def _answer(
    send: Send, status: int, body: bytes, content_type: str = "application/json"
) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
