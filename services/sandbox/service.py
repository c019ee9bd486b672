"""The clock of a sandbox, as a FastStream service: asked, stepped, sped up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from faststream.nats import NatsRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.decider import Refused
from services.clock import SandboxClock
from services.intake.moment import Moment
from services.intake.rejections import invalid, refusal
from services.messaging import subjects
from services.sandbox.passing import Dispatch, let_pass

FASTEST = 3600.0
"""An hour a second: a day in half a minute."""


class Setting(BaseModel):
    """What is wanted of the clock: all of it, or nothing to be told the time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Moment | None = None
    step_minutes: Annotated[float, Field(ge=0, le=7 * 24 * 60)] | None = None
    speed: Annotated[float, Field(ge=0, le=FASTEST)] | None = None


class TimeGoesOn(Refused):
    """Time does not go back, in a sandbox neither: start another, with --clock."""

    code = "time_goes_on"


def routes(clock: SandboxClock, dispatch: Callable[[], Dispatch | None]) -> NatsRouter:
    """Where the clock of this process is told."""
    router = NatsRouter()

    @router.subscriber(
        subjects.CLOCK,
        title="clock",
        description="What time it is in the sandbox; with `to`, `step_minutes` or `speed`: set it.",
    )
    async def told(body: dict[str, Any]) -> dict[str, Any]:
        try:
            wanted = Setting.model_validate(body)
        except ValidationError as error:
            return refusal(invalid(error))
        if wanted.to is not None:
            if wanted.to < clock.now():
                return refusal(TimeGoesOn())
            await let_pass(clock, dispatch(), wanted.to)
        if wanted.step_minutes is not None:
            step = timedelta(minutes=wanted.step_minutes)
            await let_pass(clock, dispatch(), clock.now() + step)
        if wanted.speed is not None:
            clock.run_at(wanted.speed)
        return {"now": clock.now().isoformat(), "speed": clock.speed}

    return router
