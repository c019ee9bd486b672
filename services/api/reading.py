"""One request as it is, or was: the row of the board made of its own events, never behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from fastapi.responses import JSONResponse, Response

from events import streams
from events.envelope import Recorded
from events.instants import happened_at
from projections import board
from projections.rows import Row, Rows

if TYPE_CHECKING:
    from services.app import House


@dataclass(frozen=True)
class Seen:
    """A request: its row, the number of events that made it, and they."""

    row: Row
    version: int
    events: Sequence[Recorded]


async def request_as_it_is(house: "House", request_id: UUID) -> Seen | None:
    """Now. None: nobody received it."""
    return as_of(await house.log.history(streams.request(request_id)), request_id, None)


def as_of(history: Sequence[Recorded], request_id: UUID, at: datetime | None) -> Seen | None:
    """As it was at that instant; now, without one."""
    events = [one for one in history if at is None or happened_at(one.event) <= at]
    rows = Rows()
    for recorded in events:
        board.apply(rows, recorded)
    row = rows.get(board.requests, request_id)
    return None if row is None else Seen(row, events[-1].version, events)


def shown(
    body: Mapping[str, Any],
    version: int,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """With the ETag by which it is known again."""
    given = {"ETag": etag(version), **(headers or {})}
    return Json(body, status, given)


def etag(version: int) -> str:
    """Of a stream at that version (RFC 9110, 8.8.3)."""
    return f'"{version}"'


class Json(JSONResponse):
    """Written by orjson: dates and ids as they are."""

    def render(self, content: Any) -> bytes:
        """Those included."""
        return orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)


def unchanged(version: int) -> Response:
    """What the caller has is what there is."""
    return Response(status_code=304, headers={"ETag": etag(version)})
