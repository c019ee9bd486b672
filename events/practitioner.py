"""Who takes part, and what they agreed to: stream `practitioner-{rpps}`."""

from typing import Annotated

from pydantic import Field

from events.base import Event, Finess, Instant, Rpps
from events.codes import Profession, Source
from events.motives import Motive
from events.request import Age


class PractitionerEnrolled(Event):
    """A professional joins the organisation of same-day care."""

    name = "practitioner.enrolled"

    rpps: Rpps
    profession: Profession
    communities: tuple[Finess, ...]
    enrolled_at: Instant


class PractitionerConsented(Event):
    """What the professional agrees to, whole: it replaces what was agreed before."""

    name = "practitioner.consented"

    rpps: Rpps
    sources: tuple[Source, ...]
    weekly_cap: Annotated[int, Field(ge=0, le=500)] | None  # places taken in a week, all slots
    min_age: Age | None
    max_age: Age | None
    excluded_motives: tuple[Motive, ...]
    consented_at: Instant


class PractitionerPaused(Event):
    """Nothing new for this professional until they come back."""

    name = "practitioner.paused"

    rpps: Rpps
    paused_at: Instant


class PractitionerResumed(Event):
    """The professional is back."""

    name = "practitioner.resumed"

    rpps: Rpps
    resumed_at: Instant


PractitionerEvent = (
    PractitionerEnrolled | PractitionerConsented | PractitionerPaused | PractitionerResumed
)
