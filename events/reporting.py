"""What a community accounts for: targets of its contract, figures from elsewhere, its journal.

In the community's stream. A figure made of events is never an event: it can be computed again.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Code, Event, Finess, Frozen, Instant
from events.journal import JournalTopic
from events.place import Title


class ContractYear(Frozen):
    """A year of the contract with the sickness fund and the agency: it begins on its anniversary.

    Both days belong to it.
    """

    begins: date
    ends: date


class Target(Frozen):
    """What an indicator should be over the contract year: at least, or at most."""

    indicator: Code
    at_least: float | None = None
    at_most: float | None = None


class CommunityTargetsAgreed(Event):
    """What was agreed for a contract year, whole: it replaces what was agreed before for it."""

    name = "community.targets_agreed"

    finess: Finess
    year: ContractYear
    targets: Annotated[tuple[Target, ...], Field(max_length=100)]
    agreed_at: Instant


class ReportedFigure(Frozen):
    """A figure no event of ours can give, as its source says it. Both days belong to it."""

    indicator: Code
    begins: date
    ends: date
    numerator: float
    denominator: float | None  # None: a figure that is no ratio
    source: Title


class CommunityFiguresReported(Event):
    """Figures from elsewhere: each replaces what was reported for the same indicator and days."""

    name = "community.figures_reported"

    finess: Finess
    figures: Annotated[tuple[ReportedFigure, ...], Field(min_length=1, max_length=500)]
    reported_at: Instant


class CommunityJournalWritten(Event):
    """A note of the qualitative journal. Its text is in the vault: it may name somebody."""

    name = "community.journal_written"

    finess: Finess
    entry_id: UUID
    topic: JournalTopic
    day: date  # what it is about
    written_at: Instant


class CommunityJournalStruck(Event):
    """The note is taken back, and its text destroyed."""

    name = "community.journal_struck"

    finess: Finess
    entry_id: UUID
    struck_at: Instant
