"""Erasing who a patient is: first the keys, then the fact that it was done."""

from uuid import UUID, uuid5

from domain import request as requests
from domain.request import ErasePatient, NoSuchRequest, NotReceived, received_of
from events import streams
from events.envelope import Actor
from services.clock import Clock
from services.log.circumstances import about_request
from services.log.commands import Answer
from services.log.execute import Decision, Executor, Given
from services.log.vault import Vault, patient_of


async def erase(
    request_id: UUID, *, executor: Executor, vault: Vault, clock: Clock, actor: Actor
) -> bool:
    """Destroy the keys of the request's patient. False when nothing was left to destroy.

    Interrupted, it is finished by asking again. Raises NoSuchRequest.
    """
    stream = streams.request(request_id)
    known = await executor.look(requests.decider, stream)
    began = received_of(known)
    if isinstance(known, NotReceived):
        raise NoSuchRequest(request_id)
    # Named by nobody, they may have been by what was refused.
    patient = (began and began.patient_ref) or patient_of(request_id)
    destroyed = await vault.erase(patient)
    if began is None:
        return destroyed  # an emergency from the first: nothing was ever written of them

    async def decide(decision: Decision) -> Answer:
        request = await decision.state(requests.decider, stream)
        decision.write(stream, requests.decide(ErasePatient(request_id, clock.now()), request))
        return {}

    circumstances = about_request(request_id, known, actor, causation=request_id)
    await executor.execute(Given(uuid5(request_id, "erase"), circumstances), decide)
    return await vault.erase(patient) or destroyed  # what was told between the two
