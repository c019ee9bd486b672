"""Requests for care, as we write them; and what is the same for those the SAMU sends."""

from datetime import timedelta
from uuid import UUID

from domain import placing
from domain import request as requests
from domain.placing import Hold
from domain.request import (
    Assigned,
    Emergency,
    NotReceived,
    RefuseAsEmergency,
    Request,
    Waiting,
    is_emergency,
    is_erased,
    received_of,
)
from events import streams
from events.codes import Sex
from events.request import RequestEvent
from services.intake.about import agenda_of, check_addressed
from services.intake.arrival import Arrival
from services.intake.directory import Directory, Known
from services.intake.holds import held, standing_held
from services.intake.messages import CareRequest, EmergencyCall, EmergencyInAnUpdate, age_on
from services.intake.naming import named, patient_of, request_of
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
from services.log.vault import Identity, Sealer


class UnknownCase(Rejected):
    """No request was received for this case."""

    code = "unknown_case"


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
            return await self.refuse(
                came,
                RefuseAsEmergency(
                    request_id=await self._ended_by(came, asked),
                    case_id=asked.case_id,
                    source=asked.source,
                    priority=asked.priority,
                    care_level=asked.care_level,
                    motive=asked.motive,
                    commune=asked.commune,
                    at=came.at,
                ),
            )
        request_id = request_of(asked.case_id) if asked.case_id else came.begins
        community = await self.community_of(came, asked.commune)
        return await self.receive(came, asked, request_id, community, _identity(asked))

    async def _ended_by(self, came: Arrival, told: CareRequest | EmergencyCall) -> UUID:
        """The request an emergency is of: its file's; without one, that of its id.

        Unless the id was given again for another patient, or sent to another community: then it
        is of its own, and whose place it is keeps it. One patient is told from another by age and
        sex; what else is known of them is sealed.
        """
        if told.case_id is not None:
            return request_of(told.case_id)
        asked_at = told.asked_at if isinstance(told, CareRequest) else came.at
        age = age_on(asked_at.date(), told.patient) if told.patient else None
        sex = told.patient.sex if told.patient else None
        known = received_of(
            await self._executor.look(requests.decider, streams.request(came.begins))
        )
        if known is None or (
            came.community in {None, known.community}
            and len({known.age, age} - {None}) <= 1
            and len({known.sex, sex} - {None, Sex.UNKNOWN}) <= 1
        ):
            return came.begins
        # Told again it is the same: of another one, another.
        return named("call", str(came.begins), came.community or "", str(age), str(sex))

    async def emergency_call(self, came: Arrival, call: EmergencyCall) -> Answer:
        """An emergency that says little else that can be understood."""
        if isinstance(call, EmergencyInAnUpdate):
            known = await self._executor.look(
                requests.decider, streams.request(request_of(call.case_id))
            )
            if isinstance(known, NotReceived):
                raise UnknownCase(call.case_id)
        emergency = RefuseAsEmergency(
            request_id=await self._ended_by(came, call),
            case_id=call.case_id,
            source=call.source,
            priority=call.priority,
            care_level=call.care_level,
            motive=None,
            commune=None,
            at=came.at,
        )
        return await self.refuse(came, emergency)

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

    async def refuse(self, came: Arrival, command: RefuseAsEmergency) -> Answer:
        """An emergency is the SAMU's. Nothing of the patient is kept, not even sealed."""
        community = await self._directory.serving(command.commune) if command.commune else None
        stream = streams.request(command.request_id)
        own = await self.community_of_request(came, command.request_id)

        async def decide(decision: Decision) -> Answer:
            request = await decision.state_of_new(requests.decider, stream)
            agenda, agenda_stream = await agenda_of(decision, request)
            both = placing.refuse_as_emergency(command, request, agenda)
            decision.write(stream, both.request)
            decision.write(agenda_stream, both.agenda)
            return standing(command.request_id, Emergency())

        finess = own or (community.finess if community else None)
        given = self.given(came, finess, command.request_id, command.case_id)
        return await self._executor.execute(given, decide)

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
