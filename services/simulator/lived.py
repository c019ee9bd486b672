"""Days as they went, from the log: to be played again otherwise.

Who called is taken as they were received, and everything else when it was: what communities and
practitioners agreed to, and what became of slots.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import practitioner as practitioners
from domain import request as requests
from domain.asking import Rate
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
from events.codes import Origin
from events.community import CommunityNeighboursAgreed
from events.instants import happened_at
from events.offer import OfferAccepted, RequestOffered
from events.practitioner import PractitionerEnrolled
from events.request import (
    RequestAssigned,
    RequestDeadlineAgreed,
    RequestEvent,
    RequestReceived,
)
from projections import arrivals
from services.dispatch.prior import OPENS
from services.log.database import Pool
from services.log.reader import Log
from services.projector import queries
from services.simulator import loss
from services.simulator.answering import habits_in
from services.simulator.cast import Caller, Day, Seat, waiting_of
from services.simulator.climbing import Stretch
from services.simulator.meanwhile import Told, of_others, told_of, told_of_agenda
from services.simulator.simulating import Assignment, Played, played

AT_ONCE = 500  # streams read in one look
_RATE_OF = timedelta(days=90)  # as dispatch counts it

_MEMBERS = """
select distinct stream from events
where stream >= 'practitioner-' and stream < 'practitioner.' and name = %(enrolled)s
    and jsonb_exists_any(data->'communities', %(communities)s)
"""
# Whoever opened something to one of them, member or not; and then all they did in these weeks: a
# place elsewhere counts for their caps, and they are nowhere twice.
_AGENDAS = """
with theirs as (
    select distinct split_part(stream, '-', 2) as rpps from events
    where stream >= 'agenda-' and stream < 'agenda.'
        and right(stream, 8) between %(from)s and %(to)s
        and name = any(%(opening)s) and jsonb_exists_any(data->'communities', %(communities)s)
    union select unnest(%(members)s::text[])
)
select distinct stream from events
where stream >= 'agenda-' and stream < 'agenda.' and right(stream, 8) between %(from)s and %(to)s
    and split_part(stream, '-', 2) in (select rpps from theirs)
"""
_ASKED = """
select name, sum(case name when %(offered)s then jsonb_array_length(data->'to') else 1 end)::int
from events
where name in (%(offered)s, %(accepted)s) and meta->>'community' = %(community)s
    and (data->>case name when %(offered)s then 'offered_at' else 'accepted_at' end)::timestamptz
        between %(since)s and %(until)s
group by 1
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
    histories = await _histories(log, [streams.request(row["request_id"]) for row in called])
    of_requests = sorted(histories.values(), key=lambda h: (h[0].received_at, h[0].request_id))
    by_day: dict[date, list[Sequence[Any]]] = defaultdict(list)
    for events in of_requests:
        by_day[events[0].received_at.astimezone(zone).date()].append(events)

    of_communities = await _of_communities(log, community)
    ours = {row["request_id"] for row in called}
    ends = max([until, *(_due_by(events) for events in of_requests)])
    agendas, people = await _around(pool, log, list(of_communities), since, ends)
    seats = list(_seats(agendas, people, community, since, ends, ours))
    days, outcomes = [], []
    for day, some in sorted(by_day.items()):
        callers = tuple(_caller(events) for events in some)
        given = [one for events in some if (one := _assignment(events))]
        there = [s for s in seats if s.published.start.astimezone(zone).date() == day]
        days.append(Day(community, datetime.combine(day, OPENS, zone), tuple(there), callers))
        asked = sum(len(e.to) for h in some for e in h if isinstance(e, RequestOffered))
        outcomes.append(played(callers, given, [], asked))
    told = [
        *(t for one, h in of_communities.items() for t in told_of(streams.community(one), h)),
        *(told for stream, history in people.items() for told in told_of(stream, history)),
        *(told for stream, h in agendas.items() for told in told_of_agenda(stream, h, ours)),
        *(told for events in of_requests for told in _deadlines(events)),
    ]
    stretch = Stretch(
        days=tuple(days),
        told=tuple(told),
        habits=habits_in(of_requests),
        rate=await _rate(pool, community, since),
    )
    return Lived(stretch, tuple(outcomes))


