"""What ARS and CPAM read: figures of months that are over, small numbers hidden; and exports."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import RedirectResponse, Response

from domain.decider import Refused
from events.roles import Role
from projections.indicators.periods import month_of
from projections.indicators.questions import Asked
from projections.indicators.readers import Reader
from projections.indicators.scope import Scope as Over
from services.access.gate import NotAllowed, permitted
from services.access.permissions import Look, Scope
from services.api.doors import PATTERNS
from services.api.members import period_named
from services.console.frame import PREFIX, page
from services.console.refusals import why_refused
from services.console.territoire import figures
from services.console.territoire.days import today_of
from services.console.visitors import Guest, Visitor
from services.intake.directory import Known
from services.intake.rejections import UnknownCommunity
from services.reports.activity import activity
from services.reports.asking import Ask, Report, report

if TYPE_CHECKING:
    from services.console.languages import Language

AT = f"{PREFIX}/tutelle"
router = APIRouter(include_in_schema=False)
Finess = Annotated[str, Path(pattern=PATTERNS["finess"])]
When = Annotated[str, Query(max_length=40)]
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
}


class NoSuchFormat(Refused):
    """Figures are exported as csv, xlsx, parquet, or as the report of activity, pdf."""

    code = "unknown_path"


@router.get(AT)
async def authority(visitor: Guest) -> Response:
    """The first community they watch."""
    mine = await _watched(visitor)
    if not mine:
        raise NotAllowed(Look.INDICATORS)
    return RedirectResponse(f"{AT}/{mine[0].finess}", 303)


@router.get(f"{AT}/{{finess}}")
async def aggregates(visitor: Guest, finess: Finess, period: When = "") -> Response:
    """Figures of a month, the last that is over unless another is named; or why not."""
    known, reader = await _known(visitor, finess)
    today = today_of(visitor, known)
    meant = period_named(period) or figures.months_until(today)[1]
    found, told = None, ""
    try:
        found = await figures.figures_of(
            visitor.desk.house, finess, known.formed, meant, reader, visitor.language, today
        )
    except Refused as refused:
        told = why_refused(refused, visitor.language)
    return page(
        visitor,
        "territoire/tutelle.html",
        finess=finess,
        title=known.formed.title,
        mine=await _watched(visitor),
        found=found,
        told=told,
        months=figures.months_until(today),
        period=meant,
        at=f"{AT}/{finess}",
    )


@router.get(f"{AT}/{{finess}}/export.{{kind}}")
async def export(visitor: Guest, finess: Finess, kind: str, period: When = "") -> Response:
    """The same figures as a file."""
    known, reader = await _known(visitor, finess)
    today = today_of(visitor, known)
    meant = period_named(period) or month_of(today)
    ask = Ask(Asked(Over(finess), meant), reader=reader, zone=known.formed.zone, today=today)
    house = visitor.desk.house
    if kind == "pdf":
        from services.reports.annual import as_pdf  # noqa: PLC0415 drawing takes long to load

        told = await activity(house.pool, house.settings, house.vault, ask, visitor.principal.ref)
        body = as_pdf(told, visitor.language)
    else:
        write = _writer(kind)
        body = write(await report(house.pool, house.settings, ask), visitor.language)
    name = f"snp-{finess}-{meant.name.replace('/', '-')}.{kind}"
    return Response(
        body,
        media_type=_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _writer(kind: str) -> "Callable[[Report, Language], bytes]":
    """Each loads what it needs."""
    match kind:
        case "csv":
            from services.reports.table import as_csv  # noqa: PLC0415 as it says

            return as_csv
        case "xlsx":
            from services.reports.workbook import as_workbook  # noqa: PLC0415 as it says

            return as_workbook
        case "parquet":
            from services.reports.parquet import as_parquet  # noqa: PLC0415 as it says

            return as_parquet
        case _:
            raise NoSuchFormat(kind)


async def _known(visitor: Visitor, finess: str) -> tuple[Known, Reader]:
    """The community, and as whom they read it. Raises NotAllowed, UnknownCommunity."""
    capacity = permitted(visitor.principal, Look.INDICATORS, Scope(frozenset({finess})))
    known = await visitor.desk.house.directory.community(finess)
    if known is None:
        raise UnknownCommunity
    return known, Reader.ARS if capacity.role is Role.AUTHORITY else Reader.COORDINATOR


async def _watched(visitor: Visitor) -> list[Known]:
    here = visitor.communities(Look.INDICATORS)
    every = await visitor.desk.house.directory.everyone()
    return [one for one in every if here is None or one.finess in here]
