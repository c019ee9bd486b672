"""Whom something is about, looked up before anybody is let at it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import request as requests
from domain.agenda import NoSuchSlot
from domain.decider import Refused
from domain.request import Request, place_of, received_of
from events import streams
from services.access.gate import Gate
from services.access.permissions import TABLE, Action, Principal, Scope
from services.api.doors import About, Door
from services.clock import Clock
from services.intake.naming import command_of, request_of
from services.intake.series import slots_of
from services.intake.standing import request_answered
from services.log.reader import Log
from services.messaging.subjects import Kind


class UnknownPath(Refused):
    """There is nothing at this address."""

    code = "unknown_path"


class SayCommunity(Refused):
    """You are of several communities: say for which, with `?community` and its FINESS number."""

    code = "say_community"


def meant(
    principal: Principal, action: Action, named: str | None = None, *, whichever: bool = False
) -> frozenset[str]:
    """The community that is named, or the one they can mean; none where they may everywhere.

    Raises SayCommunity where it may be one of several, unless it may be `whichever`.
    """
    if named:
        return frozenset({named})
    found = _communities(principal, action)
    if found is None:
        return frozenset()
    if len(found) > 1 and not whichever:
        raise SayCommunity
    return frozenset(sorted(found)[:1])


def is_of_one(principal: Principal, action: Action) -> bool:
    """Whether there is one community in which they may do that, and no other."""
    found = _communities(principal, action)
    return found is not None and len(found) == 1


def _communities(principal: Principal, action: Action) -> frozenset[str] | None:
    """Those in which they may do that; None: in all of them."""
    able = [one.communities for one in principal.capacities if one.role in TABLE[action]]
    if None in able:
        return None
    return frozenset[str]().union(*(here for here in able if here is not None))


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


class Scopes:
    """Of what somebody tells."""

    def __init__(self, log: Log, gate: Gate, clock: Clock, care_after: timedelta) -> None:
        self._log = log
        self._gate = gate
        self._clock = clock
        self._care_after = care_after

    async def of(
        self,
        door: Door,
        principal: Principal,
        data: dict[str, Any],
        community: str | None,
        *,
        urgent: bool = False,
    ) -> Scope:
        """Whom it is about. Raises UnknownPath, SayCommunity and NoSuchSlot.

        `urgent`: nobody is asked which of their communities they mean.
        """
        match door.about:
            case About.NOTHING:
                return Scope()
            case About.COMMUNITY:
                of_its_case = await self._of_its_case(door, data)
                if urgent and community is None and of_its_case:
                    return Scope(of_its_case)
                here = meant(principal, door.kind, community, whichever=urgent)
                return Scope(here | of_its_case if here else here)
            case About.MEMBERSHIP:
                return scope_of_members(data, community)
            case About.PRACTITIONER:
                return await self._of_practitioner(data)
            case About.SLOT:
                slot_id = uuid_of(str(data.get("slot_id")))
                return await scope_of_slot(self._log, slot_id)
            case About.SERIES:
                return await self._of_series(data)
            case About.REQUEST:
                request_id = uuid_of(str(data.get("request_id")))
                state, _ = await request_with_version(self._log, request_id)
                return scope_of_request(state, self._clock.now(), self._care_after)
            case _:
                assert_never(door.about)

    async def _of_its_case(self, door: Door, data: Mapping[str, Any]) -> frozenset[str]:
        """The community a file is of already, whoever tells of it: it must be within reach too."""
        case_id = data.get("case_id")
        if door.kind is not Kind.CARE_REQUEST or not isinstance(case_id, str):
            return frozenset()
        return await self._of_request(request_of(case_id))

    async def reaches(self, door: Door, principal: Principal, key: str) -> bool:
        """Whether what they asked under that key, if anything, is still for them to tell of."""
        command_id = command_of(principal.ref, key)
        _, answer = await self._log.receipt(command_id) or (None, None)
        began = await self._of_request(request_answered(answer or {}) or command_id)
        return not began or principal.may(door.kind, Scope(began)) is not None

    async def _of_request(self, request_id: UUID) -> frozenset[str]:
        state, _ = await request_with_version(self._log, request_id)
        received = received_of(state)
        return frozenset({received.community} if received else ())

    async def _of_practitioner(self, data: Mapping[str, Any]) -> Scope:
        rpps = data.get("rpps")
        if not isinstance(rpps, str):
            return Scope()
        communities = await self._gate.communities_of(rpps)
        named = data.get("communities")
        if isinstance(named, list) and named:  # leaving some of them
            communities = frozenset(one for one in named if isinstance(one, str))
        return Scope(communities, rpps)

    async def _of_series(self, data: Mapping[str, Any]) -> Scope:
        """A series is of one practitioner."""
        series_id = uuid_of(str(data.get("series_id")))
        slots = slots_of(series_id, self._clock.now())
        found = await self._log.agendas_of(slots)
        if not found:
            return Scope()
        rpps, _ = streams.agenda_named(min(found.values()))
        return Scope(await self._gate.communities_of(rpps), rpps)
