"""`snp indicators`: the figures on a screen, or in a file."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from rich.markup import escape

from projections.indicators.definitions import Theme, catalogue
from projections.indicators.folding import projection
from projections.indicators.periods import NotAPeriod, Period, month_of, period_of
from projections.indicators.questions import Asked, breakdowns
from projections.indicators.readers import Reader
from projections.indicators.scope import Scope
from projections.indicators.values import theme_name
from services.cli.errors import Told
from services.cli.freshness import with_what_was_just_told
from services.cli.options import HERE_NAME, instant_or_position
from services.cli.session import Session, console, in_session, progress, say, show_table
from services.cli.words import HERE
from services.reports import wording
from services.reports.activity import activity, contract_year
from services.reports.asking import Ask, Report, report
from services.reports.lines import Line, fingerprint, lines
from services.reports.table import asked_of

LANGUAGES = ("fr", "en")
FORMATS = ("csv", "xlsx", "parquet", "pdf")


@dataclass(frozen=True)
class Wanted:
    """What was written on the command line."""

    community: str | None
    departement: str | None
    period: str | None
    by: str | None
    only: str | None
    at: str | None
    reader: Reader
    language: str


async def asked_for(session: Session, wanted: Wanted, *, year: bool = False) -> Ask:
    """The question. Raises Told for what cannot be asked."""
    if wanted.at is None:
        await with_what_was_just_told(session, projection)
    check_language(wanted.language)
    if wanted.community and wanted.departement:
        raise Told("either --community or --departement", code="usage", status=2)
    today = (await session.now()).astimezone(HERE).date()
    scope = Scope(wanted.community, wanted.departement)
    ask = Ask(
        Asked(scope, await _period(session, wanted, today, year=year), _dimension(wanted.by)),
        reader=wanted.reader,
        codes=_codes(wanted.only),
        own_time=session.sandboxed,
        zone=HERE_NAME,
        today=today,
    )
    return _as_it_was(ask, wanted.at)


def check_language(language: str) -> None:
    """Raises Told."""
    if language not in LANGUAGES:
        raise Told("--lang is fr or en", code="usage", status=2)


async def _period(session: Session, wanted: Wanted, today: date, *, year: bool) -> Period:
    """What was said; else this month, or the contract year, or the year."""
    if wanted.period is not None:
        try:
            return period_of(wanted.period)
        except NotAPeriod as unknown:
            raise Told(f"{wanted.period}: {unknown}", code="not_a_period", status=2) from unknown
    if not year or wanted.community is None:
        return month_of(today)
    agreed = await contract_year(session.pool, wanted.community, today)
    return agreed or period_of(str(today.year))


def _dimension(by: str | None) -> str | None:
    if by is not None and by not in breakdowns():
        raise Told(f"--by {by}: there are {', '.join(breakdowns())}", code="usage", status=2)
    return by


def _codes(only: str | None) -> tuple[str, ...]:
    """Codes, or the chapters they are in."""
    if only is None:
        return ()
    found: list[str] = []
    for word in (part.strip().lower() for part in only.split(",") if part.strip()):
        if word in catalogue():
            found.append(word)
        elif word in set(Theme):
            found += [code for code, (first, *_) in catalogue().items() if first.theme == word]
        else:
            msg = f"no indicator or chapter is called {word}: snp indicators list"
            raise Told(msg, code="unknown_indicator", status=2)
    return tuple(found)


def _as_it_was(ask: Ask, at: str | None) -> Ask:
    if at is None:
        return ask
    match instant_or_position(at, HERE):
        case int() as position:
            return replace(ask, position=position)
        case instant:
            return replace(ask, at=instant)


async def reported(session: Session, ask: Ask) -> Report:
    """The figures, with a bar while the log is read again. Raises as `report`."""
    if ask.at is None and ask.position is None:
        return await report(session.pool, session.settings, ask)
    bar, move = progress("Reading the log")
    with bar:
        return await report(session.pool, session.settings, ask, move)


def show_figures(wanted: Wanted, state: Path | None, *, as_json: bool) -> None:
    """On the screen."""

    async def work(session: Session) -> Report:
        return await reported(session, await asked_for(session, wanted))

    found = in_session(state, work)
    told = lines(found, wanted.language)
    if as_json:
        say(asked_of(found, told) | {"figures": told})
        return
    _heading(found)
    if not told:
        console.print(_nothing(found))
        return
    for theme, chapter in groupby(told, key=lambda line: line.theme):
        console.print(f"\n[bold]{theme_name(theme, wanted.language)}[/bold]")
        _chapter(list(chapter), wanted.language)
    _footing(found, told)


def _heading(found: Report) -> None:
    scope, period = found.ask.asked.scope, found.ask.asked.period
    whose = found.titles.get(scope.community or "") or (
        f"département {scope.departement}" if scope.departement else "every community"
    )
    console.print(f"[bold]{escape(whose)}[/bold] · {period.name}", end="")
    if found.ask.position is not None:
        console.print(f" · as it was at position {found.position} of the log", end="")
    if found.ask.at is not None:
        console.print(f" · as it was on {found.ask.at.astimezone(HERE):%d %b %Y %H:%M}", end="")
    console.print()


def _nothing(found: Report) -> str:
    if found.restricted:
        return "Nothing that may be shown: each cell is of ten or fewer, or none."
    if found.ask.asked.by:
        return "Nothing is counted by that here, or there is nothing to count: see --by in --help."
    return "Nothing of that is for this reader: snp indicators list --as …"


def _chapter(told: Sequence[Line], language: str) -> None:
    cells = any(line.cell for line in told)
    rows = []
    for line in told:
        name = f"  {line.part_name}" if line.part else line.name
        row = [f"[dim]{escape(name)}[/dim]" if line.part else escape(name)]
        row += [escape(line.cell_name)] if cells else []
        row += [
            escape(wording.value(line, language)),
            f"[dim]{escape(wording.of_how_many(line, language))}[/dim]",
            _coloured(line, wording.target(line, language)),
            f"[dim]{'' if line.part else line.code}[/dim]",
        ]
        rows.append(row)
    columns = ["indicator", *(["of"] if cells else []), "value", "counted", "target", "name"]
    show_table(columns, rows, cut={"indicator"})


def _coloured(line: Line, target: str) -> str:
    if line.reached is None:
        return target
    return f"[green]{target} ✓[/green]" if line.reached else f"[red]{target} ✗[/red]"


def _footing(found: Report, told: Sequence[Line]) -> None:
    notes = [f"Position {found.position} of the log, fingerprint {fingerprint(found, told)}."]
    if found.restricted:
        notes.append("Ten or fewer are not shown, other numbers are right to two.")
    notes.append("snp indicators explain NAME says what one means and shows the events behind it.")
    console.print()
    console.print(" ".join(notes), style="dim")


def export_figures(
    wanted: Wanted, kind: str, output: Path | None, state: Path | None, *, as_json: bool
) -> None:
    """Into a file."""
    if kind not in FORMATS:
        raise Told(f"--export {kind}: there are {', '.join(FORMATS)}", code="usage", status=2)
    if kind == "pdf" and wanted.community is None:
        raise Told("the report is one community's: say --community", code="usage", status=2)

    async def work(session: Session) -> tuple[bytes, Report]:
        ask = await asked_for(session, wanted, year=kind == "pdf")
        if kind == "pdf":
            return await _annual(session, ask, wanted.language)
        found = await reported(session, ask)
        return _written(kind, found, wanted.language), found

    body, found = in_session(state, work)
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(body)
        return
    file = output or Path(_file_name(found, kind))
    try:
        file.write_bytes(body)
    except OSError as fault:
        msg = f"{file}: {fault.strerror}; --output says where to write"
        raise Told(msg, code="unusable_file") from fault
    told = lines(found, wanted.language)
    if as_json:
        say(asked_of(found, told) | {"file": str(file), "bytes": len(body)})
    else:
        console.print(f"{file}  [dim]{len(body) // 1024 + 1} KiB, {len(told)} lines[/dim]")


async def _annual(session: Session, ask: Ask, language: str) -> tuple[bytes, Report]:
    import getpass

    from services.reports.annual import as_pdf

    bar, move = progress("Reading the log")
    with bar:
        told = await activity(
            session.pool, session.settings, session.vault, ask, getpass.getuser(), move
        )
    return as_pdf(told, language), told.report


def _written(kind: str, found: Report, language: str) -> bytes:
    """Each loads what it needs: a workbook needs no Parquet."""
    if kind == "csv":
        from services.reports.table import as_csv

        return as_csv(found, language)
    if kind == "xlsx":
        from services.reports.workbook import as_workbook

        return as_workbook(found, language)
    from services.reports.parquet import as_parquet

    return as_parquet(found, language)


def _file_name(found: Report, kind: str) -> str:
    """`snp-580099001-2026-11.csv`."""
    asked = found.ask.asked
    whose = asked.scope.community or asked.scope.departement or "all"
    by = f"-by-{asked.by}" if asked.by else ""
    who = f"-{found.ask.reader}" if found.restricted else ""
    when = f"-at-{found.position}" if found.ask.at or found.ask.position is not None else ""
    return f"snp-{whose}-{asked.period.name.replace('/', '-to-')}{by}{who}{when}.{kind}"
