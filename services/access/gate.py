"""Whoever knocks: who they are by their token, and what they may be by their account."""

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any
from uuid import UUID

from domain import account as accounts
from domain import practitioner as practitioners
from domain.account import Closed, Open
from domain.decider import Refused
from domain.practitioner import NotEnrolled, Practitioner, enrolment
from events import streams
from events.account import Grant
from events.roles import Role
from services.access.names import Name, Names
from services.access.permissions import Action, Capacity, Principal, Scope
from services.access.signed import SignedIn
from services.access.tokens import InvalidToken, Tokens
from services.fhir.codes import PERSON
from services.log.reader import Log

_MOST_KNOWN = 10_000


class NotAllowed(Refused):
    """What you may do here does not include that: an administrator can tell you what does."""

    code = "not_allowed"


class Gate:
    """Asked at every door, every time: what was taken from an account is gone within a second."""

    def __init__(self, log: Log, tokens: Tokens, names: Names, again: float) -> None:
        self._log = log
        self._names = names
        self._again = again
        self._known_as: dict[SignedIn, tuple[float, Principal]] = {}
        self._tokens = tokens

    async def who(self, token: str) -> Principal:
        """Raises InvalidToken."""
        return await self._principal(await self._tokens.check(token))

    async def signed_in(self, signed: SignedIn) -> Principal:
        """Whoever signed in on a page of ours. Raises InvalidToken."""
        return await self._principal(signed)

    async def holder(self, account_id: UUID, rpps: str | None = None) -> Principal:
        """Whoever has that account, as was proved otherwise. Raises InvalidToken.

        `rpps`: a provider vouched that they are that practitioner.
        """
        return await self._principal(SignedIn(account_id, rpps))

    async def again(self, principal: Principal) -> Principal | None:
        """As `who`, of somebody who came in before; None: they would be let in no more."""
        try:
            return await self._read(principal.signed)
        except InvalidToken:
            return None

    async def _principal(self, signed: SignedIn) -> Principal:
        until, known = self._known_as.get(signed, (0.0, None))
        if known is not None and monotonic() < until:
            return known
        principal = await self._read(signed)
        if len(self._known_as) >= _MOST_KNOWN:
            self._known_as.clear()
        self._known_as[signed] = (monotonic() + self._again, principal)
        return principal

    async def _read(self, signed: SignedIn) -> Principal:
        account = await self._log.state(accounts.decider, streams.account(signed.account_id))
        if isinstance(account, Closed):
            raise InvalidToken
        granted = set(account.grants if isinstance(account, Open) else ())
        grants = sorted(granted | await self._of_the_platform(signed), key=str)
        if not grants and signed.rpps is None:
            raise InvalidToken  # somebody, but nobody of ours
        capacities = tuple(await self._capacities(grants, signed))
        return Principal(signed.account_id, capacities, signed)

    async def _of_the_platform(self, signed: SignedIn) -> frozenset[Grant]:
        """What the national platform told of them by the number their provider says."""
        if signed.national is None:
            return frozenset()
        account_id = await self._names.find(Name(PERSON, signed.national))
        if account_id is None:
            return frozenset()
        account = await self._log.state(accounts.decider, streams.account(account_id))
        return account.grants if isinstance(account, Open) else frozenset()

    async def communities_of(self, rpps: str) -> frozenset[str]:
        """Of which a practitioner is; none, for who is not enrolled."""
        return _communities(
            await self._log.state(practitioners.decider, streams.practitioner(rpps))
        )

    async def _capacities(self, grants: list[Grant], signed: SignedIn) -> Iterator[Capacity]:
        # Vouched for as a practitioner, they are one, for themselves.
        vouched = Grant(role=Role.PRACTITIONER, rpps=signed.rpps) if signed.rpps else None
        every = [*grants, *([vouched] if vouched else [])]
        named = sorted({streams.practitioner(one.rpps) for one in every if one.rpps})
        histories: dict[str, Any] = await self._log.load_all(named) if named else {}
        return (_capacity(grant, histories, vouched=grant is vouched) for grant in every)


def _capacity(grant: Grant, histories: Mapping[str, Any], *, vouched: bool) -> Capacity:
    """A practitioner, and who acts for one, are of the communities the practitioner is of."""
    if grant.rpps is None:
        return Capacity(grant.role, frozenset({grant.community}) if grant.community else None)
    history = histories[streams.practitioner(grant.rpps)]
    state = practitioners.decider.replay(history.events)
    return Capacity(grant.role, _communities(state), grant.rpps, vouched)


def _communities(practitioner: Practitioner) -> frozenset[str]:
    if isinstance(practitioner, NotEnrolled):
        return frozenset()
    return frozenset(enrolment(practitioner).communities)


def permitted(principal: Principal, action: Action, scope: Scope) -> Capacity:
    """In which capacity. Raises NotAllowed."""
    capacity = principal.may(action, scope)
    if capacity is None:
        raise NotAllowed(action)
    return capacity
