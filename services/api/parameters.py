"""What is asked after the `?`: a name that is none would be a filter that filters nothing."""

from collections.abc import Iterator
from typing import cast

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from services.api.desk import Who


def _known_only(request: Request, _: Who) -> None:
    """Raises RequestValidationError for each parameter the path does not have; first, who asks."""
    unknown = set(request.query_params)
    if unknown:  # most ask for everything
        unknown -= set(_names(cast("APIRoute", request.scope["route"]).dependant))
    if unknown:
        raise RequestValidationError(
            [
                {"type": "extra_forbidden", "loc": ("query", name), "msg": "", "input": None}
                for name in unknown
            ]
        )


def _names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        asked = field.field_info.annotation
        if isinstance(asked, type) and issubclass(asked, BaseModel):
            yield from asked.model_fields
        else:
            yield field.alias
    for part in dependant.dependencies:
        yield from _names(part)


KNOWN_ONLY = Depends(_known_only)
"""Of routers: what they are asked with unknown parameters is refused."""
