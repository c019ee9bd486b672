"""What others may say of a slot, a request or a visit there is: the `data` of a CloudEvent."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from domain.placing import By
from events.agenda import Capacity
from events.base import CaseId, Finess, Frozen, Rpps
from events.codes import Delay, Label, Mode, Source
from events.destination import Destination
from events.place import Place
from events.request import Withdrawal
from events.visit import Outcome, Rater
from services.intake.moment import Moment


class AboutASlot(Frozen):
    """The slot it is about."""

    slot_id: UUID


class SlotMove(AboutASlot):
    """Another time of the same week, or another place: type `snp.slot-move.v1`."""

    start: Moment
    end: Moment
    place: Place | None = None  # default: where it is


class SlotCapacity(AboutASlot):
    """More places, or fewer: type `snp.slot-capacity.v1`. Who came last loses theirs first."""

    capacity: Capacity


class SlotOpening(AboutASlot):
    """Shown to more people: type `snp.slot-opening.v1`."""

    labels: tuple[Label, ...] = ()
    communities: tuple[Finess, ...] = ()
    open_to: tuple[Source, ...] = ()


class SlotClosing(AboutASlot):
    """Closed to those who ask for these sources: type `snp.slot-closing.v1`."""

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class SlotWithdrawal(AboutASlot):
    """Taken back: type `snp.slot-withdrawal.v1`. Its patients are searched for at once."""

    only_if_free: bool = False  # with patients in it, it is left as it is


class SeriesWithdrawal(Frozen):
    """Every slot of a series from a day on: type `snp.series-withdrawal.v1`."""

    series_id: UUID  # the id its publication was answered with
    first: date | None = None  # default: what has not begun


class AboutARequest(Frozen):
    """The request it is about, by its id or by the SAMU's regulation file: exactly one."""

    request_id: UUID | None = None
    case_id: CaseId | None = None

    @model_validator(mode="after")
    def _one_request(self) -> Self:
        if (self.request_id is None) == (self.case_id is None):
            kind = "invalid_value"
            message = "give request_id or case_id, one of them"
            raise PydanticCustomError(kind, message)
        return self


class Appointment(AboutARequest):
    """What became of the place: type `snp.appointment.v1`, in the words of FHIR Appointment.

    `booked`: the patient knows and comes. `cancelled`: by whom, and whether the patient wants
    another place. `fulfilled`: seen. `noshow`: not come.
    """

    status: Literal["booked", "cancelled", "fulfilled", "noshow"]
    by: By = By.PATIENT  # who cancels
    search_again: bool = False  # for a patient who cancels


class OutcomeReport(AboutARequest):
    """How it ended: type `snp.outcome.v1`. The note goes to the vault and nowhere else."""

    outcome: Outcome
    note: Annotated[str, StringConstraints(max_length=4000)] | None = None


class Rating(AboutARequest):
    """How content patient or professional are: type `snp.rating.v1`. The note is sealed."""

    by: Rater
    score: Annotated[int, Field(ge=1, le=5)]  # 5 is best
    note: Annotated[str, StringConstraints(max_length=4000)] | None = None


class DoctorSearch(AboutARequest):
    """The patient has no treating doctor and wants one: type `snp.doctor-search.v1`."""


class NewPatient(AboutARequest):
    """A professional becomes the treating doctor: type `snp.new-patient.v1`."""

    rpps: Rpps


class Reorientation(AboutARequest):
    """The patient is sent elsewhere: type `snp.reorientation.v1`."""

    to: Destination


class DeadlineSheet(AboutARequest):
    """Within what time from now the visit is wanted: type `snp.deadline.v1`.

    A request that was handed back is searched for again.
    """

    delay: Delay


class Duplicate(AboutARequest):
    """The same need as another request's, which goes on: type `snp.duplicate.v1`."""

    of: UUID


class WithdrawalSheet(AboutARequest):
    """The asker takes the request back: type `snp.withdrawal.v1`."""

    reason: Withdrawal = Withdrawal.CANCELLED


class HoldSheet(AboutARequest):
    """A regulator keeps a place while they speak: type `snp.hold.v1`."""

    slot_id: UUID
    mode: Mode = Mode.OFFICE
    minutes: Annotated[float, Field(gt=0, le=15)] | None = None  # default: hold_minutes (3)


class HoldEndSheet(AboutARequest):
    """The place need not be kept any more: type `snp.hold-end.v1`."""


HoldNews = HoldSheet | HoldEndSheet
SlotNews = SlotMove | SlotCapacity | SlotOpening | SlotClosing | SlotWithdrawal
RequestNews = (
    Appointment
    | OutcomeReport
    | Rating
    | DoctorSearch
    | NewPatient
    | Reorientation
    | DeadlineSheet
    | Duplicate
    | WithdrawalSheet
)
