"""Days as they went, from the log: to be played again otherwise.

A slot is taken as it was in the end: moved, widened, or taken back at its moment; and who called
as they were received. What communities and practitioners agreed to, they agree to when they did.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
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
    SlotPlaceFreed,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)
from events.codes import Origin
from events.community import CommunityNeighboursAgreed
from events.instants import happened_at
from events.offer import RequestOffered
from events.practitioner import PractitionerEnrolled, PractitionerEvent
from events.request import RequestAssigned, RequestEvent, RequestReceived
from projections import arrivals
from services.dispatch.prior import OPENS
from services.log.database import Pool
from services.log.reader import Log
from services.projector import queries
from services.simulator import loss
from services.simulator.answering import habits_in
from services.simulator.cast import Caller, Day, Seat, waiting_of
from services.simulator.climbing import Stretch, Told
from services.simulator.simulating import Assignment, Played, played

AT_ONCE = 500  # streams read in one look

_MEMBERS = """
select distinct stream from events
where stream >= 'practitioner-' and stream < 'practitioner.' and name = %(enrolled)s
    and jsonb_exists_any(data->'communities', %(communities)s)
"""


@dataclass(frozen=True)
class Lived:
    """Days: what happened whatever anybody decided, and what became of each."""

    stretch: Stretch
    outcomes: tuple[Played, ...]


async def lived_days(
    pool: Pool, community: str, first: date, last: date, zone: ZoneInfo
) -> Lived | None:
    """Those on which somebody called, in order; None, where nobody did."""
    since, until = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    log = Log(pool)
    called = await queries.rows(
        pool, arrivals.CALLED, community=community, since=since, until=until
    )
    if not called:
        return None
    of_requests = await _histories(log, [streams.request(row["request_id"]) for row in called])
    by_day: dict[date, list[Sequence[Any]]] = defaultdict(list)
    for events in of_requests.values():
        by_day[events[0].received_at.astimezone(zone).date()].append(events)

    of_communities = await _of_communities(log, community)
    members = await _members(pool, list(of_communities))
    ours = {row["request_id"] for row in called}
    last_due = max(row["due_by"] for row in called)

    async def opened_to(one: str) -> list[Seat]:
        span = {"since": since, "until": max(until, last_due)}
        rows = await queries.rows(pool, arrivals.OPENED_OR_NOT, communities=[one], **span)
        return await _seats(log, rows, ours)

    seats = await opened_to(community)
    own = {seat.id for seat in seats}
    neighbours: dict[str, Seat] = {}
    for other in of_communities:
        if other != community:
            neighbours |= {one.id: one for one in await opened_to(other) if one.id not in own}
    of_people = await _histories(log, sorted({*members, *_theirs(seats, neighbours.values())}))
    days, outcomes = [], []
    starts = [seat.published.start.astimezone(zone).date() for seat in seats]
    for day, histories in sorted(by_day.items()):
        callers = tuple(_caller(events[0]) for events in histories)
        outcome = [given for events in histories if (given := _assignment(events))]
        there = [s for s, start in zip(seats, starts, strict=True) if start == day]
        days.append(Day(community, datetime.combine(day, OPENS, zone), tuple(there), callers))
        asked = sum(
            len(event.to)
            for events in histories
            for event in events
            if isinstance(event, RequestOffered)
        )
        outcomes.append(played(callers, outcome, [], asked))
    # Places of days on which nobody called: who called the day before may have them.
    others = [s for s, start in zip(seats, starts, strict=True) if start not in by_day]
    stretch = Stretch(
        days=tuple(days),
        beside=(*others, *neighbours.values()),
        told=tuple(_told(of_communities, of_people)),
        habits=habits_in(of_requests.values()),
    )
    return Lived(stretch, tuple(outcomes))


async def _of_communities(log: Log, community: str) -> dict[str, Sequence[Any]]:
    """The history of the community and of those it ever named its neighbours."""
    own = (await log.load(streams.community(community))).events
    named = {
        other
        for event in own
        if isinstance(event, CommunityNeighboursAgreed)
        for other in event.neighbours
    }
    found = await _histories(log, [streams.community(one) for one in sorted(named)])
    return {community: own} | {streams.identity(name): events for name, events in found.items()}


async def _members(pool: Pool, communities: list[str]) -> list[str]:
    """The streams of whoever was ever a member of one of them."""
    given = {"enrolled": PractitionerEnrolled.name, "communities": communities}
    async with pool.connection() as connection:
        cursor = await connection.execute(_MEMBERS, given)
        return [stream for (stream,) in cast("list[tuple[str]]", await cursor.fetchall())]


def _theirs(*some: Iterable[Seat]) -> Iterator[str]:
    for seats in some:
        for seat in seats:
            yield streams.practitioner(seat.published.rpps)


def _told(
    of_communities: Mapping[str, Sequence[Any]], of_people: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[datetime, Told]]:
    """In the order of each stream, whatever its events say of when they were."""
    by_stream = {streams.community(one): events for one, events in of_communities.items()}
    for stream, events in (by_stream | dict(of_people)).items():
        at = datetime.min.replace(tzinfo=UTC)
        for event in events:
            at = max(at, happened_at(event))
            yield at, Told(stream, event)


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


async def _seats(log: Log, opened: Sequence[dict[str, Any]], ours: Collection[UUID]) -> list[Seat]:
    """Those published; places made for a patient beyond the agenda are what is played anew."""
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
        if published.origin is Origin.OVERBOOK:
            continue
        history = people[streams.practitioner(published.rpps)]
        practitioner = _as_of(history, published.end)
        others = _of_others(about, ours)
        found.append(Seat(str(slot_id), published, practitioner, gone_at, others))
    return found


def _of_others(about: Sequence[AgendaEvent], ours: Collection[UUID]) -> tuple[SlotPlaceTaken, ...]:
    """Places that patients have in the end who are not among those who called."""
    taken: dict[UUID, SlotPlaceTaken] = {}
    for event in about:
        if isinstance(event, SlotPlaceTaken) and event.request_id not in ours:
            taken[event.request_id] = event
        elif isinstance(event, SlotPlaceFreed):
            taken.pop(event.request_id, None)
    return tuple(taken.values())


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
