"""The subcommands about who takes part: `snp practitioner`, `snp doctor`."""

from datetime import datetime
from typing import Annotated, Any

import typer

from events.roles import Role
from services.cli.errors import told_kindly
from services.cli.offers import Rpps
from services.cli.options import As, AsJson, Community, RequestId, State, codes
from services.messaging.subjects import Kind

practitioner = typer.Typer(
    no_args_is_help=True, help="Who takes part, and what they agree to: shown, told, changed."
)
doctor = typer.Typer(no_args_is_help=True, help="A treating doctor for patients who want one.")

Instant = typer.Argument(
    formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M%z"],
    help="2026-12-21, or with an hour, by the clock of where they are.",
)
WeeklyCap = Annotated[
    int | None, typer.Option(help="Other doctors' patients a week at most; -1: no cap.", min=-1)
]
DailyCap = Annotated[
    int | None, typer.Option(help="Patients a day at most, their own too; -1: no cap.", min=-1)
]
Sources = Annotated[str | None, typer.Option(help="Who may send patients: SAS,CPTS,IOA…")]
Ages = Annotated[int | None, typer.Option(help="Years; -1: any.", min=-1, max=130)]


@practitioner.command("list")
@told_kindly
def list_all(community: Community = None, state: State = None, as_json: AsJson = False) -> None:
    """Who takes part, whom they agree to be sent patients by, who is away."""
    from services.cli.members import show_members

    show_members(community, state, as_json=as_json)


@practitioner.command("show")
@told_kindly
def show(rpps: Rpps, state: State = None, as_json: AsJson = False) -> None:
    """What the practitioner agreed to, for whom, how much; vacations and pauses."""
    from services.cli.consents import show_practitioner

    show_practitioner(rpps, state, as_json=as_json)


