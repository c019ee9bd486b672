"""Who somebody is, as they proved it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class SignedIn:
    """Who a token is of."""

    account_id: UUID
    rpps: str | None = None  # as the provider vouches for
    national: str | None = None  # the number it knows them by, whatever its kind
    until: float | None = None  # seconds since 1970: the token is good so long
