"""The front desk: who comes in is looked at, what they say is passed on to the intake."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, assert_never
from uuid import UUID

import orjson
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from nats.errors import MaxPayloadError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout

from domain.decider import Refused
from domain.request import NoSuchRequest, decider, received_of
from domain.request import Request as RequestState
from events import streams
from events.codes import Mode
from events.roles import Role
from projections import board
from services.access.credentials import Credentials
from services.access.gate import Gate, NotAllowed, permitted
from services.access.names import Names
from services.access.permissions import TABLE, Action, Capacity, Look, Principal, Scope
from services.access.signed import SignedIn
from services.access.tokens import InvalidToken, Tokens
from services.api import scopes
from services.api.doors import PATTERNS, About, Door
from services.api.limits import Allowance, TooMany
from services.api.reading import Seen, request_as_it_is
from services.api.saying import Telling
from services.api.scopes import UnknownPath
from services.api.tls import PEER, account_of
from services.clock import SandboxClock
from services.intake.arrival import check_text
from services.intake.messages import EmergencyCall
from services.intake.naming import command_of, request_of
from services.intake.rejections import NotJson, NulCharacter, TooDeep, TooLarge, TryAgain
from services.intake.series import slots_of
from services.intake.service import NotUnderstood
from services.log.bells import Bell
from services.log.execute import SameIdOtherContent
from services.messaging import subjects
from services.messaging.subjects import Kind

if TYPE_CHECKING:
    from services.app import House


class SaidTwice(Refused):
    """The address says one thing and the body another: leave it out of the body."""

    code = "said_twice"


class NotRunning(Refused):
    """The service that answers this is not running now: try again in a moment."""

    code = "not_running"


class Desk:
    """What every route needs of the house."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.tokens = Tokens(house.settings, house.clock)
        self.credentials = Credentials(house.pool, house.vault.sealer)
        self.names = Names(house.pool, house.vault.sealer)
        again = house.settings.access_read_again_seconds
        self.gate = Gate(house.log, self.tokens, self.names, again)
        self._allowance = Allowance(house.settings)
        self._streams: Counter[UUID] = Counter()  # open, by account

    async def who(self, token: str, where: str) -> Principal:
        """Raises InvalidToken, and TooMany for who asks, or guesses from there, too much."""
        try:
            principal = await self.gate.who(token)
        except InvalidToken:
            self.guesses(where)
            raise
        self._allowance.take(str(principal.account_id))
        return principal

    def guesses(self, where: str) -> None:
        """Somebody there gave a secret that is none. Raises TooMany."""
        self._allowance.take(f"guess {where}")

    def knocks(self, where: str) -> None:
        """Somebody signs in from there. Raises TooMany."""
        self._allowance.take(f"sign-in {where}")

    async def who_has(self, account_id: UUID) -> Principal:
        """As `who`, of somebody whose certificate was seen to be theirs."""
        principal = await self.gate.holder(account_id)
        self._allowance.take(str(account_id))
        return principal

    async def who_signed_in(self, signed: SignedIn) -> Principal:
        """As `who`, of somebody who signed in on a page of ours."""
        principal = await self.gate.signed_in(signed)
        self._allowance.take(str(signed.account_id))
        return principal

    @property
    def own_time(self) -> bool:
        """Whether a sandbox has a time of its own."""
        return isinstance(self.house.clock, SandboxClock)

    @property
    def care_after(self) -> timedelta:
        """So long after a visit it is the time of care."""
        return timedelta(hours=self.house.settings.care_hours_after_visit)

    async def about_request(
        self, principal: Principal, action: Action, request_id: UUID
    ) -> tuple[Any, int]:
        """The request and its version, for who may do that. Raises NotAllowed, NoSuchRequest."""
        state, version = await scopes.request_with_version(self.house.log, request_id)
        self.check_request(principal, action, state)
        if not version:
            raise NoSuchRequest(request_id)
        return state, version

    def check_request(self, principal: Principal, action: Action, state: RequestState) -> None:
        """Raises NotAllowed for who may not do that with a request that is as it is."""
        now = self.house.clock.now()
        permitted(principal, action, scopes.scope_of_request(state, now, self.care_after))

    def may_see(self, principal: Principal, seen: Seen) -> bool:
        """Whether they may look at that request, as it is."""
        happened: list[Any] = [recorded.event for recorded in seen.events]
        state = decider.replay(happened)
        try:
            self.check_request(principal, Look.ONE_REQUEST, state)
        except NotAllowed:
            return False
        return True

    async def tell(
        self,
        door: Door,
        principal: Principal,
        path: Mapping[str, str],
        body: bytes,
        *,
        community: str | None = None,
        key: str | None = None,
        if_version: int | None = None,
    ) -> dict[str, Any]:
        """What the intake answers, or why it is not passed on to it."""
        check_path(path)
        said = _json_object(body)
        call = EmergencyCall.found_in(said) if door.kind is Kind.CARE_REQUEST else None
        if call is not None:
            # Told at once, and no more of it: whatever else is said may be no message at all.
            kept = call.model_dump(mode="json", exclude_none=True)
            said = said if self._can_be_told(said) else kept
        data = _with_path(said, path, door)
        if door.about not in {About.COMMUNITY, About.MEMBERSHIP}:
            community = None  # whom it is about tells
        community = path.get("finess", community)
        means = Telling(door, principal, data, key, if_version, community)
        # An emergency is known by what it says, not by its key: it is told anew, if it may be.
        if call is None and (before := await self._said_before(means)) is not None:
            return await self._answered_again(door, community, *before)
        scope = await self._scope(door, principal, data, community)
        event = await self._as_permitted(means, scope)
        # Of one, that one is meant; a request may be of neighbours, and others be named.
        elsewhere = data.keys() & {"communities", "request_id"}
        if community is None and len(scope.communities) == 1 and not elsewhere:
            (community,) = scope.communities
        if "communities" in data:
            community = None
        return await self.ask(subjects.ask(community or subjects.ANY_COMMUNITY, door.kind), event)

    def _can_be_told(self, said: dict[str, Any]) -> bool:
        """As it would be written: numbers may grow by that. Its envelope needs room as well."""
        try:
            return len(orjson.dumps(said)) <= self.house.settings.body_max_bytes // 2
        except orjson.JSONEncodeError:
            return False

    async def _said_before(self, telling: Telling) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What was told under that key, and what was answered.

        Of somebody with several roles the message itself tells in which they said it. None: no
        message of theirs has that key. Raises SameIdOtherContent.
        """
        if telling.key is None:
            return None
        seen = await self.house.log.receipt(command_of(telling.principal.ref, telling.key))
        if seen is None:
            return None
        before, answer = seen
        for capacity in telling.principal.capacities:
            if capacity.role in TABLE[telling.door.kind]:
                with suppress(NotAllowed):
                    event = telling.by(capacity)
                    if self._fingerprint(event) == before:
                        return event, answer or {}
        raise SameIdOtherContent

    async def _answered_again(
        self, door: Door, community: str | None, event: dict[str, Any], answer: dict[str, Any]
    ) -> dict[str, Any]:
        """As before, whatever it changed: who may no longer tell it has told it."""
        if door.kind is Kind.CARE_REQUEST:
            return answer  # where it went is not known any more, and refused it would be a letter
        # The intake ends what it was interrupted in: what is to be erased goes after the append.
        said = await self.ask(subjects.ask(community or subjects.ANY_COMMUNITY, door.kind), event)
        return said if "code" not in said or said["code"] in _NOT_DONE else answer

    def _fingerprint(self, event: Mapping[str, Any]) -> str | None:
        """As the intake's. None: it is nothing the intake took in."""
        try:
            return self.house.vault.sealer.fingerprint(check_text(event))
        except (TooDeep, NulCharacter):
            return None

    async def _as_permitted(self, telling: Telling, scope: Scope) -> dict[str, Any]:
        """The event, in the first capacity in which they may tell that. Raises NotAllowed."""
        kind = telling.door.kind
        for capacity in telling.principal.those_who_may(kind, scope):
            with suppress(NotAllowed):
                await self._check_reach(telling.door, capacity, telling.data)
                return telling.by(capacity)
        raise NotAllowed(kind)

    async def _check_reach(self, door: Door, capacity: Capacity, data: Mapping[str, Any]) -> None:
        """What else a body names must be within reach as well. Raises NotAllowed."""
        here = capacity.communities
        named = data.get("communities")
        named = set(named) if isinstance(named, list) and all(map(_is_text, named)) else set()
        if door.kind in _OPENING and here is not None and not named <= here:
            raise NotAllowed(door.kind)  # to join a community is for the community to say
        if door.kind is Kind.PRACTITIONER and capacity.role is Role.COORDINATOR:
            known = await self.gate.communities_of(str(data.get("rpps")))
            if here is not None and not known <= here:
                raise NotAllowed(door.kind)  # what they agreed to holds elsewhere as well

    async def take(
        self,
        principal: Principal,
        request_id: UUID,
        slot_id: UUID,
        mode: Mode,
        command_id: UUID,
        if_version: int | None = None,
    ) -> dict[str, Any]:
        """A place chosen by hand, for whoever was seen to may: what dispatch answers."""
        wanted = {
            "command_id": str(command_id),
            "request_id": str(request_id),
            "slot_id": str(slot_id),
            "mode": mode,
            "regulator": principal.ref,
            "if_version": if_version,
        }
        return await self.ask(f"snp.take.{subjects.ANY_COMMUNITY}", wanted)

    def address(self, request: Request) -> str:
        """Ours, as others know it: the settings say, or whoever asks found it."""
        return self.house.settings.public_url or str(request.base_url).rstrip("/")

    async def ask(self, subject: str, message: object) -> dict[str, Any]:
        """A question to one of our services. Raises NotRunning and TryAgain."""
        connection = self.house.broker.connection
        within = self.house.settings.http_answer_seconds
        try:
            body = orjson.dumps(message)
        except orjson.JSONEncodeError as deep:
            raise TooDeep from deep
        try:
            answer = await connection.request(subject, body, timeout=within)
        except MaxPayloadError as large:
            raise TooLarge(f"{len(body)} bytes") from large
        except NoRespondersError as nobody:
            raise NotRunning from nobody
        except NatsTimeout as late:
            raise TryAgain from late
        said: dict[str, Any] = orjson.loads(answer.data)
        return said

    async def _scope(
        self, door: Door, principal: Principal, data: dict[str, Any], community: str | None
    ) -> Scope:
        match door.about:
            case About.NOTHING:
                return Scope()
            case About.COMMUNITY:
                here = scopes.meant(principal, door.kind, community)
                return Scope(here | await self._of_its_case(door, data, here))
            case About.MEMBERSHIP:
                return scopes.scope_of_members(data, community)
            case About.PRACTITIONER:
                return await self._of_practitioner(data)
            case About.SLOT:
                slot_id = scopes.uuid_of(str(data.get("slot_id")))
                return await scopes.scope_of_slot(self.house.log, slot_id)
            case About.SERIES:
                return await self._of_series(data)
            case About.REQUEST:
                request_id = scopes.uuid_of(str(data.get("request_id")))
                state, _ = await scopes.request_with_version(self.house.log, request_id)
                return scopes.scope_of_request(state, self.house.clock.now(), self.care_after)
            case _:
                assert_never(door.about)

    async def _of_its_case(
        self, door: Door, data: Mapping[str, Any], here: frozenset[str]
    ) -> set[str]:
        """The community a file is of already, whoever tells of it: it must be within reach too."""
        case_id = data.get("case_id")
        if door.kind is not Kind.CARE_REQUEST or not isinstance(case_id, str):
            return set()
        state, _ = await scopes.request_with_version(self.house.log, request_of(case_id))
        received = received_of(state)
        return {received.community} if received and here else set()

    async def _of_practitioner(self, data: Mapping[str, Any]) -> Scope:
        rpps = data.get("rpps")
        if not isinstance(rpps, str):
            return Scope()
        communities = await self.gate.communities_of(rpps)
        named = data.get("communities")
        if isinstance(named, list) and named:  # leaving some of them
            communities = frozenset(one for one in named if isinstance(one, str))
        return Scope(communities, rpps)

    async def _of_series(self, data: Mapping[str, Any]) -> Scope:
        """A series is of one practitioner."""
        series_id = scopes.uuid_of(str(data.get("series_id")))
        slots = slots_of(series_id, self.house.clock.now())
        found = await self.house.log.agendas_of(slots)
        if not found:
            return Scope()
        rpps, _ = streams.agenda_named(min(found.values()))
        return Scope(await self.gate.communities_of(rpps), rpps)

    async def decided(self, request_id: UUID, within: float) -> Seen | None:
        """As it is once it waits no longer, or after so many seconds. None: nobody received it."""
        until = monotonic() + within
        async with self.listening() as bell:
            while True:
                seen = await request_as_it_is(self.house, request_id)
                left = until - monotonic()
                if seen is None or seen.row["state"] != board.WAITING or left <= 0:
                    return seen
                await bell.heard(within=left)

    def check_streams(self, account_id: UUID) -> None:
        """Raises TooMany for an account that has as many open as it may."""
        if self._streams[account_id] >= self.house.settings.http_streams:
            raise TooMany

    @asynccontextmanager
    async def streaming(self, account_id: UUID) -> AsyncIterator[Bell]:
        """As `listening`, for an account that has few open. Raises TooMany."""
        self.check_streams(account_id)
        self._streams[account_id] += 1
        try:
            async with self.listening() as bell:
                yield bell
        finally:
            self._streams[account_id] -= 1

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Bell]:
        """A bell for as long as somebody waits."""
        bell = self.house.bells.listen()
        try:
            yield bell
        finally:
            self.house.bells.forget(bell)


