"""What others may send, field by field: the `data` of a CloudEvent, by its type."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from domain.request import is_emergency
from events.agenda import Capacity
from events.base import CaseId, Finess, Frozen, Insee, Rpps, ZoneName
from events.codes import (
    CareLevel,
    Complaint,
    Delay,
    Label,
    Mode,
    Priority,
    Profession,
    Registration,
    Setting,
    Sex,
    Source,
    Specialty,
)
from events.community import Departement
from events.motives import Motive
from events.place import Commune, Place, Position, Title
from events.practitioner import Delegation, InCrisis
from events.protocol import OLDEST, Age
from events.request import Kilometres
from services.intake.moment import Moment, years

Note = Annotated[str, StringConstraints(max_length=4000)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=400)]


T = TypeVar("T")
Few = Annotated[tuple[T, ...], Field(max_length=50)]
"""Of codes, and of communities: nobody has a reason to say more, and what is said is kept."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        kind = "unknown_code"
        raise PydanticCustomError(kind, "no such time zone") from unknown
    return name


Zone = Annotated[ZoneName, AfterValidator(_known_zone)]


def _no_yes_or_no(said: object) -> object:
    if isinstance(said, bool):
        kind = "invalid_value"
        raise PydanticCustomError(kind, "true and false are no number")
    return said


Years = Annotated[Age, BeforeValidator(_no_yes_or_no)]


def _or(unknown: object) -> Callable[[object, ValidatorFunctionWrapHandler], Any]:
    """What is said, or that where it cannot be understood."""

    def check(given: object, valid: ValidatorFunctionWrapHandler) -> Any:
        try:
            return valid(given)
        except ValidationError:
            return unknown

    return check


class Somebody(BaseModel):
    """The little that tells one patient from another, as far as it can be understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    age: Annotated[Years | None, WrapValidator(_or(None))] = None
    birth_date: Annotated[date | None, WrapValidator(_or(None))] = None
    sex: Annotated[Sex | None, WrapValidator(_or(None))] = None


class EmergencyCall(BaseModel):
    """The little that tells an emergency, read where the rest of a care request is wrong."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    priority: Annotated[Priority, WrapValidator(_or(Priority.NR))] = Priority.NR
    care_level: Annotated[CareLevel | None, WrapValidator(_or(None))] = None
    source: Annotated[Source, WrapValidator(_or(Source.SAS))] = Source.SAS
    case_id: Annotated[CaseId | None, WrapValidator(_or(None))] = None
    commune: Annotated[Insee | None, WrapValidator(_or(None))] = None
    patient: Annotated[Somebody | None, WrapValidator(_or(None))] = None

    @classmethod
    def found_in(cls, given: object) -> Self | None:
        """The emergency that is told there, if one is: at once, whatever else is malformed."""
        try:
            call = cls.model_validate(given)
        except ValidationError:
            return None
        return call if is_emergency(call.priority, call.care_level) else None


class EmergencyInAnUpdate(EmergencyCall):
    """As it is told by a part of a file that changed: of a file there is."""

    case_id: CaseId


class Patient(Frozen):
    """Who needs care. All but age and sex goes to the vault and nowhere else."""

    age: Years | None = None
    birth_date: date | None = None
    sex: Sex = Sex.UNKNOWN
    name: Said | None = None
    phone: Said | None = None
    address: Said | None = None


def age_on(day: date, whose: Patient | Somebody) -> int | None:
    """In years, as far as it was said."""
    if whose.age is None and whose.birth_date is not None:
        return years(whose.birth_date, day)
    return whose.age


class WantedPlace(Frozen):
    """A place the regulator has before their eyes: kept from the first moment, or all is refused.

    Dispatch leaves the request alone meanwhile: it is the regulator's to take the place, or not.
    """

    slot_id: UUID
    mode: Mode = Mode.OFFICE
    minutes: Annotated[float, Field(gt=0, le=30)] | None = None  # default: SNP_HOLD_MINUTES


class CareRequest(Frozen):
    """A request for same-day care: type `snp.care-request.v1`, kind `care-request`."""

    case_id: CaseId | None = None
    source: Source = Source.SAS
    asked_at: Moment
    due_by: Moment | None = None
    delay: Delay | None = None
    priority: Priority
    care_level: CareLevel | None = None
    motive: Motive
    complaint: Complaint | None = None  # what the national reasons are too coarse to say
    professions: Annotated[Few[Profession], Field(min_length=1)] = (Profession.DOCTOR,)
    modes: Annotated[Few[Mode], Field(min_length=1)] = (Mode.OFFICE,)
    max_km: Kilometres = 15.0
    commune: Insee | None = None
    position: Position | None = None  # exact; what is kept is rounded to about 1 km
    patient: Patient = Patient()
    registration: Registration = Registration.UNKNOWN
    treating_doctor: Rpps | None = None  # asked first, where the ladder says so
    note: Note | None = None
    hold: WantedPlace | None = None

    @property
    def age(self) -> int | None:
        """In years when it was asked."""
        return age_on(self.asked_at.date(), self.patient)

    @model_validator(mode="after")
    def _one_who_treats(self) -> Self:
        if self.treating_doctor and self.registration in _HAS_NONE:
            kind = "invalid_value"
            message = "a treating doctor is named, and the patient is said to have none"
            raise PydanticCustomError(kind, message)
        return self

    @model_validator(mode="after")
    def _born_before(self) -> Self:
        age = self.age
        if age is not None and not 0 <= age <= OLDEST:
            kind = "invalid_value"
            message = "the birth date gives no age between 0 and 130"
            raise PydanticCustomError(kind, message)
        return self


