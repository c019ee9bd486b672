"""A practitioner changes what was published: moves, widens, opens or takes back a slot."""

from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import placing
from domain import practitioner as practitioners
from domain.agenda import (
    Agenda,
    ChangeCapacity,
    CloseSlotTo,
    MoveSlot,
    NoSuchSlot,
    OpenSlotTo,
    SlotChange,
    WithdrawSlot,
)
from domain.practitioner import Enrolled, OnVacation, Paused, enrolment
from events import streams
from events.agenda import SlotPublished
from services.intake.about import check_addressed, check_no_other, holders_of
from services.intake.arrival import Arrival
from services.intake.changes import (
    SlotCapacity,
    SlotClosing,
    SlotMove,
    SlotNews,
    SlotOpening,
    SlotWithdrawal,
)
from services.intake.directory import Directory
from services.intake.neighbours import ways_to
from services.intake.rejections import UnknownCommunity
from services.log.commands import Answer, Circumstances
from services.log.execute import Decision, Executor, Given


class SlotDesk:
    """Who loses a place by a change is searched for again in the same transaction."""

    def __init__(self, executor: Executor, directory: Directory) -> None:
        self._executor = executor
        self._directory = directory

    async def change(self, came: Arrival, news: SlotNews) -> Answer:
        """The slot as it is now, and how many patients lost their place in it."""
        for finess in news.communities if isinstance(news, SlotOpening) else ():
            if await self._directory.community(finess) is None:
                raise UnknownCommunity
        stream = await self._executor.agenda_of(news.slot_id)
        if stream is None:
            raise NoSuchSlot(news.slot_id)
        command = _command(came, news)

        async def decide(decision: Decision) -> Answer:
            agenda = await decision.state(agendas.decider, stream)
            slot = agenda.slots.get(command.slot_id)
            if slot is not None:
                whose = streams.practitioner(slot.published.rpps)
                holder = await self._executor.look(practitioners.decider, whose)
                check_addressed(came, *ways_to(slot.published, holder))
                if isinstance(news, SlotOpening):
                    check_no_other(came, set(news.communities) - set(slot.published.communities))
                if isinstance(command, MoveSlot):
                    await _check_elsewhere(decision, command, slot.published, stream)
                    await _check_there(decision, command, slot.published.rpps)
            holders = await holders_of(decision, [slot] if slot else [])
            change = placing.change_slot(command, agenda, holders)
            decision.write_to_requests(change.requests, holders, given)
            decision.write(stream, change.agenda)
            now = agendas.decider.replay(change.agenda, since=agenda)
            return _standing(command.slot_id, now, len(change.requests))

        agenda_now = await self._executor.look(agendas.decider, stream)
        given = Given(
            came.command_id,
            Circumstances(
                community=_community(news.slot_id, agenda_now) or came.community,
                actor=came.actor,
                correlation=news.slot_id,
                causation=came.command_id,
            ),
            came.fingerprint,
        )
        return await self._executor.execute(given, decide)


def _command(came: Arrival, news: SlotNews) -> SlotChange:
    match news:
        case SlotMove():
            return MoveSlot(news.slot_id, news.start, news.end, news.place, came.at)
        case SlotCapacity():
            return ChangeCapacity(news.slot_id, news.capacity, came.at)
        case SlotOpening():
            return OpenSlotTo(news.slot_id, news.labels, news.communities, news.open_to, came.at)
        case SlotClosing():
            return CloseSlotTo(news.slot_id, news.sources, came.at)
        case SlotWithdrawal():
            return WithdrawSlot(news.slot_id, came.at, news.only_if_free)
        case _:
            assert_never(news)


async def _check_elsewhere(
    decision: Decision, move: MoveSlot, slot: SlotPublished, stream: str
) -> None:
    """One person, perhaps two zones: the agendas of every week it may be somewhere on earth."""
    moved = slot.model_copy(
        update={"start": move.start, "end": move.end, "place": move.place or slot.place}
    )
    rpps, week = streams.agenda_named(stream)
    for other in agendas.weeks_at(move.start, move.end) - {week}:
        elsewhere = await decision.state(agendas.decider, streams.agenda(rpps, other))
        agendas.check_free(moved, elsewhere)


async def _check_there(decision: Decision, move: MoveSlot, rpps: str) -> None:
    """Raises OnVacation."""
    known = await decision.state(practitioners.decider, streams.practitioner(rpps))
    if isinstance(known, Enrolled | Paused) and enrolment(known).is_away(move.start, move.end):
        raise OnVacation(rpps)


def _community(slot_id: UUID, agenda: Agenda) -> str | None:
    slot = agenda.slots.get(slot_id)
    return slot.published.communities[0] if slot else None


def _standing(slot_id: UUID, agenda: Agenda, searched_again: int) -> Answer:
    slot = agenda.slots.get(slot_id)
    if slot is None:
        return {"id": str(slot_id), "state": "withdrawn", "searched_again": searched_again}
    return {
        "id": str(slot_id),
        "state": "published",
        "capacity": slot.published.capacity,
        "free": slot.free,
        "searched_again": searched_again,
    }
