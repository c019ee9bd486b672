"""How much, how large, how slowly: what one caller does is no other's concern."""

import asyncio
from collections import Counter
from time import monotonic

import structlog
from anyio import BrokenResourceError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.decider import Refused
from services.api.problems import problem_of
from services.intake.rejections import TooLarge
from services.settings import Settings

log = structlog.get_logger()


class TooMany(Refused):
    """This account asks too much at once: wait a second, and ask again."""

    code = "too_many"


class TooSlow(Refused):
    """The body did not come in time."""

    code = "too_slow"


class Allowance:
    """So much for each account in every so many seconds, in every process.

    Counted here: the library that did (limits) starts a thread a hundred times a second to forget
    what is over, and each time all answers wait for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._seconds = max(round(settings.http_burst / settings.http_requests_a_second), 1)
        self._most = max(
            settings.http_burst, round(self._seconds * settings.http_requests_a_second)
        )
        self._window = 0
        self._taken: Counter[str] = Counter()

    def take(self, whose: str) -> None:
        """One request. Raises TooMany."""
        window = int(monotonic() / self._seconds)
        if window != self._window:
            self._window, self._taken = window, Counter()
        self._taken[whose] += 1
        if self._taken[whose] > self._most:
            raise TooMany


class _Gone(Exception):
    """Whoever spoke hung up before the end."""


class LeftInTheMiddle:
    """Whoever follows may hang up in the middle of a burst: that is no fault of ours.

    FastAPI closes the stream before it stops who writes to it (its discussion 15725).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whose answer may have lost its reader."""
        try:
            await self._app(scope, receive, send)
        except* BrokenResourceError:
            log.debug("hung up")


class Bounded:
    """Bodies of a size and a pace, before anybody looks at them."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._most = settings.body_max_bytes
        self._seconds = settings.http_body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request: its body is all here, or it is refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._body(receive)
        except _Gone:
            return  # half of what was to be said is nothing to act on
        except TimeoutError:
            await problem_of(TooSlow())(scope, receive, send)
            return
        if body is None:
            await problem_of(TooLarge())(scope, receive, send)
            return
        told = False

        async def received() -> Message:
            nonlocal told
            if told:
                return await receive()  # whether they are still there
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, received, send)

    async def _body(self, receive: Receive) -> bytes | None:
        """None: larger than what is taken in, and not read to its end."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most:
                return None
            if not message.get("more_body"):
                return b"".join(parts)
