"""What happens, as it happens: server-sent events, in the order of the log, resumed at will."""

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from events import streams
from events.envelope import Recorded
from services.access.gate import permitted
from services.access.permissions import Look, Principal, Scope
from services.api.desk import AtDesk, Desk, SayCommunity, Who
from services.api.telling import RESPONSES, Community
from services.log.follow import follow

router = APIRouter(tags=["events"], responses=RESPONSES)

_HEARD = frozenset({"request", "agenda"})  # kinds of streams; what people are is nobody's news


async def _followed(who: Who, community: Community = None) -> frozenset[str]:
    """The communities that are followed; none: all. Asked before anything is answered."""
    here = _where(who, community)
    permitted(who, Look.EVENTS, Scope(here))
    return here


@router.get("/v1/events", response_class=EventSourceResponse)
async def events(
    desk: AtDesk,
    who: Who,
    here: Annotated[frozenset[str], Depends(_followed)],
    since: Annotated[int | None, Query(ge=0, description="Position of the last one seen")] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,18}$")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Of requests and places of a community: as CloudEvents, their id the position in the log.

    From now on; with `Last-Event-ID` (or `since`) from there, nothing left out.
    """
    house = desk.house
    position = int(last_event_id) if last_event_id else since
    if position is None:
        position = await house.log.head()
    async with desk.streaming(who.account_id) as bell:
        async for batch in follow(house.log, bell, house.settings, since=position):
            if not await _may_still(desk, who, here):
                return  # the client comes again, with a token that is good
            for recorded in batch:
                if _is_theirs(recorded, here):
                    yield _said(recorded)


def _where(who: Principal, community: str | None) -> frozenset[str]:
    """The communities that are followed; none: all of them."""
    if community:
        return frozenset({community})
    if any(one.communities is None for one in who.capacities):
        return frozenset()
    here = frozenset[str]().union(*(one.communities or () for one in who.capacities))
    if len(here) > 1:
        raise SayCommunity
    return here


async def _may_still(desk: Desk, who: Principal, here: frozenset[str]) -> bool:
    """The token is good still, and so is what the account may do."""
    if who.until is not None and desk.house.clock.now().timestamp() >= who.until:
        return False
    now = await desk.gate.again(who)
    return now is not None and now.may(Look.EVENTS, Scope(here)) is not None


def _is_theirs(recorded: Recorded, here: frozenset[str]) -> bool:
    if streams.kind(recorded.stream) not in _HEARD:
        return False
    return not here or recorded.meta.community in here


def _said(recorded: Recorded) -> ServerSentEvent:
    meta = recorded.meta
    said = {
        "specversion": "1.0",
        "id": meta.event_id,
        "source": "/snp-dispatch",
        "type": recorded.event.name,
        "subject": recorded.stream,
        "time": recorded.recorded_at,
        "datacontenttype": "application/json",
        "schemaversion": type(recorded.event).version,
        "community": meta.community,
        "correlationid": meta.correlation,
        "data": recorded.event.model_dump(mode="json"),
    }
    text = orjson.dumps(said).decode()
    return ServerSentEvent(raw_data=text, event=recorded.event.name, id=str(recorded.position))
