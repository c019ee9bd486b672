"""What a message about a request there is needs first: which one, its agenda, its circumstances."""

from uuid import UUID

from domain import agenda as agendas
from domain import request as requests
from domain.request import Request
from events import streams
from services.intake.arrival import Arrival, request_of
from services.intake.changes import AboutARequest
from services.log.circumstances import about_request
from services.log.execute import Decision, Given


def request_id_of(news: AboutARequest) -> UUID:
    """The request it is about."""
    if news.request_id is not None:
        return news.request_id
    assert news.case_id is not None, "one of the two, as it was validated"
    return request_of(news.case_id)


def given_about(came: Arrival, request_id: UUID, request: Request) -> Given:
    """The command as it came, about the request as it was looked at."""
    circumstances = about_request(
        request_id, request, came.actor, causation=came.command_id, otherwise=came.community
    )
    return Given(came.command_id, circumstances, came.fingerprint)


async def agenda_of(decision: Decision, request: Request) -> tuple[agendas.Agenda, str]:
    """The agenda the request has or holds a place in, and its stream; an empty one without."""
    named = requests.agenda_of(request)
    if named is None:
        return agendas.Agenda(), ""
    stream = streams.agenda(*named)
    return await decision.state(agendas.decider, stream), stream
