"""What the figures are: of the read model as it is, or as it was at an instant."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.decider import Refused
from events.reporting import Target
from projections.indicators import folding
from projections.indicators.days import USUAL_ZONE
from projections.indicators.definitions import Definition, in_force
from projections.indicators.questions import ALL, Asked, Cells, answered, questions
from projections.indicators.readers import RESTRICTED, Reader
from projections.indicators.suppression import all_suppressed
from projections.indicators.tables import communities, contract_years
from services.log.database import Pool
from services.log.positions import FOREVER, NotYetWritten, position_at
from services.projector.past import Snapshot, as_it_is, as_it_was
from services.projector.projector import Progress
from services.reports.discretion import check_contract_year, check_when
from services.settings import Settings


class UnknownCommunity(Refused):
    """No community of that number is known: see `snp community list`."""

    code = "unknown_community"


class UnknownDepartement(Refused):
    """No community of that département is known: see `snp community list`."""

    code = "unknown_departement"


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
    today: date | None = None  # none: that of the machine


Verdicts = Mapping[str, bool]


@dataclass(frozen=True)
class Report:
    """The figures, and all it takes to have the same again."""

    ask: Ask
    position: int  # the log up to this event
    definitions: Mapping[str, Definition]
    cells: Cells
    targets: Mapping[str, Target]
    reached: Verdicts  # by code, where there is a target and a figure
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
    """Where the log was then. Raises NotYetWritten."""
    async with pool.connection() as connection:
        head = await position_at(connection, ask.at or FOREVER, own_time=ask.own_time)
    if ask.position is None:
        return head
    if ask.position > head:
        raise NotYetWritten(ask.position)
    return ask.position


async def report(
    pool: Pool, settings: Settings, ask: Ask, progress: Progress | None = None
) -> Report:
    """The figures.

    Raises UnknownCommunity, UnknownDepartement, NotYetWritten, NotBuiltYet, and as `check`.
    """
    check(ask)
    async with facts(pool, settings, ask, progress) as known:
        return await report_of(known, ask)


async def report_of(known: Snapshot, ask: Ask) -> Report:
    """The same, of facts somebody looks at already."""
    named = await known.rows(communities.select())
    _check_known(ask, named)
    if ask.reader in RESTRICTED:
        await check_contract_year(known, ask.asked.scope.community, ask.asked.period)
    definitions = {
        definition.code: definition
        for definition in in_force(ask.asked.period.ends, ask.reader)
        if not ask.codes or definition.code in ask.codes
    }
    found = [
        (question, await known.rows(question.query))
        for question in questions(definitions.values(), ask.asked)
    ]
    cells, targets = answered(found), await _targets(known, ask)
    reached = _verdicts(targets, cells) if ask.asked.by is None else {}
    if ask.reader in RESTRICTED:
        cells = all_suppressed(definitions, cells, ALL)
        reached = {code: said for code, said in reached.items() if not cells[code, ALL].hidden}
    return Report(
        ask=ask,
        position=known.position,
        definitions=definitions,
        cells=cells,
        targets=targets,
        reached=reached,
        titles={row["finess"]: row["title"] for row in named},
        communes={insee: title for row in named for insee, title in row["communes"].items()},
    )


def check(ask: Ask) -> None:
    """What readers who see no small numbers may not ask. Raises as `discretion.check_when`."""
    if ask.reader in RESTRICTED:
        check_when(ask.asked, ask.at, ask.position, ask.today, ask.zone)


def _verdicts(targets: Mapping[str, Target], cells: Cells) -> Verdicts:
    """Of the exact figures, for whoever reads: about right would be wrong beside a target."""
    found = {}
    for code, target in targets.items():
        value = cells[code, ALL].value if (code, ALL) in cells else None
        if value is not None:
            enough = target.at_least is None or value >= target.at_least
            found[code] = enough and (target.at_most is None or value <= target.at_most)
    return found


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