_HAS_NONE = {Registration.NOT_REGISTERED, Registration.SEEKS_ONE}

OnTheWall = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""An hour of the wall clock, where care is given: `09:00`."""

Day = Annotated[date, Field(ge=date(2020, 1, 1), lt=date(2100, 1, 1))]


class Places(Frozen):
    """What a practitioner opens, whenever it is."""

    rpps: Rpps
    place: Place
    zone: Zone | None = None  # default: the first community's
    capacity: Capacity = 1
    modes: Few[Mode] = (Mode.OFFICE,)
    radius_km: Annotated[float, Field(gt=0, le=300)] | None = None
    labels: Few[Label] = (Label.SNP, Label.CPTS)
    communities: Few[Finess] = ()  # default: the community it is sent to
    open_to: Few[Source] = tuple(Source)
    setting: Setting | None = None  # default: the practitioner's own
    surge: bool = False  # kept for a crisis of the community


class SlotOffer(Places):
    """Places a practitioner opens: type `snp.slot.v1`, kind `slot`."""

    start: Moment
    end: Moment


class SlotSeries(Places):
    """Places a practitioner opens every week: type `snp.slot-series.v1`, all of them or none."""

    weekdays: Annotated[Few[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1)]
    """1 is Monday (ISO 8601)."""
    starts: OnTheWall  # 09:00 is 09:00 before and after the clocks change
    ends: OnTheWall  # not after the start: on the next day
    first: Day
    last: Day
    without: Annotated[tuple[Day, ...], Field(max_length=400)] = ()  # holidays and the like


class OverbookGiven(Frozen):
    """Where, and how, patients are seen beyond the agenda (surnuméraire)."""

    place: Place
    zone: Zone | None = None  # default: the first community's
    modes: Annotated[Few[Mode], Field(min_length=1)] = (Mode.OFFICE,)
    radius_km: Annotated[float, Field(gt=0, le=300)] | None = None


class ConsentGiven(Frozen):
    """What a practitioner agrees to."""

    sources: Few[Source]
    # Regulated visits of patients who are not one's own: usual in the convention; null: no cap.
    weekly_cap: Annotated[int, Field(ge=0, le=500)] | None = 20
    daily_cap: Annotated[int, Field(ge=0, le=100)] | None = None
    min_age: Age | None = None
    max_age: Age | None = None
    excluded_motives: Annotated[tuple[Motive, ...], Field(max_length=200)] = ()
    overbook: OverbookGiven | None = None  # asked to see patients beyond the agenda, and where
    in_crisis: InCrisis | None = None  # caps while a community is in crisis; null: as ever
    protocols: Annotated[tuple[Delegation, ...], Field(max_length=20)] = ()
    new_patients: bool = False  # becomes the treating doctor of who has none


class ConsentChange(ConsentGiven):
    """What is said of it; what is not said is as it was, or as usual for who is new."""

    sources: Few[Source] = (Source.SAS, Source.CPTS, Source.IOA)


class PractitionerChange(Frozen):
    """Something about a practitioner there is: type `snp.practitioner-change.v1`.

    What it does not say stays as it was: nobody overwrites what another said meanwhile.
    """

    rpps: Rpps
    setting: Setting = Setting.TOWN
    specialty: Specialty | None = None
    communities: Few[Finess] = ()  # beside those they are in
    consent: ConsentChange = ConsentChange()
    paused: bool | None = None


class PractitionerSheet(Frozen):
    """A practitioner as they are now: type `snp.practitioner.v1`, kind `practitioner`."""

    rpps: Rpps
    profession: Profession
    setting: Setting = Setting.TOWN
    specialty: Specialty | None = None
    communities: Few[Finess] = ()  # default: the community it is sent to
    consent: ConsentGiven
    paused: bool = False


class CommunitySheet(Frozen):
    """A community (CPTS): type `snp.community.v1`, kind `community`."""

    finess: Finess
    title: Title
    departement: Departement
    zone: Zone | None = None  # default: the département's
    communes: Annotated[tuple[Commune, ...], Field(min_length=1, max_length=1000)]


class CommunityChange(Frozen):
    """What is otherwise of a community from now on: type `snp.community-change.v1`.

    What it does not say stays as it was; the communes are told whole.
    """

    finess: Finess
    title: Title | None = None
    departement: Departement | None = None
    zone: Zone | None = None
    communes: Annotated[tuple[Commune, ...], Field(min_length=1, max_length=1000)] | None = None


class PractitionerLine(PractitionerSheet):
    """A practitioner of an import: of who is enrolled already, what it does not say stays."""

    consent: ConsentChange = ConsentChange()


class Import(Frozen):
    """Many sheets at once: type `snp.import.v1`. All of them are taken in, or none."""

    sheets: Annotated[
        tuple[CommunitySheet | PractitionerLine, ...], Field(min_length=1, max_length=1000)
    ]
