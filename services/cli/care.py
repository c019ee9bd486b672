"""The subcommands about a visit or a request there is: `snp visit`, `snp hold` and more."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from events.roles import Role
from services.cli.errors import told_kindly
from services.cli.options import As, AsJson, RequestId, State
from services.messaging.subjects import Kind

visit = typer.Typer(no_args_is_help=True, help="A visit: confirmed, cancelled, attended, missed.")


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
    app.add_typer(visit, name="visit", rich_help_panel=panel)
    for command in (hold, take, release, outcome, reorient, deadline, withdraw, duplicate):
        app.command(rich_help_panel=panel)(command)
