"""A scenario as the matching sees it: requests that wait, candidates, of the product's own kinds.

Nothing here is written to a log. A patient's position is as exact as the scenario has it, which an
event never is.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from domain.agenda import Agenda, Slot, week_of
from domain.eligibility import Candidate
from domain.practitioner import Consent, Enrolled, Practitioner
from domain.request import Waiting
from events.agenda import SlotPlaceTaken, SlotPublished
from events.codes import Label, Origin, Priority, Registration, Setting, Sex, Source
from events.place import CoarsePosition, Place, Position
from events.request import RequestReceived
from services.simulator.scenario import Scenario, ScenarioMember, ScenarioRequest, ScenarioSlot

_IDS = UUID("5ce9a710-0000-4000-8000-000000000000")
ZONE = "Europe/Paris"
_MOTIVE = "M00.00"
_AGREES = Consent(sources=tuple(Source))


@dataclass(frozen=True)
class Seat:
    """A slot that is opened during the day; one of a scenario has a single place."""

    id: str
    published: SlotPublished
    practitioner: Practitioner
    gone_at: datetime | None = None  # taken back by then, where nobody has it
    others: tuple[SlotPlaceTaken, ...] = ()  # places of patients who are not among those who call

    @property
    def is_range(self) -> bool:
        """Whether patients come one after the other."""
        return self.published.capacity > 1

    @property
    def slot(self) -> Slot:
        """As it is when it is new."""
        return Slot(self.published, is_range=self.is_range)


@dataclass(frozen=True)
class Caller:
    """Somebody who calls during the day, and as they wait from then on."""

    id: str
    waiting: Waiting

    @property
    def received_at(self) -> datetime:
        """When they call."""
        return self.waiting.received.received_at

    @property
    def due_by(self) -> datetime:
        """When they are to be seen by."""
        return self.waiting.due_by


@dataclass(frozen=True)
class Day:
    """What happens on a day whatever anybody decides."""

    community: str
    opens: datetime
    seats: tuple[Seat, ...]
    callers: tuple[Caller, ...]


def day_of(scenario: Scenario) -> Day:
    """A scenario as the matching sees it."""
    community = scenario.community
    return Day(
        community,
        scenario.opens,
        tuple(
            Seat(slot.id, _published(community, slot, nth), _practitioner(community, slot))
            for slot in scenario.slots
            for nth in range(slot.capacity)
        ),
        tuple(Caller(one.id, waiting_of(_received(community, one))) for one in scenario.requests),
    )


def waiting_of(received: RequestReceived) -> Waiting:
    """A request that was just received."""
    return Waiting(
        received=received,
        due_by=received.due_by,
        owner="dispatch",
        next_at=received.received_at,
        since=received.received_at,
    )


def place_of(practice: ScenarioSlot | ScenarioMember) -> Place:
    """Where they work, as exact as the scenario has it."""
    return Place.model_construct(
        title=practice.practitioner,
        commune="00000",
        position=Position.model_construct(lat=practice.lat, lon=practice.lon),
    )


def _published(community: str, slot: ScenarioSlot, nth: int) -> SlotPublished:
    # Ids of scenarios are anybody's words, and so are practitioners: they are not checked as ours.
    return SlotPublished.model_construct(
        slot_id=uuid5(_IDS, f"slot {slot.id} {nth}"),
        rpps=slot.practitioner,
        week=week_of(slot.start, ZONE),
        profession=slot.profession,
        setting=Setting.TOWN,
        specialty=None,
        place=place_of(slot),
        start=slot.start,
        end=slot.end,
        zone=ZONE,
        capacity=1,
        modes=slot.modes,
        radius_km=slot.radius_km,
        labels=(Label.SNP,),
        communities=(community,),
        open_to=tuple(Source),
        surge=False,
        origin=Origin.AGENDA,
        published_at=slot.published_at,
    )


def _practitioner(community: str, slot: ScenarioSlot) -> Enrolled:
    return Enrolled(profession=slot.profession, communities=(community,), consent=_AGREES)


def _received(community: str, request: ScenarioRequest) -> RequestReceived:
    return RequestReceived.model_construct(
        request_id=uuid5(_IDS, f"request {request.id}"),
        community=community,
        case_id=None,
        source=Source.SAS,
        received_at=request.received_at,
        due_by=request.due_by,
        delay=None,
        priority=Priority.P2,
        care_level=None,
        motive=_MOTIVE,
        complaint=None,
        professions=request.professions,
        pathways=(),
        modes=request.modes,
        max_km=request.max_km,
        patient_ref=None,
        age=None,
        sex=Sex.UNKNOWN,
        commune=None,
        position=CoarsePosition.model_construct(lat=request.lat, lon=request.lon),
        registration=Registration.UNKNOWN,
        treating_doctor=None,
    )


def earliest_possible(caller: Caller, seat: Seat) -> datetime:
    """When this place can first be given to this patient: both are known."""
    return max(caller.received_at, seat.published.published_at)


def alone(seat: Seat) -> Candidate:
    """The seat as if it were the practitioner's only one."""
    slot = seat.slot
    return Candidate(slot, Agenda({seat.published.slot_id: slot}), seat.practitioner)
