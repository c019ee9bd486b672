"""What the annual report is made of: figures, the same by month, the notes of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from domain.decider import Refused
from events.journal import JournalTopic
from projections.indicators.periods import Period
from projections.indicators.tables import contract_years, journal
from services.intake.naming import named
from services.log.database import Pool
from services.log.vault import Vault
from services.projector.projector import Progress
from services.projector.queries import rows
from services.reports.asking import Ask, Report, check, facts, report_of
from services.settings import Settings


class OneCommunity(Refused):
    """A report of activity is one community's: say which one."""

    code = "one_community"


@dataclass(frozen=True)
class Entry:
    """A note of the journal. No text: it was destroyed."""

    entry_id: UUID
    day: date
    topic: JournalTopic
    text: str | None


@dataclass(frozen=True)
class Activity:
    """A year, or another period, of a community."""

    report: Report
    by_month: Report
    entries: Sequence[Entry]  # none for readers outside

    @property
    def title(self) -> str:
        """What the community is called."""
        finess = self.report.ask.asked.scope.community or ""
        return self.report.titles[finess]


async def activity(
    pool: Pool,
    settings: Settings,
    vault: Vault,
    ask: Ask,
    actor: str,
    progress: Progress | None = None,
) -> Activity:
    """All of one state of the log. Reading the notes is journalled. Raises as `report` does."""
    finess = ask.asked.scope.community
    if finess is None:
        raise OneCommunity
    check(ask)
    async with facts(pool, settings, ask, progress) as known:
        whole = await report_of(known, replace(ask, asked=replace(ask.asked, by=None)))
        monthly = await report_of(known, replace(ask, asked=replace(ask.asked, by="month")))
        notes = await known.rows(_notes(finess, ask.asked.period))
    if whole.restricted:
        notes = []  # they may name somebody: the community's to hand over
    reason = f"report of activity {ask.asked.period.name}"
    return Activity(whole, monthly, await _with_texts(vault, finess, notes, actor, reason))


async def entries(
    pool: Pool, vault: Vault, finess: str, period: Period, actor: str
) -> Sequence[Entry]:
    """The notes of a period, the oldest first. That they were read is journalled."""
    notes = await rows(pool, _notes(finess, period))
    return await _with_texts(vault, finess, notes, actor, f"journal {period.name}")


async def _with_texts(
    vault: Vault, finess: str, notes: Sequence[dict[str, Any]], actor: str, reason: str
) -> list[Entry]:
    refs = [note["entry_id"] for note in notes]
    if not refs:
        return []
    texts = await vault.notes(refs, about=named("journal", finess), actor=actor, reason=reason)
    return [
        Entry(
            note["entry_id"], note["day"], JournalTopic(note["topic"]), texts.get(note["entry_id"])
        )
        for note in notes
    ]


def _notes(finess: str, period: Period) -> Select[tuple[object, ...]]:
    table = journal.c
    return (
        journal.select()
        .where(table.finess == finess, table.stands)
        .where(table.day.between(period.begins, period.ends))
        .order_by(table.day, table.written_at, table.entry_id)
    )


async def contract_year(pool: Pool, finess: str, day: date) -> Period | None:
    """The year of the community's contract a day is in; None where none was agreed."""
    years = contract_years.c
    query = contract_years.select().where(
        years.finess == finess, years.begins <= day, years.ends >= day
    )
    for year in await rows(pool, query):
        return Period(year["begins"], year["ends"], f"{year['begins']}/{year['ends']}")
    return None
