"""The `snp` command. A subcommand loads what it needs when it is called: help is quick."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli import account, care, communities, indicators, offers, practitioners, slots
from services.cli.errors import Ended, say_error, told_kindly
from services.cli.options import AsJson, Community, HttpPort, State

USAGE = 2  # the status with which typer ends when it does not understand

app = typer.Typer(
    name="snp",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Same-day care (soins non programmés): requests in, places out.\n\n"
    "Start with [bold]snp up --demo[/bold], then [bold]snp board[/bold] in another terminal.",
)


@app.command()
@told_kindly
def up(
    state: State = None,
    http_host: Annotated[str | None, typer.Option(help="Loopback only (127.0.0.1).")] = None,
    http_port: HttpPort = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="With three communities and today's slots.")
    ] = False,
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="A time of its own, and a state to throw away (with --state it is kept).",
        ),
    ] = False,
    clock: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M"],
            help="When a sandbox begins: now, or where one that is kept left off.",
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="How much faster its time passes.", min=0, max=3600)
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Everything on this machine: PostgreSQL, NATS and every service, until ^C."""
    from services.cli.up import Sandbox, up_until_stopped

    of_its_own = None
    if sandbox:
        from services.cli.words import HERE

        start = clock.replace(tzinfo=HERE).astimezone(UTC) if clock else None
        of_its_own = Sandbox(start, speed)
    elif clock:
        from services.cli.errors import Told

        raise Told("--clock is for a sandbox: say --sandbox", code="usage", status=2)
    up_until_stopped(state, http_host, http_port, demo=demo, sandbox=of_its_own, as_json=as_json)