async def _around(
    pool: Pool, log: Log, communities: list[str], since: datetime, until: datetime
) -> tuple[dict[str, Sequence[Any]], dict[str, Sequence[Any]]]:
    """The agendas of the weeks and the practitioners, by stream."""
    weeks = [f"{at.isocalendar()[0]}-W{at.isocalendar()[1]:02}" for at in _around_of(since, until)]
    async with pool.connection() as connection:
        given = {"enrolled": PractitionerEnrolled.name, "communities": communities}
        cursor = await connection.execute(_MEMBERS, given)
        members = [stream for (stream,) in cast("list[tuple[str]]", await cursor.fetchall())]
        opening = {
            "from": weeks[0],
            "to": weeks[-1],
            "opening": [SlotPublished.name, SlotOpenedTo.name],
            "communities": communities,
            "members": [streams.identity(stream) for stream in members],
        }
        cursor = await connection.execute(_AGENDAS, opening)
        named = sorted(stream for (stream,) in cast("list[tuple[str]]", await cursor.fetchall()))
    agendas = await _histories(log, named)
    theirs = {streams.practitioner(streams.agenda_named(stream)[0]) for stream in named}
    return agendas, await _histories(log, sorted({*members, *theirs}))


def _around_of(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """From a day before to a day after: it is another week somewhere on earth."""
    return since - timedelta(days=1), until + timedelta(days=1)


async def _rate(pool: Pool, community: str, until: datetime) -> Rate:
    """How many accepted of those asked, in the months before."""
    given = {
        "offered": RequestOffered.name,
        "accepted": OfferAccepted.name,
        "community": community,
        "since": until - _RATE_OF,
        "until": until,
    }
    async with pool.connection() as connection:
        cursor = await connection.execute(_ASKED, given)
        counted = dict(cast("list[tuple[str, int]]", await cursor.fetchall()))
    return Rate(counted.get(RequestOffered.name, 0), counted.get(OfferAccepted.name, 0))


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


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


async def _histories(log: Log, named: Sequence[str]) -> dict[str, Sequence[Any]]:
    found: dict[str, Sequence[Any]] = {}
    for nth in range(0, len(named), AT_ONCE):
        loaded = await log.load_all(named[nth : nth + AT_ONCE])
        found |= {stream: history.events for stream, history in loaded.items()}
    return found


def _caller(events: Sequence[Any]) -> Caller:
    """As they called; to be seen by when it was agreed in the end."""
    received: RequestReceived = events[0]
    waiting = replace(waiting_of(received), due_by=_due_by(events))
    return Caller(str(received.request_id), waiting)


def _due_by(events: Sequence[Any]) -> datetime:
    agreed = [event.due_by for event in events if isinstance(event, RequestDeadlineAgreed)]
    due_by: datetime = [events[0].due_by, *agreed][-1]
    return due_by


def _deadlines(events: Sequence[Any]) -> Iterator[tuple[datetime, Told]]:
    """Agreed after the call: known when they were."""
    stream = streams.request(events[0].request_id)
    for event in events:
        if isinstance(event, RequestDeadlineAgreed):
            yield happened_at(event), Told(stream, event)


def _assignment(events: Sequence[RequestEvent]) -> Assignment | None:
    """The place somebody had in the end; None for who had none."""
    state: Request = requests.decider.replay(events)
    match state:
        case Assigned(assigned=assigned) | Visited(assigned=Assigned(assigned=assigned)):
            return _as_played(events, assigned)
        case _:
            return None


def _as_played(events: Sequence[RequestEvent], given: RequestAssigned) -> Assignment:
    cost = loss.of_served(_caller(events), given.start, given.km)
    return Assignment(
        str(given.request_id),
        str(given.slot_id),
        given.assigned_at,
        given.start,
        given.km,
        cost,
    )


def _seats(
    agendas: Mapping[str, Sequence[Any]],
    people: Mapping[str, Sequence[Any]],
    community: str,
    since: datetime,
    until: datetime,
    ours: Collection[UUID],
) -> Iterator[Seat]:
    """The community's places as they were in the end, but those made for one patient."""
    for stream, history in sorted(agendas.items()):
        rpps, _ = streams.agenda_named(stream)
        practitioner = practitioners.decider.replay(people[streams.practitioner(rpps)])
        others = of_others(history, ours)
        about: dict[UUID, list[AgendaEvent]] = defaultdict(list)
        for event in history:
            about[event.slot_id].append(event)
        for slot_id, events in about.items():
            published, gone_at = _in_the_end(events)
            if published.origin is Origin.OVERBOOK or community not in published.communities:
                continue
            if since <= published.start < until:
                theirs = tuple(one for one in others if one.slot_id == slot_id)
                yield Seat(str(slot_id), published, practitioner, gone_at, theirs)


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
