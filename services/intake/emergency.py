"""Emergencies: they are the SAMU's, whatever they are told as and however little is understood."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import UUID

from domain import placing
from domain import request as requests
from domain.decider import Refused
from domain.request import (
    Emergency,
    Likeness,
    NotReceived,
    RefuseAsEmergency,
    Request,
    may_be_of,
    may_become_an_emergency,
    received_of,
)
from events import streams
from services.intake.about import agenda_of, check_addressed, given_on
from services.intake.arrival import Arrival
from services.intake.directory import Directory
from services.intake.messages import CareRequest, EmergencyCall, EmergencyInAnUpdate, age_on
from services.intake.naming import request_of
from services.intake.rejections import UnknownCase
from services.intake.standing import request_answered, standing
from services.log.commands import Answer
from services.log.execute import Decision, Executor


class _AnothersRequest(Refused):
    """The request of that id is over, or of another patient, or of another community."""

    code = "anothers_request"


class EmergencyDesk:
    """Refuses them at once, and ends what turned out to be one."""

    def __init__(self, executor: Executor, directory: Directory) -> None:
        self._executor = executor
        self._directory = directory

    async def told(self, came: Arrival, told: CareRequest | EmergencyCall) -> Answer:
        """It ends the request of its file; without one, that of its id, where that is its own.

        Otherwise the id was given again: it is told as one of its own, and ends nothing. Raises
        UnknownCase for a part of a file that changed where there is no such file.
        """
        command = _command(came, told)
        if isinstance(told, EmergencyInAnUpdate):
            known = await self._executor.look(requests.decider, streams.request(command.request_id))
            if isinstance(known, NotReceived):
                raise UnknownCase(told.case_id)
        if command.case_id is not None:
            return await self.of_its_file(came, command)
        begun = replace(command, request_id=await self._begun_by(came))
        return await self._refuse(came, begun, partial(may_be_of, whose=_likeness(came, told)))

    async def of_its_file(self, came: Arrival, command: RefuseAsEmergency) -> Answer:
        """It ends the request of its file, if that is not over: then it is one of its own."""
        return await self._refuse(came, command, may_become_an_emergency)

    async def _refuse(
        self, came: Arrival, command: RefuseAsEmergency, is_its_own: Callable[[Request], bool]
    ) -> Answer:
        """Nothing of the patient is kept, not even sealed.

        Written to that request, where that `is_its_own`. Raises AnotherCommunity for what was sent
        to another's subject.
        """
        try:
            return await self._written(came, command, is_its_own)
        except _AnothersRequest:
            apart = replace(command, request_id=came.command_id)
            return await self._written(came, apart, may_become_an_emergency)

    async def _written(
        self, came: Arrival, command: RefuseAsEmergency, is_its_own: Callable[[Request], bool]
    ) -> Answer:
        stream = streams.request(command.request_id)
        finess = await self._told_to(came, command.commune)
        given = given_on(came, finess, command.request_id, command.case_id)

        async def decide(decision: Decision) -> Answer:
            request = await decision.state_of_new(requests.decider, stream)
            if not is_its_own(request):
                raise _AnothersRequest
            about = given.circumstances
            if (received := received_of(request)) is not None:
                check_addressed(came, received.community)
                about = replace(about, community=received.community, case_id=received.case_id)
            agenda, agenda_stream = await agenda_of(decision, request)
            both = placing.refuse_as_emergency(command, request, agenda)
            decision.write(stream, both.request, about)
            decision.write(agenda_stream, both.agenda, about)
            return standing(command.request_id, Emergency())

        return await self._executor.execute(given, decide)

    async def _begun_by(self, came: Arrival) -> UUID:
        """The request a message of that id began: of a file, or its own."""
        begun = request_answered(await self._executor.answered(came.begins))
        if begun is None:
            return came.begins
        # Not what a message of that id was only about.
        cause = await self._executor.cause_of(streams.request(begun))
        return begun if cause == came.begins else came.begins

    async def _told_to(self, came: Arrival, commune: str | None) -> str | None:
        """The community that hears of an emergency no request of theirs became."""
        if came.community and await self._directory.community(came.community):
            return came.community
        serving = await self._directory.serving(commune) if commune else None
        return serving.finess if serving else None


def _command(came: Arrival, told: CareRequest | EmergencyCall) -> RefuseAsEmergency:
    return RefuseAsEmergency(
        request_id=request_of(told.case_id) if told.case_id else came.begins,
        case_id=told.case_id,
        source=told.source,
        priority=told.priority,
        care_level=told.care_level,
        motive=told.motive if isinstance(told, CareRequest) else None,
        commune=told.commune,
        at=came.at,
    )


def _likeness(came: Arrival, told: CareRequest | EmergencyCall) -> Likeness:
    patient = told.patient
    asked_at = told.asked_at if isinstance(told, CareRequest) else came.at
    return Likeness(
        community=came.community,
        commune=told.commune,
        age=age_on(asked_at.date(), patient) if patient else None,
        sex=patient.sex if patient else None,
    )
