"""A practitioner goes on vacation: in one append with the slots and the patients it concerns."""

from typing import assert_never
from uuid import UUID

from domain import absence
from domain import agenda as agendas
from domain import practitioner as practitioners
from domain.agenda import Agenda, weeks_between
from domain.practitioner import AnnounceVacation, CancelVacation
from domain.request import Request
from events import streams
from services.intake.about import community_of, given, holders_of
from services.intake.answering import Vacation, VacationCancelled
from services.intake.arrival import Arrival
from services.log.commands import Answer
from services.log.execute import Decision, Executor, Given


class VacationDesk:
    """Whoever had a place then is searched for again at once, before everybody else."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def tell(self, came: Arrival, news: Vacation | VacationCancelled) -> Answer:
        """How many slots were withdrawn, and how many patients are searched for again."""
        stream = streams.practitioner(news.rpps)
        known = await self._executor.look(practitioners.decider, stream)
        told = given(came, community_of(came, known))

        async def decide(decision: Decision) -> Answer:
            match news:
                case Vacation():
                    command = AnnounceVacation(news.rpps, news.start, news.end, came.at)
                    return await _announced(decision, command, told)
                case VacationCancelled():
                    state = await decision.state(practitioners.decider, stream)
                    cancel = CancelVacation(news.rpps, news.start, came.at)
                    decision.write(stream, practitioners.decide(cancel, state))
                    return {"id": news.rpps, "state": "vacation_cancelled"}
                case _:
                    assert_never(news)

        return await self._executor.execute(told, decide)


async def _announced(decision: Decision, command: AnnounceVacation, given: Given) -> Answer:
    stream = streams.practitioner(command.rpps)
    practitioner = await decision.state(practitioners.decider, stream)
    decision.write(stream, practitioners.decide(command, practitioner))  # refused before it is read
    weeks: dict[str, Agenda] = {}
    holders: dict[UUID, Request] = {}
    for week in weeks_between(command.start, command.end):
        name = streams.agenda(command.rpps, week)
        weeks[name] = await decision.state(agendas.decider, name)
        holders |= await holders_of(decision, absence.concerned(command, weeks[name]))
    away = absence.announce(command, practitioner, weeks, holders)
    decision.write_to_requests(away.requests, holders, given)
    for name, withdrawn in away.agendas.items():
        decision.write(name, withdrawn)
    return {
        "id": command.rpps,
        "state": "vacation_announced",
        "withdrawn": sum(
            event.name == "slot.withdrawn" for events in away.agendas.values() for event in events
        ),
        "searched_again": len(away.requests),
    }
