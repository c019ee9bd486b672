"""`snp slot publish` and `snp slot series`: places opened from the terminal."""

from pathlib import Path
from typing import Any

from domain import practitioner as practitioners
from domain.practitioner import NotEnrolled, enrolment
from events import streams
from events.roles import Role
from services.cli.consents import last_slot, place_of
from services.cli.errors import Told
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
        place = place_of(where) if where else (await last_slot(session, rpps))["place"]
        of = communities or list(enrolment(known).communities)
        return await tell_of(session, kind, data | {"place": place, "communities": of}, role)

    show_answer(in_session(state, work), as_json=as_json)


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> list[int]:
    """`mon,thu` → 1 and 4. Raises Told."""
    named = [day.strip().lower()[:3] for day in text.split(",") if day.strip()]
    if not named or not set(named) <= set(_DAYS):
        raise Told(f"days of the week are {', '.join(_DAYS)}", code="usage", status=2)
    return sorted({_DAYS.index(day) + 1 for day in named})
