"""A community's ladder: shown, tried on a request, adopted."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError
from rich.markup import escape

from domain.community import LadderWithoutEnd, covers_all
from domain.matching import Ranked
from events.ladder import Ladder
from events.roles import Role
from services.cli import words
from services.cli.errors import Told
from services.cli.files import read_json, told_wrong
from services.cli.look import request_named
from services.cli.session import Session, console, in_session, say
from services.cli.tell import about
from services.dispatch.preview import Foreseen, foresee, scene
from services.messaging.subjects import Kind


def show_ladder(finess: str, state: Path | None, *, as_json: bool) -> None:
    """The ladder in force."""

    async def work(session: Session) -> dict[str, Any]:
        seen = await scene(session.pool, session.settings, await session.now())
        board, rates = seen.board, seen.rates
        if finess not in board.communities:
            msg = f"no community is known as {finess}"
            raise Told(msg, code="unknown_community")
        rate = rates.of(finess)
        return {
            "finess": finess,
            "ladder": board.ladder_of(finess),
            "adopted": board.community(finess).ladder is not None,
            "neighbours": board.neighbours_of(finess),
            "asked": rate.asked,
            "accepted": rate.accepted,
            "probability": round(rate.probability, 3),
        }

    found = in_session(state, work)
    ladder: Ladder = found["ladder"]
    if as_json:
        say(found | {"ladder": ladder.model_dump(mode="json")})
        return
    usual = "" if found["adopted"] else "  [dim](the usual one: none was adopted)[/dim]"
    console.print(f"[bold]{escape(ladder.title)}[/bold]{usual}")
    for line in words.ladder_lines(ladder):
        console.print(f"  {escape(line)}")
    console.print(f"neighbours: {', '.join(found['neighbours']) or 'none agreed'}")
    console.print(
        f"{found['accepted']} of {found['asked']} asked accepted:"
        f" {found['probability']:.0%} is reckoned with",
        style="dim",
    )


def adopt_ladder(finess: str, file: Path, state: Path | None, *, role: Role, as_json: bool) -> None:
    """From now on."""
    data = {"finess": finess, "ladder": read_ladder(file).model_dump(mode="json")}
    about(Kind.LADDER, data, state, role=role, as_json=as_json)


def preview_request(identity: str, file: Path | None, state: Path | None, *, as_json: bool) -> None:
    """Nothing of it happens."""
    ladder = read_ladder(file) if file else None

    async def work(session: Session) -> list[Foreseen]:
        now = await session.now()
        request_id = await request_named(session, identity)
        seen = await scene(session.pool, session.settings, now)
        held = seen.board.request(request_id)
        if held is None:
            msg = "the request does not wait: snp history tells what became of it"
            raise Told(msg, code="not_waiting")
        return await foresee(seen, held.state, ladder)

    found = in_session(state, work)
    if as_json:
        say({"foreseen": [_as_json(one) for one in found]})
        return
    console.print("If nobody answers and no place opens:", style="dim")
    for one in found:
        console.print(f"{words.clock(one.at)}  {_said(one)}")


def _said(one: Foreseen) -> str:
    if isinstance(one.event, Ranked):
        place = one.event.option()
        return f"[green]a place[/green] {words.clock(place.start)} with {place.rpps}"
    return f"[bold]{one.event.name}[/bold]  {escape(words.said(one.event)[0])}"


def _as_json(one: Foreseen) -> dict[str, Any]:
    if isinstance(one.event, Ranked):
        return {"at": one.at, "place": asdict(one.event.option())}
    return {"at": one.at, "name": one.event.name, "data": one.event.model_dump(mode="json")}


def read_ladder(file: Path) -> Ladder:
    """A ladder, alone or as `show --json` writes it. Raises Told with everything wrong in it."""
    document = read_json(file)
    if isinstance(document, dict) and "ladder" in document:
        document = document["ladder"]
    try:
        ladder = Ladder.model_validate_json(orjson.dumps(document))
    except ValidationError as error:
        raise told_wrong(file, error, "invalid_ladder") from error
    if not covers_all(ladder):
        raise Told(LadderWithoutEnd().message, code=LadderWithoutEnd.code, status=2)
    return ladder
