"""What is decided about when a request is asked for: the same for one that is only thought of."""

from datetime import datetime
from uuid import UUID

from domain.agenda import day_of
from domain.protocols import NATIONAL, pathways
from domain.request import ReceiveRequest
from events.place import CoarsePosition
from events.protocol import Pathway
from services.intake.directory import Directory, Known
from services.intake.messages import CareRequest
from services.intake.rejections import UnknownCommune


async def receiving(
    directory: Directory,
    asked: CareRequest,
    request_id: UUID,
    community: Known,
    patient_ref: UUID | None,
    at: datetime,
) -> ReceiveRequest:
    """The command. Raises UnknownCommune."""
    return ReceiveRequest(
        request_id=request_id,
        community=community.finess,
        case_id=asked.case_id,
        source=asked.source,
        asked_at=asked.asked_at,
        due_by=asked.due_by,
        delay=asked.delay,
        priority=asked.priority,
        care_level=asked.care_level,
        motive=asked.motive,
        complaint=asked.complaint,
        professions=asked.professions,
        pathways=_pathways(asked, community),
        modes=asked.modes,
        max_km=asked.max_km,
        patient_ref=patient_ref,
        age=asked.age,
        sex=asked.patient.sex,
        commune=asked.commune,
        position=await _whereabouts(directory, asked, community),
        registration=asked.registration,
        treating_doctor=asked.treating_doctor,
        at=at,
    )


async def _whereabouts(
    directory: Directory, asked: CareRequest, community: Known
) -> CoarsePosition:
    """Where the patient is: the point given, or the centre of the commune, to about 1 km."""
    if asked.position is not None:
        return CoarsePosition.around(asked.position)
    if asked.commune is None:
        return CoarsePosition.around(community.centre)
    commune = await directory.commune(asked.commune)
    if commune is None:
        raise UnknownCommune(asked.commune)
    return CoarsePosition.around(commune.position)


def _pathways(asked: CareRequest, community: Known) -> tuple[Pathway, ...]:
    """What the rules of the day it is asked open, where the community is."""
    formed = community.formed
    protocols = NATIONAL if formed.protocols is None else formed.protocols
    return pathways(
        protocols,
        motive=asked.motive,
        complaint=asked.complaint,
        age=asked.age,
        sex=asked.patient.sex,
        day=day_of(asked.asked_at, formed.zone),
    )
