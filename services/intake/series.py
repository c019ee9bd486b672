"""A series is taken back as one: every slot of it from a day on, and its patients come first."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from domain import agenda as agendas
from domain import placing
from domain import practitioner as practitioners
from domain.agenda import NoSuchSlot, day_of
from events import streams
from services.intake.about import check_addressed, given, holders_of
from services.intake.arrival import Arrival
from services.intake.changes import SeriesWithdrawal
from services.intake.neighbours import ways_to
from services.log.commands import Answer
from services.log.execute import Decision, Executor

LONGEST_SERIES = timedelta(days=2 * 366)
"""So far ahead slots of a series are looked for."""


def slot_of(series_id: UUID, day: date) -> UUID:
    """What the slot of that day is called."""
    return uuid5(series_id, day.isoformat())


def slots_of(series_id: UUID, now: datetime) -> list[UUID]:
    """What all of its slots are called that may be there yet."""
    return _slots(series_id, day_of(now, "UTC") - timedelta(days=1))


def _slots(series_id: UUID, first: date) -> list[UUID]:
    days = (first + timedelta(days=n) for n in range(LONGEST_SERIES.days))
    return [slot_of(series_id, day) for day in days]


class SeriesDesk:
    """All of it in one append, or nothing."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def withdraw(self, came: Arrival, news: SeriesWithdrawal) -> Answer:
        """How many slots were withdrawn, and how many patients are searched for again.

        What has begun goes on. Raises NoSuchSlot for a series nobody published.
        """
        first = news.first or day_of(came.at, "UTC") - timedelta(days=1)
        found = await self._executor.agendas_of(_slots(news.series_id, first))
        if not found:
            raise NoSuchSlot(news.series_id)

        command = given(came, came.community)

        async def decide(decision: Decision) -> Answer:
            withdrawn = searched = 0
            for stream in sorted(set(found.values())):
                agenda = await decision.state(agendas.decider, stream)
                slots = [
                    slot_id
                    for slot_id, slot in agenda.slots.items()
                    if slot_id in found and slot.published.start > came.at
                ]
                whose = streams.practitioner(streams.agenda_named(stream)[0])
                holder = await self._executor.look(practitioners.decider, whose)
                for one in slots:
                    check_addressed(came, *ways_to(agenda.slots[one].published, holder))
                holders = await holders_of(decision, [agenda.slots[one] for one in slots])
                change = placing.withdraw_slots(slots, agenda, holders, came.at)
                decision.write_to_requests(change.requests, holders, command)
                decision.write(stream, change.agenda)
                withdrawn, searched = withdrawn + len(slots), searched + len(change.requests)
            return {
                "id": str(news.series_id),
                "state": "withdrawn",
                "withdrawn": withdrawn,
                "searched_again": searched,
            }

        return await self._executor.execute(command, decide)
