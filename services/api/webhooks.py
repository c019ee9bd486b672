"""Webhooks of an account: made, listed, sent back, ended. They tell what it may follow."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.decider import Refused
from events.base import Finess
from events.catalogue import EVENTS
from services.access.gate import permitted
from services.access.permissions import Look, Principal, Scope
from services.api import reading
from services.api.desk import AtDesk, Desk, Who
from services.api.positions import check_position
from services.api.scopes import meant, uuid_of
from services.api.telling import RESPONSES
from services.deliver import ledger
from services.deliver.addresses import check_address
from services.deliver.ledger import Ledger
from services.deliver.webhooks import NoSuchWebhook, Webhook, Webhooks

router = APIRouter(tags=["webhooks"], responses=RESPONSES)

State = Literal["waiting", "delivered", "refused", "left_out"]
_Url = Annotated[str, StringConstraints(min_length=8, max_length=2000)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=60)]
_Position = Annotated[int, Field(ge=0, le=2**62)]


class NoSuchEvent(Refused):
    """No event is called that: /asyncapi has them all."""

    code = "invalid_value"


class WebhookSheet(BaseModel):
    """Where to tell, and what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"url": "https://partner.example/snp", "names": ["request.assigned"]},
            ]
        },
    )

    url: _Url
    names: Annotated[list[_Name], Field(max_length=100)] = []  # of events; none: all
    community: Finess | None = None
    since: _Position | None = None  # hear what came after; without, from now on


class Replay(BaseModel):
    """From where to hear everything again."""

    model_config = ConfigDict(extra="forbid")

    since: _Position


class AnotherSecret(BaseModel):
    """How long the former secret signs beside the new one."""

    model_config = ConfigDict(extra="forbid")

    # 0: at once, for somebody has it who should not. Without: a day.
    former_hours: Annotated[float, Field(ge=0, le=168)] | None = None


@router.post("/v1/webhooks", status_code=201)
async def make(sheet: WebhookSheet, desk: AtDesk, who: Who) -> dict[str, Any]:
    """Told from now on what you may follow. `secret` signs it, and is shown this once.

    Each message is a CloudEvent with `webhook-id`, `webhook-timestamp` and `webhook-signature`
    (Standard Webhooks). Answer 2xx; 410 ends it; what is wrong with a message (4xx) is listed and
    not told again; anything else is tried again, for days.
    """
    here = meant(who, Look.EVENTS, sheet.community)
    permitted(who, Look.EVENTS, Scope(here))
    if unknown := set(sheet.names) - set(EVENTS):
        raise NoSuchEvent(", ".join(sorted(unknown)))
    check_address(sheet.url, anywhere=desk.house.settings.webhooks_anywhere)
    await check_position(desk.house.log, sheet.since)
    table = _table(desk)
    community = next(iter(here)) if len(here) == 1 else None
    hook, secret = await table.make(
        who.account_id,
        sheet.url,
        sorted(set(sheet.names)),
        community,
        sheet.since,
        most=desk.house.settings.webhooks_most,
    )
    return {**await _shown(desk, hook), "secret": secret}


@router.get("/v1/webhooks")
async def all_of_them(desk: AtDesk, who: Who) -> dict[str, Any]:
    """Yours, and how far each has heard."""
    found = await _table(desk).all(who.account_id)
    return {"webhooks": [await _shown(desk, hook) for hook in found]}


@router.get("/v1/webhooks/{webhook_id}")
async def one(webhook_id: str, desk: AtDesk, who: Who) -> dict[str, Any]:
    """How far it has heard, and since when it does not answer."""
    return await _shown(desk, await _own(desk, who, webhook_id))


@router.get("/v1/webhooks/{webhook_id}/deliveries")
async def deliveries(
    webhook_id: str,
    desk: AtDesk,
    who: Who,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What it was told, the newest first, and how that went."""
    hook = await _own(desk, who, webhook_id)
    async with desk.house.pool.connection() as connection:
        found = await ledger.listed(
            connection, destination=hook.destination, state=state, limit=limit
        )
    return reading.Json({"deliveries": found})


@router.post("/v1/webhooks/{webhook_id}/replay")
async def replay(webhook_id: str, sheet: Replay, desk: AtDesk, who: Who) -> dict[str, Any]:
    """Hear everything again that came after a position; `webhook-id` says what was heard before."""
    hook = await _own(desk, who, webhook_id)
    await check_position(desk.house.log, sheet.since)
    await Ledger(desk.house.pool).back(hook.destination, sheet.since)
    return await _shown(desk, hook)


@router.post("/v1/webhooks/{webhook_id}/resume")
async def resume(webhook_id: str, desk: AtDesk, who: Who) -> dict[str, Any]:
    """Try again now; what was suspended goes on where it stopped."""
    hook = await _own(desk, who, webhook_id)
    await Ledger(desk.house.pool).resume(hook.destination)
    return await _shown(desk, hook)


@router.post("/v1/webhooks/{webhook_id}/secret")
async def change_secret(
    webhook_id: str, desk: AtDesk, who: Who, sheet: AnotherSecret | None = None
) -> dict[str, Any]:
    """Another `secret`, shown this once. Each message has a signature of the former one as well.

    For a day, or for `former_hours`; 0 where somebody has it who should not: none of before signs
    any more. Asked again, for no answer came, none is lost: each that was given signs for its time.
    """
    asked, settings = sheet.former_hours if sheet else None, desk.house.settings
    hook, secret = await _table(desk).change_secret(
        await _own(desk, who, webhook_id),
        settings.webhook_former_hours if asked is None else asked,
        most=settings.webhook_former_most,
    )
    return {**await _shown(desk, hook), "secret": secret}


@router.delete("/v1/webhooks/{webhook_id}", status_code=204, response_class=Response)
async def end(webhook_id: str, desk: AtDesk, who: Who) -> None:
    """Nothing more is told there."""
    hook = await _own(desk, who, webhook_id)
    await _table(desk).end(hook.webhook_id)
    await Ledger(desk.house.pool).close(hook.destination)


def _table(desk: Desk) -> Webhooks:
    return Webhooks(desk.house.pool, desk.house.vault.sealer)


async def _own(desk: Desk, who: Principal, webhook_id: str) -> Webhook:
    """Raises NoSuchWebhook for what is somebody else's as for what is not there."""
    meant: UUID = uuid_of(webhook_id)
    for hook in await _table(desk).all(who.account_id):
        if hook.webhook_id == meant:
            return hook
    raise NoSuchWebhook


async def _shown(desk: Desk, hook: Webhook) -> dict[str, Any]:
    known = Ledger(desk.house.pool)
    cursor = await known.cursor(hook.destination)
    return {
        "webhook_id": hook.webhook_id,
        "url": hook.url,
        "names": list(hook.names),
        "community": hook.community,
        "made_at": hook.made_at,
        "former_until": hook.former_until,
        "position": cursor.position if cursor else None,
        "behind": await desk.house.log.head() - cursor.position if cursor else None,
        "failing_since": await known.failing_since(hook.destination),
        "suspended_at": cursor.suspended_at if cursor else None,
    }
