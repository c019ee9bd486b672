"""What a community agreed: shown, and changed."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rich.markup import escape

from domain import community as communities
from domain.community import Formed
from domain.protocols import NATIONAL
from events import streams
from events.protocol import Protocol
from events.roles import Role
from services.calendar import hours_at
from services.cli import words
from services.cli.errors import Told
from services.cli.files import read_json, told_wrong
from services.cli.ladders import read_ladder
from services.cli.session import Session, console, in_session, say
from services.cli.tell import about
from services.log.reader import Log
from services.messaging.subjects import Kind

_PROTOCOLS: TypeAdapter[tuple[Protocol, ...]] = TypeAdapter(tuple[Protocol, ...])


def tell_hours(
    finess: str, chosen: dict[str, bool | None], state: Path | None, *, role: Role, as_json: bool
) -> None:
    """Whose hours it is; or what the département chose."""

    async def work(session: Session) -> dict[str, Any]:
        formed, now = await formed_as(session, finess), await session.now()
        hours = hours_at(formed, now)
        return {
            "finess": finess,
            "now": now,
            "period": hours.period,
            "until": hours.until,
            "out_of_hours": formed.out_of_hours,
        }

    found = in_session(state, work)
    before = found["out_of_hours"]
    wanted = {name: value for name, value in chosen.items() if value is not None}
    if wanted:
        data = {"finess": finess, "out_of_hours": before.model_dump() | wanted}
        about(Kind.HOURS, data, state, role=role, as_json=as_json)
    elif as_json:
        say(found | {"out_of_hours": before.model_dump()})
    else:
        period, until = words.PERIODS[found["period"]], words.day(found["until"])
        console.print(f"[bold]{period}[/bold] until {until}")
        console.print(
            f"out of hours: nights, Sundays, holidays{words.out_of_hours(before)}", style="dim"
        )


def tell_weights(
    finess: str, chosen: dict[str, float | None], state: Path | None, *, role: Role, as_json: bool
) -> None:
    """What is weighed when a place is chosen; or what is from now on."""
    before = in_session(state, lambda session: formed_as(session, finess)).weights
    wanted = {name: value for name, value in chosen.items() if value is not None}
    if wanted:
        data = {"finess": finess, "weights": before.model_dump() | wanted}
        about(Kind.WEIGHTS, data, state, role=role, as_json=as_json)
    elif as_json:
        say({"finess": finess, "weights": before.model_dump()})
    else:
        console.print(f"weighed beside waiting and travel: [bold]{words.weights(before)}[/bold]")


def tell_protocols(
    finess: str, file: Path | None, state: Path | None, *, role: Role, as_json: bool
) -> None:
    """Those in force; or others from now on."""
    if file is not None:
        adopted = _PROTOCOLS.dump_python(_read(file), mode="json")
        data = {"finess": finess, "protocols": adopted}
        about(Kind.PROTOCOLS, data, state, role=role, as_json=as_json)
        return
    formed = in_session(state, lambda session: formed_as(session, finess))
    found = NATIONAL if formed.protocols is None else formed.protocols
    if as_json:
        say({"finess": finess, "protocols": _PROTOCOLS.dump_python(found, mode="json")})
        return
    if formed.protocols is None:
        console.print("The national ones: none were adopted.", style="dim")
    for one in found:
        since = f"from {one.valid_from}" + (f" to {one.valid_until}" if one.valid_until else "")
        console.print(f"[bold]{one.code}[/bold]  {escape(one.title)}")
        who = ", ".join(words.PROFESSIONS[profession] for profession in one.professions)
        how = "delegated, for those enrolled" if one.delegated else "directly"
        console.print(f"  {who}, {how}; {since}; {escape(one.source)}", style="dim")


def _read(file: Path) -> tuple[Protocol, ...]:
    document = read_json(file)
    given = document.get("protocols") if isinstance(document, dict) else document
    try:
        return _PROTOCOLS.validate_python(given)
    except ValidationError as error:
        raise told_wrong(file, error, "no_protocols") from error


def tell_crisis(
    finess: str,
    title: str | None,
    ladder: Path | None,
    state: Path | None,
    *,
    over: bool,
    role: Role,
    as_json: bool,
) -> None:
    """Whether there is one; declared; over."""
    if (over and (title or ladder)) or (ladder and not title):
        raise Told("say --title (and --ladder), or --over", code="usage", status=2)
    if over:
        about(Kind.CRISIS_OVER, {"finess": finess}, state, role=role, as_json=as_json)
        return
    if title:
        given = read_ladder(ladder).model_dump(mode="json") if ladder else None
        data = {"finess": finess, "title": title, "ladder": given}
        before = in_session(state, lambda session: formed_as(session, finess)).crisis
        about(Kind.CRISIS, data, state, role=role, as_json=as_json)
        if before and not as_json:
            console.print(f"instead of the one there was: {escape(before.title)}", style="dim")
        return
    crisis = in_session(state, lambda session: formed_as(session, finess)).crisis
    if as_json:
        say({"finess": finess, "crisis": crisis.title if crisis else None})
    elif crisis is None:
        console.print("No crisis is declared.")
    else:
        console.print(f"[red]crisis[/red]  {escape(crisis.title)}")
        for line in words.ladder_lines(crisis.ladder) if crisis.ladder else ():
            console.print(f"  {escape(line)}", style="dim")


async def formed_as(session: Session, finess: str) -> Formed:
    """The community as it is. Raises Told for what is none."""
    known = await Log(session.pool).state(communities.decider, streams.community(finess))
    if not isinstance(known, Formed):
        msg = f"no community is known as {finess}"
        raise Told(msg, code="unknown_community")
    return known
