"""`snp why`: why this place, and why not that practitioner."""

from pathlib import Path
from typing import Any
from uuid import UUID

from domain.decider import Refused
from services.cli.errors import Told
from services.cli.figures import check_language
from services.cli.look import stream_named
from services.cli.session import Session, console, in_session, say
from services.cli.words import HERE
from services.log.reader import Log
from services.reports import why
from services.reports.because import because, why_not


def tell_why(
    identity: str, rpps: str | None, language: str, state: Path | None, *, as_json: bool
) -> None:
    """Of the last decision about a request."""
    check_language(language)

    async def work(session: Session) -> tuple[why.Decision, list[why.Place]]:
        stream = await stream_named(session, identity)
        kind, _, request_id = stream.partition("-")
        if kind != "request":
            msg = f"{identity} is no request: snp why wants a request or a case"
            raise Told(msg, code="usage", status=2)
        log = Log(session.pool)
        decided = await why.decision(log, UUID(request_id))
        return decided, await why.places_of(log, decided, rpps) if rpps else []

    try:
        decided, places = in_session(state, work)
    except Refused as refused:
        raise Told(refused.message, code=refused.code) from refused
    if as_json:
        say(_as_json(decided, places, language))
        return
    lines = (
        [why_not(place, decided, HERE, language) for place in places]
        if rpps
        else because(decided, HERE, language)
    )
    for nth, line in enumerate(lines):
        console.print(
            line, style=None if nth == 0 or rpps else "dim", highlight=False, markup=False
        )


def _as_json(decided: why.Decision, places: list[why.Place], language: str) -> dict[str, Any]:
    return {
        "request": str(decided.event.request_id),
        "decided_at": decided.at,
        "event": decided.event.name,
        "because": because(decided, HERE, language),
        "places": [
            {
                "slot_id": str(place.slot_id),
                "start": place.start,
                "chosen": place.chosen,
                "why_not": place.why_not,
                "cost": place.option.terms.cost if place.option else None,
                "said": why_not(place, decided, HERE, language),
            }
            for place in places
        ],
    }
