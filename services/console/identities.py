"""Who a patient is, for who may know: written down first, then shown."""

from uuid import UUID

from fastapi.responses import Response
from pydantic import ValidationError

from services.access.permissions import Look
from services.api.requests import Purpose, revealed
from services.console.frame import page
from services.console.refusals import FieldsWrong
from services.console.visitors import Visitor


async def identity_of(visitor: Visitor, request_id: UUID, purpose: str) -> Response:
    """Raises NotAllowed, IdentityNotKnown, IdentityErased; FieldsWrong without a purpose."""
    desk, who = visitor.desk, visitor.principal
    state, _ = await desk.about_request(who, Look.IDENTITY, request_id)
    try:
        why = Purpose(purpose=purpose)
    except ValidationError as wrong:
        raise FieldsWrong("purpose") from wrong
    found = await revealed(desk, who, state, why)
    return page(visitor, "regulation/identity.html", found=found)
