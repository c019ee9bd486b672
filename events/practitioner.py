"""Who takes part, and what they agreed to: stream `practitioner-{rpps}`."""

from typing import Annotated

from pydantic import Field

from events.base import Event, Finess, Frozen, Instant, Rpps, ZoneName
from events.codes import Mode, Profession, Source
from events.motives import Motive
from events.place import Place
from events.request import Age


class PractitionerEnrolled(Event):
    """A professional joins the organisation of same-day care."""

    name = "practitioner.enrolled"

    rpps: Rpps
    profession: Profession
    communities: tuple[Finess, ...]
    enrolled_at: Instant


class Overbook(Frozen):
    """Patients seen beyond the agenda (surnuméraire): where, and how."""

    place: Place
    zone: ZoneName
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    radius_km: Annotated[float, Field(gt=0, le=300)] | None = None  # how far home visits go


class PractitionerConsented(Event):
    """What the professional agrees to, whole: it replaces what was agreed before."""

    name = "practitioner.consented"
    version = 2

    rpps: Rpps
    sources: tuple[Source, ...]
    weekly_cap: Annotated[int, Field(ge=0, le=500)] | None  # places taken in a week, all slots
    daily_cap: Annotated[int, Field(ge=0, le=100)] | None  # places taken in a day, all slots
    overbook: Overbook | None  # None: is never asked
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


class PractitionerOnCall(Event):
    """Available now: asked before others, until then at the latest."""

    name = "practitioner.on_call"

    rpps: Rpps
    until: Instant
    on_call_at: Instant


class PractitionerOffCall(Event):
    """No longer available at once."""

    name = "practitioner.off_call"

    rpps: Rpps
    off_call_at: Instant


PractitionerEvent = (
    PractitionerEnrolled
    | PractitionerConsented
    | PractitionerPaused
    | PractitionerResumed
    | PractitionerOnCall
    | PractitionerOffCall
)
