"""What a community may be asked to do."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from events.community import OutOfHours
from events.journal import JournalTopic
from events.ladder import Ladder
from events.place import Commune
from events.protocol import Protocol
from events.reporting import ContractYear, ReportedFigure, Target
from events.weights import Weights


@dataclass(frozen=True)
class FormCommunity:
    finess: str
    title: str
    departement: str
    zone: str
    communes: tuple[Commune, ...]
    at: datetime


@dataclass(frozen=True)
class ChangeCommunity:
    finess: str
    title: str | None  # None: as it is
    departement: str | None
    zone: str | None
    communes: tuple[Commune, ...] | None  # whole
    at: datetime


@dataclass(frozen=True)
class AdoptLadder:
    finess: str
    ladder: Ladder
    at: datetime


@dataclass(frozen=True)
class AgreeNeighbours:
    finess: str
    neighbours: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class AgreeHours:
    finess: str
    out_of_hours: OutOfHours
    at: datetime


@dataclass(frozen=True)
class AgreeWeights:
    finess: str
    weights: Weights
    at: datetime


@dataclass(frozen=True)
class AdoptProtocols:
    finess: str
    protocols: tuple[Protocol, ...]
    at: datetime


@dataclass(frozen=True)
class DeclareCrisis:
    finess: str
    title: str
    ladder: Ladder | None  # None: the one in force
    at: datetime


@dataclass(frozen=True)
class EndCrisis:
    finess: str
    at: datetime


@dataclass(frozen=True)
class AgreeTargets:
    finess: str
    year: ContractYear
    targets: tuple[Target, ...]
    at: datetime


@dataclass(frozen=True)
class ReportFigures:
    finess: str
    figures: tuple[ReportedFigure, ...]
    at: datetime


@dataclass(frozen=True)
class WriteJournal:
    finess: str
    entry_id: UUID
    topic: JournalTopic
    day: date
    at: datetime


@dataclass(frozen=True)
class StrikeJournal:
    finess: str
    entry_id: UUID
    at: datetime


CommunityCommand = (
    FormCommunity
    | ChangeCommunity
    | AdoptLadder
    | AgreeNeighbours
    | AgreeHours
    | AgreeWeights
    | AdoptProtocols
    | DeclareCrisis
    | EndCrisis
    | AgreeTargets
    | ReportFigures
    | WriteJournal
    | StrikeJournal
)
