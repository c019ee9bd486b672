"""What is done at a console is told to the intake, as everything is."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi.responses import Response

from services.api.doors import DOOR_OF
from services.console.refusals import why
from services.console.visitors import Visitor
from services.messaging.subjects import Kind


async def told_to(
    visitor: Visitor,
    kind: Kind,
    path: Mapping[str, str],
    body: Mapping[str, Any],
    key: str | None = None,
) -> Response | None:
    """None: done. Else the answer that says why not."""
    said = orjson.dumps(body)
    told = await visitor.desk.saying.tell(DOOR_OF[kind], visitor.principal, path, said, key=key)
    return refused(visitor, told) if "code" in told else None


def refused(visitor: Visitor, told: Mapping[str, Any]) -> Response:
    """Why not, as a toast shows it."""
    return Response(why(told, visitor.language), 409, media_type="text/plain")
