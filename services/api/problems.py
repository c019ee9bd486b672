"""What went wrong, for programs and for people: RFC 9457, with the refusal's own code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from domain.decider import Refused
from services.intake.rejections import refusal

MEDIA_TYPE = "application/problem+json"

_STATUS = {
    "invalid_token": HTTPStatus.UNAUTHORIZED,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "unknown_path": HTTPStatus.NOT_FOUND,
    "no_such_request": HTTPStatus.NOT_FOUND,
    "no_such_slot": HTTPStatus.NOT_FOUND,
    "no_such_account": HTTPStatus.NOT_FOUND,
    "no_such_webhook": HTTPStatus.NOT_FOUND,
    "somebody_elses_agenda": HTTPStatus.FORBIDDEN,
    "unknown_community": HTTPStatus.NOT_FOUND,
    "community_not_formed": HTTPStatus.NOT_FOUND,
    "practitioner_not_enrolled": HTTPStatus.NOT_FOUND,
    "nothing_sealed": HTTPStatus.NOT_FOUND,
    "erased": HTTPStatus.GONE,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "not_json": HTTPStatus.BAD_REQUEST,
    "duplicate_field": HTTPStatus.BAD_REQUEST,
    "nul_character": HTTPStatus.BAD_REQUEST,
    "too_deep": HTTPStatus.BAD_REQUEST,
    "said_twice": HTTPStatus.BAD_REQUEST,
    "too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "too_large": HTTPStatus.CONTENT_TOO_LARGE
    if hasattr(HTTPStatus, "CONTENT_TOO_LARGE")
    else HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "log_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_built_yet": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_running": HTTPStatus.SERVICE_UNAVAILABLE,
}
_OF_CONTENT = {
    "missing_field",
    "unknown_code",
    "malformed",
    "date_without_offset",
    "unknown_field",
    "not_a_date",
    "invalid_value",
    "not_an_agenda",
    "place_missing",
    "unknown_indicator",
    "unknown_breakdown",
}


def status_of(code: str) -> int:
    """409 for a rule that forbids it now, 422 for what it can never be, others by what they are."""
    if code in _OF_CONTENT:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return _STATUS.get(code, HTTPStatus.CONFLICT)


def problem(told: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """What the intake told, or we: `code` and `message`, and whatever else there is to know."""
    code = str(told["code"])
    status = status_of(code)
    body = {
        "type": f"urn:snp-dispatch:problem:{code}",
        "title": told["message"],
        "status": int(status),
        **{name: value for name, value in told.items() if name != "message"},
    }
    given = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        given["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        given.setdefault("Retry-After", "1")
    return JSONResponse(body, status, given, media_type=MEDIA_TYPE)


def problem_of(refused: Refused) -> JSONResponse:
    """A refusal as one."""
    return problem(refusal(refused))


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The name of the refusal: it stays."},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
"""For the OpenAPI document."""
