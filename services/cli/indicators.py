"""The subcommands about figures: `snp indicators`, `snp targets`, `snp journal`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from events.journal import JournalTopic
from events.roles import Role
from projections.indicators.readers import Reader
from services.cli.errors import told_kindly
from services.cli.options import As, AsJson, State

indicators = typer.Typer(
    invoke_without_command=True,
    help="Figures of a period: shown, explained, exported. Alone: those of this month.",
)
journal = typer.Typer(
    no_args_is_help=True, help="The qualitative journal: what figures alone do not say."
)

Community = Annotated[
    str | None, typer.Option("--community", "-c", help="FINESS number; else all there are.")
]
Departement = Annotated[str | None, typer.Option(help="All communities of it: 58.")]
PeriodText = Annotated[
    str | None,
    typer.Option("--period", "-p", help="2026-11, 2026-Q4, 2026-W48, 2026, 2026-03-01/2027-02-28."),
]
At = Annotated[
    str | None,
    typer.Option(help="As it was then: 2026-11-23, 2026-11-23T14:00, or a position of the log."),
]
AsReader = Annotated[
    Reader, typer.Option("--as", help="Who reads: ars and cpam see no small numbers.")
]
Language = Annotated[str, typer.Option("--lang", help="fr or en.")]
Finess = Annotated[str, typer.Argument(metavar="FINESS", help="The community.")]


@indicators.callback()
@told_kindly
def show(
    context: typer.Context,
    community: Community = None,
    departement: Departement = None,
    period: PeriodText = None,
    by: Annotated[
        str | None, typer.Option(help="One a source, profession, commune, label, day, month…")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="These alone: fulfilment_rate,noshow_rate; or a theme.")
    ] = None,
    at: At = None,
    reader: AsReader = Reader.COORDINATOR,
    language: Language = "en",
    export: Annotated[
        str | None, typer.Option(help="csv, xlsx, parquet, or pdf: the annual ACI report.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; - is stdout. Else a name.")
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Figures of a period: shown, explained, exported. Alone: those of this month."""
    if context.invoked_subcommand is not None:
        return
    from services.cli.figures import Wanted, export_figures, show_figures

    wanted = Wanted(community, departement, period, by, only, at, reader, language)
    if export is None:
        show_figures(wanted, state, as_json=as_json)
    else:
        export_figures(wanted, export, output, state, as_json=as_json)


@indicators.command("list")
@told_kindly
def list_all(
    reader: AsReader = Reader.COORDINATOR, language: Language = "en", as_json: AsJson = False
) -> None:
    """Every indicator there is, by chapter."""
    from services.cli.explaining import list_indicators

    list_indicators(reader, language, as_json=as_json)


@indicators.command("explain")
@told_kindly
def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="fulfilment_rate, …")],
    community: Community = None,
    departement: Departement = None,
    period: PeriodText = None,
    by: Annotated[str | None, typer.Option(help="With --cell: which breakdown.")] = None,
    cell: Annotated[str | None, typer.Option(help="Of a breakdown, this one.")] = None,
    part: Annotated[str | None, typer.Option(help="Of a distribution, this part.")] = None,
    denominator: Annotated[
        bool, typer.Option("--denominator", help="What is behind the denominator.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Events at most.", min=1, max=100_000)] = 20,
    at: At = None,
    reader: AsReader = Reader.COORDINATOR,
    language: Language = "en",
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What an indicator means, what it is now, and the events behind it."""
    from projections.indicators.behind import Part
    from services.cli.explaining import explain_figure
    from services.cli.figures import Wanted

    wanted = Wanted(community, departement, period, by, name, at, reader, language)
    explain_figure(wanted, Part(cell, part, denominator), limit, state, as_json=as_json)


@indicators.command("document")
@told_kindly
def document(language: Language = "en") -> None:
    """Every definition as a document, in Markdown."""
    from services.cli.explaining import write_document

    write_document(language)


@told_kindly
def targets(
    finess: Finess,
    agreed: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TARGET]...", help="'fulfilment_rate>=80', 'noshow_rate<=5'."),
    ] = None,
    year: Annotated[
        str | None, typer.Option(help="The contract year: 2026-03-01/2027-02-28, or 2026.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="None any more for that year.")] = False,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What a community's contract years aim at; with targets, agree to these, in their units."""
    from services.cli.accounts import agree_targets, show_targets

    if agreed or none:
        agree_targets(finess, agreed or [], year, state, role=role, as_json=as_json)
    else:
        show_targets(finess, state, as_json=as_json)


@journal.command("write")
@told_kindly
def write(
    finess: Finess,
    text: Annotated[str, typer.Argument(help="The note; - reads stdin.")],
    topic: Annotated[
        JournalTopic, typer.Option(case_sensitive=False, help="What it is about.")
    ] = JournalTopic.CONTEXT,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today.")
    ] = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Write a note. Its text is sealed: it may name somebody."""
    from services.cli.accounts import write_note

    write_note(finess, text, topic, day, state, role=role, as_json=as_json)


@journal.command("list")
@told_kindly
def notes(
    finess: Finess,
    period: PeriodText = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The notes of a period (this year). That they were read is journalled."""
    from services.cli.accounts import show_notes

    show_notes(finess, period, state, as_json=as_json)


@journal.command("strike")
@told_kindly
def strike(
    finess: Finess,
    entry: Annotated[UUID, typer.Argument(metavar="ID", help="See snp journal list.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take a note back. Its text is destroyed, which cannot be undone."""
    from services.cli.accounts import strike_note

    strike_note(finess, entry, state, sure=yes, role=role, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Under `snp`."""
    app.add_typer(indicators, name="indicators")
    app.add_typer(journal, name="journal")
    app.command("targets")(targets)
