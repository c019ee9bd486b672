"""The subcommands about communities: `snp community`, `snp import`."""

from pathlib import Path
from typing import Annotated

import typer

from events.roles import Role
from services.cli.errors import Told, told_kindly
from services.cli.options import As, AsJson, Community, State
from services.messaging.subjects import Kind

community = typer.Typer(
    no_args_is_help=True, help="What a community agreed: hours, protocols, a crisis."
)
imports = typer.Typer(
    no_args_is_help=True, help="From CSV: all lines of a file, or none and what is wrong where."
)

Finess = Annotated[str, typer.Argument(metavar="FINESS", help="The community.")]
Choice = Annotated[bool | None, typer.Option(help="Out of hours (PDSA) in this département.")]
Csv = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, UTF-8, commas or semicolons.")]


@community.command("list")
@told_kindly
def list_all(state: State = None, as_json: AsJson = False) -> None:
    """Every community there is, and what it serves."""
    from services.cli.members import show_communities

    show_communities(state, as_json=as_json)


@community.command("change")
@told_kindly
def change(
    finess: Finess,
    title: Annotated[str | None, typer.Option(help="Another name.")] = None,
    zone: Annotated[str | None, typer.Option(help="Indian/Reunion, …")] = None,
    communes: Annotated[
        Path | None,
        typer.Option(help="CSV with all of them: insee, commune, population, lat, lon."),
    ] = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Serves other communes from now on, or is called otherwise. What it agreed stays."""
    from services.cli.importing import communes_of
    from services.cli.tell import about

    said = {"title": title, "zone": zone, "communes": communes_of(communes) if communes else None}
    data = {name: value for name, value in said.items() if value is not None}
    if not data:
        raise Told("say --title, --zone or --communes", code="usage", status=2)
    kind = Kind.COMMUNITY_CHANGE
    about(kind, {"finess": finess, **data}, state, role=role, as_json=as_json)


@community.command("weights")
@told_kindly
def weights(
    finess: Finess,
    continuity: Annotated[
        float | None, typer.Option(help="Of another doctor than the patient's own.")
    ] = None,
    fairness: Annotated[
        float | None, typer.Option(help="Of who has all places of the week taken: in proportion.")
    ] = None,
    scarcity: Annotated[
        float | None, typer.Option(help="Of a place for home visits, for who can come.")
    ] = None,
    fragility: Annotated[
        float | None, typer.Option(help="Of 25 km for a patient of 75 years or more.")
    ] = None,
    tours: Annotated[
        float | None,
        typer.Option(help="Of 25 km to a home visit, from the practice or the nearest other."),
    ] = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What is weighed when a place is chosen: 1 is as bad as waiting all of the delay."""
    from services.cli.agreements import tell_weights

    chosen = {
        "continuity": continuity,
        "fairness": fairness,
        "scarcity": scarcity,
        "fragility": fragility,
        "tours": tours,
    }
    tell_weights(finess, chosen, state, role=role, as_json=as_json)


@community.command("hours")
@told_kindly
def hours(
    finess: Finess,
    saturday_afternoon: Choice = None,
    monday_before_holiday: Choice = None,
    friday_after_holiday: Choice = None,
    saturday_after_holiday: Choice = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Whose hours it is, and until when; with an option, agree to others."""
    from services.cli.agreements import tell_hours

    chosen = {
        "saturday_afternoon": saturday_afternoon,
        "monday_before_holiday": monday_before_holiday,
        "friday_after_holiday": friday_after_holiday,
        "saturday_after_holiday": saturday_after_holiday,
    }
    tell_hours(finess, chosen, state, role=role, as_json=as_json)


@community.command("protocols")
@told_kindly
def protocols(
    finess: Finess,
    adopt: Annotated[
        Path | None, typer.Option(help="JSON, as this command writes it with --json.")
    ] = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Whom other professions may see here, by which text; with --adopt, others from now on."""
    from services.cli.agreements import tell_protocols

    tell_protocols(finess, adopt, state, role=role, as_json=as_json)


@community.command("crisis")
@told_kindly
def crisis(
    finess: Finess,
    title: Annotated[str | None, typer.Option(help="Declares it: what it is.")] = None,
    ladder: Annotated[
        Path | None, typer.Option(help="JSON: the ladder until it is over; the one in force.")
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="Everything is as before.")] = False,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Whether there is a crisis; declare one with --title, end it with --over."""
    from services.cli.agreements import tell_crisis

    tell_crisis(finess, title, ladder, state, over=over, role=role, as_json=as_json)


@imports.command("communities")
@told_kindly
def import_communities(
    file: Csv, role: As = Role.COORDINATOR, state: State = None, as_json: AsJson = False
) -> None:
    """A line a commune.

    Columns: finess, title, departement, zone (Europe/Paris), insee, commune, population, lat, lon.
    """
    from services.cli import importing

    importing.import_communities(file, state, role=role, as_json=as_json)


@imports.command("practitioners")
@told_kindly
def import_practitioners(
    file: Csv,
    of: Community = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """A line a practitioner; rpps and profession are needed.

    Columns: rpps, profession, communities, setting, specialty, sources, weekly_cap (20; none: no
    cap), daily_cap, min_age, max_age, protocols (ODYNOPHAGIE:RPPS), new_patients, paused. Of
    several in a cell, a space between. Without communities, that of --community.
    """
    from services.cli import importing

    importing.import_practitioners(file, of, state, role=role, as_json=as_json)


@imports.command("figures")
@told_kindly
def import_figures(
    finess: Finess,
    file: Csv,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Figures no event of ours can give: a line each, with who says so.

    Columns: indicator (call_pickup_rate, ed_visits_not_admitted, …), period (2026-10), numerator,
    denominator (may be empty), source.
    """
    from services.cli import accounts

    accounts.import_figures(finess, file, state, role=role, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Every command of this module."""
    app.add_typer(community, name="community", rich_help_panel="Care")
    app.add_typer(imports, name="import", rich_help_panel="Care")
