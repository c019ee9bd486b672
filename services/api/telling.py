"""A route for every door, made of the table: what is told here is what is told over NATS."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse

from services.access.permissions import Principal
from services.api import reading
from services.api.desk import AtDesk, Desk, Who
from services.api.doors import DOORS, PATTERNS, Door
from services.api.problems import MEDIA_TYPE, problem
from services.api.scopes import UnknownPath, uuid_of
from services.intake.cloudevents import Text
from services.log.execute import ChangedMeanwhile
from services.messaging.subjects import Kind

IdempotencyKey = Annotated[
    Text | None,
    Header(description="The same again with the same key is done once, and answered the same."),
]
IfMatch = Annotated[
    str | None,
    Header(
        pattern=r'^("[0-9]{1,9}"|\*)$',
        description="The ETag last seen: refused if it is another now.",
    ),
]
Wait = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,2}(\.[0-9]{1,3})?s?$",
        description="So many seconds for the decision to be in the answer: 2s",
    ),
]
Community = Annotated[
    str | None, Query(pattern=r"^[0-9AB]{9}$", description="FINESS number: on whose behalf")
]


def routes() -> APIRouter:
    """All of them."""
    router = APIRouter()
    for door in DOORS:
        router.add_api_route(
            door.path,
            _endpoint(door),
            methods=[door.method],
            name=f"{door.kind}",
            summary=_first_line(door),
            tags=[_tag(door)],
            response_model=None,
            responses=RESPONSES,
            openapi_extra=_described(door),
        )
    return router


def _endpoint(door: Door) -> Any:
    if door.kind is Kind.CARE_REQUEST:

        async def receive(
            request: Request,
            desk: AtDesk,
            who: Who,
            community: Community = None,
            wait: Wait = None,
            idempotency_key: IdempotencyKey = None,
            if_match: IfMatch = None,
        ) -> JSONResponse:
            if if_match:
                raise ChangedMeanwhile  # of what is only asked there is no ETag
            told = await desk.saying.tell(
                door, who, {}, await request.body(), community=community, key=idempotency_key
            )
            return await _received(desk, who, told, _seconds(wait, desk))

        return receive

    is_about_a_request = "{request_id}" in door.path

    async def tell(
        request: Request,
        desk: AtDesk,
        who: Who,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> JSONResponse:
        if if_match and not is_about_a_request:
            raise ChangedMeanwhile  # there is no ETag one could have seen
        told = await desk.saying.tell(
            door,
            who,
            request.path_params,
            await request.body(),
            community=community,
            key=idempotency_key,
            if_version=version_of(if_match),
        )
        return problem(told) if "code" in told else JSONResponse(told)

    return tell


def version_of(if_match: str | None) -> int | None:
    """Of an ETag of ours; None: whatever it is."""
    return int(if_match.strip('"')) if if_match and if_match != "*" else None


async def _received(
    desk: Desk, who: Principal, told: Mapping[str, Any], wait: float
) -> JSONResponse:
    """Where it is from now on; with the decision, if somebody waits for it and it comes in time."""
    if "code" in told:
        return problem(told)
    try:
        request_id = uuid_of(str(told.get("id")))
    except UnknownPath:
        return JSONResponse(told)
    seen = await desk.decided(request_id, wait)
    headers = {"Location": f"/v1/requests/{request_id}"}
    # Said again, it may be by somebody who is nothing there any more.
    if seen is None or not desk.may_see(who, seen):
        return JSONResponse(told, 201, headers)
    return reading.shown({**told, **seen.row}, seen.version, status=201, headers=headers)


def _seconds(wait: str | None, desk: Desk) -> float:
    return min(float(wait.rstrip("s")), desk.house.settings.http_wait_seconds) if wait else 0.0


def _first_line(door: Door) -> str:
    said = (door.model.__doc__ or "").partition("\n")[0]
    return re.sub(r":? type `[^`]*`[^.]*\.?", ".", said).rstrip(":, ")


def _tag(door: Door) -> str:
    return door.path.split("/")[2]


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Refused: `code` says why",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
    "5XX": {
        "description": "Not now: ask again",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}


def _described(door: Door) -> dict[str, Any]:
    """Its body and what its path says, for the OpenAPI document."""
    named = re.findall(r"{(\w+)}", door.path)
    schema = door.model.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    properties = {k: v for k, v in schema.get("properties", {}).items() if k not in named}
    required = [name for name in schema.get("required", ()) if name not in named]
    body = {k: v for k, v in schema.items() if k not in {"required", "title", "description"}}
    body |= {"properties": properties, **({"required": required} if required else {})}
    described: dict[str, Any] = {
        "x-definitions": definitions,
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": PATTERNS[name]},
            }
            for name in named
        ],
    }
    if properties:
        example = _EXAMPLES.get(door.kind)
        described["requestBody"] = {
            "required": bool(required),
            "content": {
                "application/json": {
                    "schema": body,
                    **({"example": example} if example is not None else {}),
                }
            },
        }
    return described


_PLACE = {
    "title": "Cabinet de la Gare",
    "commune": "58194",
    "position": {"lat": 46.99, "lon": 3.16},
}
_EXAMPLES: dict[Kind, Any] = {
    Kind.CARE_REQUEST: {
        "asked_at": "2026-11-23T10:15:00+01:00",
        "priority": "P2",
        "motive": "M03.14",
        "commune": "58194",
        "delay": "4H",
        "patient": {"age": 34, "sex": "F"},
    },
    Kind.SLOT: {
        "start": "2026-11-23T14:00:00+01:00",
        "end": "2026-11-23T14:20:00+01:00",
        "place": _PLACE,
    },
    Kind.HOLD: {"slot_id": "38eef11c-e7d3-5461-a169-e45ca6c36720", "minutes": 3},
    Kind.OFFER_ANSWER: {"answer": "ACCEPTEE", "start": "2026-11-23T18:00:00+01:00"},
    Kind.APPOINTMENT: {"status": "booked"},
    Kind.REORIENTATION: {"to": "EMERGENCY_DEPARTMENT"},
    Kind.ACCOUNT: {
        "title": "SAS de la Nièvre, logiciel de régulation",
        "grants": [{"role": "regulator"}],
    },
    Kind.ROLE_GRANT: {"grant": {"role": "coordinator", "community": "580099001"}},
}
