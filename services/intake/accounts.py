"""What communities account for: `data` of CloudEvents about targets, figures and the journal."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Finess, Frozen
from events.journal import JournalTopic
from events.reporting import ContractYear, ReportedFigure, Target
from services.intake.messages import Note


class TargetsSheet(Frozen):
    """Targets of a contract year, whole: type `snp.targets.v1`."""

    finess: Finess
    year: ContractYear
    targets: Annotated[tuple[Target, ...], Field(max_length=100)]


Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class GivenFigure(ReportedFigure):
    """A figure, its numbers within reason."""

    numerator: Amount
    denominator: Annotated[float, Field(ge=1, le=1e12, allow_inf_nan=False)] | None


class FiguresSheet(Frozen):
    """Figures no event of ours can give: type `snp.figures.v1`."""

    finess: Finess
    figures: Annotated[tuple[GivenFigure, ...], Field(min_length=1, max_length=500)]


class JournalNote(Frozen):
    """A note of the qualitative journal: type `snp.journal-note.v1`. The text is sealed."""

    finess: Finess
    topic: JournalTopic
    day: date | None = None  # what it is about; default: today
    text: Annotated[Note, Field(min_length=1)]


class JournalStrike(Frozen):
    """A note is taken back, its text destroyed: type `snp.journal-strike.v1`."""

    finess: Finess
    entry_id: UUID


Account = TargetsSheet | FiguresSheet | JournalNote | JournalStrike
