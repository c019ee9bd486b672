"""Calendars: a practitioner's day in their own, and their free times read from it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from domain import agenda as agendas
from domain.agenda import Agenda as Week
from domain.agenda import Slot, weeks_between
from domain.decider import Refused
from events import streams
from events.agenda import SlotPublished
from projections import availability
from services.access.gate import permitted
from services.access.permissions import Look, Principal, Scope
from services.access.tokens import InvalidToken
from services.api.desk import AtDesk, Desk, Who, where_from
from services.api.doors import DOOR_OF
from services.api.members import RppsPath
from services.api.scopes import UnknownPath, uuid_of
from services.api.telling import RESPONSES
from services.calendars import apart
from services.calendars.feeds import Feed, Feeds
from services.calendars.free_times import FreeTime
from services.calendars.syncing import AgendaSlots, plan
from services.fhir.codes import MEDIA_TYPE
from services.intake.naming import command_of
from services.messaging.subjects import Kind
from services.projector.queries import rows

router = APIRouter(tags=["calendars"], responses=RESPONSES)

_ICAL = "text/calendar"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _ICAL: {"schema": {"type": "string"}},
            MEDIA_TYPE: {"schema": {"type": "object"}},
        },
    }
}
DryRun = Annotated[bool, Query(description="Say what would change, and change nothing")]
AgendaName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]


class NoModel(Refused):
    """Free times are opened like a slot there is: publish one first, or name one with `like`."""

    code = "place_missing"


class OtherAgenda(Refused):
    """An agenda comes as text/calendar or as application/fhir+json."""

    code = "not_an_agenda"


@router.post("/v1/practitioners/{rpps}/calendar", status_code=201)
async def subscribe(rpps: RppsPath, request: Request, desk: AtDesk, who: Who) -> dict[str, Any]:
    """An address to subscribe to from any calendar: whoever has it reads it, so keep it.

    It shows slots, and which are taken: never who the patient is, nor why they come. Asked for
    again, there is a new one, and the one before is of no use any more. Of who has no account but
    a provider's word it is good for a year.
    """
    permitted(who, Look.SLOTS, Scope(rpps=rpps))
    vouched = who.signed.rpps == rpps  # by their provider, whatever their account says beside
    key = await _feeds(desk).make(Feed(who.account_id, rpps, vouched))
    return {"url": f"{desk.address(request)}/v1/calendars/{key}.ics"}


@router.delete("/v1/practitioners/{rpps}/calendar", status_code=204, response_class=Response)
async def unsubscribe(rpps: RppsPath, desk: AtDesk, who: Who) -> None:
    """The address is of no use any more: whoever asked for it ends it, whatever they are now."""
    await _feeds(desk).end(who.account_id, rpps)


@router.get("/v1/calendars/{key}.ics", response_class=Response)
async def calendar(
    key: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")], request: Request, desk: AtDesk
) -> Response:
    """Their slots to come, for a calendar that subscribed."""
    desk.knocks(f"calendar {key}")
    feed = await _feeds(desk).of(key)
    if feed is None:
        desk.guesses(where_from(request))
        raise UnknownPath
    try:
        holder = await desk.gate.holder(feed.account_id, feed.rpps if feed.vouched else None)
    except InvalidToken as gone:
        raise UnknownPath from gone
    permitted(holder, Look.SLOTS, Scope(rpps=feed.rpps))
    from services.calendars.feed import calendar_of  # noqa: PLC0415 for who subscribes

    now = desk.house.clock.now()
    query = availability.slots_to_come(rpps=feed.rpps).limit(1000)
    found = await rows(desk.house.pool, query, at=now)
    return Response(
        calendar_of(found, now),
        media_type=f"{_ICAL}; charset=utf-8",
        headers={"Cache-Control": "private, max-age=300"},
    )


@router.put("/v1/practitioners/{rpps}/agendas/{agenda}", openapi_extra=_BODY)
async def read_agenda(
    rpps: RppsPath,
    agenda: AgendaName,
    request: Request,
    desk: AtDesk,
    who: Who,
    days: Annotated[int, Query(ge=1, le=60, description="From now on")] = 14,
    like: Annotated[UUID | None, Query(description="A slot to open them like")] = None,
    dry_run: DryRun = False,  # noqa: FBT002 a parameter of the address
) -> dict[str, Any]:
    """Open the free times of an agenda, and take back what it no longer has.

    An iCalendar (free time is what is transparent, of the category SNP, or VFREEBUSY FREE) or a
    FHIR Bundle of Slots. Place, community and the rest are those of the slot published last, or of
    `like`. Sent again with nothing changed, nothing changes; a place a patient has is kept.
    """
    permitted(who, Look.SLOTS, Scope(rpps=rpps))
    now = desk.house.clock.now()
    until = now + timedelta(days=days)
    model = await _model(desk, rpps, like)
    found = await apart.read(
        await request.body(), _kind(request), rpps=rpps, since=now, until=until, zone=model.zone
    )
    kept = AgendaSlots(desk.house.pool)
    slots = await _slots_between(desk, rpps, now, until)
    todo = plan(found.free, slots, await kept.of(rpps, agenda))
    refused: list[dict[str, Any]] = []
    opened: list[str] = []
    for slot_id in todo.withdraws if not dry_run else ():
        told = await desk.saying.tell(
            DOOR_OF[Kind.SLOT_WITHDRAWAL],
            who,
            {"slot_id": str(slot_id)},
            b'{"only_if_free": true}',  # somebody may have got a place this very moment
        )
        if "code" in told:
            refused.append({"slot_id": str(slot_id), **_why(told)})
    for free in todo.opens if not dry_run else ():
        key = str(uuid4())
        # Before it is opened: killed in between, it is still known whose it is to take back.
        await kept.keep(command_of(who.ref, key), rpps, agenda)
        told = await _open(desk, who, model, free, key)
        if "code" in told:
            refused.append({"start": free.start, **_why(told)})
        else:
            opened.append(told["id"])
    gone = {one["slot_id"] for one in refused if "slot_id" in one}
    return {
        "opened": opened,
        "to_open": [{"start": one.start, "end": one.end} for one in todo.opens] if dry_run else [],
        "withdrawn": [str(one) for one in todo.withdraws if str(one) not in gone],
        "unchanged": todo.unchanged,
        "skipped": found.skipped,
        "refused": refused,
    }


def _kind(request: Request) -> str:
    match request.headers.get("content-type", "").partition(";")[0].strip():
        case "text/calendar":
            return "ical"
        case "application/fhir+json":
            return "fhir"
        case _:
            raise OtherAgenda


async def _model(desk: Desk, rpps: str, like: UUID | None) -> SlotPublished:
    """The slot free times are opened like. Raises NoModel."""
    if like is None:
        found = await rows(desk.house.pool, availability.of_practitioner(rpps))
        if not found:
            raise NoModel
        like = uuid_of(str(found[0]["slot_id"]))
    stream = await desk.house.log.agenda_of(like)
    if stream is None or streams.agenda_named(stream)[0] != rpps:
        raise NoModel
    history = await desk.house.log.load(stream)
    for event in history.events:
        if isinstance(event, SlotPublished) and event.slot_id == like:
            return event
    raise NoModel


async def _slots_between(desk: Desk, rpps: str, since: datetime, until: datetime) -> list[Slot]:
    """Those of the log that begin in that time and were not taken back."""
    weeks = weeks_between(since, until)
    names = [streams.agenda(rpps, week) for week in weeks]
    found: Mapping[str, Any] = await desk.house.log.load_all(names)
    every: list[Week] = [agendas.decider.replay(one.events) for one in found.values()]
    return [
        slot
        for week in every
        for slot in week.slots.values()
        if since <= slot.published.start < until
    ]


async def _open(
    desk: Desk, who: Principal, model: SlotPublished, free: FreeTime, key: str
) -> dict[str, Any]:
    copied = ("place", "zone", "radius_km", "labels", "communities", "open_to", "setting", "modes")
    data = model.model_dump(mode="json", include=set(copied))
    data |= {"start": free.start, "end": free.end}
    if free.modes:
        data["modes"] = list(free.modes)
    if free.labels:
        data["labels"] = list(free.labels)
    path = {"rpps": model.rpps}
    return await desk.saying.tell(DOOR_OF[Kind.SLOT], who, path, orjson.dumps(data), key=key)


def _why(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": told["code"], "message": told["message"]}


def _feeds(desk: Desk) -> Feeds:
    return Feeds(desk.house.pool, desk.house.vault.sealer)
