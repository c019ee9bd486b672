"""`snp clock`: the time of a sandbox."""

from datetime import datetime
from pathlib import Path
from typing import Any

from services.cli import words
from services.cli.errors import Told
from services.cli.session import Session, console, in_session, say


def set_clock(
    step: float | None,
    to: datetime | None,
    speed: float | None,
    state: Path | None,
    *,
    as_json: bool,
) -> None:
    """Told, once it was set as wanted."""

    async def work(session: Session) -> dict[str, Any]:
        if not session.sandboxed:
            msg = "time passes as everywhere here: start a sandbox with snp up --sandbox"
            raise Told(msg, code="no_sandbox")
        now = await session.now()
        wanted = {"step_minutes": step, "speed": speed, "to": words.here(to, now) if to else None}
        with console.status("Time passes…"):
            return await session.clock({name: v for name, v in wanted.items() if v is not None})

    told = in_session(state, work)
    if as_json:
        say(told)
        return
    now = datetime.fromisoformat(told["now"]).astimezone(words.HERE)
    pace = f"{told['speed']:g} times as fast" if told["speed"] else "stands still"
    console.print(f"[bold]{now:%a %d %b %H:%M:%S}[/bold]  {pace}")
