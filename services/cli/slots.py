"""The subcommands about slots: `snp slot`."""

from datetime import datetime
from typing import Annotated, Any

import typer

from events.roles import Role
from services.cli.errors import told_kindly
from services.cli.options import (
    As,
    AsJson,
    Community,
    Instant,
    SlotId,
    State,
    Yes,
    codes,
)
from services.messaging.subjects import Kind

slot = typer.Typer(no_args_is_help=True, help="A published slot: move, resize, open, withdraw.")

Sources = Annotated[
    str | None, typer.Option(help="Who may send patients: SAS,CPTS,IOA… Default: all.")
]
Whose = Annotated[str, typer.Argument(metavar="RPPS", help="Whose places they are.")]
Places = Annotated[int, typer.Option(help="How many: several make a range (plage).")]
Modes = Annotated[str, typer.Option(help="AMB office, HH home, VR video; or AMB,VR.")]
Where = Annotated[
    str | None,
    typer.Option("--place", help="TITLE;COMMUNE;LAT;LON. Default: where the last one was."),
]
Of = Annotated[list[str] | None, typer.Option("--community", "-c", help="FINESS. Default: theirs.")]
Radius = Annotated[float | None, typer.Option(help="Of home visits, in kilometres.")]
Labels = Annotated[
    str | None, typer.Option(help="Who is shown it: PUBLIC,PRO,SNP,CPTS; who sends, --sources.")
]
Zone = Annotated[
    str | None,
    typer.Option(help="Whose hours these are: Indian/Reunion, … Default: those of the place."),
]
Date = typer.Option(formats=["%Y-%m-%d"], help="2026-12-21; counted in.")


@slot.command("list")
@told_kindly
def list_slots(
    community: Community = None,
    rpps: Annotated[str | None, typer.Option(help="Of this practitioner only.")] = None,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1)] = 50,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Slots to come, full or not, the earliest first."""
    from services.cli.look import show_slots

    show_slots(community, rpps, limit, state, as_json=as_json)


@slot.command("publish")
@told_kindly
def publish_slot(
    rpps: Whose,
    start: Instant,
    end: Instant,
    places: Places = 1,
    mode: Modes = "AMB",
    where: Where = None,
    community: Of = None,
    sources: Sources = None,
    labels: Labels = None,
    zone: Zone = None,
    radius: Radius = None,
    surge: Annotated[bool, typer.Option("--surge", help="Kept for a crisis.")] = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Open places, today or on a date."""
    from services.cli.publishing import publish

    data = _places(rpps, places, mode, radius, sources, labels, zone)
    data |= {"start": start, "end": end, "surge": surge}
    publish(Kind.SLOT, data, where, community, state, role=role, as_json=as_json)


@slot.command("series")
@told_kindly
def publish_series(
    rpps: Whose,
    on: Annotated[str, typer.Option(help="Days of the week: mon,thu.")],
    start: Annotated[str, typer.Option(help="09:00, by the wall clock there.")],
    end: Annotated[str, typer.Option(help="09:20; not after the start: of the next day.")],
    first: Annotated[datetime, Date],
    last: Annotated[datetime, Date],
    without: Annotated[
        list[datetime] | None,
        typer.Option(formats=["%Y-%m-%d"], help="A day left out; again: more."),
    ] = None,
    places: Places = 1,
    mode: Modes = "AMB",
    where: Where = None,
    community: Of = None,
    sources: Sources = None,
    labels: Labels = None,
    zone: Zone = None,
    radius: Radius = None,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Open places every week: all of them or none. 09:00 stays 09:00 when the clocks change."""
    from services.cli.publishing import days_left_out, publish, weekdays

    data = _places(rpps, places, mode, radius, sources, labels, zone)
    days = weekdays(on)
    data |= {"weekdays": days, "starts": start, "ends": end}
    data |= {"first": first.date().isoformat(), "last": last.date().isoformat()}
    data |= {"without": days_left_out(without, days)}
    publish(Kind.SLOT_SERIES, data, where, community, state, role=role, as_json=as_json)


def _places(
    rpps: str,
    places: int,
    mode: str,
    radius: float | None,
    sources: str | None,
    labels: str | None,
    zone: str | None,
) -> dict[str, Any]:
    """What is published, whenever it is."""
    said = {"open_to": codes(sources), "labels": codes(labels)}
    return {
        "rpps": rpps,
        "capacity": places,
        "modes": codes(mode),
        "radius_km": radius,
        "zone": zone,
    } | {name: value for name, value in said.items() if value}


@slot.command("withdraw")
@told_kindly
def withdraw_slot(
    identity: SlotId,
    yes: Yes = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take the slot back. Its patients are searched for again at once, before everybody else."""
    from services.cli.tell import about_a_slot

    about_a_slot(Kind.SLOT_WITHDRAWAL, identity, {}, state, role=role, as_json=as_json, sure=yes)


@slot.command("withdraw-series")
@told_kindly
def withdraw_series(
    series: Annotated[str, typer.Argument(metavar="ID", help="As its publication was answered.")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Default: from now on.")
    ] = None,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take back every slot of a series that is to come; to change one, publish another after."""
    from services.cli.tell import about

    data = {"series_id": series, "first": first.date().isoformat() if first else None}
    about(Kind.SERIES_WITHDRAWAL, data, state, role=role, as_json=as_json)


@slot.command("close")
@told_kindly
def close_slot(
    identity: SlotId,
    sources: Annotated[str, typer.Argument(help="SAS, CPTS, IOA…: who sends nobody else here.")],
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Nobody else from these sources. Who has a place keeps it; `snp slot open` undoes it."""
    from services.cli.tell import about_a_slot

    data = {"sources": sources.upper().split(",")}
    about_a_slot(Kind.SLOT_CLOSING, identity, data, state, role=role, as_json=as_json)


@slot.command("move")
@told_kindly
def move_slot(
    identity: SlotId,
    start: Instant,
    end: Instant,
    yes: Yes = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Another time of the same week, by the clock of its place. Its patients come first again."""
    from services.cli.tell import about_a_slot

    times = {"start": start, "end": end}
    about_a_slot(Kind.SLOT_MOVE, identity, times, state, role=role, as_json=as_json, sure=yes)


@slot.command("capacity")
@told_kindly
def resize_slot(
    identity: SlotId,
    places: Annotated[int, typer.Argument(min=1, help="How many places it has now.")],
    yes: Yes = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """More places, or fewer. Of fewer, who came last loses theirs and is searched for again."""
    from services.cli.tell import about_a_slot

    data = {"capacity": places}
    kind = Kind.SLOT_CAPACITY
    about_a_slot(kind, identity, data, state, role=role, as_json=as_json, sure=yes, places=places)


@slot.command("open")
@told_kindly
def open_slot(
    identity: SlotId,
    label: Annotated[list[str] | None, typer.Option(help="PUBLIC, PRO, SNP or CPTS.")] = None,
    community: Annotated[list[str] | None, typer.Option("--community", "-c")] = None,
    source: Annotated[list[str] | None, typer.Option(help="SAS, CPTS or IOA.")] = None,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Show what is left of the slot to more people."""
    from services.cli.tell import about_a_slot

    data = {
        "labels": label or [],
        "communities": community or [],
        "open_to": source or [],
    }
    about_a_slot(Kind.SLOT_OPENING, identity, data, state, role=role, as_json=as_json)
