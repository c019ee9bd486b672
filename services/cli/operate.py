"""Commands of operators: provision, verify, rebuild, dead letters."""

import asyncio
import getpass
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import typer

from services.app import provision
from services.cli import words
from services.cli.errors import Told
from services.cli.look import check_long_enough
from services.cli.session import (
    Session,
    addresses_of,
    console,
    in_session,
    progress,
    say,
    show_table,
)
from services.log.vault import Erased, NothingSealed
from services.log.verify import Verdict, verify
from services.messaging.dead_letters import MOST, DeadLetter
from services.settings import settings_with

SHOWN = 20


def provision_all(state: Path | None, *, as_json: bool) -> None:
    """Tables, streams, consumers."""
    settings = settings_with(state=state)
    asyncio.run(provision(settings, addresses_of(settings)))
    if as_json:
        say({"provisioned": True})
    else:
        console.print("Tables, streams and consumers are as this version needs them.")


def verify_log(state: Path | None, *, as_json: bool) -> None:
    """The whole log against its invariants."""

    async def work(session: Session) -> Verdict:
        bar, move = progress("Verifying")
        with bar:
            return await verify(session.pool, session.settings, move)

    verdict = in_session(state, work)
    show_verdict(verdict, as_json=as_json)
    if verdict.violations:
        raise SystemExit(1)


def show_verdict(verdict: Verdict, *, as_json: bool) -> None:
    """What was found."""
    if as_json:
        say(
            {
                "events": verdict.events,
                "double_booked": verdict.double_booked,
                "violations": [asdict(violation) for violation in verdict.violations],
            }
        )
        return
    if not verdict.violations:
        console.print(f"[green]✓[/green] {verdict.events} events, every invariant holds.")
        return
    console.print(f"[red]✗[/red] {verdict.events} events, {len(verdict.violations)} violations:")
    for violation in verdict.violations[:SHOWN]:
        console.print(f"  at {violation.position}: {violation.rule} ({violation.detail})")
    if len(verdict.violations) > SHOWN:
        console.print("  … --json shows them all")


def rebuild_read_models(name: str, state: Path | None, *, as_json: bool) -> None:
    """One read model, or all."""
    from projections.catalogue import PROJECTIONS
    from services.projector.projector import rebuild

    if name != "all" and name not in PROJECTIONS:
        known = ", ".join([*PROJECTIONS, "all"])
        msg = f"no read model {name}: there are {known}"
        raise Told(msg, code="unknown_read_model", status=2)
    chosen = list(PROJECTIONS.values()) if name == "all" else [PROJECTIONS[name]]

    async def work(session: Session) -> dict[str, int]:
        built = {}
        for projection in chosen:
            bar, move = progress(f"Building {projection.name}")
            with bar:
                built[projection.name] = await rebuild(
                    session.pool, projection, session.settings, move
                )
        return built

    built = in_session(state, work)
    if as_json:
        say({"rebuilt": built})
        return
    for projection, position in built.items():
        console.print(f"{projection} is built up to position {position}.")


def show_dead_letters(ids: list[str], state: Path | None, *, replay: bool, as_json: bool) -> None:
    """What was put aside; sent again if asked."""

    async def work(session: Session) -> tuple[list[dict[str, object]], int, int]:
        async with session.letters() as letters:
            named, most = tuple(ids), None if ids or replay else MOST
            found = [x for x in await letters.all(most) if not named or x.id.startswith(named)]
            erased = 0
            bar, move = progress("Sending again")
            with bar if replay else nullcontext():
                for nth, letter in enumerate(found if replay else (), 1):
                    try:
                        await letters.replay(letter, actor=getpass.getuser())
                    except (Erased, NothingSealed):
                        await letters.drop(letter)
                        erased += 1
                    move(nth, len(found))
            return [asdict(letter) for letter in found], erased, await letters.count()

    found, erased, count = in_session(state, work)
    _check_found(ids, [str(letter["id"]) for letter in found])
    if as_json:
        say({"replayed" if replay else "dead_letters": found, "erased": erased, "there_are": count})
        return
    if not found:
        console.print("No dead letters: everything that came in was accepted.")
        return
    if replay:
        console.print(f"{len(found) - erased} sent again. What is refused again comes back here.")
        if erased:
            console.print(f"{erased} named a patient who was erased: nothing was left to send.")
        return
    _show_letters(found)
    more = f" of {count}, the newest" if count > len(found) and not ids else ""
    console.print(f"{len(found)} dead letters{more}. After a fix: snp dead-letters --replay [ID…]")


def erase_dead_letters(
    ids: list[str], state: Path | None, *, sure: bool, replay: bool, as_json: bool
) -> None:
    """What was put aside of somebody who wants it gone: nobody can read or replay it any more."""
    if replay:
        raise Told("one of --replay and --erase", code="usage", status=2)
    if not ids:
        raise Told("say which: snp dead-letters ID… --erase", code="no_such_letter", status=2)
    if not sure and as_json:
        raise Told("it cannot be undone: say --yes", code="not_sure", status=2)
    meant = in_session(state, partial(_letters_meant, ids=ids))
    if not sure:
        _show_letters([asdict(letter) for letter in meant.values() if letter is not None])
        typer.confirm("What they say of anybody cannot be brought back. Erase them?", abort=True)

    async def work(session: Session) -> list[str]:
        async with session.letters() as letters:
            return [gone for one in meant for gone in await letters.erase(one)]

    erased = in_session(state, work)
    if not erased:
        raise Told(f"nothing is left of {', '.join(ids)}", code="no_such_letter")
    if as_json:
        say({"erased": erased})
    else:
        console.print(f"{len(erased)} erased.")


async def _letters_meant(session: Session, ids: list[str]) -> dict[UUID, DeadLetter | None]:
    """Each by its whole id, or by enough of it to be one alone. None: off the stream already.

    Raises Told.
    """
    async with session.letters() as letters:
        there = await letters.all(None)
    meant: dict[UUID, DeadLetter | None] = {}
    for one in ids:
        check_long_enough(one)
        found = [letter for letter in there if letter.id.startswith(one.lower())]
        if len({letter.id for letter in found}) > 1:
            raise Told(f"{one} is the beginning of several", code="no_such_letter")
        try:
            meant[UUID(found[0].id if found else one)] = found[0] if found else None
        except ValueError as unknown:
            raise Told(f"no dead letter {one}", code="no_such_letter") from unknown
    return meant


def _check_found(ids: list[str], found: list[str]) -> None:
    """Raises Told for what is no letter's."""
    for one in ids:
        if not any(letter.startswith(one) for letter in found):
            raise Told(f"no dead letter {one}", code="no_such_letter")


def _show_letters(found: Sequence[Mapping[str, object]]) -> None:
    lines = [
        [
            str(letter["id"])[:8],
            words.clock(datetime.fromisoformat(str(letter["received_at"]))),
            str(letter["subject"]).removeprefix("snp.in."),
            str(letter["code"]),
            str(letter["message"]),
        ]
        for letter in found
    ]
    show_table(("id", "received", "to", "code", "why"), lines, cut={"why"})
