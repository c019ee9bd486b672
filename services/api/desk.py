"""The front desk: who comes in, what they may look at, and waiting for what becomes of it."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from domain.request import NoSuchRequest, decider
from domain.request import Request as RequestState
from events.codes import Mode
from projections import board
from services.access.credentials import Credentials
from services.access.gate import Gate, NotAllowed, permitted
from services.access.names import Names
from services.access.permissions import Action, Look, Principal
from services.access.signed import SignedIn
from services.access.tokens import InvalidToken, Tokens
from services.api import scopes
from services.api.asking import ask
from services.api.limits import Allowance, TooMany
from services.api.reading import Seen, request_as_it_is
from services.api.saying import Saying
from services.api.tls import PEER, account_of
from services.clock import SandboxClock
from services.log.bells import Bell
from services.messaging import subjects

if TYPE_CHECKING:
    from services.app import House


class Desk:
    """What every route needs of the house."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.tokens = Tokens(house.settings, house.clock)
        self.credentials = Credentials(house.pool, house.vault.sealer)
        self.names = Names(house.pool, house.vault.sealer)
        again = house.settings.access_read_again_seconds
        self.gate = Gate(house.log, self.tokens, self.names, again)
        self.saying = Saying(
            house, self.gate, scopes.Scopes(house.log, self.gate, house.clock, self.care_after)
        )
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
        return await ask(self.house, f"snp.take.{subjects.ANY_COMMUNITY}", wanted)

    def address(self, request: Request) -> str:
        """Ours, as others know it: the settings say, or whoever asks found it."""
        return self.house.settings.public_url or str(request.base_url).rstrip("/")

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

    @asynccontextmanager
    async def streaming(self, account_id: UUID) -> AsyncIterator[Bell]:
        """As `listening`, for an account that has few open. Raises TooMany."""
        if self._streams[account_id] >= self.house.settings.http_streams:
            raise TooMany
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
