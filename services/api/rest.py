"""The read models over HTTP, described at /openapi.json, and the messages at /asyncapi."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import orjson
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from domain.decider import Refused
from events.base import Finess
from events.codes import Label, Mode, Profession
from projections import availability, board
from services.api.asyncapi import document
from services.projector.queries import NotBuiltYet, rows

if TYPE_CHECKING:
    from services.app import House

Community = Annotated[Finess | None, Query(description="FINESS number of a community")]
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


def rest(house: "House") -> FastAPI:
    """The application over this house."""
    api = FastAPI(
        title="SNP Dispatch",
        version=house.version,
        description="Free places and requests, from the read models. Read only.",
        docs_url=None,  # the page would be loaded from another machine
        redoc_url=None,
    )

    @api.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        status = 503 if isinstance(error, NotBuiltYet) else 400
        return JSONResponse({"code": error.code, "message": str(error)}, status)

    @api.exception_handler(RequestValidationError)
    async def not_understood(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [{part: one[part] for part in ("loc", "msg", "type")} for one in error.errors()]
        told = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in wrong)
        return JSONResponse({"code": "invalid_value", "message": told, "detail": wrong}, 422)

    @api.get("/v1/availability")
    async def free_places(
        community: Community = None,
        profession: Profession | None = None,
        mode: Mode | None = None,
        label: Label | None = None,
    ) -> dict[str, Any]:
        """Places one may yet come to, by community, profession, mode, label and hour."""
        now = house.clock.now()
        query = availability.free_places(
            community=community, profession=profession, mode=mode, label=label
        )
        return {"at": now, "places": await rows(house.pool, query, at=now)}

    @api.get("/v1/requests")
    async def requests(
        community: Community = None,
        state: State | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> dict[str, Any]:
        """Requests: the open ones first, by when they are due, then the newest."""
        query = board.on_board(community=community, state=state).limit(limit)
        return {"at": house.clock.now(), "requests": await rows(house.pool, query)}

    @api.get("/asyncapi", include_in_schema=False)
    async def asyncapi() -> Response:
        return Response(
            orjson.dumps(document(house), option=orjson.OPT_INDENT_2),
            media_type="application/vnd.aai.asyncapi+json;version=3.0.0",
        )

    return api
