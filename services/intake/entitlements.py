"""Who may come in: accounts as administrators tell of them. What somebody is called is sealed."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from events.account import Grant, Grants
from events.base import Frozen

Called = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Number = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Identifier(Frozen):
    """A number by which others know somebody: whose it is, and which."""

    system: _Number
    value: _Number


IDENTIFIERS: TypeAdapter[tuple[Identifier, ...]] = TypeAdapter(tuple[Identifier, ...])


class AccountSheet(Frozen):
    """An account, and what it may be: type `snp.account.v1`. A second time, what is granted beside.

    With `issuer` and `subject` it is the account of whoever signs in there as that; without, one
    that signs in here with a secret (`snp account secret`).
    """

    account_id: UUID | None = None  # of one there is; or as whoever keeps it counts them
    title: Called | None = None  # who it is: sealed, for administrators
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    subject: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=10)] = ()  # sealed likewise
    grants: Grants = ()

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.issuer is None) != (self.subject is None):
            kind = "missing"
            raise PydanticCustomError(kind, "an issuer and a subject, or neither")
        return self


class _AboutAnAccount(Frozen):
    account_id: UUID


class RoleGrant(_AboutAnAccount):
    """It may act as this as well: type `snp.role-grant.v1`."""

    grant: Grant


class RoleRevocation(_AboutAnAccount):
    """It may no longer: type `snp.role-revocation.v1`."""

    grant: Grant


class AccountClosing(_AboutAnAccount):
    """Whoever it was comes in no more: type `snp.account-closing.v1`."""


Entitlement = AccountSheet | RoleGrant | RoleRevocation | AccountClosing
