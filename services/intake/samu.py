"""What the SAMU sends over the Hub Santé: files, what is demanded for them, changes."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from pydantic import ValidationError

from domain import placing
from domain import request as requests
from domain.request import (
    AgreeDeadline,
    AlreadyVisited,
    Assigned,
    Closed,
    Emergency,
    NotReceived,
    ReceivedOtherwise,
    RefuseAsEmergency,
    Request,
    RequestClosed,
    Visited,
    Waiting,
    WasAnEmergency,
    Withdraw,
    is_emergency,
    received_of,
)
from events import streams
from events.codes import Delay, Priority, Source
from events.motives import MOTIVES, NOT_GIVEN
from events.request import RequestReceived, Withdrawal
from services.hub_sante import reading
from services.hub_sante.messages import (
    Cancellation,
    Case,
    CaseUpdate,
    Demand,
    ResourcesRequest,
)
from services.intake.about import agenda_of, check_addressed, given_on
from services.intake.arrival import Arrival
from services.intake.care import CareDesk, still_named
from services.intake.directory import Known
from services.intake.emergency import EmergencyDesk
from services.intake.messages import CareRequest
from services.intake.naming import request_of
from services.intake.rejections import Rejected, UnknownCase, invalid
from services.intake.standing import standing
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.log.vault import Identity, Sealer

GENERAL_PRACTITIONER = "MG"
"""RS-DR `purpose`: a consultation or visit by a general practitioner."""

TRANSFERS = frozenset({"T2-INTER", "T2-INTRA", "T3", "T4"})
"""RS-EDA `interventionType`: a patient already in care is moved. T1 is a first call."""


class CaseUpdateNotTakenOver(Rejected):
    """Changes to an open case are not taken over: cancel the demand, or call the community."""

    code = "case_update_not_taken_over"


class SamuDesk:
    """Makes requests of files and demands."""

    def __init__(
        self, care: CareDesk, emergencies: EmergencyDesk, executor: Executor, sealer: Sealer
    ) -> None:
        self._care = care
        self._emergencies = emergencies
        self._executor = executor
        self._sealer = sealer

    async def was_taken_in(self, came: Arrival) -> bool:
        """Whether it came before, and was accepted."""
        return await self._executor.knows(came.command_id)

    async def case(self, came: Arrival, case: Case) -> Answer:
        """A regulation file (RS-EDA)."""
        details = case.qualification.details
        motive = case.qualification.healthMotive.code if case.qualification.healthMotive else None
        commune = case.location.city.inseeCode if case.location.city else None
        request_id = request_of(case.caseId)
        level = reading.care_level(case)
        if is_emergency(details.priority, level):
            return await self._emergencies.of_its_file(
                came,
                RefuseAsEmergency(
                    request_id=request_id,
                    case_id=case.caseId,
                    source=Source.SAS,
                    priority=details.priority,
                    care_level=level,
                    # Told so even where the reason is none of the national list.
                    motive=motive if motive and motive[:6] in MOTIVES else None,
                    commune=commune,
                    at=came.at,
                ),
            )
        if details.status in reading.CLOSED:
            raise reading.FileClosed
        community = await self._care.community_of(came, commune)
        if case.interventionType in TRANSFERS:
            raise reading.NotAGpRequest
        patient = reading.the_patient(case)
        try:
            asked = CareRequest(
                case_id=case.caseId,
                asked_at=case.creation,
                priority=details.priority,
                care_level=level,
                motive=motive or NOT_GIVEN,
                commune=commune,
                position=reading.exact_position(case),
                patient={
                    "age": reading.age(patient, case.creation),
                    "sex": reading.sex(patient),
                },
            )
        except ValidationError as error:
            raise invalid(error) from error
        identity = reading.identity(case, patient)
        try:
            return await self._care.receive(came, asked, request_id, community, identity)
        except ReceivedOtherwise:
            return await self._file_of_a_demand(came, case.caseId, community, identity)

    async def demand(self, came: Arrival, demand: ResourcesRequest) -> Answer:
        """A resource asked for a case (RS-DR): its delay, or its cancellation."""
        if demand.request.purpose != GENERAL_PRACTITIONER:
            raise reading.NotAGpRequest
        request_id = request_of(demand.caseId)
        known = await self._executor.look(requests.decider, streams.request(request_id))
        if isinstance(known, NotReceived):
            return await self._demand_without_case(came, demand, request_id)
        if demand.status is not None:
            return await self._withdraw(came, demand.caseId, request_id)
        return await self._agree(came, demand.caseId, demand.request, request_id)

    async def cancellation(self, came: Arrival, cancelled: Cancellation) -> Answer:
        """What was asked for the case is taken back."""
        request_id = request_of(cancelled.caseId)
        known = await self._executor.look(requests.decider, streams.request(request_id))
        if isinstance(known, NotReceived):
            raise UnknownCase(cancelled.caseId)
        return await self._withdraw(came, cancelled.caseId, request_id)

    async def case_update(self, came: Arrival, update: CaseUpdate) -> Answer:
        """A part of a file that changed (RS-EDA-MAJ): refused, and why depends on the file.

        Unless it is an emergency by now: then the SAMU has it back at once.
        """
        request_id = request_of(update.caseId)
        known = await self._executor.look(requests.decider, streams.request(request_id))
        if (received := received_of(known)) is not None:
            check_addressed(came, received.community)
        match known:
            case NotReceived():
                raise UnknownCase(update.caseId)
            case _ if emergency := _becoming(update, known, came.at):
                return await self._emergencies.of_its_file(came, emergency)
            case Closed():
                raise RequestClosed(update.caseId)
            case Visited():
                raise AlreadyVisited(update.caseId)
            case Emergency():
                raise WasAnEmergency(update.caseId)
            case Waiting() | Assigned():
                raise CaseUpdateNotTakenOver(update.caseId)
            case _:
                assert_never(known)

    async def _demand_without_case(
        self, came: Arrival, demand: ResourcesRequest, request_id: UUID
    ) -> Answer:
        """The file never came: enough to search in the community named by the subject."""
        if demand.status is not None or came.community is None:
            raise UnknownCase(demand.caseId)
        community = await self._care.community_of(came, None)
        asked = CareRequest(
            case_id=demand.caseId,
            asked_at=demand.request.datetime,
            delay=demand.request.deadline,
            priority=Priority.P2,  # the nomenclature's default
            motive=NOT_GIVEN,
        )
        note = demand.request.freetext
        identity = Identity(notes=(note,) if note else ())
        return await self._care.receive(
            came, asked, request_id, community, identity, file_to_come=True
        )

    async def _file_of_a_demand(
        self, came: Arrival, case_id: str, community: Known, identity: Identity
    ) -> Answer:
        """The file of a request that its demand began: it tells who the patient is, no more.

        Raises ReceivedOtherwise where the request began otherwise, or where others than serve the
        patient would be told who they are: the file is another one under the same number.
        """
        request_id = request_of(case_id)

        async def decide(decision: Decision) -> Answer:
            # Read here: who is erased meanwhile moves the stream, and nothing is sealed.
            request = await decision.state(requests.decider, streams.request(request_id))
            received, patient_ref = received_of(request), still_named(request)
            if received is None or patient_ref is None or not _began_with_a_demand(received):
                raise ReceivedOtherwise(request_id)
            check_addressed(came, received.community)
            if received.community != community.finess:
                raise ReceivedOtherwise(request_id)
            decision.sealed = [
                self._sealer.seal_identity(identity, ref=came.command_id, patient_ref=patient_ref)
            ]
            return standing(request_id, request)

        given = given_on(came, community.finess, request_id, case_id)
        return await self._executor.execute(given, decide)

    async def _agree(self, came: Arrival, case_id: str, demand: Demand, request_id: UUID) -> Answer:
        delay = demand.deadline or Delay.RDV
        due_by = demand.datetime + delay.longest
        command = AgreeDeadline(request_id, delay, demand.datetime, due_by, came.at)

        async def decide(decision: Decision) -> Answer:
            stream = streams.request(request_id)
            request = await decision.state(requests.decider, stream)
            agenda, agenda_stream = await agenda_of(decision, request)
            both = placing.agree_deadline(command, request, agenda)
            events = both.request
            decision.write(stream, events)
            decision.write(agenda_stream, both.agenda)
            patient_ref = still_named(request)
            if events and demand.freetext and patient_ref:
                more = Identity(notes=(demand.freetext,))
                decision.sealed = [
                    self._sealer.seal_identity(more, ref=came.command_id, patient_ref=patient_ref)
                ]
            return standing(request_id, requests.decider.replay(events, since=request))

        community = await self._care.community_of_request(came, request_id)
        return await self._executor.execute(given_on(came, community, request_id, case_id), decide)

    async def _withdraw(self, came: Arrival, case_id: str, request_id: UUID) -> Answer:
        command = Withdraw(request_id, Withdrawal.CANCELLED, came.at)

        async def decide(decision: Decision) -> Answer:
            stream = streams.request(request_id)
            request = await decision.state(requests.decider, stream)
            agenda, agenda_stream = await agenda_of(decision, request)
            both = placing.withdraw(command, request, agenda)
            decision.write(stream, both.request)
            decision.write(agenda_stream, both.agenda)
            return standing(request_id, requests.decider.replay(both.request, since=request))

        community = await self._care.community_of_request(came, request_id)
        return await self._executor.execute(given_on(came, community, request_id, case_id), decide)


def _began_with_a_demand(received: RequestReceived) -> bool:
    return (received.motive, received.age, received.commune) == (NOT_GIVEN, None, None)


def _becoming(update: CaseUpdate, known: Request, at: datetime) -> RefuseAsEmergency | None:
    """What the file becomes by the change, if that is an emergency and it was none at first."""
    received = received_of(known)
    if received is None:
        return None
    priority = update.qualification.details.priority or received.priority
    level = reading.care_level(update)
    if not is_emergency(priority, level):
        return None
    return RefuseAsEmergency(
        request_id=received.request_id,
        case_id=update.caseId,
        source=Source.SAS,
        priority=priority,
        care_level=level,
        motive=received.motive,
        commune=received.commune,
        at=at,
    )
