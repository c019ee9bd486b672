"""What happens, as it happens: server-sent events, in the order of the log, resumed at will."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from events import streams
from events.envelope import Recorded
from services.access.gate import permitted
from services.access.permissions import Look, Principal, Scope
from services.api.desk import AtDesk, Desk, Who
from services.api.positions import check_position
from services.api.scopes import meant
from services.api.telling import RESPONSES, Community
from services.deliver.webhooks import HEARD
from services.log.bells import Bell
from services.log.follow import follow
from services.messaging.facts import fact

router = APIRouter(tags=["events"], responses=RESPONSES)


@dataclass(frozen=True)
class Followed:
    """What is followed, and from where."""

    here: frozenset[str]  # communities; none: all
    position: int
    bell: Bell


async def _followed(
    desk: AtDesk,
    who: Who,
    community: Community = None,
    since: Annotated[int | None, Query(ge=0, description="Position of the last one seen")] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,18}$")] = None,
) -> AsyncIterator[Followed]:
    """Whether they may, before anything is answered. Raises NotYetHeard and TooMany.

    It is one of the streams they may have open until the last of the answer is sent.
    """
    here = meant(who, Look.EVENTS, community)
    permitted(who, Look.EVENTS, Scope(here))
    async with desk.streaming(who.account_id) as bell:
        seen = int(last_event_id) if last_event_id else since
        await check_position(desk.house.log, seen)
        yield Followed(here, await desk.house.log.head() if seen is None else seen, bell)


@router.get("/v1/events", response_class=EventSourceResponse)
async def events(
    desk: AtDesk, who: Who, followed: Annotated[Followed, Depends(_followed)]
) -> AsyncIterator[ServerSentEvent]:
    """Of requests and places of a community: as CloudEvents, their id the position in the log.

    From now on; with `Last-Event-ID` (or `since`) from there, nothing left out.
    """
    house, here = desk.house, followed.here
    async for batch in follow(
        house.log, followed.bell, house.settings, since=followed.position, until=house.stopping
    ):
        if not await _may_still(desk, who, here):
            return  # the client comes again, with a token that is good
        for recorded in batch:
            if _is_theirs(recorded, here):
                yield ServerSentEvent(
                    raw_data=fact(recorded).decode(),
                    event=recorded.event.name,
                    id=str(recorded.position),
                )


async def _may_still(desk: Desk, who: Principal, here: frozenset[str]) -> bool:
    """The token is good still, and so is what the account may do."""
    if who.until is not None and desk.house.clock.now().timestamp() >= who.until:
        return False
    now = await desk.gate.again(who)
    return now is not None and now.may(Look.EVENTS, Scope(here)) is not None


def _is_theirs(recorded: Recorded, here: frozenset[str]) -> bool:
    if streams.kind(recorded.stream) not in HEARD:
        return False
    return not here or recorded.meta.community in here
