"""Commands that look: free places, the board, what happened."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.markup import escape
from sqlalchemy import Text, cast, func, select

from events import streams
from events.community import CommunityFormed
from events.envelope import META, Recorded
from events.instants import happened_at
from projections import availability, board, offers
from services.cli import words
from services.cli.errors import Told
from services.cli.freshness import with_what_was_just_told
from services.cli.options import HERE_NAME, zone_named
from services.cli.session import Session, console, in_session, say, show_table
from services.intake.naming import request_of
from services.log.reader import Log
from services.projector.queries import rows

_RPPS_DIGITS = 11
_FINESS_CHARACTERS = 9


def show_slots(
    community: str | None, rpps: str | None, limit: int, state: Path | None, *, as_json: bool
) -> None:
    """Slots to come."""

    async def work(session: Session) -> tuple[list[dict[str, Any]], datetime]:
        now = await session.now()
        query = availability.slots_to_come(community=community, rpps=rpps).limit(limit)
        return await asked(session, query, at=now), now

    found, now = in_session(state, work)
    if as_json:
        say({"at": now, "slots": found})
        return
    if not found:
        console.print("No slot is to come. Practitioners open some with: snp send slot.json")
        return
    lines = [
        [
            str(row["slot_id"])[:8],
            _when(row),
            f"{row['taken']}/{row['capacity']}",
            row["rpps"],
            ", ".join(words.MODES[mode] for mode in row["modes"]),
            " ".join(row["labels"]),
            row["place"],
        ]
        for row in found
    ]
    columns = ("id", "when", "taken", "practitioner", "mode", "labels", "place")
    show_table(columns, lines, cut={"place", "labels"})


def _when(row: dict[str, Any]) -> str:
    """`Mon 23 Nov 09:00-09:20`, by the clock of its place."""
    start = row["start"].astimezone(zone_named(row["zone"]))
    return f"{start:%a %d %b %H:%M}-{words.hour(row['end'], row['zone'])}"


def show_offers(
    rpps: str | None,
    community: str | None,
    only: str | None,
    limit: int,
    state: Path | None,
    *,
    as_json: bool,
) -> None:
    """Who was asked."""
    if only is not None and only not in offers.STATES:
        msg = f"no such state: {only}; there are {', '.join(offers.STATES)}"
        raise Told(msg, code="unknown_state", status=2)

    async def work(session: Session) -> tuple[list[dict[str, Any]], datetime]:
        await with_what_was_just_told(session, offers.projection)
        query = offers.with_requests(rpps=rpps, community=community, state=only).limit(limit)
        return await asked(session, query), await session.now()

    found, now = in_session(state, work)
    if as_json:
        say({"at": now, "offers": found})
        return
    if not found:
        console.print("Nobody was asked. Who agrees to be says so: snp send practitioner.json")
        return
    lines = [
        [
            str(row["request_id"])[:8],
            row["rpps"],
            words.OFFERS[row["state"]],
            words.clock(row["until"]),
            words.clock(row["start"]) or (row["reason"] or "").replace("_", " ").lower(),
            f"{row['age'] if row['age'] is not None else '?'} {row['sex'] or ''}",
            words.clock(row["due_by"]),
            words.motive(row["motive"]),
        ]
        for row in found
    ]
    columns = ("request", "asked", "state", "until", "said", "patient", "due", "reason for calling")
    show_table(columns, lines, cut={"reason for calling"})
    console.print(
        "snp offer accept REQUEST RPPS --at 14:30, or refuse, propose, defer.", style="dim"
    )


def show_board(
    community: str | None,
    only: str | None,
    rpps: str | None,
    limit: int,
    state: Path | None,
    *,
    as_json: bool,
) -> None:
    """Requests."""
    if only is not None and only not in board.STATES:
        msg = f"no such state: {only}; there are {', '.join(board.STATES)}"
        raise Told(msg, code="unknown_state", status=2)

    async def work(session: Session) -> tuple[list[dict[str, Any]], Communities, datetime, int]:
        communities = await communities_of(session, community)
        query = board.on_board(community=community, state=only, rpps=rpps)
        found = await asked(session, query.limit(limit))
        count = select(func.count().label("n")).select_from(query.subquery())
        (counted,) = await asked(session, count)
        return found, communities, await session.now(), counted["n"]

    found, communities, now, count = in_session(state, work)
    if as_json:
        say({"at": now, "requests": found, "there_are": count})
        return
    if not found:
        nothing = "No such request." if only or rpps else "No request yet."
        console.print(f"{nothing} Send one with: snp send request.json")
        return
    lines = []
    for row in found:
        known = communities.get(row["community"])
        zone = known.zone if known else HERE_NAME
        lines.append(
            [
                str(row["request_id"])[:8],
                words.STATES[row["state"]],
                words.clock(row["due_by"], zone),
                row["priority"],
                _outcome(row, zone),
                words.motive(row["motive"]),
                known.title if known else row["community"] or "",
            ]
        )
    columns = ("id", "state", "due", "", "place", "reason for calling", "community")
    show_table(columns, lines, cut={"reason for calling", "community"})
    if count > len(found):
        console.print(f"{len(found)} of {count}: --limit {count} shows all.")
    console.print("snp history ID tells everything about one of them.", style="dim")


def _outcome(row: dict[str, Any], zone: str) -> str:
    match row["state"]:
        case board.ASSIGNED | board.CONFIRMED | board.ATTENDED | board.MISSED:
            where = f"{row['km']} km" if row["mode"] == "AMB" else words.MODES[row["mode"]]
            return f"{words.clock(row['start'], zone)}, {where}"
        case board.WAITING:
            return f"{words.owner(row['owner'])} until {words.clock(row['next_at'], zone)}"
        case _:
            return row["reason"] or ""


def show_history(identity: str, state: Path | None, *, as_json: bool) -> None:
    """What happened."""

    async def work(session: Session) -> list[Recorded]:
        return await Log(session.pool).history(await stream_named(session, identity))

    found = in_session(state, work)
    if not found:
        msg = f"nothing happened under {identity}"
        raise Told(msg, code="nothing_found")
    if as_json:
        say({"stream": found[0].stream, "events": [_as_json(recorded) for recorded in found]})
        return
    console.print(found[0].stream, style="bold")
    case_id = found[0].meta.case_id
    if case_id:
        console.print(f"case {case_id}", style="dim")
    for recorded in found:
        first, *more = words.said(recorded.event)
        # Its own time, which in a sandbox is not that of the machine.
        when = happened_at(recorded.event).astimezone(words.HERE).strftime("%d %b %H:%M:%S")
        console.print(
            f"[dim]{when}[/dim]  [bold]{recorded.event.name}[/bold]  {escape(first)}"
            f"  [dim]{recorded.meta.actor.role} {escape(recorded.meta.actor.ref)}[/dim]"
        )
        for line in more:
            console.print(f"                   {escape(line)}", style="dim")


def _as_json(recorded: Recorded) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "version": recorded.version,
        "name": recorded.event.name,
        "data": recorded.event.model_dump(mode="json"),
        "meta": META.dump_python(recorded.meta, mode="json"),
        "recorded_at": recorded.recorded_at,
    }


async def request_named(session: Session, identity: str) -> UUID:
    """The request of that id, the first characters of one, or a case. Raises Told."""
    stream = await stream_named(session, identity)
    if streams.kind(stream) != "request":
        msg = f"{identity} is no request"
        raise Told(msg, code="no_such_request")
    return UUID(streams.identity(stream))


async def stream_named(session: Session, identity: str) -> str:
    """The stream somebody means by this."""
    if streams.kind(identity) in {"request", "agenda", "practitioner", "community"}:
        return identity
    log = Log(session.pool)
    if identity.isdigit() and len(identity) == _RPPS_DIGITS:
        return streams.practitioner(identity)
    if identity.isalnum() and len(identity) == _FINESS_CHARACTERS:
        known = await log.load(streams.community(identity))
        # A structure that sees patients has a number of the same shape.
        return streams.community(identity) if known.version else streams.practitioner(identity)
    by_case = streams.request(request_of(identity))
    if (await log.load(by_case)).version:
        return by_case
    check_long_enough(identity)
    requests = board.requests.c.request_id
    begins = cast(requests, Text).startswith(identity.lower(), autoescape=True)
    beginning = select(requests).where(begins).limit(2)
    match await asked(session, beginning):
        case [one]:
            return streams.request(one["request_id"])
        case [_, _]:
            msg = f"several requests begin with {identity}: give more of the id"
            raise Told(msg, code="ambiguous")
    slots = availability.slots
    begins = cast(slots.c.slot_id, Text).startswith(identity.lower(), autoescape=True)
    match await asked(session, select(slots).where(begins).limit(2)):
        case [slot]:
            return streams.agenda(slot["rpps"], slot["week"])
        case [_, _]:
            msg = f"several slots begin with {identity}: give more of the id"
            raise Told(msg, code="ambiguous")
    msg = f"nothing is known as {identity}"
    raise Told(msg, code="nothing_found")


def check_long_enough(identity: str) -> None:
    """Who names nothing, or next to nothing, means nobody in particular. Raises Told."""
    if len(identity) < _LEAST_OF_AN_ID:
        msg = f"give at least {_LEAST_OF_AN_ID} characters of the id"
        raise Told(msg, code="ambiguous", status=2)


_LEAST_OF_AN_ID = 4


async def asked(session: Session, query: Any, **given: object) -> list[dict[str, Any]]:
    """The rows of a read model. Raises NotBuiltYet."""
    return await rows(session.pool, query, **given)


@dataclass(frozen=True)
class Named:
    """What a community is called, and whose time it has."""

    title: str
    zone: str


Communities = dict[str | None, Named]


async def communities_of(session: Session, wanted: str | None = None) -> Communities:
    """All there are, by FINESS. Raises Told where the one that is wanted is not among them."""
    events = [recorded.event for recorded in await Log(session.pool).of_kind("community")]
    found: Communities = {
        event.finess: Named(event.title, event.zone)
        for event in events
        if isinstance(event, CommunityFormed)
    }
    if wanted is not None and wanted not in found:
        msg = f"no community is known as {wanted}: snp community list"
        raise Told(msg, code="unknown_community", status=2)
    return found
