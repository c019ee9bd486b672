"""Days as they went, from the log: to be played again otherwise.

A slot is taken as it was in the end: moved, widened, or taken back at its moment. Who called is
taken as they were received, and agrees to what their practitioners agreed to by the end of the day.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import practitioner as practitioners
from domain import request as requests
from domain.practitioner import Practitioner
from domain.request import Assigned, Request, Visited
from events import streams
from events.agenda import (
    AgendaEvent,
    SlotCapacityChanged,
    SlotMoved,
    SlotOpenedTo,
    SlotPublished,
    SlotWithdrawn,
)
from events.instants import happened_at
from events.practitioner import PractitionerEvent
from events.request import RequestAssigned, RequestEvent, RequestReceived
from projections import arrivals
from services.dispatch.prior import OPENS
from services.log.database import Pool
from services.log.reader import Log
from services.projector import queries
from services.simulator import loss
from services.simulator.cast import Caller, Day, Seat, waiting_of
from services.simulator.simulating import Assignment, Played, played

AT_ONCE = 500  # streams read in one look


@dataclass(frozen=True)
class Lived:
    """A day: what happened whatever anybody decided, and what became of it."""

    day: Day
    outcome: Played


async def lived_days(
    pool: Pool, community: str, first: date, last: date, zone: ZoneInfo
) -> list[Lived]:
    """Those on which somebody called, in order."""
    since, until = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    log = Log(pool)
    span = {"since": since, "until": until}
    called = await queries.rows(pool, arrivals.CALLED, community=community, **span)
    opened = await queries.rows(pool, arrivals.OPENED_OR_NOT, communities=[community], **span)
    of_requests = await _histories(log, [streams.request(row["request_id"]) for row in called])
    seats = await _seats(log, opened)
    by_day: dict[date, list[Sequence[Any]]] = defaultdict(list)
    for events in of_requests.values():
        at = events[0].received_at.astimezone(zone).date()
        by_day[at].append(events)
    found = []
    for day, histories in sorted(by_day.items()):
        opens = datetime.combine(day, OPENS, zone)
        there = tuple(s for s in seats if s.published.start.astimezone(zone).date() == day)
        callers = tuple(_caller(events[0]) for events in histories)
        outcome = [_assignment(events) for events in histories]
        found.append(
            Lived(
                Day(community, opens, there, callers),
                played(callers, [one for one in outcome if one], []),
            )
        )
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


async def _histories(log: Log, named: Sequence[str]) -> dict[str, Sequence[Any]]:
    found: dict[str, Sequence[Any]] = {}
    for nth in range(0, len(named), AT_ONCE):
        loaded = await log.load_all(named[nth : nth + AT_ONCE])
        found |= {stream: history.events for stream, history in loaded.items()}
    return found


def _caller(received: RequestReceived) -> Caller:
    return Caller(str(received.request_id), waiting_of(received))


def _assignment(events: Sequence[RequestEvent]) -> Assignment | None:
    """The place somebody had in the end; None for who had none."""
    state: Request = requests.decider.replay(events)
    match state:
        case Assigned(assigned=assigned) | Visited(assigned=Assigned(assigned=assigned)):
            received = events[0]
            assert isinstance(received, RequestReceived)
            return _as_played(received, assigned)
        case _:
            return None


def _as_played(received: RequestReceived, given: RequestAssigned) -> Assignment:
    cost = loss.of_served(_caller(received), given.start, given.km)
    return Assignment(
        str(received.request_id),
        str(given.slot_id),
        given.assigned_at,
        given.start,
        given.km,
        cost,
    )


async def _seats(log: Log, opened: Sequence[dict[str, Any]]) -> list[Seat]:
    ids: list[UUID] = [row["slot_id"] for row in opened]
    agenda_of = await log.agendas_of(ids)
    agendas = await _histories(log, sorted(set(agenda_of.values())))
    rpps = sorted({streams.agenda_named(stream)[0] for stream in agendas})
    people = await _histories(log, [streams.practitioner(one) for one in rpps])
    found = []
    for slot_id in ids:
        if slot_id not in agenda_of:
            continue
        about = [
            event
            for event in agendas[agenda_of[slot_id]]
            if getattr(event, "slot_id", None) == slot_id
        ]
        published, gone_at = _in_the_end(about)
        history = people[streams.practitioner(published.rpps)]
        practitioner = _as_of(history, published.end)
        found.append(Seat(str(slot_id), published, practitioner, gone_at))
    return found


def _in_the_end(about: Sequence[AgendaEvent]) -> tuple[SlotPublished, datetime | None]:
    published, gone_at = about[0], None
    assert isinstance(published, SlotPublished)
    for event in about[1:]:
        changes: dict[str, Any] = {}
        match event:
            case SlotMoved():
                changes = {"start": event.start, "end": event.end, "place": event.place}
            case SlotCapacityChanged():
                changes = {"capacity": event.capacity}
            case SlotOpenedTo():
                changes = {"communities": event.communities, "open_to": event.open_to}
            case SlotWithdrawn():
                gone_at = event.withdrawn_at
            case _:
                pass
        published = published.model_copy(update=changes)
    return published, gone_at


def _as_of(history: Sequence[PractitionerEvent], instant: datetime) -> Practitioner:
    return practitioners.decider.replay(e for e in history if happened_at(e) <= instant)
