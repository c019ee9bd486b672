"""A regulator keeps a place for a patient while they speak, and lets it go again."""

from datetime import timedelta

from domain import agenda as agendas
from domain import placing
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import NoSuchSlot
from domain.placing import Hold
from domain.request import EndHold, received_of
from events import streams
from events.request import HoldEnd
from services.intake.arrival import Arrival
from services.intake.changes import HoldEndSheet, HoldNews, HoldSheet
from services.intake.standing import standing
from services.intake.visits import agenda_of, request_id_of
from services.log.commands import Answer, Circumstances
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

        received = received_of(await self._executor.look(requests.decider, stream))
        given = Given(
            came.command_id,
            Circumstances(
                community=received.community if received else came.community,
                actor=came.actor,
                correlation=request_id,
                causation=came.command_id,
                case_id=received.case_id if received else None,
            ),
            came.fingerprint,
        )
        return await self._executor.execute(given, decide)

    async def _hold(self, decision: Decision, came: Arrival, news: HoldSheet) -> Answer:
        request_id = request_id_of(news)
        stream, agenda_stream = (
            streams.request(request_id),
            await self._executor.agenda_of(news.slot_id),
        )
        if agenda_stream is None:
            raise NoSuchSlot(news.slot_id)
        rpps, _ = streams.agenda_named(agenda_stream)
        request = await decision.state(requests.decider, stream)
        agenda = await decision.state(agendas.decider, agenda_stream)
        practitioner = await decision.state(practitioners.decider, streams.practitioner(rpps))
        minutes = news.minutes or self._settings.hold_minutes
        until = came.at + timedelta(minutes=minutes)
        command = Hold(request_id, news.slot_id, news.mode, until, came.at)
        both = placing.hold(command, request, agenda, practitioner)
        decision.write(stream, both.request)
        decision.write(agenda_stream, both.agenda)
        return {
            "id": str(request_id),
            "state": "held",
            "slot_id": str(news.slot_id),
            "until": until.isoformat(),
        }
