"""A vacation, or for good: what was published is withdrawn, its patients searched for at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

    A slot that has begun goes on: whoever is in the waiting room is seen, or cancelled one by one.
    """
    return _absence(command, practitioner, weeks, holders, partial(concerned, command))


def leave(
    command: Leave,
    practitioner: Practitioner,
    weeks: Mapping[str, Agenda],
    holders: Mapping[UUID, Request],
) -> Absence:
    """As `announce`, of one of `left_over`."""
    return _absence(
        command, practitioner, weeks, holders, partial(left_over, command, practitioner)
    )


def _absence(
    command: AnnounceVacation | Leave,
    practitioner: Practitioner,
    weeks: Mapping[str, Agenda],
    holders: Mapping[UUID, Request],
    gone: Callable[[Agenda], list[Slot]],
) -> Absence:
    announced = practitioners.decide(command, practitioner)
    happened: dict[str, Sequence[AgendaEvent]] = {}
    told: dict[UUID, Sequence[RequestEvent]] = {}
    for name, agenda in weeks.items() if announced else ():
        slots = [slot.published.slot_id for slot in gone(agenda)]
        withdrawn = placing.withdraw_slots(slots, agenda, holders, command.at)
        happened[name] = withdrawn.agenda
        told |= withdrawn.requests
    return Absence(announced, happened, told)


def concerned(command: AnnounceVacation, agenda: Agenda) -> list[Slot]:
    """Slots of the week that fall into the vacation and have not begun."""
    return [
        slot
        for slot in agenda.slots.values()
        if slot.published.start < command.end
        and command.start < slot.published.end
        and slot.published.start > command.at
    ]


def left_over(command: Leave, practitioner: Practitioner, agenda: Agenda) -> list[Slot]:
    """Slots of the week that have not begun and are open to nobody any more."""
    if isinstance(practitioner, NotEnrolled):
        return []
    member_of = enrolment(practitioner).communities
    still_in = set(member_of) - set(command.communities or member_of)
    return [
        slot
        for slot in agenda.slots.values()
        if slot.published.start > command.at and still_in.isdisjoint(slot.published.communities)
    ]
