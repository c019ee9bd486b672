"""Whom something is about, looked up before anybody is let at it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import agenda as agendas
from domain import request as requests
from domain.agenda import NoSuchSlot
from domain.decider import Refused
from domain.request import Request, place_of, received_of
from events import streams
from services.access.permissions import TABLE, Action, Principal, Scope
from services.log.reader import Log


class UnknownPath(Refused):
    """There is nothing at this address."""

    code = "unknown_path"


class SayCommunity(Refused):
    """You are of several communities: say for which, with `?community` and its FINESS number."""

    code = "say_community"


def meant(principal: Principal, action: Action, named: str | None = None) -> frozenset[str]:
    """The community that is named, or the one they can mean; none where they may everywhere.

    Raises SayCommunity where it may be one of several.
    """
    if named:
        return frozenset({named})
    able = [one for one in principal.capacities if one.role in TABLE[action]]
    if any(one.communities is None for one in able):
        return frozenset()
    found = frozenset[str]().union(*(one.communities or () for one in able))
    if len(found) > 1:
        raise SayCommunity
    return found


def uuid_of(text: str) -> UUID:
    """Raises UnknownPath for what is none."""
    try:
        return UUID(text)
    except ValueError as malformed:
        raise UnknownPath from malformed


async def request_with_version(log: Log, request_id: UUID) -> tuple[Request, int]:
    """As it is now, and how many events made it that."""
    history = await log.load(streams.request(request_id))
    state: Request = requests.decider.replay(history.events)  # type: ignore[arg-type]  # its stream
    return state, history.version


def scope_of_request(request: Request, now: datetime, care_after: timedelta) -> Scope:
    """Of a request nobody received: of no community, so only who may do it everywhere is let on."""
    received = received_of(request)
    place = place_of(request)
    return Scope(
        communities=frozenset({received.community}) if received else frozenset(),
        rpps=place.rpps if place else None,
        in_care=place is not None and now <= place.end + care_after,
    )


async def scope_of_slot(log: Log, slot_id: UUID) -> Scope:
    """The practitioner's whose it is. Raises NoSuchSlot."""
    stream = await log.agenda_of(slot_id)
    if stream is None:
        raise NoSuchSlot(slot_id)
    agenda = await log.state(agendas.decider, stream)
    slot = agenda.slots.get(slot_id)
    communities = frozenset(slot.published.communities) if slot else frozenset[str]()
    return Scope(communities, streams.agenda_named(stream)[0])


def scope_of_members(data: Mapping[str, Any], community: str | None) -> Scope:
    """The communities a sheet names, and the one it is sent to."""
    named = data.get("communities")
    several = {one for one in named if isinstance(one, str)} if isinstance(named, list) else set()
    rpps = data.get("rpps")
    return Scope(
        frozenset(several | ({community} if community else set())),
        rpps if isinstance(rpps, str) else None,
    )
