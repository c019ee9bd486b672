"""A practitioner goes away, for a while or for good: nobody loses a place by a slip."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain.absence import concerned, left_over
from domain.agenda import Agenda, Slot, weeks_at, weeks_between
from domain.practitioner import AnnounceVacation, Leave
from events import streams
from events.roles import Role
from projections import board
from services.cli import words
from services.cli.errors import Told
from services.cli.look import asked
from services.cli.session import Session, in_session
from services.cli.tell import about, make_sure
from services.cli.zones import zone_of_member
from services.log.reader import Log
from services.messaging.subjects import Kind


def tell_vacation(
    rpps: str,
    start: datetime,
    until: str | None,
    state: Path | None,
    *,
    cancel: bool,
    sure: bool,
    role: Role,
    as_json: bool,
) -> None:
    """Announced, or cancelled."""
    if cancel and until is not None:
        msg = "--cancel takes the day the vacation starts, and no other"
        raise Told(msg, code="usage", status=2)
    if not cancel and until is None:
        msg = "until when? Say the last day, or --cancel: there after all"
        raise Told(msg, code="usage", status=2)
    last = None if until is None else _end(until)

    async def looked_at(session: Session) -> tuple[dict[str, Any], int]:
        """From when to when by the clocks of where they are, and how many patients concerned."""
        zone = await zone_of_member(session, rpps)
        data = {"rpps": rpps, "start": words.here(start, zone=zone)}
        if last is None:
            return data, 0
        data["end"] = words.here(last, zone=zone)
        begins, ends = (datetime.fromisoformat(data[name]) for name in ("start", "end"))
        away = AnnounceVacation(rpps, begins, ends, await session.now())
        weeks = [streams.agenda(rpps, w) for w in weeks_between(away.start, away.end)]
        since = max(away.start, away.at)
        return data, await _placed(session, rpps, weeks, partial(concerned, away), since)

    data, patients = in_session(state, looked_at)
    if not sure:
        make_sure(patients, as_json=as_json)
    kind = Kind.VACATION if last else Kind.VACATION_CANCELLED
    about(kind, data, state, role=role, as_json=as_json)


def _end(until: str) -> datetime:
    """When it is over, as it was typed: after the day that is named, or at the hour."""
    try:
        return datetime.fromisoformat(f"{date.fromisoformat(until)}") + timedelta(days=1)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(until)
    except ValueError as wrong:
        msg = f"{until}: write 2026-12-27, or 2026-12-27T14:00"
        raise Told(msg, code="usage", status=2) from wrong


def tell_leaving(
    rpps: str,
    communities: Sequence[str],
    state: Path | None,
    *,
    sure: bool,
    role: Role,
    as_json: bool,
) -> None:
    """Some of their communities, or all."""
    if not sure:

        async def patients(session: Session) -> int:
            now, log = await session.now(), Log(session.pool)
            known = await log.state(practitioners.decider, streams.practitioner(rpps))
            leave = Leave(rpps, tuple(communities), now)
            weeks = await log.agendas_since(rpps, min(weeks_at(now, now)))
            return await _placed(session, rpps, weeks, partial(left_over, leave, known), now)

        make_sure(in_session(state, patients), as_json=as_json)
    data = {"rpps": rpps, "communities": communities}
    about(Kind.LEAVING, data, state, role=role, as_json=as_json)


async def _placed(
    session: Session,
    rpps: str,
    weeks: Sequence[str],
    gone: Callable[[Agenda], list[Slot]],
    since: datetime,
) -> int:
    """How many patients would lose a place, of those who are to come from then on."""
    log, slots = Log(session.pool), list[UUID]()
    for stream in weeks:
        agenda = await log.state(agendas.decider, stream)
        slots += [slot.published.slot_id for slot in gone(agenda)]
    return len(await asked(session, board.placed(rpps, slots, since))) if slots else 0
