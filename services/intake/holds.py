"""A regulator keeps a place for a patient while they speak, and lets it go again."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from domain import agenda as agendas
from domain import placing
from domain import request as requests
from domain.agenda import NoSuchSlot
from domain.placing import Hold, OverTwoStreams
from domain.request import EndHold, Request, Waiting
from events import streams
from events.envelope import Actor, Role
from events.request import HoldEnd
from services.intake.about import acting, agenda_of, given_about, request_id_of
from services.intake.arrival import Arrival
from services.intake.changes import HoldEndSheet, HoldNews, HoldSheet
from services.intake.neighbours import check_agreed, ways_to
from services.intake.standing import standing
from services.log.circumstances import about_request
from services.log.commands import Answer
from services.log.execute import Decision, Executor, Given
from services.settings import Settings


class HoldDesk:
    """Whoever holds a place is the only one who gives it, for a moment."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._settings = settings

    async def tell(self, came: Arrival, news: HoldNews) -> Answer:
        """The request as it is now, and until when the place is kept."""
        request_id = request_id_of(news)
        stream = streams.request(request_id)
        known = await self._executor.look(requests.decider, stream)
        await end_lapsed(self._executor, request_id, known, came.command_id, came.at)

        async def decide(decision: Decision) -> Answer:
            match news:
                case HoldSheet():
                    return await self._hold(decision, came, news)
                case HoldEndSheet():
                    request = await decision.state(requests.decider, stream)
                    agenda, agenda_stream = await agenda_of(decision, request)
                    command = EndHold(request_id, HoldEnd.GIVEN_UP, came.at)
                    both = placing.end_hold(command, request, agenda)
                    decision.write(stream, both.request)
                    decision.write(agenda_stream, both.agenda)
                    return standing(
                        request_id, requests.decider.replay(both.request, since=request)
                    )

        return await self._executor.execute(given_about(came, request_id, known), decide)

    async def _hold(self, decision: Decision, came: Arrival, news: HoldSheet) -> Answer:
        request_id = request_id_of(news)
        stream = streams.request(request_id)
        request = await decision.state(requests.decider, stream)
        minutes = news.minutes or self._settings.hold_minutes
        until = came.at + timedelta(minutes=minutes)
        command = Hold(request_id, news.slot_id, news.mode, until, came.at)
        both, agenda_stream = await held(self._executor, decision, command, request)
        decision.write(stream, both.request)
        decision.write(agenda_stream, both.agenda)
        return standing_held(request_id, requests.decider.replay(both.request, since=request))


async def held(
    executor: Executor, decision: Decision, command: Hold, request: Request
) -> tuple[OverTwoStreams, str]:
    """What happens when the place is kept, and to which agenda. Raises what forbids it."""
    agenda_stream = await executor.agenda_of(command.slot_id)
    if agenda_stream is None:
        raise NoSuchSlot(command.slot_id)
    rpps, _ = streams.agenda_named(agenda_stream)
    agenda = await decision.state(agendas.decider, agenda_stream)
    practitioner = await acting(decision, rpps)
    ways = ways_to(agenda.slot(command.slot_id).published, practitioner)
    await check_agreed(decision, request, ways, rpps)
    return placing.hold(command, request, agenda, practitioner), agenda_stream


def standing_held(request_id: UUID, request: Request) -> Answer:
    """As `standing`, with the place that is kept, and until when."""
    answer = dict(standing(request_id, request))
    if isinstance(request, Waiting) and request.hold:
        answer |= {
            "state": "held",
            "slot_id": str(request.hold.slot_id),
            "until": request.hold.until.isoformat(),
        }
    return answer


async def end_lapsed(
    executor: Executor, request_id: UUID, request: Request, command_id: UUID, at: datetime
) -> None:
    """A place kept too long is nobody's: free it now, where nobody came to it yet."""
    if not _has_lapsed(request, at):
        return
    stream = streams.request(request_id)

    async def decide(decision: Decision) -> Answer:
        now = await decision.state(requests.decider, stream)
        if _has_lapsed(now, at):
            agenda, agenda_stream = await agenda_of(decision, now)
            both = placing.end_hold(EndHold(request_id, HoldEnd.LAPSED, at), now, agenda)
            decision.write(stream, both.request)
            decision.write(agenda_stream, both.agenda)
        return {}

    actor = Actor(ref="hold", role=Role.SYSTEM)
    circumstances = about_request(request_id, request, actor, causation=command_id)
    await executor.execute(Given(uuid5(command_id, "lapsed"), circumstances), decide)


def _has_lapsed(request: Request, at: datetime) -> bool:
    return isinstance(request, Waiting) and request.hold is not None and request.hold.until <= at
