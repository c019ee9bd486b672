"""What the figures are: of the read model as it is, or as it was at an instant."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.decider import Refused
from events.reporting import Target
from projections.indicators import folding
from projections.indicators.days import USUAL_ZONE
from projections.indicators.definitions import RESTRICTED, Definition, Reader, in_force
from projections.indicators.dimensions import OF_THE_DAY
from projections.indicators.questions import ALL, Asked, Cells, answered, questions
from projections.indicators.suppression import all_suppressed
from projections.indicators.tables import communities, contract_years
from services.log.database import Pool
from services.log.positions import FOREVER, position_at
from services.projector.past import Snapshot, as_it_is, as_it_was
from services.projector.projector import Progress
from services.settings import Settings


class UnknownCommunity(Refused):
    """No community of that number is known: see `snp community list`."""

    code = "unknown_community"


class UnknownDepartement(Refused):
    """No community of that département is known: see `snp community list`."""

    code = "unknown_departement"


class FinerThanAMonth(Refused):
    """ARS and CPAM read whole months: finer figures would give small numbers of patients away."""

    code = "finer_than_a_month"


class NotAtMidnight(Refused):
    """ARS and CPAM look back to midnights: from instant to instant one patient could be told."""

    code = "not_at_midnight"


@dataclass(frozen=True)
class Ask:
    """Which figures, for whom, as of when."""

    asked: Asked
    reader: Reader = Reader.COORDINATOR
    codes: tuple[str, ...] = ()  # none: every one that reader has
    at: datetime | None = None  # none: now
    position: int | None = None  # instead of an instant
    own_time: bool = False  # `at` is of a sandbox's clock
    zone: str = USUAL_ZONE  # whose midnights


@dataclass(frozen=True)
class Report:
    """The figures, and all it takes to have the same again."""

    ask: Ask
    position: int  # the log up to this event
    definitions: Mapping[str, Definition]
    cells: Cells
    targets: Mapping[str, Target]
    titles: Mapping[str, str]  # of communities, by FINESS
    communes: Mapping[str, str] = field(default_factory=dict)  # INSEE code → name

    @property
    def restricted(self) -> bool:
        """Whether small numbers of patients are hidden from this reader."""
        return self.ask.reader in RESTRICTED


@asynccontextmanager
async def facts(
    pool: Pool, settings: Settings, ask: Ask, progress: Progress | None = None
) -> AsyncIterator[Snapshot]:
    """One snapshot for every question of a report."""
    if ask.at is None and ask.position is None:
        async with as_it_is(pool, folding.projection) as known:
            yield known
        return
    until = await _position(pool, ask)
    async with as_it_was(pool, folding.projection, until, settings, progress) as known:
        yield known


async def _position(pool: Pool, ask: Ask) -> int:
    """Where the log was then; the end of it at most."""
    async with pool.connection() as connection:
        head = await position_at(connection, ask.at or FOREVER, own_time=ask.own_time)
    return head if ask.position is None else min(ask.position, head)


async def report(
    pool: Pool, settings: Settings, ask: Ask, progress: Progress | None = None
) -> Report:
    """The figures.

    Raises UnknownCommunity, UnknownDepartement, FinerThanAMonth, NotAtMidnight and NotBuiltYet.
    """
    check_coarse(ask)
    async with facts(pool, settings, ask, progress) as known:
        return await report_of(known, ask)


async def report_of(known: Snapshot, ask: Ask) -> Report:
    """The same, of facts somebody looks at already."""
    named = await known.rows(communities.select())
    _check_known(ask, named)
    definitions = {
        definition.code: definition
        for definition in in_force(ask.asked.period.ends, ask.reader)
        if not ask.codes or definition.code in ask.codes
    }
    found = [
        (question, await known.rows(question.query))
        for question in questions(definitions.values(), ask.asked)
    ]
    cells = answered(found)
    if ask.reader in RESTRICTED:
        cells = all_suppressed(definitions, cells, ALL)
    return Report(
        ask=ask,
        position=known.position,
        definitions=definitions,
        cells=cells,
        targets=await _targets(known, ask),
        titles={row["finess"]: row["title"] for row in named},
        communes={insee: title for row in named for insee, title in row["communes"].items()},
    )


def check_coarse(ask: Ask) -> None:
    """Raises FinerThanAMonth and NotAtMidnight, for readers who see no small numbers."""
    if ask.reader not in RESTRICTED:
        return
    period = ask.asked.period
    whole = period.begins.day == 1 and (period.ends + timedelta(days=1)).day == 1
    if not whole or ask.asked.by in OF_THE_DAY - {"month", "quarter"}:
        raise FinerThanAMonth
    if ask.position is not None:
        raise NotAtMidnight
    if ask.at is not None and ask.at.astimezone(ZoneInfo(ask.zone)).time() != time():
        raise NotAtMidnight


def _check_known(ask: Ask, named: Sequence[dict[str, Any]]) -> None:
    scope = ask.asked.scope
    if scope.community and all(row["finess"] != scope.community for row in named):
        raise UnknownCommunity(scope.community)
    if scope.departement and all(row["departement"] != scope.departement for row in named):
        raise UnknownDepartement(scope.departement)


async def _targets(known: Snapshot, ask: Ask) -> dict[str, Target]:
    """Those of the contract year the whole period is in; a community's alone."""
    scope, period = ask.asked.scope, ask.asked.period
    if scope.community is None:
        return {}
    query = contract_years.select().where(
        contract_years.c.finess == scope.community,
        contract_years.c.begins <= period.begins,
        contract_years.c.ends >= period.ends,
    )
    found = [
        Target.model_validate(target)
        for row in await known.rows(query)
        for target in row["targets"]
    ]
    return {target.indicator: target for target in found}
