"""Who takes part, and what they agreed to: stream `practitioner-{rpps}`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from events.base import Event, Finess, Frozen, Instant, Rpps, ZoneName
from events.codes import Channel, Mode, Profession, Setting, Source, Specialty
from events.motives import Motive
from events.place import Place
from events.protocol import Age, ProtocolCode


class PractitionerEnrolled(Event):
    """A professional takes part in same-day care, or takes part otherwise from now on."""

    name = "practitioner.enrolled"
    version = 2

    rpps: Rpps
    profession: Profession
    communities: tuple[Finess, ...]
    setting: Setting
    specialty: Specialty | None
    enrolled_at: Instant


class Overbook(Frozen):
    """Patients seen beyond the agenda (surnuméraire): where, and how."""

    place: Place
    zone: ZoneName
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    radius_km: Annotated[float, Field(gt=0, le=300)] | None = None  # how far home visits go


class Delegation(Frozen):
    """Enrolled in a protocol of cooperation: by which doctor the acts are delegated."""

    protocol: ProtocolCode
    by: Rpps


WeeklyCap = Annotated[int, Field(ge=0, le=500)]  # of patients not their own, over all slots
DailyCap = Annotated[int, Field(ge=0, le=100)]  # places taken in a day, over all slots


class InCrisis(Frozen):
    """What the professional agrees to instead, while a community of theirs is in crisis."""

    weekly_cap: WeeklyCap | None
    daily_cap: DailyCap | None


class PractitionerConsented(Event):
    """What the professional agrees to, whole: it replaces what was agreed before."""

    name = "practitioner.consented"
    version = 4

    rpps: Rpps
    sources: tuple[Source, ...]
    weekly_cap: WeeklyCap | None
    daily_cap: DailyCap | None
    in_crisis: InCrisis | None  # None: as ever
    overbook: Overbook | None  # None: is never asked
    min_age: Age | None
    max_age: Age | None
    excluded_motives: tuple[Motive, ...]
    protocols: tuple[Delegation, ...]
    new_patients: bool  # becomes the treating doctor of who has none
    consented_at: Instant


class PractitionerLeft(Event):
    """The professional no longer takes part in these communities."""

    name = "practitioner.left"

    rpps: Rpps
    communities: tuple[Finess, ...]
    still_in: tuple[Finess, ...]  # none: in none at all
    left_at: Instant


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


class PractitionerVacationAnnounced(Event):
    """Nobody new from then to then; what was published for it is withdrawn with it."""

    name = "practitioner.vacation_announced"

    rpps: Rpps
    start: Instant
    end: Instant
    announced_at: Instant


class PractitionerVacationCancelled(Event):
    """The professional is there after all. What was withdrawn is not published again."""

    name = "practitioner.vacation_cancelled"

    rpps: Rpps
    start: Instant
    cancelled_at: Instant


class PractitionerContactsGiven(Event):
    """How the professional is reached from now on: the addresses themselves are in the vault."""

    name = "practitioner.contacts_given"

    rpps: Rpps
    channels: tuple[Channel, ...]  # none: in no way
    given_at: Instant


class PractitionerRollCalled(Event):
    """Once a month each channel is tried: a number that changed is noticed before it matters."""

    name = "practitioner.roll_called"

    rpps: Rpps
    month: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]
    reached: tuple[Channel, ...]
    failed: tuple[Channel, ...]
    called_at: Instant


PractitionerEvent = (
    PractitionerEnrolled
    | PractitionerLeft
    | PractitionerConsented
    | PractitionerPaused
    | PractitionerResumed
    | PractitionerOnCall
    | PractitionerOffCall
    | PractitionerVacationAnnounced
    | PractitionerVacationCancelled
    | PractitionerContactsGiven
    | PractitionerRollCalled
)