@practitioner.command("enrol")
@told_kindly
def enrol(
    rpps: Rpps,
    community: Annotated[list[str], typer.Option("--community", "-c", help="FINESS; again: more.")],
    profession: Annotated[str, typer.Option(help="10 doctor, 21 pharmacist, 60 nurse…")] = "10",
    setting: Annotated[
        str, typer.Option(help="PS in town, MSP, CDS, SOS, MMG, TLC, SPE, HOP, HAD, EMS.")
    ] = "PS",
    specialty: Annotated[str | None, typer.Option(help="SM04 cardiology, … (TRE_R38)")] = None,
    sources: Sources = "SAS,CPTS,IOA",
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """A practitioner takes part, seen by these sources, 20 patients a week at most."""
    from services.cli.consents import not_enrolled_yet
    from services.cli.tell import about

    not_enrolled_yet(rpps, state)

    data = {
        "rpps": rpps,
        "profession": profession,
        "communities": community,
        "setting": setting.upper(),
        "specialty": specialty,
        "consent": {"sources": codes(sources)},
    }
    about(Kind.PRACTITIONER, data, state, role=role, as_json=as_json)


@practitioner.command("change")
@told_kindly
def change(
    rpps: Rpps,
    community: Annotated[
        list[str] | None, typer.Option("--community", "-c", help="Joins it as well; again: more.")
    ] = None,
    setting: Annotated[
        str | None, typer.Option(help="PS in town, MSP, CDS, SOS, MMG, TLC, SPE, HOP, HAD, EMS.")
    ] = None,
    specialty: Annotated[
        str | None, typer.Option(help="SM04 cardiology, … (TRE_R38); '': none.")
    ] = None,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Works elsewhere from now on, or in more communities. What was published stays as it is."""
    from services.cli.errors import Told
    from services.cli.tell import about

    said: dict[str, Any] = {
        "communities": community or None,
        "setting": setting and setting.upper(),
        "specialty": specialty,
    }
    data = {name: value for name, value in said.items() if value is not None}
    if not data:
        raise Told("say --community, --setting or --specialty", code="usage", status=2)
    if specialty == "":
        data["specialty"] = None
    about(Kind.PRACTITIONER_CHANGE, {"rpps": rpps, **data}, state, role=role, as_json=as_json)


@practitioner.command("leave")
@told_kindly
def leave(
    rpps: Rpps,
    community: Annotated[
        list[str] | None,
        typer.Option("--community", "-c", help="Of these alone; again: more. Default: all."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    role: As = Role.COORDINATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Takes part no longer: what was published is withdrawn, its patients come first again."""
    from services.cli.absences import tell_leaving

    tell_leaving(rpps, community or [], state, sure=yes, role=role, as_json=as_json)


@practitioner.command("consent")
@told_kindly
def consent(
    rpps: Rpps,
    sources: Sources = None,
    weekly_cap: WeeklyCap = None,
    daily_cap: DailyCap = None,
    crisis_weekly_cap: WeeklyCap = None,
    crisis_daily_cap: DailyCap = None,
    min_age: Ages = None,
    max_age: Ages = None,
    without: Annotated[str | None, typer.Option(help="Reasons not seen: M03.01,M04.01")] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(help="ODYNOPHAGIE:RPPS of who delegates; again: more; '': none."),
    ] = None,
    new_patients: Annotated[
        bool | None, typer.Option(help="Becomes the treating doctor of who has none.")
    ] = None,
    overbook: Annotated[
        bool | None, typer.Option(help="Asked to see patients beyond the agenda.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--place", help="With --overbook: TITLE;COMMUNE;LAT;LON. Default: of their last slot."
        ),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="With --overbook: AMB, HH, VR.")] = None,
    radius: Annotated[
        float | None, typer.Option(help="With --overbook: of home visits, in kilometres.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="With --overbook: Indian/Reunion, …")] = None,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Change what is said here, and leave the rest as it was agreed."""
    from services.cli.consents import change_consent

    wanted: dict[str, Any] = {
        "sources": codes(sources),
        "weekly_cap": weekly_cap,
        "daily_cap": daily_cap,
        "min_age": min_age,
        "max_age": max_age,
        "excluded_motives": codes(without),
        "protocols": protocol,
        "new_patients": new_patients,
        "overbook": overbook or (True if where or mode or radius or zone else overbook),
        "place": where,
        "modes": codes(mode),
        "radius_km": radius,
        "zone": zone,
        "in_crisis": (crisis_weekly_cap, crisis_daily_cap),
    }
    change_consent(rpps, wanted, state, role=role, as_json=as_json)


@practitioner.command("contacts")
@told_kindly
def contacts(
    rpps: Rpps,
    sms: Annotated[str | None, typer.Option(help="+33612345678")] = None,
    email: Annotated[str | None, typer.Option(help="A mailbox.")] = None,
    push: Annotated[str | None, typer.Option(help="As the push service calls it.")] = None,
    none: Annotated[bool, typer.Option("--none", help="In no way any more.")] = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """How the practitioner is told, whole: what is not said here is forgotten. It is sealed."""
    from services.cli.errors import Told
    from services.cli.tell import about

    if none == bool(sms or email or push):
        raise Told("say --sms, --email or --push, or --none", code="usage", status=2)
    given = {"SMS": sms, "EMAIL": email, "PUSH": push}
    ways = [{"channel": channel, "address": to} for channel, to in given.items() if to]
    about(Kind.CONTACTS, {"rpps": rpps, "contacts": ways}, state, role=role, as_json=as_json)


@practitioner.command("pause")
@told_kindly
def pause(
    rpps: Rpps, role: As = Role.PRACTITIONER, state: State = None, as_json: AsJson = False
) -> None:
    """Nobody new, from this instant, until they resume. Who has a place keeps it."""
    from services.cli.consents import set_paused

    set_paused(rpps, state, paused=True, role=role, as_json=as_json)


@practitioner.command("resume")
@told_kindly
def resume(
    rpps: Rpps, role: As = Role.PRACTITIONER, state: State = None, as_json: AsJson = False
) -> None:
    """The practitioner is back."""
    from services.cli.consents import set_paused

    set_paused(rpps, state, paused=False, role=role, as_json=as_json)


@practitioner.command("vacation")
@told_kindly
def vacation(
    rpps: Rpps,
    start: Annotated[datetime, Instant],
    end: Annotated[
        str | None,
        typer.Argument(help="2026-12-27, counted in; or until an hour. Without: --cancel."),
    ] = None,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="There after all, from that day on.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Away from then to then: what was published is withdrawn, its patients come first again."""
    from services.cli.absences import tell_vacation

    tell_vacation(rpps, start, end, state, cancel=cancel, sure=yes, role=role, as_json=as_json)


@doctor.command("sought")
@told_kindly
def sought(community: Community = None, state: State = None, as_json: AsJson = False) -> None:
    """Requests of patients who want a treating doctor and have none yet."""
    from services.cli.consents import show_sought

    show_sought(community, state, as_json=as_json)


@doctor.command("seek")
@told_kindly
def seek(
    identity: RequestId, role: As = Role.PRACTITIONER, state: State = None, as_json: AsJson = False
) -> None:
    """The patient who was seen wants a treating doctor: members who take new ones are told."""
    from services.cli.tell import about_a_request

    about_a_request(Kind.DOCTOR_SEARCH, identity, {}, state, role=role, as_json=as_json)


@doctor.command("take")
@told_kindly
def take(
    identity: RequestId,
    rpps: Rpps,
    role: As = Role.PRACTITIONER,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """The practitioner becomes the patient's treating doctor. The first who says so does."""
    from services.cli.tell import about_a_request

    about_a_request(Kind.NEW_PATIENT, identity, {"rpps": rpps}, state, role=role, as_json=as_json)


@told_kindly
def rate(
    identity: RequestId,
    score: Annotated[int, typer.Argument(help="5 is best.", min=1, max=5)],
    by: Annotated[str, typer.Option(help="patient or practitioner.")] = "patient",
    note: Annotated[str | None, typer.Option(help="In words. Sealed with the identity.")] = None,
    role: As = Role.REGULATOR,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """How content patient or professional are with how it went. What is said last holds."""
    from services.cli.tell import about_a_request

    data = {"by": by.upper(), "score": score, "note": note}
    about_a_request(Kind.RATING, identity, data, state, role=role, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Every command of this module."""
    app.add_typer(practitioner, name="practitioner", rich_help_panel="Care")
    app.add_typer(doctor, name="doctor", rich_help_panel="Care")
    app.command(rich_help_panel="Care")(rate)
