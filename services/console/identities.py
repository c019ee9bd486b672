"""Who a patient is, for who may know: written down first, then shown."""

from uuid import UUID

from fastapi.responses import Response

from domain.request import received_of
from services.access.permissions import Look
from services.api.requests import IdentityErased, IdentityNotKnown
from services.console.frame import page
from services.console.refusals import FieldsWrong
from services.console.visitors import Visitor
from services.log.vault import Erased, NothingSealed

_LEAST, _MOST = 3, 400  # characters of a purpose


async def identity_of(visitor: Visitor, request_id: UUID, purpose: str) -> Response:
    """Raises NotAllowed, IdentityNotKnown, IdentityErased; FieldsWrong without a purpose."""
    state, _ = await visitor.desk.about_request(visitor.principal, Look.IDENTITY, request_id)
    received = received_of(state)
    if not _LEAST <= len(purpose) <= _MOST:
        raise FieldsWrong("purpose")
    if received is None or received.patient_ref is None:
        raise IdentityNotKnown
    try:
        found = await visitor.desk.house.vault.reveal_patient(
            received.patient_ref,
            actor=visitor.principal.ref,
            reason=purpose,
            community=received.community,
        )
    except NothingSealed as nothing:
        raise IdentityNotKnown from nothing
    except Erased as erased:
        raise IdentityErased from erased
    return page(visitor, "regulation/identity.html", found=found)
