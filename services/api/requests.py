"""Requests: those there are, one of them, what happened to it, who else could serve it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from pydantic import Field

from domain.decider import Refused
from domain.request import NoSuchRequest, decider, received_of
from domain.request import Request as RequestState
from events import streams
from events.base import Frozen
from events.codes import Mode
from projections import board
from services.access.gate import permitted
from services.access.permissions import Look, Principal, Scope
from services.api import reading
from services.api.asking import ask
from services.api.desk import AtDesk, Desk, Who
from services.api.problems import problem
from services.api.scopes import meant, uuid_of
from services.api.telling import RESPONSES, Community, IdempotencyKey, IfMatch, version_of
from services.intake.moment import Moment
from services.intake.naming import named
from services.log.vault import Erased, Identity, NothingSealed
from services.messaging import subjects
from services.projector.queries import rows

State = Literal[
    "waiting",
    "assigned",
    "confirmed",
    "attended",
    "missed",
    "cancelled",
    "handed_back",
    "reoriented",
    "merged",
    "withdrawn",
    "refused_as_emergency",
]
assert set(get_args(State)) == set(board.STATES), "every state of the board may be asked for"
At = Annotated[Moment | None, Query(description="As it was then: 2026-11-23T10:15:00+01:00")]
Cursor = Annotated[
    str | None, Query(max_length=400, description="`next` of the page before: what comes after it")
]


class NotACursor(Refused):
    """A page is asked for by `next` of the one before it, as it was given."""

    code = "invalid_value"


class IdentityNotKnown(Refused):
    """Nothing was said of who this patient is."""

    code = "nothing_sealed"


class IdentityErased(Refused):
    """Who this patient is was erased, and nobody can tell any more."""

    code = "erased"


class Choice(Frozen):
    """The place a regulator takes."""

    slot_id: UUID
    mode: Mode = Mode.OFFICE


class Purpose(Frozen):
    """Why one needs to know: it is written down."""

    purpose: Annotated[str, Field(min_length=3, max_length=400, pattern=r"^[^\x00]*$")]


router = APIRouter(tags=["requests"], responses=RESPONSES)


@router.get("/v1/requests")
async def requests(
    desk: AtDesk,
    who: Who,
    community: Community = None,
    state: State | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """The open ones first, by when they are due, then the newest; a page at a time."""
    here = meant(who, Look.REQUESTS, community)
    permitted(who, Look.REQUESTS, Scope(here))
    after = _cursor(cursor) if cursor else None
    query = board.on_board(community=next(iter(here), None), state=state, after=after)
    found = await rows(desk.house.pool, query.limit(limit + 1))
    page = found[:limit]
    more = _next(page[-1]) if len(found) > limit else None
    return reading.Json({"at": desk.house.clock.now(), "requests": page, "next": more})


@router.get("/v1/requests/{request_id}")
async def request(
    request_id: str,
    desk: AtDesk,
    who: Who,
    at: At = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """One, now or then: its state, its place and why; with the ETag for what is told of it."""
    seen = await _seen(desk, who, request_id, at)
    if if_none_match == reading.etag(seen.version):
        return reading.unchanged(seen.version)
    return reading.shown(seen.row, seen.version)


@router.get("/v1/requests/{request_id}/history")
async def history(request_id: str, desk: AtDesk, who: Who, at: At = None) -> Response:
    """What happened to it, in order: who did what, in what capacity, and because of what."""
    seen = await _seen(desk, who, request_id, at)
    events = [
        {
            "position": one.position,
            "version": one.version,
            "name": one.event.name,
            "data": one.event.model_dump(mode="json"),
            "actor": {"ref": one.meta.actor.ref, "role": one.meta.actor.role},
            "caused_by": one.meta.causation,
            "recorded_at": one.recorded_at,
        }
        for one in seen.events
    ]
    return reading.Json({"request_id": request_id, "events": events})


@router.get("/v1/requests/{request_id}/candidates")
async def candidates(
    request_id: str,
    desk: AtDesk,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """Places it may have now, the best first, with what each costs; and why not the others."""
    identity = uuid_of(request_id)
    await desk.about_request(who, Look.CANDIDATES, identity)
    question = {"request_id": str(identity), "limit": limit}
    told = await ask(desk.house, subjects.RANK_ANY, question)
    return problem(told) if "code" in told else reading.Json(told)


@router.post("/v1/requests/{request_id}/place")
async def take(
    request_id: str,
    choice: Choice,
    desk: AtDesk,
    who: Who,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """A place chosen by hand is its place; gone, the next best are told."""
    identity = uuid_of(request_id)
    await desk.about_request(who, Look.TAKE, identity)
    command_id = named("take", who.ref, idempotency_key) if idempotency_key else uuid4()
    seen = version_of(if_match)
    told = await desk.take(who, identity, choice.slot_id, choice.mode, command_id, seen)
    return problem(told) if "code" in told else reading.Json(told)


@router.post("/v1/requests/{request_id}/identity")
async def identity(request_id: str, why: Purpose, desk: AtDesk, who: Who) -> Response:
    """Who the patient is, for whoever cares for them. Who asked, and why, is written down."""
    state, _ = await desk.about_request(who, Look.IDENTITY, uuid_of(request_id))
    found = await revealed(desk, who, state, why)
    said = [one.model_dump(exclude_defaults=True) for one in found]
    return reading.Json({"request_id": request_id, "identity": said})


async def revealed(desk: Desk, who: Principal, state: RequestState, why: Purpose) -> list[Identity]:
    """Who the patient is, written down first. Raises IdentityNotKnown, IdentityErased."""
    began = received_of(state)
    if began is None or began.patient_ref is None:
        raise IdentityNotKnown
    try:
        return await desk.house.vault.reveal_patient(
            began.patient_ref, actor=who.ref, reason=why.purpose, community=began.community
        )
    except NothingSealed as nothing:
        raise IdentityNotKnown from nothing
    except Erased as erased:
        raise IdentityErased from erased


async def _seen(desk: Desk, who: Principal, request_id: str, at: datetime | None) -> reading.Seen:
    identity = uuid_of(request_id)
    history = await desk.house.log.history(streams.request(identity))
    happened: list[Any] = [one.event for one in history]
    desk.check_request(who, Look.ONE_REQUEST, decider.replay(happened))
    seen = reading.as_of(history, identity, at)
    if seen is None:
        raise NoSuchRequest(identity)
    return seen


def _next(row: dict[str, Any]) -> str:
    told = orjson.dumps(
        [row["state"] == board.WAITING, row["due_by"], row["received_at"], str(row["request_id"])]
    )
    return urlsafe_b64encode(told).decode().rstrip("=")


def _cursor(text: str) -> board.After:
    """Raises NotACursor."""
    try:
        told = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        waits, due_by, received_at, request_id = told
        return board.After(
            waits=waits, due_by=due_by, received_at=received_at, request_id=request_id
        )
    except (ValueError, TypeError) as wrong:
        raise NotACursor from wrong
