"""The read models over HTTP, described at /openapi.json, and the messages at /asyncapi."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import orjson
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field

from domain.decider import Refused
from events.base import Finess, Frozen, Insee, Rpps
from events.codes import Label, Mode, Profession, Source
from projections import availability, board
from projections.availability import TODAY_TO_D2
from services.api.asyncapi import document
from services.projector.queries import NotBuiltYet, rows
from services.reports.places import Looked, Places, places

if TYPE_CHECKING:
    from services.app import House

Community = Annotated[Finess | None, Field(description="FINESS number of a community")]
Dimension = Literal[
    "community",
    "practitioner",
    "profession",
    "specialty",
    "commune",
    "day",
    "half_day",
    "mode",
    "label",
    "source",
]
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
assert set(get_args(Dimension)) == set(availability.DIMENSIONS), "each may be asked for"
assert set(get_args(State)) == set(board.STATES), "every state of the board may be asked for"


class PlacesAsked(Frozen):
    """Which places, counted by what."""

    community: Community = None
    rpps: Annotated[Rpps | None, Field(description="Of this practitioner")] = None
    profession: Profession | None = None
    specialty: Annotated[str | None, Field(max_length=20, description="Their know-how")] = None
    mode: Mode | None = None
    label: Label | None = None
    commune: Annotated[Insee | None, Field(description="INSEE code of where they are")] = None
    half_day: Literal["AM", "PM"] | None = None
    source: Annotated[Source | None, Field(description="Who may fill them")] = None
    by: Annotated[Dimension | None, Field(description="Count every place by this")] = None
    days: Annotated[int, Field(ge=1, le=14, description="Today and those after")] = TODAY_TO_D2


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
    async def availability_of(asked: Annotated[PlacesAsked, Query()]) -> Places:
        """Places of today to D+2.

        Free ones by community, profession, mode, label and hour; with `by`, all of them by what
        they are. Who publishes slots and is silent for longer than usual is named.
        """
        which = availability.Which(**asked.model_dump(exclude={"by", "days"}))
        looked = Looked(which, house.clock.now(), by=asked.by, days=asked.days)
        return await places(house.pool, house.settings, looked)

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
