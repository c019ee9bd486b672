"""Commands that tell something about a slot, a request or a visit there is."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
import typer
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from rich.markup import escape
from sqlalchemy import Text, cast, select

from events.roles import Role
from projections import availability
from services.cli import look, words
from services.cli.errors import Told
from services.cli.look import asked, request_named
from services.cli.options import HERE_NAME, zone_named
from services.cli.session import ANSWER_SECONDS, Session, console, in_session, say
from services.cli.zones import zone_of_member
from services.messaging import subjects

Answer = dict[str, Any]


def about_a_request(
    kind: subjects.Kind,
    identity: str,
    data: dict[str, Any],
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
) -> None:
    """Tell this of a request, named by its id, the beginning of it, or its case."""

    async def work(session: Session) -> Answer:
        named = data
        if other := data.get("of"):
            named = data | {"of": str(await request_named(session, other))}
        request_id = await request_named(session, identity)
        return await tell_of(session, kind, {"request_id": str(request_id)} | named, role)

    show_answer(in_session(state, work), as_json=as_json)


def about_a_slot(
    kind: subjects.Kind,
    identity: str,
    data: dict[str, Any],
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
    sure: bool = True,
    places: int = 0,
) -> None:
    """Tell this of a slot, named by its id or the beginning of it; `places`: those that stay."""

    async def work(session: Session) -> Answer:
        slot = await _slot_named(session, identity)
        if not sure:
            make_sure(slot["taken"] - places, as_json=as_json)
        now, there = await session.now(), zone_named(slot["zone"])
        told = {
            name: words.here(value, now, there) if isinstance(value, datetime) else value
            for name, value in data.items()
        }
        return await tell_of(session, kind, {"slot_id": str(slot["slot_id"])} | told, role)

    show_answer(in_session(state, work), as_json=as_json)


def about_both(
    kind: subjects.Kind,
    identity: str,
    slot: str,
    data: dict[str, Any],
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
) -> None:
    """Tell this of a request and a slot."""

    async def work(session: Session) -> Answer:
        request_id = await request_named(session, identity)
        slot_id = (await _slot_named(session, slot))["slot_id"]
        named = {"request_id": str(request_id), "slot_id": str(slot_id)}
        return await tell_of(session, kind, named | data, role)

    show_answer(in_session(state, work), as_json=as_json)


def take_place(identity: str, slot: str, mode: str, state: Path | None, *, as_json: bool) -> None:
    """The place chosen by hand. Raises Told with the next best where it is gone."""

    async def work(session: Session) -> Answer:
        request_id = await request_named(session, identity)
        slot_id = (await _slot_named(session, slot))["slot_id"]
        body = {
            "command_id": str(uuid4()),
            "request_id": str(request_id),
            "slot_id": str(slot_id),
            "mode": mode,
        }
        return await _answered(session, f"snp.take.{subjects.ANY_COMMUNITY}", body)

    show_answer(in_session(state, work), as_json=as_json)


def about(
    kind: subjects.Kind, data: dict[str, Any], state: Path | None, *, role: Role, as_json: bool
) -> None:
    """Tell what names itself whom it is about."""

    async def work(session: Session) -> Answer:
        return await tell_of(session, kind, data, role)

    show_answer(in_session(state, work), as_json=as_json)


def make_sure(patients: int, *, as_json: bool) -> None:
    """Nobody loses a place by a slip."""
    if patients <= 0:
        return
    those = "1 patient loses a place" if patients == 1 else f"{patients} patients lose their places"
    if as_json:
        raise Told(f"{those} by this: say --yes", code="not_sure", status=2)
    typer.confirm(f"{those} by this and will be searched for again. Go on?", abort=True)


async def told_or_refused(
    session: Session,
    kind: subjects.Kind,
    data: dict[str, Any],
    role: Role,
    community: str | None = None,
) -> Answer:
    """What the intake answers, a refusal as well."""
    subject = subjects.ask(community or subjects.ANY_COMMUNITY, kind)
    return await _asked(session, subject, _message(kind, data, role))


def _message(kind: subjects.Kind, data: dict[str, Any], role: Role) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/snp",
        "type": f"snp.{kind}.v1",
        "actorrole": role,
        "data": data,
    }


async def tell_of(
    session: Session, kind: subjects.Kind, data: dict[str, Any], role: Role
) -> Answer:
    """As whoever sends it says it. Raises Told for a refusal."""
    if any(isinstance(value, datetime) for value in data.values()):
        # As somebody typed it: an hour alone is of the day it is, in a sandbox of its own day.
        now, zone = await session.now(), await _zone_of(session, data)
        data = {
            name: words.here(value, now, zone) if isinstance(value, datetime) else value
            for name, value in data.items()
        }
    subject = subjects.ask(subjects.ANY_COMMUNITY, kind)
    answer = await _answered(session, subject, _message(kind, data, role))
    if "start" in answer and "rpps" in answer:
        answer["zone"] = (await zone_of_member(session, answer["rpps"])).key
    return answer


async def _zone_of(session: Session, data: dict[str, Any]) -> ZoneInfo:
    if zone := data.get("zone"):
        return zone_named(zone)
    return await zone_of_member(session, data["rpps"]) if "rpps" in data else words.HERE


async def _answered(session: Session, subject: str, body: dict[str, Any]) -> Answer:
    """What whoever listens there says. Raises Told for a refusal."""
    answer = await _asked(session, subject, body)
    if "code" in answer:
        problems = "; ".join(f"{p['field']}: {p['message']}" for p in answer.get("problems", ()))
        others = "; ".join(
            f"{_clock(other['start'])} with {other['rpps']} ({other['slot_id'][:8]})"
            for other in answer.get("alternatives", ())
        )
        told = words.by_clocks_here(problems or answer["message"])
        raise Told(f"{told} {others}" if others else told, code=answer["code"])
    return answer


async def _asked(session: Session, subject: str, body: dict[str, Any]) -> Answer:
    async with session.nats() as client:
        try:
            message = await client.request(subject, orjson.dumps(body), timeout=ANSWER_SECONDS)
        except NoRespondersError as nobody:
            raise Told("nobody listens: start `snp up`", code="no_intake") from nobody
        except NatsTimeout as late:
            msg = f"no answer within {ANSWER_SECONDS:.0f} s: look before you ask again"
            raise Told(msg, code="no_answer") from late
    answer: Answer = orjson.loads(message.data)
    return answer


def show_answer(answer: Answer, *, as_json: bool) -> None:
    """What was answered, in a few lines."""
    if as_json:
        say(answer)
        return
    state = words.STATES.get(answer["state"], escape(answer["state"].replace("_", " ")))
    console.print(f"{state}  [dim]{answer['id']}[/dim]")
    if "until" in answer:
        until = _clock(answer["until"])
        console.print(f"kept until {until}: snp take gives it, snp release lets it go", style="dim")
    if "start" in answer:
        at = words.clock(datetime.fromisoformat(answer["start"]), answer.get("zone", HERE_NAME))
        console.print(f"{at} with {answer['rpps']}", style="dim")
    if "withdrawn" in answer:
        console.print(f"{answer['withdrawn']} slots withdrawn", style="dim")
    if "free" in answer:
        console.print(f"{answer['free']} of {answer['capacity']} places free", style="dim")
    for day in answer.get("skipped", ()):
        console.print(f"[yellow]{day}[/yellow] has no slot: the clocks skip that hour")
    for protocol in answer.get("not_in_force", ()):
        told = "once its doctor takes part in a community of theirs, as a doctor"
        console.print(f"[yellow]{escape(protocol)}[/yellow] counts {told}")
    if again := answer.get("searched_again"):
        who = "1 patient is" if again == 1 else f"{again} patients are"
        console.print(f"{who} searched for again, before everybody else.")


def _clock(instant: str) -> str:
    return words.clock(datetime.fromisoformat(instant))


async def _slot_named(session: Session, identity: str) -> dict[str, Any]:
    slots = availability.slots
    look.check_long_enough(identity)
    beginning = cast(slots.c.slot_id, Text).startswith(identity.lower(), autoescape=True)
    match await asked(session, select(slots).where(beginning).limit(2)):
        case [one]:
            return one
        case [_, _]:
            msg = f"several slots begin with {identity}: give more of the id"
            raise Told(msg, code="ambiguous")
        case _:
            msg = f"no slot is known as {identity}"
            raise Told(msg, code="no_such_slot")
