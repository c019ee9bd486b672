"""What would happen to a request if nobody answered and no place opened: for who sets a ladder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.ladder import advance
from domain.matching import Ranked
from domain.request import Waiting
from events.ladder import Ladder
from events.request import RequestEvent, RequestHandedBack
from services.clock import SimulatedClock
from services.dispatch.board import Board
from services.dispatch.expecting import Expecting
from services.dispatch.opening import opening
from services.dispatch.partition import Partition
from services.dispatch.surroundings import Rates, around
from services.log.database import Pool
from services.settings import Settings


@dataclass(frozen=True)
class Foreseen:
    """At that instant this would happen; at the end a place, or the hand-back."""

    at: datetime
    event: RequestEvent | Ranked


@dataclass(frozen=True)
class Scene:
    """What dispatch would decide upon now: built from the log, the prices of places as well."""

    board: Board
    rates: Rates
    expecting: Expecting
    settings: Settings
    now: datetime


async def scene(pool: Pool, settings: Settings, now: datetime) -> Scene:
    """As dispatch would build it; nothing is priced yet."""
    begins = await opening(pool, now)
    board = Board()
    board.build(begins.events)
    expecting = Expecting(pool, board, SimulatedClock(now), settings, Partition())
    return Scene(board, Rates(begins.rates), expecting, settings, now)


async def foresee(scene: Scene, request: Waiting, ladder: Ladder | None = None) -> list[Foreseen]:
    """Step by step, until it ends. The searches that merely go on are left out.

    What places are kept for is weighed anew, as dispatch does every few minutes; and it stays so.
    """
    own = request.received.community
    for community in (own, *scene.board.neighbours_of(own)):
        await scene.expecting.weigh(community, scene.now)
    return list(_foreseen(scene, request, ladder))


def _foreseen(scene: Scene, request: Waiting, ladder: Ladder | None) -> Iterator[Foreseen]:
    now = scene.now
    while True:
        surroundings = around(
            request, scene.board, scene.rates, scene.settings, now, ladder, scene.expecting
        )
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
