"""The circumstances of what happens to a request: its community, its file, and who acts."""

from uuid import UUID

from domain.request import Request, received_of
from events.envelope import Actor
from services.log.commands import Circumstances


def about_request(
    request_id: UUID,
    request: Request,
    actor: Actor,
    causation: UUID,
    *,
    otherwise: str | None = None,
) -> Circumstances:
    """As the request itself tells them; of one nobody received, `otherwise` is the community."""
    received = received_of(request)
    return Circumstances(
        community=received.community if received else otherwise,
        actor=actor,
        correlation=request_id,
        causation=causation,
        case_id=received.case_id if received else None,
    )
