"""A practitioner goes away, for a while or for good: in one append with slots and patients."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import assert_never
from uuid import UUID

from domain import absence
from domain import agenda as agendas
from domain import practitioner as practitioners
from domain.absence import Absence
from domain.agenda import Agenda, Slot, weeks_at, weeks_between
from domain.practitioner import (
    AnnounceVacation,
    CancelVacation,
    Leave,
    NotEnrolled,
    enrolment,
)
from domain.request import Request
from events import streams
from services.intake.about import check_member, check_no_other, community_of, given, holders_of
from services.intake.answering import Leaving, Vacation, VacationCancelled
from services.intake.arrival import Arrival
from services.intake.naming import contacts_of
from services.log.commands import Answer
from services.log.execute import Decision, Executor, Given
from services.log.vault import CONTACTS, Vault


class AbsenceDesk:
    """Whoever had a place then is searched for again at once, before everybody else."""

    def __init__(self, executor: Executor, vault: Vault) -> None:
        self._executor = executor
        self._vault = vault

    async def tell(self, came: Arrival, news: Vacation | VacationCancelled | Leaving) -> Answer:
        """How many slots were withdrawn, and how many patients are searched for again."""
        stream = streams.practitioner(news.rpps)
        known = await self._executor.look(practitioners.decider, stream)
        told = given(came, community_of(came, known))

        async def decide(decision: Decision) -> Answer:
            match news:
                case Vacation():
                    command = AnnounceVacation(news.rpps, news.start, news.end, came.at)
                    return await _announced(decision, came, command, told)
                case Leaving():
                    leave = Leave(news.rpps, news.communities, came.at)
                    return await _left(decision, came, leave, told)
                case VacationCancelled():
                    state = await decision.state(practitioners.decider, stream)
                    check_member(came, state)
                    cancel = CancelVacation(news.rpps, news.start, came.at)
                    decision.write(stream, practitioners.decide(cancel, state))
                    return {"id": news.rpps, "state": "vacation_cancelled"}
                case _:
                    assert_never(news)

        try:
            return await self._executor.execute(told, decide)
        finally:
            if isinstance(news, Leaving):
                await self._forget_addresses(news.rpps)

    async def _forget_addresses(self, rpps: str) -> None:
        """Of who is gone. After, not with it: interrupted, the next attempt takes it along."""
        stream = streams.practitioner(rpps)
        known = await self._executor.look(practitioners.decider, stream)
        if isinstance(known, NotEnrolled):
            await self._vault.forget(contacts_of(rpps), CONTACTS)


async def _announced(
    decision: Decision, came: Arrival, command: AnnounceVacation, given: Given
) -> Answer:
    stream = streams.practitioner(command.rpps)
    practitioner = await decision.state(practitioners.decider, stream)
    check_member(came, practitioner)
    decision.write(stream, practitioners.decide(command, practitioner))  # refused before it is read
    names = [streams.agenda(command.rpps, w) for w in weeks_between(command.start, command.end)]
    weeks, holders = await _read(decision, names, partial(absence.concerned, command))
    away = absence.announce(command, practitioner, weeks, holders)
    told = _taken_back(decision, away, holders, given)
    return {"id": command.rpps, "state": "vacation_announced", **told}


async def _left(decision: Decision, came: Arrival, command: Leave, given: Given) -> Answer:
    stream = streams.practitioner(command.rpps)
    practitioner = await decision.state(practitioners.decider, stream)
    if not isinstance(practitioner, NotEnrolled):
        # To be no member elsewhere is for others to say.
        check_no_other(came, command.communities or enrolment(practitioner).communities)
    left = practitioners.decide(command, practitioner)
    decision.write(stream, left)  # refused before anything else is read
    this_week = min(weeks_at(command.at, command.at))
    names = await decision.log.agendas_since(command.rpps, this_week)
    left_over = partial(absence.left_over, command, practitioner)
    weeks, holders = await _read(decision, names, left_over)
    gone = absence.leave(command, practitioner, weeks, holders)
    after = practitioners.decider.replay(left, since=practitioner)
    state = "left" if isinstance(after, NotEnrolled) else "left_in_part"
    return {"id": command.rpps, "state": state, **_taken_back(decision, gone, holders, given)}


async def _read(
    decision: Decision, names: Iterable[str], gone: Callable[[Agenda], Iterable[Slot]]
) -> tuple[dict[str, Agenda], dict[UUID, Request]]:
    """These weeks, and whoever has or holds a place in what is gone of them."""
    weeks: dict[str, Agenda] = {}
    holders: dict[UUID, Request] = {}
    for name in names:
        weeks[name] = await decision.state(agendas.decider, name)
        holders |= await holders_of(decision, gone(weeks[name]))
    return weeks, holders


def _taken_back(
    decision: Decision, away: Absence, holders: Mapping[UUID, Request], given: Given
) -> Answer:
    """How much of it there was, as it is written."""
    decision.write_to_requests(away.requests, holders, given)
    for name, withdrawn in away.agendas.items():
        decision.write(name, withdrawn)
    return {
        "withdrawn": sum(
            event.name == "slot.withdrawn" for events in away.agendas.values() for event in events
        ),
        "searched_again": len(away.requests),
    }
