"""Dispatch as a FastStream service: its bell, and places taken by hand."""

from typing import Any

import orjson
import structlog
from faststream.nats import NatsRouter
from pydantic import TypeAdapter, ValidationError

from domain.decider import Refused
from events.explanation import Option
from services import telemetry
from services.dispatch.taking import LostThePlace, Rank, Take, Taking
from services.intake.rejections import TryAgain, invalid, refusal
from services.log.commands import LogUnavailable, StreamMoved
from services.log.database import UNREACHABLE
from services.messaging import subjects

log = structlog.get_logger()

OPTIONS: TypeAdapter[list[Option]] = TypeAdapter(list[Option])


def routes(taking: Taking) -> NatsRouter:
    """What dispatch listens to beside the bell."""
    router = NatsRouter()

    @router.subscriber(
        subjects.TAKE,
        queue="dispatch",
        title="take",
        description="A regulator takes a place of a slot for a request. Request/reply.",
    )
    async def take(body: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(await taking.take(Take.model_validate(body)))
        except ValidationError as error:
            return refusal(invalid(error))
        except (LogUnavailable, StreamMoved, *UNREACHABLE):
            return refusal(TryAgain())
        except Refused as refused:
            telemetry.refusals.labels("dispatch", refused.code).inc()
            told = refusal(refused)
            if isinstance(refused, LostThePlace):
                told["alternatives"] = OPTIONS.dump_python(refused.alternatives, mode="json")
            return told

    @router.subscriber(
        subjects.RANK,
        queue="dispatch",
        title="rank",
        description="Places a waiting request may have now, the best first. Request/reply.",
    )
    async def rank(body: dict[str, Any]) -> dict[str, Any]:
        try:
            told = await taking.ranked(Rank.model_validate(body))
        except ValidationError as error:
            return refusal(invalid(error))
        except UNREACHABLE:
            return refusal(TryAgain())
        said: dict[str, Any] = orjson.loads(orjson.dumps(told))
        return said

    return router
