"""What became of a request: in the log, and on the board."""

from typing import Any
from uuid import UUID

from events import streams
from projections import board
from services.app import House
from services.projector.queries import rows


async def story(house: House, request_id: str) -> list[Any]:
    """What happened to it, once everything is decided and shown."""
    await house.settled()
    history = await house.log.history(streams.request(UUID(request_id)))
    return [recorded.event for recorded in history]


async def on_board(house: House, request_id: str) -> dict[str, Any]:
    """Its row."""
    await house.settled()
    found = {str(row["request_id"]): row for row in await rows(house.pool, board.on_board())}
    return found[request_id]
