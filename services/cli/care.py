"""The subcommands about a slot, a visit or a request there is: `snp slot`, `snp visit` and more."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from events.roles import Role
from services.cli.errors import told_kindly
from services.cli.options import HERE_NAME, AsJson, Community, State, codes
from services.messaging.subjects import Kind

slot = typer.Typer(no_args_is_help=True, help="A published slot: move, resize, open, withdraw.")
visit = typer.Typer(no_args_is_help=True, help="A visit: confirmed, cancelled, attended, missed.")

SlotId = Annotated[str, typer.Argument(metavar="ID", help="Slot, or the beginning of its id.")]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="Request or case.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
As = Annotated[
    Role, typer.Option("--as", help="In what capacity: practitioner, delegate, regulator, …")
]
Instant = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%dT%H:%M", "%H:%M"], help="14:30 (today), or a date.")
]


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
    str | None, typer.Option(help="Whom it is shown to: PUBLIC,PRO,SNP,CPTS. Default: SNP,CPTS.")
]
Zone = Annotated[str, typer.Option(help="Whose hours these are: Indian/Reunion, …")]
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
    zone: Zone = HERE_NAME,
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
    zone: Zone = HERE_NAME,
    radius: Radius = None,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Open places every week: all of them or none. 09:00 stays 09:00 when the clocks change."""
    from services.cli.publishing import publish, weekdays

    data = _places(rpps, places, mode, radius, sources, labels, zone)
    data |= {"weekdays": weekdays(on), "starts": start, "ends": end}
    data |= {"first": first.date().isoformat(), "last": last.date().isoformat()}
    data |= {"without": [day.date().isoformat() for day in without or []]}
    publish(Kind.SLOT_SERIES, data, where, community, state, role=role, as_json=as_json)


