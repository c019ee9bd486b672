"""Everything over HTTP, described at /openapi.json, and the messages at /asyncapi."""

from typing import TYPE_CHECKING, Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from domain.decider import Refused
from services.api import (
    booking,
    calendars,
    fhir,
    following,
    members,
    places,
    problems,
    regulators,
    requests,
    sign_in,
    telling,
    webhooks,
)
from services.api.asyncapi import document
from services.api.desk import Desk
from services.api.limits import Bounded, LeftInTheMiddle
from services.api.parameters import KNOWN_ONLY
from services.api.problems import problem, problem_of
from services.api.scopes import UnknownPath
from services.console import consoles, doorway
from services.console.live import Live
from services.fhir.kept import KeptSlots
from services.intake.rejections import Problem, TryAgain
from services.log.commands import LogUnavailable, StreamMoved
from services.log.database import UNREACHABLE

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from services.app import House

log = structlog.get_logger()


class NotUnderstood(Refused):
    """Something went wrong here, through no fault of yours: nothing of it was done."""

    code = "internal_error"


_ABOUT = """Requests for same-day care, free places, offers and agreements.

What is told here is what is told over NATS: the same messages, answered the same. `Idempotency-Key`
makes of several tries one. Refusals are RFC 9457 problems whose `code` is the refusal's name: it
stays, the words may not. Sign in with `POST /v1/token`, or with a token of a provider."""


def rest(house: "House") -> "ASGIApp":
    """The application over this house."""
    api = FastAPI(
        title="SNP Dispatch",
        version=house.version,
        description=_ABOUT,
        docs_url=None,  # the page would be loaded from another machine
        redoc_url=None,
    )
    api.state.desk = Desk(house)
    api.state.live = Live(house)
    api.state.kept = KeptSlots(house)
    for router in (
        places.router,
        requests.router,
        members.router,
        following.router,
        webhooks.router,
    ):
        api.include_router(router, dependencies=[KNOWN_ONLY])
    # An emergency is told as one whatever is wrong beside it; and who signs in, reads a calendar,
    # speaks FHIR or looks at pages may add what is not for us.
    for router in (
        telling.routes(),
        sign_in.router,
        calendars.router,
        booking.router,
        fhir.router,
        regulators.router,
        *consoles.routers(),
    ):
        api.include_router(router)
    api.mount(f"{consoles.PREFIX}/static", doorway.assets())

    _tell_kindly(api)
    api.add_middleware(LeftInTheMiddle)

    messages: list[bytes] = []  # made when first asked for: it takes a fifth of a second

    @api.get("/asyncapi", include_in_schema=False)
    async def asyncapi() -> Response:
        if not messages:
            messages.append(orjson.dumps(document(house), option=orjson.OPT_INDENT_2))
        return Response(
            messages[0],
            media_type="application/vnd.aai.asyncapi+json;version=3.0.0",
        )

    def described() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _openapi(api)
        return api.openapi_schema

    api.openapi = described  # type: ignore[method-assign]  # FastAPI's way to extend it
    return Bounded(api, house.settings)


def _tell_kindly(api: FastAPI) -> None:
    """Whatever goes wrong, in the form its caller reads."""

    @api.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return _told(request, error)

    @api.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:
        if request.url.path.startswith(consoles.PREFIX):
            return doorway.refused(request, UnknownPath())
        wrong = [vars(Problem.of(one)) for one in error.errors()]
        return problem(
            {"code": wrong[0]["code"], "message": "Some fields are wrong.", "problems": wrong}
        )

    @api.exception_handler(HTTPException)
    async def nothing_there(request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "not_json")
        if request.url.path.startswith(f"{fhir.PREFIX}/"):
            return fhir.refused(code, str(error.detail))
        if request.url.path.startswith(consoles.PREFIX):
            return doorway.refused(request, UnknownPath())
        return problem({"code": code, "message": str(error.detail)}, error.headers)

    async def not_now(request: Request, __: Exception) -> Response:
        return _told(request, TryAgain())

    @api.exception_handler(Exception)
    async def not_foreseen(request: Request, error: Exception) -> Response:
        log.error("not foreseen", path=request.url.path, error=type(error).__name__)
        return _told(request, NotUnderstood())

    for passing in (LogUnavailable, StreamMoved, *UNREACHABLE):
        api.add_exception_handler(passing, not_now)


def _told(request: Request, error: Refused) -> Response:
    """FHIR to who speaks FHIR, a page to who looks at pages, a problem to all others."""
    if request.url.path.startswith(f"{fhir.PREFIX}/"):
        return fhir.refused(error.code, str(error))
    if request.url.path.startswith(consoles.PREFIX):
        return doorway.refused(request, error)
    return problem_of(error)


_CODES = {401: "invalid_token", 404: "unknown_path", 405: "method_not_allowed"}


def _openapi(api: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the parts our messages are made of."""
    found = get_openapi(
        title=api.title,
        version=api.version,
        description=api.description,
        routes=api.routes,
    )
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = problems.SCHEMA
    for path in found["paths"].values():
        for operation in path.values():
            schemas |= operation.pop("x-definitions", {})
            operation["responses"].pop("422", None)  # one shape for all that is refused
    return found
