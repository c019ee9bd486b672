"""What a community may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from domain.community.refusals import CommunityNotFormed
from events.community import USUAL_OUT_OF_HOURS, OutOfHours
from events.ladder import Ladder
from events.place import Commune
from events.protocol import Protocol
from events.reporting import ContractYear, ReportedFigure, Target
from events.weights import USUAL_WEIGHTS, Weights

FigureOf = tuple[str, date, date]
"""Which figure from elsewhere: its indicator, and the days it is of."""


@dataclass(frozen=True)
class NotFormed:
    """Nobody said it exists."""


@dataclass(frozen=True)
class Crisis:
    """Declared, and not over."""

    title: str
    ladder: Ladder | None


@dataclass(frozen=True)
class Formed:
    """It serves its communes."""

    title: str
    departement: str
    zone: str
    communes: tuple[Commune, ...]
    ladder: Ladder | None = None  # None: the usual one
    neighbours: tuple[str, ...] = ()  # it agreed with; it holds where they agreed as well
    out_of_hours: OutOfHours = USUAL_OUT_OF_HOURS
    weights: Weights = USUAL_WEIGHTS
    protocols: tuple[Protocol, ...] | None = None  # None: the national ones
    crisis: Crisis | None = None
    targets: Mapping[ContractYear, tuple[Target, ...]] = field(default_factory=dict)
    reported: Mapping[FigureOf, ReportedFigure] = field(default_factory=dict)
    journal: Mapping[UUID, bool] = field(default_factory=dict)  # note → whether it stands


Community = NotFormed | Formed


def formed_of(finess: str, community: Community) -> Formed:
    """The community, if it was formed. Raises CommunityNotFormed."""
    if isinstance(community, NotFormed):
        raise CommunityNotFormed(finess)
    return community