_NOT_DONE = {TryAgain.code, NotUnderstood.code}
"""Refusals that are no word on what was told, but on us."""
_OPENING = {Kind.PRACTITIONER_CHANGE, Kind.SLOT_OPENING, Kind.SLOT, Kind.SLOT_SERIES}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def check_path(path: Mapping[str, str]) -> None:
    """Raises UnknownPath where an address names what can be nobody's."""
    for name, value in path.items():
        if not re.fullmatch(PATTERNS[name], value):
            raise UnknownPath


def _json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as malformed:
        raise NotJson from malformed
    if not isinstance(found, dict):
        raise NotJson
    return found


def _with_path(data: dict[str, Any], path: Mapping[str, str], door: Door) -> dict[str, Any]:
    """What the address says is part of what is said, where the message has a place for it."""
    fields = door.model.model_fields
    for name, value in path.items():
        if name not in fields:
            continue
        if str(data.get(name, value)) != value:
            raise SaidTwice(name)
        data[name] = value
    return data


_bearer = HTTPBearer(auto_error=False, description="A token of a provider, or of POST /v1/token.")


async def desk_of(request: Request) -> Desk:  # async, or FastAPI would ask a thread for it
    """The desk of this application."""
    desk: Desk = request.app.state.desk
    return desk


def where_from(request: Request) -> str:
    """The address of whoever asks; behind a proxy, the proxy's."""
    return request.client.host if request.client else "unknown"


async def whoever(
    request: Request,
    desk: Annotated[Desk, Depends(desk_of)],
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """Who comes in: by a token, or by the certificate they show. Raises InvalidToken."""
    if given is not None:
        return await desk.who(given.credentials, where_from(request))
    shown = request.scope.get("state", {}).get(PEER)
    account_id = shown and account_of(shown, desk.house.settings.tls_clients)
    if not account_id:
        raise InvalidToken
    return await desk.who_has(account_id)


AtDesk = Annotated[Desk, Depends(desk_of)]
Who = Annotated[Principal, Depends(whoever)]
