"""Requests for care, as we write them; and what is the same for those the SAMU sends."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from domain import placing
from domain import request as requests
from domain.decider import Refused
from domain.placing import Hold
from domain.request import (
    Assigned,
    Emergency,
    Likeness,
    NotReceived,
    RefuseAsEmergency,
    Request,
    Waiting,
    is_emergency,
    is_erased,
    may_be_of,
    received_of,
)
from events import streams
from events.request import RequestEvent
from services.intake.about import agenda_of, check_addressed
from services.intake.arrival import Arrival
from services.intake.directory import Directory, Known
from services.intake.holds import held, standing_held
from services.intake.messages import (
    CareRequest,
    EmergencyCall,
    EmergencyInAnUpdate,
    age_on,
)
from services.intake.naming import request_of
from services.intake.receiving import receiving
from services.intake.rejections import (
    NoCommunityForCommune,
    NowhereToRoute,
    Rejected,
    UnknownCommunity,
)
from services.intake.standing import standing
from services.log.commands import Answer, Circumstances
from services.log.execute import Decision, Executor, Given
from services.log.vault import Identity, Sealer, patient_of


class UnknownCase(Rejected):
    """No request was received for this case."""

    code = "unknown_case"


class _AnothersRequest(Refused):
    """The request of that id is over, or of another patient, or of another community."""

    code = "anothers_request"


class CareDesk:
    """Makes requests of what is asked."""

    def __init__(
        self, executor: Executor, directory: Directory, sealer: Sealer, hold_minutes: float
    ) -> None:
        self._hold_minutes = hold_minutes
        self._executor = executor
        self._directory = directory
        self._sealer = sealer

    async def request(self, came: Arrival, asked: CareRequest) -> Answer:
        """Our own form of a care request."""
        if is_emergency(asked.priority, asked.care_level):
            return await self._emergency(
                came,
                RefuseAsEmergency(
                    request_id=request_of(asked.case_id) if asked.case_id else came.begins,
                    case_id=asked.case_id,
                    source=asked.source,
                    priority=asked.priority,
                    care_level=asked.care_level,
                    motive=asked.motive,
                    commune=asked.commune,
                    at=came.at,
                ),
                _likeness(came, asked, asked.asked_at),
            )
        request_id = request_of(asked.case_id) if asked.case_id else came.begins
        community = await self.community_of(came, asked.commune)
        return await self.receive(came, asked, request_id, community, _identity(asked))

    async def emergency_call(self, came: Arrival, call: EmergencyCall) -> Answer:
        """An emergency that says little else that can be understood."""
        if isinstance(call, EmergencyInAnUpdate):
            known = await self._executor.look(
                requests.decider, streams.request(request_of(call.case_id))
            )
            if isinstance(known, NotReceived):
                raise UnknownCase(call.case_id)
        emergency = RefuseAsEmergency(
            request_id=request_of(call.case_id) if call.case_id else came.begins,
            case_id=call.case_id,
            source=call.source,
            priority=call.priority,
            care_level=call.care_level,
            motive=None,
            commune=call.commune,
            at=came.at,
        )
        return await self._emergency(came, emergency, _likeness(came, call, came.at))

    async def _emergency(
        self, came: Arrival, command: RefuseAsEmergency, whose: Likeness
    ) -> Answer:
        """It ends the request of its file; without one, that of its id, where that is its own.

        Otherwise the id was given again: it is told as one of its own, and ends nothing.
        """
        if command.case_id is not None:
            return await self.refuse(came, command)
        try:
            return await self.refuse(came, command, whose)
        except _AnothersRequest:
            return await self.refuse(came, replace(command, request_id=came.command_id))

    async def receive(
        self,
        came: Arrival,
        asked: CareRequest,
        request_id: UUID,
        community: Known,
        identity: Identity,
        *,
        file_to_come: bool = False,
    ) -> Answer:
        """A request there was not; with the place that is held for it, where one is asked for.

        `file_to_come`: who the patient is will be told later.
        """
        named = file_to_come or not identity.empty
        patient_ref = patient_of(request_id) if named else None
        command = await receiving(
            self._directory, asked, request_id, community, patient_ref, came.at
        )

        async def decide(decision: Decision) -> Answer:
            stream = streams.request(request_id)
            request = await decision.state_of_new(requests.decider, stream)
            events: list[RequestEvent] = list(requests.decide(command, request))
            received = requests.decider.replay(events, since=request)
            if events and asked.hold is not None:
                minutes = asked.hold.minutes or self._hold_minutes
                until = came.at + timedelta(minutes=minutes)
                keep = Hold(request_id, asked.hold.slot_id, asked.hold.mode, until, came.at)
                both, agenda_stream = await held(self._executor, decision, keep, received)
                events += both.request
                decision.write(agenda_stream, both.agenda)
            decision.write(stream, events)
            if events and patient_ref is not None:
                decision.sealed = [
                    self._sealer.seal_identity(identity, ref=patient_ref, patient_ref=patient_ref)
                ]
            return standing_held(request_id, requests.decider.replay(events, since=request))

        given = self.given(came, community.finess, request_id, asked.case_id)
        return await self._executor.execute(given, decide)

    async def refuse(
        self, came: Arrival, command: RefuseAsEmergency, whose: Likeness | None = None
    ) -> Answer:
        """An emergency is the SAMU's. Nothing of the patient is kept, not even sealed.

        `whose` it is must be the patient of that request, where it is said. Raises AnotherCommunity
        for what was sent to another's subject.
        """
        stream = streams.request(command.request_id)
        finess = await self._told_to(came, command.commune)
        given = self.given(came, finess, command.request_id, command.case_id)

        async def decide(decision: Decision) -> Answer:
            request = await decision.state_of_new(requests.decider, stream)
            if whose is not None and not may_be_of(request, whose):
                raise _AnothersRequest
            about = given.circumstances
            if (received := received_of(request)) is not None:
                check_addressed(came, received.community)
                about = replace(about, community=received.community)
            agenda, agenda_stream = await agenda_of(decision, request)
            both = placing.refuse_as_emergency(command, request, agenda)
            decision.write(stream, both.request, about)
            decision.write(agenda_stream, both.agenda, about)
            return standing(command.request_id, Emergency())

        return await self._executor.execute(given, decide)

    async def _told_to(self, came: Arrival, commune: str | None) -> str | None:
        """The community that hears of an emergency no request of theirs became."""
        if came.community and await self._directory.community(came.community):
            return came.community
        serving = await self._directory.serving(commune) if commune else None
        return serving.finess if serving else None

    def given(
        self, came: Arrival, community: str | None, request_id: UUID, case_id: str | None
    ) -> Given:
        """What came, to be decided about that request."""
        circumstances = Circumstances(
            community=community,
            actor=came.actor,
            correlation=request_id,
            causation=came.command_id,
            case_id=case_id,
        )
        return Given(came.command_id, circumstances, came.fingerprint)

    async def community_of(self, came: Arrival, commune: str | None) -> Known:
        """The community the subject names, or the one that serves the commune."""
        if came.community is not None:
            known = await self._directory.community(came.community)
            if known is None:
                raise UnknownCommunity
            return known
        if commune is None:
            raise NowhereToRoute
        serving = await self._directory.serving(commune)
        if serving is None:
            raise NoCommunityForCommune(commune)
        return serving

    async def community_of_request(self, came: Arrival, request_id: UUID) -> str | None:
        """Whose it is. Raises AnotherCommunity for what was sent to another's subject."""
        request = await self._executor.look(requests.decider, streams.request(request_id))
        received = received_of(request)
        if received is not None:
            check_addressed(came, received.community)
        return received.community if received else None


def _likeness(came: Arrival, told: CareRequest | EmergencyCall, at: datetime) -> Likeness:
    patient = told.patient
    return Likeness(
        community=came.community,
        commune=told.commune,
        age=age_on(at.date(), patient) if patient else None,
        sex=patient.sex if patient else None,
    )


def _identity(asked: CareRequest) -> Identity:
    patient, point = asked.patient, asked.position
    return Identity(
        name=patient.name,
        birth_date=patient.birth_date.isoformat() if patient.birth_date else None,
        phone=patient.phone,
        address=patient.address,
        exact_position=(point.lat, point.lon) if point else None,
        notes=(asked.note,) if asked.note else (),
    )


def still_named(request: Request) -> UUID | None:
    """Under what more about the patient may be sealed: nothing once they were erased."""
    received = received_of(request)
    if received is None or is_erased(request) or not isinstance(request, Waiting | Assigned):
        return None
    return received.patient_ref