@app.command("clock")
@told_kindly
def sandbox_clock(
    step: Annotated[float | None, typer.Option(help="Minutes to go on at once.", min=0)] = None,
    to: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M", "%H:%M"], help="Go on to then: 18:00 (its day)."),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="From now on; 0: it stands still.", min=0, max=3600)
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What time it is in a sandbox; step it, move it on, change its speed."""
    from services.cli.sandbox import set_clock

    set_clock(step, to, speed, state, as_json=as_json)


@app.command()
@told_kindly
def run(
    service: Annotated[
        str, typer.Argument(help="relay, intake, dispatch, notify, deliver, hub, projector or api.")
    ],
    partition: Annotated[
        str,
        typer.Option(help="Of the communities, for dispatch: 2/8 is the second of eight parts."),
    ] = "1/1",
    state: State = None,
    http_host: Annotated[str | None, typer.Option(help="Loopback only (127.0.0.1).")] = None,
    http_port: HttpPort = None,
    as_json: AsJson = False,
) -> None:
    """One service, against SNP_DATABASE_URL and SNP_NATS_URL (or what `snp up` runs here)."""
    from services.cli.up import run_until_stopped

    run_until_stopped(service, partition, state, http_host, http_port, as_json=as_json)


@app.command()
@told_kindly
def provision(state: State = None, as_json: AsJson = False) -> None:
    """Make the tables, streams and consumers, or bring them to what this version needs."""
    from services.cli.operate import provision_all

    provision_all(state, as_json=as_json)


@app.command()
@told_kindly
def send(
    files: Annotated[
        list[Path], typer.Argument(help="JSON: CloudEvents or SAMU messages; - is stdin.")
    ],
    community: Community = None,
    as_of_now: Annotated[
        bool,
        typer.Option("--as-of-now", help="Shift every instant so that the message was made now."),
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a place.")] = 3.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where a message was refused.")
    ] = False,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Send requests, slots, practitioners or communities, and show what became of each."""
    from services.cli.send import send_files

    send_files(
        files, community, state, as_of_now=as_of_now, wait=wait, strict=strict, as_json=as_json
    )


@app.command()
@told_kindly
def availability(
    community: Community = None,
    rpps: Annotated[str | None, typer.Option(help="Of this practitioner.")] = None,
    profession: Annotated[str | None, typer.Option(help="10 doctor, 60 nurse, …")] = None,
    specialty: Annotated[str | None, typer.Option(help="Their know-how: SM54, …")] = None,
    mode: Annotated[str | None, typer.Option(help="AMB office, HH home, VR video.")] = None,
    label: Annotated[str | None, typer.Option(help="PUBLIC, PRO, SNP or CPTS.")] = None,
    commune: Annotated[str | None, typer.Option(help="INSEE code of where they are.")] = None,
    half_day: Annotated[str | None, typer.Option(help="AM or PM.")] = None,
    source: Annotated[str | None, typer.Option(help="Who may fill them: SAS, CPTS, IOA…")] = None,
    days: Annotated[int, typer.Option(help="Today and those after.", min=1, max=14)] = 3,
    by: Annotated[
        str | None,
        typer.Option(help="Count free, held, taken, lost… by community, practitioner, commune…"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="As it was then: 2026-11-23T14:00, or a position of the log."),
    ] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Free places from today to D+2, by hour; with --by, every place by what it is."""
    from services.cli.places import Filters, show_places

    filters = Filters(
        community=community,
        rpps=rpps,
        profession=profession,
        specialty=specialty,
        mode=mode,
        label=label,
        commune=commune,
        half_day=half_day,
        source=source,
    )
    show_places(filters.meant(), by, days, at, state, as_json=as_json)


@app.command()
@told_kindly
def board(
    community: Community = None,
    only: Annotated[
        str | None,
        typer.Option("--state-is", help="waiting, assigned, handed_back, refused_as_emergency…"),
    ] = None,
    rpps: Annotated[
        str | None, typer.Option(help="Who has, or had, a place with this practitioner.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1)] = 50,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Requests: who waits, who looks after them and until when; then the newest."""
    from services.cli.look import show_board

    show_board(community, only, rpps, limit, state, as_json=as_json)


@app.command()
@told_kindly
def history(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="Request, case, slot, RPPS, FINESS or stream.")
    ],
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Everything that happened to a request, a case, a slot, a practitioner or a community."""
    from services.cli.look import show_history

    show_history(identity, state, as_json=as_json)


@app.command()
@told_kindly
def why(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Request or case.")],
    not_: Annotated[
        str | None, typer.Option("--not", metavar="RPPS", help="Why not this practitioner.")
    ] = None,
    lang: Annotated[str, typer.Option(help="fr or en.")] = "en",
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Why this place was chosen, or none; and why not a practitioner's."""
    from services.cli.why import tell_why

    tell_why(identity, not_, lang, state, as_json=as_json)


@app.command()
@told_kindly
def verify(state: State = None, as_json: AsJson = False) -> None:
    """Check the whole log: nothing lost or twice, nobody in two places. Exit 1 if not so."""
    from services.cli.operate import verify_log

    verify_log(state, as_json=as_json)


@app.command()
@told_kindly
def rebuild(
    name: Annotated[str, typer.Argument(help="availability, board, offers, indicators, or all.")],
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Build a read model anew from the log, and swap it in."""
    from services.cli.operate import rebuild_read_models

    rebuild_read_models(name, state, as_json=as_json)


@app.command()
@told_kindly
def notifications(
    rpps: Annotated[str | None, typer.Option(help="To this practitioner only.")] = None,
    only: Annotated[
        str | None,
        typer.Option("--state-is", help="waiting, delivered, failed, unreachable, not_needed."),
    ] = None,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1)] = 50,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What practitioners were told, by which channel, and what did not reach them."""
    from services.cli.notifications import show_notifications

    show_notifications(rpps, only, limit, state, as_json=as_json)


@app.command()
@told_kindly
def deliveries(
    destination: Annotated[
        str | None, typer.Argument(help="platform, or webhook:ID; without, all.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--state-is", help="waiting, sent, delivered, refused, left_out."),
    ] = None,
    since: Annotated[
        int | None, typer.Option(help="Tell it again all that came after this position.", min=0)
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Try again now, suspended or not.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1)] = 50,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What other systems were told: the national platform, webhooks; and how far each has heard."""
    from services.cli.deliveries import show_deliveries, tell_again
    from services.cli.errors import Told

    if since is None and not resume:
        show_deliveries(destination, only, limit, state, as_json=as_json)
        return
    if destination is None:
        raise Told("say which destination", code="usage", status=2)
    tell_again(destination, since, state, as_json=as_json)


@app.command("nats-users")
@told_kindly
def nats_users(
    partners: Annotated[
        list[str] | None,
        typer.Option("--partner", help="NAME:FINESS:regulators, or …:practitioners."),
    ] = None,
) -> None:
    """Users of NATS for deploy/nats/users.conf: one a service, one a partner, none may more."""
    from services.cli.nats_users import show_users

    show_users(partners or [])


@app.command("dead-letters")
@told_kindly
def dead_letters(
    ids: Annotated[list[str] | None, typer.Argument(help="These letters only.")] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Send them again, after a fix.")] = False,
    erase: Annotated[
        bool, typer.Option("--erase", help="Destroy these, for whom they name. Without return.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What could not be accepted and why; with --replay, send it again."""
    from services.cli.operate import erase_dead_letters, show_dead_letters

    if erase:
        erase_dead_letters(ids or [], state, sure=yes, replay=replay, as_json=as_json)
    else:
        show_dead_letters(ids or [], state, replay=replay, as_json=as_json)


@app.command()
@told_kindly
def reveal(
    request_id: Annotated[str, typer.Argument(metavar="ID", help="Request or case.")],
    reason: Annotated[str, typer.Option(help="Why you need to know. It is written down.")],
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Who the patient is. Who asked, about whom and why is journalled first."""
    from services.cli.patient import reveal_patient

    reveal_patient(request_id, reason, state, as_json=as_json)


@app.command()
@told_kindly
def erase(
    request_id: Annotated[str, typer.Argument(metavar="ID", help="Request or case.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Destroy the key to a patient's identity. It cannot be undone."""
    from services.cli.patient import erase_patient

    erase_patient(request_id, state, sure=yes, as_json=as_json)


@app.command()
@told_kindly
def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    requests: Annotated[int, typer.Option(help="Requests of the day.", min=1, max=5000)] = 240,
    speed: Annotated[
        float, typer.Option(help="How much faster the day passes, in a terminal.", min=1, max=3600)
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Three real territories, a weekday, live at the consoles; then a check of the log."""
    from services.cli.demo import play_day

    play_day(seed, requests, speed, as_json=as_json)


@app.command()
@told_kindly
def simulate(
    scenario: Annotated[Path, typer.Option(help="A day: JSON of the format snp-scenario/1.")],
    history: Annotated[
        Path | None, typer.Option(help="Folder of other days: what dispatch knows of days before.")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="earliest, dispatch or clairvoyant; without it, all three beside another."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A day somebody brought, played by a policy: who is served, when, and what it costs."""
    from services.cli.simulate import simulate_day

    simulate_day(scenario, history, policy, as_json=as_json)


@app.command()
@told_kindly
def shadow(
    community: Community = None,
    days: Annotated[int, typer.Option(help="Of so many days back.", min=1, max=366)] = 30,
    limit: Annotated[int, typer.Option(help="Of those decided otherwise.", min=0)] = 10,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What a candidate policy would have decided beside the one in force (SNP_SHADOW_POLICY)."""
    from services.cli.shadow import show_shadow

    show_shadow(community, days, limit, state, as_json=as_json)


@app.command("what-if")
@told_kindly
def what_if(
    finess: Annotated[str, typer.Argument(metavar="FINESS", help="The community.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")],
    policy: Annotated[str, typer.Option(help="dispatch, or earliest.")] = "dispatch",
    fairness: Annotated[
        float | None,
        typer.Option(help="Weigh how full a practitioner's week is: 1 is a lot.", min=0, max=8),
    ] = None,
    inequality_at_most: Annotated[
        float | None,
        typer.Option(help="Look for the least weight that keeps the Gini so low.", min=0, max=1),
    ] = None,
    ladder: Annotated[
        Path | None, typer.Option(help="Articulation by this ladder, as `snp ladder` writes it.")
    ] = None,
    add_slots: Annotated[
        Path | None,
        typer.Option(
            help="CSV of places that were not there: weekday (1 Monday), start, end, places,"
            " commune, mode, profession, radius_km, notice (hours)."
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts.")] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Days of one's own past, played again: another policy, another ladder, more places."""
    from services.cli.ladders import read_ladder
    from services.cli.what_if import Asked, added_of, tell_what_if

    tell_what_if(
        finess,
        since.date(),
        until.date(),
        Asked(
            policy,
            fairness,
            inequality_at_most,
            read_ladder(ladder) if ladder else None,
            added_of(add_slots) if add_slots else (),
        ),
        html,
        state,
        as_json=as_json,
    )


@app.command()
@told_kindly
def generate(
    town: Annotated[str, typer.Argument(help="Name or SIREN number of an intercommunal body.")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; today.")
    ] = None,
    days: Annotated[int, typer.Option(help="So many days.", min=1)] = 30,
    out: Annotated[Path, typer.Option(help="Folder of the files.")] = Path("days"),
    requests: Annotated[
        float | None, typer.Option(help="A weekday on average; by the population.", min=0)
    ] = None,
    supply: Annotated[float, typer.Option(help="Places a request.", min=0, max=20)] = 1.0,
    epidemic: Annotated[
        float, typer.Option(help="Times the infections of a usual week.", min=0, max=20)
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same days.")] = 1,
    list_: Annotated[bool, typer.Option("--list", help="Only say which there are.")] = False,
    sundays: Annotated[
        bool, typer.Option("--sundays", help="Files of days on which nobody calls as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Days of a real territory, made up: requests and places as scenarios for `snp simulate`."""
    from services.cli.generate import generate_days, list_towns
    from services.simulator.generating import Wanted

    if list_:
        list_towns(town, as_json=as_json)
        return
    wanted = Wanted(requests, supply, epidemic)
    first = (since or datetime.now(UTC)).date()
    generate_days(town, first, days, out, wanted, seed, sundays=sundays, as_json=as_json)


app.add_typer(slots.slot, name="slot", rich_help_panel="Care")
care.add_to(app)
offers.add_to(app)
practitioners.add_to(app)
communities.add_to(app)
app.add_typer(account.account, name="account")
indicators.add_to(app)


def main() -> None:
    """The entry point."""
    try:
        app()
    except Ended:
        raise
    except SystemExit as ended:
        if ended.code == USAGE and "--json" in sys.argv:
            say_error("usage", "the command was not understood: see stderr, or --help")
        raise
