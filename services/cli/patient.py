"""Commands about who the patient is: opening the vault, and destroying what is in it."""

import asyncio
import getpass
from pathlib import Path

import typer
from rich.table import Table

from domain import request as requests
from events import streams
from events.envelope import Actor
from events.roles import Role
from services.cli.errors import Told
from services.cli.look import request_named
from services.cli.session import Session, console, in_session, say
from services.clock import SimulatedClock
from services.log.appender import Appender
from services.log.bells import Bells
from services.log.erasure import erase
from services.log.execute import Executor
from services.log.reader import Log
from services.log.vault import Erased, Identity, NothingSealed
from services.stopping import stop


def reveal_patient(identity: str, reason: str, state: Path | None, *, as_json: bool) -> None:
    """Who the patient is."""
    if not reason.strip():
        raise Told("say why you need to know: it is written down", code="no_reason", status=2)

    async def work(session: Session) -> list[Identity]:
        request_id = await request_named(session, identity)
        stream = streams.request(request_id)
        began = requests.received_of(await Log(session.pool).state(requests.decider, stream))
        if began is None or began.patient_ref is None:
            raise Told("nothing is known of this patient", code="nothing_sealed")
        try:
            return await session.vault.reveal_patient(
                began.patient_ref, actor=getpass.getuser(), reason=reason
            )
        except NothingSealed as nothing:
            raise Told("nothing is known of this patient", code="nothing_sealed") from nothing
        except Erased as erased:
            raise Told("the patient's identity was erased", code="erased") from erased

    found = in_session(state, work)
    if as_json:
        say({"identity": [one.model_dump(exclude_defaults=True) for one in found]})
        return
    table = Table(show_header=False, box=None)
    for one in found:
        for field, value in one.model_dump(exclude_defaults=True).items():
            text = "\n".join(value) if field == "notes" else str(value)
            table.add_row(field.replace("_", " "), text)
    console.print(table)
    console.print("This was written down: who asked, about whom, and why.", style="dim")


def erase_patient(identity: str, state: Path | None, *, sure: bool, as_json: bool) -> None:
    """Destroy the key."""
    if not sure and as_json:
        raise Told("it cannot be undone: say --yes", code="not_sure", status=2)

    async def goes_on(session: Session) -> bool:
        stream = streams.request(await request_named(session, identity))
        request = await Log(session.pool).state(requests.decider, stream)
        return isinstance(request, requests.Waiting | requests.Assigned)

    is_open = in_session(state, goes_on)
    if not sure:
        if is_open:
            console.print(
                "The request goes on, and nobody here could reach the patient any more."
                f" To end it first: snp withdraw {identity}"
            )
        typer.confirm("The identity cannot be brought back. Erase it?", abort=True)

    async def work(session: Session) -> bool:
        request_id = await request_named(session, identity)
        appender = Appender(session.addresses.database_url, session.settings, Bells())
        writing = asyncio.create_task(appender.run())
        try:
            return await erase(
                request_id,
                executor=Executor(Log(session.pool), appender, session.settings, "cli"),
                vault=session.vault,
                clock=SimulatedClock(await session.now()),
                actor=Actor(ref=getpass.getuser(), role=Role.OPERATOR),
            )
        finally:
            await stop([writing])

    destroyed = in_session(state, work)
    if as_json:
        say({"erased": destroyed, "open": is_open})
        return
    console.print("Erased." if destroyed else "Nothing was left to erase.")
    if is_open:
        console.print(f"The request is still open: snp withdraw {identity}", style="dim")
