"""The subcommands about who is asked: `snp offer`, `snp ladder`, `snp on-call` and more."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from events.roles import Role
from services.cli.errors import told_kindly
from services.cli.options import As, AsJson, Community, RequestId, State
from services.messaging.subjects import Kind

offer = typer.Typer(no_args_is_help=True, help="Members asked beyond their agenda: what they say.")
ladder = typer.Typer(no_args_is_help=True, help="Who is asked next, until when: show, try, adopt.")

Rpps = Annotated[
    str,
    typer.Argument(
        metavar="RPPS", help="The practitioner: eleven digits; a structure: its FINESS."
    ),
]
At = Annotated[
    datetime,
    typer.Option(
        "--at",
        formats=["%Y-%m-%dT%H:%M", "%H:%M", "%Y-%m-%dT%H:%M%z"],
        help="14:30 (today), or 2026-11-23T14:30, by the clock of where they are.",
    ),
]
Minutes = Annotated[int, typer.Option(help="How long the visit is.", min=5, max=120)]


@offer.command("list")
@told_kindly
def list_offers(
    rpps: Annotated[str | None, typer.Option(help="To this practitioner only.")] = None,
    community: Community = None,
    only: Annotated[
        str | None, typer.Option("--state-is", help="pending, accepted, refused, lapsed…")
    ] = None,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1)] = 50,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Who was asked about which request: those who may still answer first."""
    from services.cli.look import show_offers

    show_offers(rpps, community, only, limit, state, as_json=as_json)


@offer.command("accept")
@told_kindly
def accept(
    identity: RequestId,
    rpps: Rpps,
    at: At,
    minutes: Minutes = 15,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The practitioner sees the patient then. The first who says so does."""
    data: dict[str, object] = {
        "answer": "ACCEPTEE",
        "start": at,
        "minutes": minutes,
    }
    _answer(identity, rpps, data, role, state, as_json=as_json)


@offer.command("propose")
@told_kindly
def propose(
    identity: RequestId,
    rpps: Rpps,
    at: At,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The practitioner would, at another time: for the regulator to take or leave."""
    data: dict[str, object] = {"answer": "PARTIELLE", "start": at}
    _answer(identity, rpps, data, role, state, as_json=as_json)


@offer.command("refuse")
@told_kindly
def refuse(
    identity: RequestId,
    rpps: Rpps,
    reason: Annotated[
        str, typer.Option(help="FULL, ABSENT, OUT_OF_SCOPE, TOO_FAR or OTHER.")
    ] = "OTHER",
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The practitioner does not. It is never held against them."""
    data: dict[str, object] = {"answer": "REFUSEE", "reason": reason.upper()}
    _answer(identity, rpps, data, role, state, as_json=as_json)


@offer.command("defer")
@told_kindly
def defer(
    identity: RequestId,
    rpps: Rpps,
    at: At,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The practitioner will say by then."""
    data: dict[str, object] = {"answer": "DIFFEREE", "until": at}
    _answer(identity, rpps, data, role, state, as_json=as_json)


@offer.command("correct")
@told_kindly
def correct(
    identity: RequestId,
    rpps: Rpps,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Accepted by mistake, 20 seconds ago at most. The patient is searched for again at once."""
    from services.cli.tell import about_a_request

    kind = Kind.OFFER_CORRECTION
    about_a_request(kind, identity, {"rpps": rpps}, state, role=role, as_json=as_json)


@offer.command("take")
@told_kindly
def take(
    identity: RequestId,
    rpps: Rpps,
    minutes: Minutes = 15,
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take the other time a practitioner proposed."""
    from services.cli.tell import about_a_request

    data = {"rpps": rpps, "minutes": minutes}
    about_a_request(Kind.PROPOSAL, identity, data, state, role=role, as_json=as_json)


@ladder.command("show")
@told_kindly
def show(finess: str, state: State = None, as_json: AsJson = False) -> None:
    """The community's ladder, its neighbours and how often its members accept."""
    from services.cli.ladders import show_ladder

    show_ladder(finess, state, as_json=as_json)


@ladder.command("adopt")
@told_kindly
def adopt(
    finess: str,
    file: Annotated[Path, typer.Argument(help="JSON, as `snp ladder show --json` writes it.")],
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Another ladder from now on. Try it first: `snp ladder preview`."""
    from services.cli.ladders import adopt_ladder

    adopt_ladder(finess, file, state, role=role, as_json=as_json)


@ladder.command("preview")
@told_kindly
def preview(
    identity: RequestId,
    file: Annotated[
        Path | None, typer.Option("--ladder", help="Another ladder than the community's: JSON.")
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What would happen to this request if nobody answered and no place opened."""
    from services.cli.ladders import preview_request

    preview_request(identity, file, state, as_json=as_json)


@told_kindly
def on_call(
    rpps: Rpps,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M", "%H:%M"], help="18:00 (today)"),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="No longer.")] = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """A practitioner is available at once, until then: asked before others."""
    from services.cli.errors import Told
    from services.cli.tell import about

    if (until is None) != off:
        raise Told("say --until, or --off", code="usage", status=2)
    data = {"rpps": rpps, "until": until}
    about(Kind.ON_CALL, data, state, role=role, as_json=as_json)


@told_kindly
def neighbours(
    finess: str,
    others: Annotated[
        list[str] | None, typer.Argument(help="FINESS numbers: these, and no others.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Nobody's any more.")] = False,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Whose places a community's patients may have when its own are gone, once both say so."""
    from services.cli.errors import Told
    from services.cli.tell import about

    if none == bool(others):
        raise Told("say whose: FINESS numbers, or --none", code="usage", status=2)
    data = {"finess": finess, "neighbours": others or []}
    about(Kind.NEIGHBOURS, data, state, role=role, as_json=as_json)


@offer.command("seen")
@told_kindly
def seen(
    identity: RequestId,
    rpps: Rpps,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The member has read what they were asked."""
    from services.cli.tell import about_a_request

    told = {"rpps": rpps, "seen": True}
    about_a_request(Kind.OFFER_RECEIPT, identity, told, state, role=role, as_json=as_json)


def _answer(
    identity: str,
    rpps: str,
    data: dict[str, object],
    role: Role,
    state: Path | None,
    *,
    as_json: bool,
) -> None:
    from services.cli.tell import about_a_request

    told = {"rpps": rpps, **data}
    about_a_request(Kind.OFFER_ANSWER, identity, told, state, role=role, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Every command of this module."""
    panel = "Care"
    app.add_typer(offer, name="offer", rich_help_panel=panel)
    app.add_typer(ladder, name="ladder", rich_help_panel=panel)
    app.command("on-call", rich_help_panel=panel)(on_call)
    app.command(rich_help_panel=panel)(neighbours)
