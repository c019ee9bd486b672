"""HTTP as cheaply as it gets, so that what is measured is the server."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

_OK = range(200, 300)


class Caller:
    """One connection that is kept."""

    def __init__(self, base: str, token: str) -> None:
        parts = urlsplit(base)
        assert parts.hostname is not None
        self._host, self._port, self._token = parts.hostname, parts.port, token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer. Fails for any that is none of 2xx."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/json\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        answer = await reader.readexactly(length)
        assert int(head[9:12]) in _OK, answer[:300]
        return answer


async def at_a_rate(
    callers: list[Caller], rate: float, number: int, call: Callable[[Caller, int], Awaitable[None]]
) -> list[float]:
    """Milliseconds from the instant each call was due, whoever was still busy then."""
    free: asyncio.Queue[Caller] = asyncio.Queue()
    for caller in callers:
        free.put_nowait(caller)
    loop = asyncio.get_running_loop()
    began, took = loop.time(), [0.0] * number

    async def one(nth: int) -> None:
        due = began + nth / rate
        await asyncio.sleep(due - loop.time())
        caller = await free.get()
        await call(caller, nth)
        free.put_nowait(caller)
        took[nth] = 1000 * (loop.time() - due)

    await asyncio.gather(*(one(nth) for nth in range(number)))
    return took
