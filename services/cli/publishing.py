"""`snp slot publish` and `snp slot series`: places opened from the terminal."""

from datetime import datetime
from pathlib import Path
from typing import Any

from domain import practitioner as practitioners
from domain.practitioner import NotEnrolled, enrolment
from events import streams
from events.roles import Role
from services.cli.agreements import formed_as
from services.cli.consents import last_slot, place_of
from services.cli.errors import Told
from services.cli.options import zone_named
from services.cli.session import Session, in_session
from services.cli.tell import show_answer, tell_of
from services.log.reader import Log
from services.messaging.subjects import Kind


def publish(
    kind: Kind,
    data: dict[str, Any],
    where: str | None,
    communities: list[str] | None,
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
) -> None:
    """Where they were last and for their own communities, unless it is said."""

    async def work(session: Session) -> dict[str, Any]:
        rpps = data["rpps"]
        known = await Log(session.pool).state(practitioners.decider, streams.practitioner(rpps))
        if isinstance(known, NotEnrolled):
            msg = f"no practitioner is known as {rpps}: snp practitioner enrol"
            raise Told(msg, code="practitioner_not_enrolled")
        of = communities or list(enrolment(known).communities)
        if where:
            there = {"place": place_of(where), "zone": (await formed_as(session, of[0])).zone}
        else:
            there = await last_slot(session, rpps)
        if data["zone"]:
            there["zone"] = zone_named(data["zone"]).key
        return await tell_of(session, kind, data | there | {"communities": of}, role)

    show_answer(in_session(state, work), as_json=as_json)


def days_left_out(days: list[datetime] | None, weekdays: list[int]) -> list[str]:
    """Those of the series that are not. Raises Told for a day there would be no slot on anyway."""
    for day in days or ():
        if day.isoweekday() not in weekdays:
            msg = f"--without {day:%Y-%m-%d}: a {day:%A}, of which the series has none"
            raise Told(msg, code="usage", status=2)
    return [day.date().isoformat() for day in days or ()]


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> list[int]:
    """`mon,thu` → 1 and 4. Raises Told."""
    named = [day.strip().lower()[:3] for day in text.split(",") if day.strip()]
    if not named or not set(named) <= set(_DAYS):
        raise Told(f"days of the week are {', '.join(_DAYS)}", code="usage", status=2)
    return sorted({_DAYS.index(day) + 1 for day in named})
