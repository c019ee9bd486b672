"""What would happen to a request if nobody answered and no place opened: for who sets a ladder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.ladder import advance
from domain.matching import Ranked
from domain.request import Waiting
from events.ladder import Ladder
from events.request import RequestEvent, RequestHandedBack
from services.dispatch.board import Board
from services.dispatch.opening import opening
from services.dispatch.surroundings import Rates, around
from services.log.database import Pool
from services.settings import Settings


@dataclass(frozen=True)
class Foreseen:
    """At that instant this would happen; at the end a place, or the hand-back."""

    at: datetime
    event: RequestEvent | Ranked


async def board_now(pool: Pool, now: datetime) -> tuple[Board, Rates]:
    """As dispatch would build it from the log."""
    begins = await opening(pool, now)
    board = Board()
    board.build(begins.events)
    return board, Rates(begins.rates)


def foresee(
    request: Waiting,
    board: Board,
    rates: Rates,
    settings: Settings,
    now: datetime,
    ladder: Ladder | None = None,
) -> Iterator[Foreseen]:
    """Step by step, until it ends. The searches that merely go on are left out."""
    while True:
        surroundings = around(request, board, rates, settings, now, ladder)
        onward = advance(request, surroundings.look(request), surroundings, now)
        for event in onward.events:
            if event.name != "request.searching":
                yield Foreseen(now, event)
            if isinstance(event, RequestHandedBack):
                return
        if onward.place is not None:
            yield Foreseen(now, onward.place)
            return
        request, now = onward.request, max(now, onward.request.next_at)
