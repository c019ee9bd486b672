"""Who may do what, where: one table, and the question asked of it.

Every door asks it. `docs/access.md` is written from it, and a test goes through it cell by cell
over HTTP. What is not in it is allowed to nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from events.roles import Role
from services.access.signed import SignedIn
from services.messaging.subjects import Kind


class Reach(StrEnum):
    """Over what a role may do something."""

    EVERYWHERE = "everywhere"
    HERE = "their communities"
    OWN = "their own"  # agenda, consent, offers: or of the practitioner in whose name they act
    CARE = "their patients"  # with a place of theirs, for the time of care


class Look(StrEnum):
    """What is read, or done beside the log."""

    AVAILABILITY = "read-availability"
    REQUESTS = "read-requests"
    ONE_REQUEST = "read-request"
    CANDIDATES = "read-candidates"
    TAKE = "take"
    EVENTS = "follow-events"
    SLOTS = "read-slots"
    OFFERS = "read-offers"
    SLOT_SEARCH = "search-slots"
    REGULATORS = "keep-regulators"
    INDICATORS = "read-indicators"
    AGREEMENTS = "read-agreements"
    IDENTITY = "reveal-identity"
    REVEALS = "read-reveals"
    ACCOUNTS = "read-accounts"
    SECRET = "make-secret"  # noqa: S105 the name of what is done


Action = Kind | Look

_REGULATE = {Role.REGULATOR: Reach.HERE, Role.TRIAGE_NURSE: Reach.HERE}
_IN_THE_NAME = {
    Role.PRACTITIONER: Reach.OWN,
    Role.DELEGATE: Reach.OWN,
    Role.STRUCTURE_MANAGER: Reach.OWN,
}
_CARE = {
    Role.PRACTITIONER: Reach.CARE,
    Role.DELEGATE: Reach.CARE,
    Role.STRUCTURE_MANAGER: Reach.CARE,
}
_MEMBERS = {
    Role.PRACTITIONER: Reach.HERE,
    Role.DELEGATE: Reach.HERE,
    Role.STRUCTURE_MANAGER: Reach.HERE,
}
_AGREE = {Role.COORDINATOR: Reach.HERE}
_ADMINISTER = {Role.ADMINISTRATOR: Reach.EVERYWHERE}
_AGGREGATES = {Role.COORDINATOR: Reach.HERE, Role.AUTHORITY: Reach.HERE}

TABLE: Mapping[Action, Mapping[Role, Reach]] = {
    # Requests
    Kind.CARE_REQUEST: _REGULATE,
    Kind.DEADLINE: _REGULATE,
    Kind.DUPLICATE: _REGULATE,
    Kind.WITHDRAWAL: _REGULATE,
    Kind.REORIENTATION: _REGULATE,
    Kind.HOLD: _REGULATE,
    Kind.HOLD_END: _REGULATE,
    Kind.PROPOSAL: _REGULATE,
    Look.TAKE: _REGULATE,
    Look.CANDIDATES: _REGULATE,
    Look.REQUESTS: _REGULATE,
    Look.SLOT_SEARCH: {
        Role.REGULATOR: Reach.EVERYWHERE,
        Role.PLATFORM: Reach.EVERYWHERE,
    },
    Look.REGULATORS: {Role.PLATFORM: Reach.EVERYWHERE},
    Look.EVENTS: _REGULATE,
    Look.ONE_REQUEST: _REGULATE | _CARE,
    Look.IDENTITY: _REGULATE | _CARE,
    # Visits
    Kind.APPOINTMENT: _REGULATE | _CARE,
    Kind.OUTCOME: _CARE,
    Kind.RATING: _REGULATE | _CARE,
    Kind.DOCTOR_SEARCH: _REGULATE | _CARE,
    Kind.NEW_PATIENT: _IN_THE_NAME,
    # Practitioners
    Kind.SLOT: _IN_THE_NAME,
    Kind.SLOT_SERIES: _IN_THE_NAME,
    Kind.SERIES_WITHDRAWAL: _IN_THE_NAME,
    Kind.SLOT_MOVE: _IN_THE_NAME,
    Kind.SLOT_CAPACITY: _IN_THE_NAME,
    Kind.SLOT_OPENING: _IN_THE_NAME,
    Kind.SLOT_CLOSING: _IN_THE_NAME,
    Kind.SLOT_WITHDRAWAL: _IN_THE_NAME,
    Kind.OFFER_ANSWER: _IN_THE_NAME,
    Kind.OFFER_CORRECTION: _IN_THE_NAME,
    Kind.OFFER_RECEIPT: _IN_THE_NAME,
    Kind.ON_CALL: _IN_THE_NAME,
    Kind.VACATION: _IN_THE_NAME,
    Kind.VACATION_CANCELLED: _IN_THE_NAME,
    Kind.CONTACTS: _IN_THE_NAME,
    Kind.PRACTITIONER_CHANGE: _IN_THE_NAME,
    Kind.LEAVING: _IN_THE_NAME | _AGREE,
    Kind.PRACTITIONER: _AGREE | _ADMINISTER,
    Look.SLOTS: _IN_THE_NAME,
    Look.OFFERS: _IN_THE_NAME,
    # Communities
    Kind.LADDER: _AGREE,
    Kind.NEIGHBOURS: _AGREE,
    Kind.HOURS: _AGREE,
    Kind.WEIGHTS: _AGREE,
    Kind.PROTOCOLS: _AGREE,
    Kind.CRISIS: _AGREE,
    Kind.CRISIS_OVER: _AGREE,
    Kind.TARGETS: _AGREE,
    Kind.FIGURES: _AGREE,
    Kind.JOURNAL_NOTE: _AGREE,
    Kind.JOURNAL_STRIKE: _AGREE,
    Look.AVAILABILITY: _REGULATE | _MEMBERS | _AGGREGATES,
    Look.INDICATORS: _AGGREGATES,
    Look.AGREEMENTS: _REGULATE | _MEMBERS | _AGREE,
    Look.REVEALS: {Role.PROTECTION_OFFICER: Reach.HERE},
    # The house
    Kind.COMMUNITY: _ADMINISTER,
    Kind.COMMUNITY_CHANGE: _AGREE | _ADMINISTER,
    Kind.IMPORT: _ADMINISTER,
    Kind.ACCOUNT: _ADMINISTER,
    Kind.ROLE_GRANT: _ADMINISTER,
    Kind.ROLE_REVOCATION: _ADMINISTER,
    Kind.ACCOUNT_CLOSING: _ADMINISTER,
    Look.ACCOUNTS: _ADMINISTER,
    Look.SECRET: _ADMINISTER,
}


@dataclass(frozen=True)
class Capacity:
    """As what somebody acts, and where."""

    role: Role
    communities: frozenset[str] | None = frozenset()  # None: every one
    rpps: str | None = None  # who they are, or in whose name they act
    vouched: bool = False  # by the provider they signed in with, not by an account

    def reaches(self, reach: Reach, scope: "Scope") -> bool:
        """Whether that is within their reach."""
        match reach:
            case Reach.EVERYWHERE:
                return True
            case Reach.HERE:
                if self.communities is None:
                    return True
                return bool(scope.communities) and scope.communities <= self.communities
            case Reach.OWN:
                return self.rpps is not None and self.rpps == scope.rpps
            case Reach.CARE:
                return self.rpps is not None and self.rpps == scope.rpps and scope.in_care
            case _:
                assert_never(reach)


@dataclass(frozen=True)
class Principal:
    """Whoever came in."""

    account_id: UUID
    capacities: tuple[Capacity, ...]
    signed: SignedIn  # how they proved it

    @property
    def until(self) -> float | None:
        """Seconds since 1970: their proof is good so long."""
        return self.signed.until

    @property
    def ref(self) -> str:
        """What the log calls them: never a name."""
        return f"account-{self.account_id}"

    def may(self, action: Action, scope: "Scope") -> Capacity | None:
        """In which capacity they may do that, the first; None: they may not."""
        return next(self.those_who_may(action, scope), None)

    def those_who_may(self, action: Action, scope: "Scope") -> Iterator[Capacity]:
        """Every capacity in which they may do that."""
        reaches = TABLE[action]
        for capacity in self.capacities:
            reach = reaches.get(capacity.role)
            if reach is not None and capacity.reaches(reach, scope):
                yield capacity


@dataclass(frozen=True)
class Scope:
    """What it would be done to."""

    communities: frozenset[str] = frozenset()  # all that are concerned; none: no one community
    rpps: str | None = None  # whose agenda, consent or patient it is
    in_care: bool = False  # the patient has a place with them, and the time of care is not over
