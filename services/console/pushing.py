"""Parts of a page, pushed to a browser that keeps listening (server-sent events)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse

from projections.rows import Projection
from services.access.tokens import InvalidToken
from services.console.live import Live, Make, View, as_event
from services.console.visitors import Guest, Visitor

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def _a_stream(visitor: Guest) -> AsyncIterator[None]:
    """Until the last of the answer is sent. Raises TooMany, before anything is answered."""
    async with visitor.desk.streaming(visitor.principal.account_id):
        yield


A_STREAM = Depends(_a_stream)
"""One of those an account may have open."""


def pushed(
    request: Request,
    visitor: Visitor,
    view: View,
    make: Make,
    needs: Sequence[Projection],
) -> StreamingResponse:
    """The view as events `list`, for as long as they may see it: of a route of A_STREAM."""
    live: Live = request.app.state.live

    async def events() -> AsyncIterator[bytes]:
        watched = live.watch(view, make, needs)
        async with aclosing(watched) as bodies:  # type: ignore[type-var]  # an async generator
            async for body in bodies:
                if not await _may_still(visitor):
                    return  # the browser comes again, and is sent to sign in
                yield as_event("list", body)

    return StreamingResponse(events(), media_type="text/event-stream", headers=_HEADERS)


async def _may_still(visitor: Visitor) -> bool:
    """Their session is good, and they may what they might: looked at once a second, at most."""
    until = visitor.principal.until
    if until is not None and visitor.desk.house.clock.now().timestamp() >= until:
        return False
    try:
        now = await visitor.desk.gate.signed_in(visitor.principal.signed)
    except InvalidToken:
        return False
    return now.capacities == visitor.principal.capacities
