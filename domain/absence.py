"""A vacation, or for good: what was published is withdrawn, its patients searched for at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from domain import placing
from domain import practitioner as practitioners
from domain.agenda import Agenda, Slot
from domain.practitioner import AnnounceVacation, Leave, NotEnrolled, Practitioner, enrolment
from domain.request import Request
from events.agenda import AgendaEvent
from events.practitioner import PractitionerEvent
from events.request import RequestEvent


@dataclass(frozen=True)
class Absence:
    """What happens to the practitioner, to each week and to everybody who had a place in one."""

    practitioner: Sequence[PractitionerEvent]
    agendas: Mapping[str, Sequence[AgendaEvent]]  # by the name each week was given under
    requests: Mapping[UUID, Sequence[RequestEvent]]


def announce(
    command: AnnounceVacation,
    practitioner: Practitioner,
    weeks: Mapping[str, Agenda],
    holders: Mapping[UUID, Request],
) -> Absence:
    """All of it or nothing. `holders`: who has or holds a place in one of `concerned`.

    Whoever is in the waiting room is seen, or cancelled one by one: of a range that has begun,
    those are searched for again who were to come once the practitioner is away.
    """
    since = max(command.start, command.at)
    return _absence(command, practitioner, weeks, holders, partial(concerned, command), since)


def leave(
    command: Leave,
    practitioner: Practitioner,
    weeks: Mapping[str, Agenda],
    holders: Mapping[UUID, Request],
) -> Absence:
    """As `announce`, of one of `left_over`."""
    gone = partial(left_over, command, practitioner)
    return _absence(command, practitioner, weeks, holders, gone, command.at)


def _absence(
    command: AnnounceVacation | Leave,
    practitioner: Practitioner,
    weeks: Mapping[str, Agenda],
    holders: Mapping[UUID, Request],
    gone: Callable[[Agenda], list[Slot]],
    since: datetime,
) -> Absence:
    announced = practitioners.decide(command, practitioner)
    happened: dict[str, Sequence[AgendaEvent]] = {}
    told: dict[UUID, Sequence[RequestEvent]] = {}
    for name, agenda in weeks.items() if announced else ():
        slots = gone(agenda)
        to_come = [s.published.slot_id for s in slots if s.published.start > command.at]
        withdrawn = placing.withdraw_slots(to_come, agenda, holders, command.at)
        events = [*withdrawn.agenda]
        told |= withdrawn.requests
        for slot in slots:
            if slot.published.start <= command.at:
                freed = placing.free_from(slot, agenda, holders, since, command.at)
                events += freed.agenda
                told |= freed.requests
        happened[name] = events
    return Absence(announced, happened, told)


def concerned(command: AnnounceVacation, agenda: Agenda) -> list[Slot]:
    """Slots of the week that fall into the vacation and that somebody may yet come to."""
    return [
        slot
        for slot in agenda.slots.values()
        if slot.published.start < command.end
        and command.start < slot.published.end
        and slot.may_join(command.at)
    ]


def left_over(command: Leave, practitioner: Practitioner, agenda: Agenda) -> list[Slot]:
    """Slots of the week that somebody may yet come to, and that are open to nobody any more."""
    if isinstance(practitioner, NotEnrolled):
        return []
    member_of = enrolment(practitioner).communities
    still_in = set(member_of) - set(command.communities or member_of)
    return [
        slot
        for slot in agenda.slots.values()
        if slot.may_join(command.at) and still_in.isdisjoint(slot.published.communities)
    ]
