"""Who may come in: an account is opened, may act as this or that, and is closed."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain.decider import Decider, ImpossibleHistory, Refused
from events.account import (
    AccountClosed,
    AccountEvent,
    AccountOpened,
    AccountRoleGranted,
    AccountRoleRevoked,
    Grant,
)
from events.roles import Role


@dataclass(frozen=True)
class NotOpened:
    """Nobody has this account."""


@dataclass(frozen=True)
class Open:
    """What its holder may act as."""

    grants: frozenset[Grant] = frozenset()


@dataclass(frozen=True)
class Closed:
    """Whoever had it has it no more."""


Account = NotOpened | Open | Closed


@dataclass(frozen=True)
class OpenAccount:
    account_id: UUID
    grants: tuple[Grant, ...]
    at: datetime


@dataclass(frozen=True)
class GrantRole:
    account_id: UUID
    grant: Grant
    at: datetime


@dataclass(frozen=True)
class RevokeRole:
    account_id: UUID
    grant: Grant
    at: datetime


@dataclass(frozen=True)
class CloseAccount:
    account_id: UUID
    at: datetime


AccountCommand = OpenAccount | GrantRole | RevokeRole | CloseAccount


class NoSuchAccount(Refused):
    """Nobody has this account."""

    code = "no_such_account"


class AccountIsClosed(Refused):
    """This account was closed: open another."""

    code = "account_is_closed"


class NotGranted(Refused):
    """The account is not allowed to act as that, so it cannot be taken from it."""

    code = "not_granted"


class RoleOfNobody(Refused):
    """Only services of ours and whoever runs them act as that: it is granted to no account."""

    code = "role_of_nobody"


class WhichPractitioner(Refused):
    """Whoever acts in a practitioner's name acts in one's: say whose, and no community."""

    code = "which_practitioner"


class WhichCommunity(Refused):
    """This is somebody of one community: say of which."""

    code = "which_community"


class OfNoCommunity(Refused):
    """Whoever is that is it everywhere: name no community and no practitioner."""

    code = "of_no_community"


class CaresAndAdministers(Refused):
    """Who administers cares for nobody: whoever does both has two accounts."""

    code = "cares_and_administers"


class NoPractitioner(Refused):
    """Nobody is that in a practitioner's name: name a community, or none for all of them."""

    code = "no_practitioner"


def decide(command: AccountCommand, account: Account) -> list[AccountEvent]:
    if isinstance(command, OpenAccount):
        return _open(command, account)
    match account:
        case NotOpened():
            raise NoSuchAccount(command.account_id)
        case Closed():
            if isinstance(command, CloseAccount):
                return []
            raise AccountIsClosed(command.account_id)
        case Open(grants):
            return _change(command, grants)
        case _:
            assert_never(account)


def _open(command: OpenAccount, account: Account) -> list[AccountEvent]:
    """Opened again it is the same one, with what is granted beside."""
    if isinstance(account, Closed):
        raise AccountIsClosed(command.account_id)
    known = account.grants if isinstance(account, Open) else frozenset[Grant]()
    _check_apart(known | set(command.grants))
    happened: list[AccountEvent] = []
    if isinstance(account, NotOpened):
        happened.append(AccountOpened(account_id=command.account_id, opened_at=command.at))
    for grant in dict.fromkeys(command.grants):
        _check(grant)
        if grant not in known:
            happened.append(
                AccountRoleGranted(
                    account_id=command.account_id, grant=grant, granted_at=command.at
                )
            )
    return happened


def _change(
    command: GrantRole | RevokeRole | CloseAccount, grants: frozenset[Grant]
) -> list[AccountEvent]:
    account_id, at = command.account_id, command.at
    match command:
        case GrantRole(grant=grant):
            _check(grant)
            _check_apart(grants | {grant})
            if grant in grants:
                return []
            return [AccountRoleGranted(account_id=account_id, grant=grant, granted_at=at)]
        case RevokeRole(grant=grant):
            if grant not in grants:
                raise NotGranted(grant.role)
            return [AccountRoleRevoked(account_id=account_id, grant=grant, revoked_at=at)]
        case CloseAccount():
            return [AccountClosed(account_id=account_id, closed_at=at)]
        case _:
            assert_never(command)


_CARE = {
    Role.REGULATOR,
    Role.TRIAGE_NURSE,
    Role.PRACTITIONER,
    Role.DELEGATE,
    Role.STRUCTURE_MANAGER,
}


def _check_apart(grants: AbstractSet[Grant]) -> None:
    """Raises CaresAndAdministers: who lets others in does not read of patients."""
    roles = {grant.role for grant in grants}
    if Role.ADMINISTRATOR in roles and roles & _CARE:
        raise CaresAndAdministers


def _check(grant: Grant) -> None:
    """Raises the reason why nobody may be that."""
    match grant.role:
        case Role.PRACTITIONER | Role.DELEGATE | Role.STRUCTURE_MANAGER:
            if grant.rpps is None or grant.community is not None:
                raise WhichPractitioner(grant.role)
        case Role.COORDINATOR | Role.PROTECTION_OFFICER:
            if grant.community is None or grant.rpps is not None:
                raise WhichCommunity(grant.role)
        case Role.REGULATOR | Role.TRIAGE_NURSE | Role.AUTHORITY:
            if grant.rpps is not None:
                raise NoPractitioner(grant.role)
        case Role.ADMINISTRATOR | Role.PLATFORM:
            if grant.rpps is not None or grant.community is not None:
                raise OfNoCommunity(grant.role)
        case Role.OPERATOR | Role.SYSTEM:
            raise RoleOfNobody(grant.role)
        case _:
            assert_never(grant.role)


def evolve(account: Account, event: AccountEvent) -> Account:
    if isinstance(event, AccountOpened):
        return Open()
    if not isinstance(account, Open):
        raise ImpossibleHistory(event.name, event.account_id)
    match event:
        case AccountRoleGranted(grant=grant):
            return Open(account.grants | {grant})
        case AccountRoleRevoked(grant=grant):
            return Open(account.grants - {grant})
        case AccountClosed():
            return Closed()
        case _:
            assert_never(event)


decider: Decider[AccountCommand, Account, AccountEvent] = Decider(NotOpened(), decide, evolve)