def _places(
    rpps: str,
    places: int,
    mode: str,
    radius: float | None,
    sources: str | None,
    labels: str | None,
    zone: str,
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


@visit.command("confirm")
@told_kindly
def confirm_visit(
    identity: RequestId, role: As = Role.REGULATOR, state: State = None, as_json: AsJson = False
) -> None:
    """The patient knows of the place, and comes."""
    _appointment(identity, {"status": "booked"}, role, state, as_json=as_json)


@visit.command("cancel")
@told_kindly
def cancel_visit(
    identity: RequestId,
    by: Annotated[str, typer.Option(help="PATIENT or PRACTITIONER.")] = "PATIENT",
    again: Annotated[
        bool, typer.Option("--again", help="The patient wants another place.")
    ] = False,
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The visit does not take place. Whom the practitioner cancels is searched for again."""
    data = {"status": "cancelled", "by": by.upper(), "search_again": again}
    _appointment(identity, data, role, state, as_json=as_json)


@visit.command("attended")
@told_kindly
def attended_visit(
    identity: RequestId, role: As = Role.PRACTITIONER, state: State = None, as_json: AsJson = False
) -> None:
    """The patient came, and was seen."""
    _appointment(identity, {"status": "fulfilled"}, role, state, as_json=as_json)


@visit.command("missed")
@told_kindly
def missed_visit(
    identity: RequestId, role: As = Role.PRACTITIONER, state: State = None, as_json: AsJson = False
) -> None:
    """The patient did not come. Said by mistake, `snp visit attended` says it better."""
    _appointment(identity, {"status": "noshow"}, role, state, as_json=as_json)


@told_kindly
def outcome(
    identity: RequestId,
    code: Annotated[
        str, typer.Argument(help="TREATED, FOLLOW_UP, EMERGENCY_DEPARTMENT or HOSPITALISED.")
    ],
    note: Annotated[
        str | None, typer.Option(help="What else there is to say; - reads it. It is sealed.")
    ] = None,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """How it ended for the patient."""
    from services.cli.tell import about_a_request

    written = sys.stdin.read().strip() if note == "-" else note
    data = {"outcome": code.upper()} | ({"note": written} if written else {})
    about_a_request(Kind.OUTCOME, identity, data, state, role=role, as_json=as_json)


@told_kindly
def reorient(
    identity: RequestId,
    to: Annotated[
        str,
        typer.Argument(
            help="URGENCES, PDSA, MT (treating doctor), CONSEIL (advice), SANTE (a hospital ward),"
            " HAD (hospital at home) or EHPAD."
        ),
    ],
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Send the patient elsewhere, also after a hand-back. A place it had is free again."""
    from services.cli.tell import about_a_request

    data = {"to": to.upper()}
    about_a_request(Kind.REORIENTATION, identity, data, state, role=role, as_json=as_json)


@told_kindly
def deadline(
    identity: RequestId,
    delay: Annotated[
        str, typer.Argument(help="From now: 30M, 45M, 1H, 2H, 4H, 8H, 12H, 24H or RDV (48 h).")
    ],
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Within what time the visit is wanted. Handed back, it is searched for again."""
    from services.cli.tell import about_a_request

    data = {"delay": delay.upper()}
    about_a_request(Kind.DEADLINE, identity, data, state, role=role, as_json=as_json)


@told_kindly
def withdraw(
    identity: RequestId,
    reason: Annotated[str, typer.Option(help="CANCELLED or PATIENT_DECLINED.")] = "CANCELLED",
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take a request back. Its place is free again."""
    from services.cli.tell import about_a_request

    data = {"reason": reason.upper()}
    about_a_request(Kind.WITHDRAWAL, identity, data, state, role=role, as_json=as_json)


@told_kindly
def duplicate(
    identity: RequestId,
    of: Annotated[str, typer.Option(help="The request or case that goes on.")],
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The same need was asked for twice: this request ends, the other goes on."""
    from services.cli.tell import about_a_request

    about_a_request(Kind.DUPLICATE, identity, {"of": of}, state, role=role, as_json=as_json)


SlotToo = Annotated[str, typer.Argument(metavar="SLOT", help="Slot, or the beginning of its id.")]
Mode = Annotated[str, typer.Option(help="AMB office, HH home visit, VR video.")]


@told_kindly
def hold(
    identity: RequestId,
    slot_id: SlotToo,
    minutes: Annotated[
        float | None, typer.Option(help="How long; SNP_HOLD_MINUTES (3) by default.")
    ] = None,
    mode: Mode = "AMB",
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Keep a place for a request while you speak: nobody else is given it meanwhile."""
    from services.cli.tell import about_both

    data = {"mode": mode.upper(), "minutes": minutes}
    about_both(Kind.HOLD, identity, slot_id, data, state, role=role, as_json=as_json)


@told_kindly
def release(
    identity: RequestId, role: As = Role.REGULATOR, state: State = None, as_json: AsJson = False
) -> None:
    """The place need not be kept any more. The request is searched for as before."""
    from services.cli.tell import about_a_request

    about_a_request(Kind.HOLD_END, identity, {}, state, role=role, as_json=as_json)


@told_kindly
def take(
    identity: RequestId,
    slot_id: SlotToo,
    mode: Mode = "AMB",
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Give a request the place you chose. Where somebody was faster, the next best are shown."""
    from services.cli.tell import take_place

    take_place(identity, slot_id, mode.upper(), state, as_json=as_json)


def _appointment(
    identity: str, data: dict[str, object], role: Role, state: Path | None, *, as_json: bool
) -> None:
    from services.cli.tell import about_a_request

    about_a_request(Kind.APPOINTMENT, identity, data, state, role=role, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Every command of this module."""
    panel = "Care"
    app.add_typer(slot, name="slot", rich_help_panel=panel)
    app.add_typer(visit, name="visit", rich_help_panel=panel)
    for command in (hold, take, release, outcome, reorient, deadline, withdraw, duplicate):
        app.command(rich_help_panel=panel)(command)
