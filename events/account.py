"""Who may come in, and as what: stream `account-{id}`. What somebody is called is in the vault."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Event, Finess, Frozen, Instant, Rpps
from events.roles import Role


class Grant(Frozen):
    """One capacity: somewhere, everywhere, or in one practitioner's name."""

    role: Role
    community: Finess | None = None  # None: of no one community
    rpps: Rpps | None = None  # who they are, or in whose name they act


class AccountOpened(Event):
    """Somebody, or some system, has an account: it may do nothing yet."""

    name = "account.opened"

    account_id: UUID
    opened_at: Instant


class AccountRoleGranted(Event):
    """The account may act in this capacity from now on."""

    name = "account.role_granted"

    account_id: UUID
    grant: Grant
    granted_at: Instant


class AccountRoleRevoked(Event):
    """It may no longer."""

    name = "account.role_revoked"

    account_id: UUID
    grant: Grant
    revoked_at: Instant


class AccountClosed(Event):
    """Whoever it was comes in no more."""

    name = "account.closed"

    account_id: UUID
    closed_at: Instant


AccountEvent = AccountOpened | AccountRoleGranted | AccountRoleRevoked | AccountClosed

Grants = Annotated[tuple[Grant, ...], Field(max_length=200)]
"""All that an account may be: a regulator of a hundred communities is one of them all."""
