"""Why this place, and why not that practitioner: what a decision weighed, from the log.

The explanation is kept beside the decision. Why a practitioner was not chosen is decided anew, by
the rules, on what was so in that instant: an explanation names a few alternatives, not everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.decider import Refused
from domain.eligibility import Candidate, Way, search, ways
from domain.matching import KeptForOthers, weighed_alone
from domain.request import Waiting
from events import streams
from events.agenda import AgendaEvent
from events.envelope import Recorded
from events.explanation import Explanation, Option
from events.practitioner import PractitionerEvent
from events.request import (
    RequestAssigned,
    RequestEscalated,
    RequestEvent,
    RequestHandedBack,
    RequestSearching,
)
from services.log.reader import Log

Decided = RequestAssigned | RequestHandedBack | RequestSearching | RequestEscalated


class NothingDecided(Refused):
    """Nothing was decided about this request that weighed places."""

    code = "nothing_decided"


class NoPlaceThen(Refused):
    """This practitioner had no place to come when it was decided."""

    code = "no_place_then"


@dataclass(frozen=True)
class Decision:
    """The last time places were weighed for a request."""

    at: datetime
    event: Decided
    explanation: Explanation  # what was weighed
    position: int
    history: Sequence[Recorded]  # of the request, before it


@dataclass(frozen=True)
class Place:
    """A practitioner's place at that instant: why not, or by what it was worse."""

    slot_id: UUID
    start: datetime
    why_not: str | None  # a reason code; None: it would have done
    option: Option | None  # what it would have cost, if it would have done
    chosen: bool
    weighed_then: bool  # as it is in the explanation: with the price of that moment


async def decision(log: Log, request_id: UUID) -> Decision:
    """The last one about the request that placed it, or failed to. Raises NothingDecided."""
    history = await log.history(streams.request(request_id))
    for nth, recorded in reversed(list(enumerate(history))):
        event = recorded.event
        if isinstance(event, Decided) and event.explanation is not None:
            at, position = recorded.recorded_at, recorded.position
            return Decision(at, event, event.explanation, position, history[:nth])
    raise NothingDecided(request_id)


async def places_of(log: Log, decided: Decision, rpps: str) -> list[Place]:
    """What became of each place of a practitioner. Raises NoPlaceThen."""
    request = _waiting(decided)
    at = _instant(decided.event)
    practitioner = practitioners.decider.replay(
        one.event
        for one in await log.history(streams.practitioner(rpps))
        if one.position < decided.position and isinstance(one.event, PractitionerEvent)
    )
    found: list[Place] = []
    for stream in await log.agendas_since(rpps, agendas.week_of(at, "UTC")):
        agenda = agendas.decider.replay(
            one.event
            for one in await log.history(stream)
            if one.position < decided.position and isinstance(one.event, AgendaEvent)
        )
        found += [
            _place(request, Candidate(slot, agenda, practitioner), decided, at)
            for slot in agenda.slots.values()
            if slot.may_join(at) and slot.published.start <= request.due_by
        ]
    if not found:
        raise NoPlaceThen(rpps)
    return sorted(found, key=lambda place: (place.start, str(place.slot_id)))


def _waiting(decided: Decision) -> Waiting:
    events = [one.event for one in decided.history if isinstance(one.event, RequestEvent)]
    state = requests.decider.replay(events)
    if not isinstance(state, Waiting):
        raise NothingDecided(decided.event.request_id)
    return state


def _instant(event: Decided) -> datetime:
    match event:
        case RequestAssigned():
            return event.assigned_at
        case RequestHandedBack():
            return event.handed_back_at
        case RequestSearching():
            return event.searched_at
        case RequestEscalated():
            return event.escalated_at
        case _:
            assert_never(event)


def _place(request: Waiting, candidate: Candidate, decided: Decision, at: datetime) -> Place:
    slot, explanation = candidate.slot.published, decided.explanation
    known = [explanation.chosen] if explanation.chosen else []
    told = next((o for o in (*known, *explanation.alternatives) if o.slot_id == slot.slot_id), None)
    kept = any(
        slot.slot_id in one.examples
        for one in explanation.not_eligible
        if one.reason == KeptForOthers.code
    )
    possible: list[Way] | type[Refused] = ways(search(request, at), candidate)
    is_chosen = explanation.chosen is not None and explanation.chosen.slot_id == slot.slot_id
    if not isinstance(possible, list):
        return Place(slot.slot_id, slot.start, possible.code, None, is_chosen, weighed_then=False)
    option = told or weighed_alone(request, candidate, possible).option()
    return Place(
        slot.slot_id,
        option.start,
        KeptForOthers.code if kept else None,
        option,
        is_chosen,
        weighed_then=told is not None,
    )
