"""Requests for care, as we write them; and what is the same for those the SAMU sends."""

from datetime import timedelta
from uuid import UUID

from domain import request as requests
from domain.placing import Hold
from domain.request import Assigned, Request, Waiting, is_emergency, is_erased, received_of
from events import streams
from events.request import RequestEvent
from services.intake.about import check_addressed, given_on
from services.intake.arrival import Arrival
from services.intake.directory import Directory, Known
from services.intake.emergency import EmergencyDesk
from services.intake.holds import held, standing_held
from services.intake.messages import CareRequest
from services.intake.naming import request_of
from services.intake.receiving import receiving
from services.intake.rejections import NoCommunityForCommune, NowhereToRoute, UnknownCommunity
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.log.vault import Identity, Sealer, patient_of


class CareDesk:
    """Makes requests of what is asked."""

    def __init__(
        self,
        emergencies: EmergencyDesk,
        executor: Executor,
        directory: Directory,
        sealer: Sealer,
        hold_minutes: float,
    ) -> None:
        self._hold_minutes = hold_minutes
        self._emergencies = emergencies
        self._executor = executor
        self._directory = directory
        self._sealer = sealer

    async def request(self, came: Arrival, asked: CareRequest) -> Answer:
        """Our own form of a care request."""
        if is_emergency(asked.priority, asked.care_level):
            return await self._emergencies.told(came, asked)
        request_id = request_of(asked.case_id) if asked.case_id else came.begins
        community = await self.community_of(came, asked.commune)
        return await self.receive(came, asked, request_id, community, _identity(asked))

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

        given = given_on(came, community.finess, request_id, asked.case_id)
        return await self._executor.execute(given, decide)

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
