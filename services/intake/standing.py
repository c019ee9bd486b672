"""How a request stands: what whoever sent something about it is answered."""

from typing import assert_never
from uuid import UUID

from domain.request import Assigned, Closed, Emergency, NotReceived, Request, Visited, Waiting
from events.request import (
    RequestHandedBack,
    RequestMerged,
    RequestReoriented,
    RequestWithdrawn,
)
from events.visit import VisitCancelled
from services.log.commands import Answer


def request_answered(answer: Answer) -> UUID | None:
    """The request it may be about. Other things have ids as well, and not all of this kind."""
    try:
        return UUID(str(answer.get("id")))
    except ValueError:
        return None


def standing(request_id: UUID, request: Request) -> Answer:
    """Its id and state, in the words of the board."""
    match request:
        case Waiting():
            return {"id": str(request_id), "state": "waiting"}
        case Assigned(confirmed_at=None):
            return {"id": str(request_id), "state": "assigned"}
        case Assigned():
            return {"id": str(request_id), "state": "confirmed"}
        case Visited():
            return {"id": str(request_id), "state": "attended" if request.attended else "missed"}
        case Emergency():
            return {
                "id": str(request_id),
                "state": "refused_as_emergency",
                "code": "refused_as_emergency",
                "message": "This is an emergency: it is the SAMU's, and was refused here.",
            }
        case Closed():
            return {"id": str(request_id), "state": _ended(request)}
        case NotReceived():
            return {"id": str(request_id), "state": "unknown"}
        case _:
            assert_never(request)


def _ended(request: Closed) -> str:
    match request.last:
        case RequestHandedBack():
            return "handed_back"
        case RequestWithdrawn():
            return "withdrawn"
        case RequestReoriented():
            return "reoriented"
        case RequestMerged():
            return "merged"
        case VisitCancelled():
            return "cancelled"
        case _:
            assert_never(request.last)
