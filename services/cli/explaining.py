"""`snp indicators explain` and `list`: what indicators mean, and the events behind a figure."""

from pathlib import Path

from rich.markup import escape

from projections.indicators.behind import Part
from projections.indicators.definitions import Definition, catalogue
from projections.indicators.readers import RESTRICTED, Reader
from projections.indicators.values import theme_name
from services.cli.errors import Told
from services.cli.figures import Wanted, asked_for, check_language
from services.cli.session import Session, console, in_session, progress, say, show_table
from services.cli.words import HERE
from services.reports import wording
from services.reports.asking import Ask, Report, check, facts, report_of
from services.reports.handbook import as_markdown
from services.reports.lines import Line, lines
from services.reports.tracing import Trace, trace

_FACTS = {"requests": "requests", "places": "slots", "offers": "offers"}


def list_indicators(reader: Reader, language: str, *, as_json: bool) -> None:
    """By chapter."""
    check_language(language)
    found = [versions[-1] for versions in catalogue().values() if reader in versions[-1].readers]
    if as_json:
        say({"indicators": [one.model_dump(mode="json") for one in found]})
        return
    rows = [
        [
            f"[dim]{theme_name(one.theme, language)}[/dim]",
            one.code,
            escape(one.name.of(language)),
            one.unit,
            " ".join(one.readers),
        ]
        for one in found
    ]
    show_table(["chapter", "name", "what", "unit", "readers"], rows, cut={"what"})


def write_document(language: str) -> None:
    """On stdout."""
    check_language(language)
    print(as_markdown(language), end="")


def explain_figure(
    wanted: Wanted, part: Part, limit: int, state: Path | None, *, as_json: bool
) -> None:
    """The definition; and, of a period, the figure and its events."""
    code = wanted.only or ""
    if code not in catalogue():
        msg = f"no indicator is called {code}: snp indicators list"
        raise Told(msg, code="unknown_indicator", status=2)

    if part.cell is not None and wanted.by is None:
        raise Told("--cell is of a breakdown: say --by as well", code="usage", status=2)

    async def work(session: Session) -> tuple[Definition, Report, Trace | None]:
        ask = await asked_for(session, wanted)
        bar, move = progress("Reading the log")
        with bar:
            check(ask)
            async with facts(session.pool, session.settings, ask, move) as known:
                found = await report_of(known, ask)
                if code not in found.definitions:
                    msg = f"{code} is not for {wanted.reader}: snp indicators list --as …"
                    raise Told(msg, code="not_for_this_reader", status=2)
                definition = found.definitions[code]
                behind = None
                if ask.reader not in RESTRICTED:
                    behind = await trace(known, ask, definition, part, limit)
                return definition, found, behind

    definition, found, behind = in_session(state, work)
    told = [line for line in lines(found, wanted.language) if _is_meant(line, part)]
    if as_json:
        say(
            {
                "definition": definition.model_dump(mode="json"),
                "figures": told,
                "position": found.position,
                "behind": behind,
            }
        )
        return
    _define(definition, wanted.language)
    _tell(found.ask, told, wanted.language)
    if behind is None:
        console.print("Events are about one patient each: they are not shown here.", style="dim")
    else:
        _trace(behind, definition)


def _is_meant(line: Line, part: Part) -> bool:
    return (part.cell is None or line.cell == part.cell) and (
        part.part is None or line.part == part.part
    )


def _define(definition: Definition, language: str) -> None:
    console.print(
        f"[bold]{escape(definition.name.of(language))}[/bold]  [dim]{definition.code}[/dim]"
    )
    console.print(escape(definition.formula.of(language)))
    over = f" / {definition.denominator.of(language)}" if definition.denominator else ""
    facts_of = [
        ("counted", f"{definition.numerator.of(language)}{over}"),
        ("unit", definition.unit),
        ("readers", ", ".join(definition.readers)),
        ("version", f"{definition.version}, since {definition.valid_from:%d %b %Y}"),
        ("source", definition.basis),
        ("events", ", ".join(definition.events) or "none of ours: snp import figures"),
    ]
    for name, said in facts_of:
        console.print(f"  [dim]{name:8}[/dim] {escape(said)}")


def _tell(ask: Ask, told: list[Line], language: str) -> None:
    console.print(f"\n[bold]{ask.asked.period.name}[/bold]")
    if not told:
        console.print("nothing to show: no such cell or part", style="dim")
    for line in told:
        of = " · ".join(name for name in (line.cell_name, line.part_name) if name)
        value, counted = wording.value(line, language), wording.of_how_many(line, language)
        console.print(
            f"  {escape(of)}{' ' if of else ''}[bold]{value}[/bold]  [dim]{counted}[/dim]"
        )


def _trace(behind: Trace, definition: Definition) -> None:
    facts_of = _FACTS.get(getattr(definition.measure, "fact", ""), "facts")
    console.print(f"\nCounted in {behind.facts} {facts_of}. The events behind:", style="dim")
    rows = [
        [
            str(one.position),
            f"{one.at.astimezone(HERE):%d %b %Y %H:%M:%S}",
            one.name,
            one.stream,
            str(one.event_id),
        ]
        for one in behind.events
    ]
    if rows:
        show_table(["position", "when", "event", "stream", "event id"], rows)
    if behind.more:
        console.print("There are more: --limit. snp history STREAM tells everything.", style="dim")
