"""Who gets which place: what a person does, what we do, and what nobody can do."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain import matching
from domain.eligibility import Candidate, Way, search, ways
from domain.request import Waiting

Choice = tuple[Candidate, Way]
Choose = Callable[[Waiting, Sequence[Candidate], datetime], Choice | None]
Order = Callable[[Waiting], Any]
"""Who is served first of those who wait."""


def earliest(request: Waiting, candidates: Sequence[Candidate], now: datetime) -> Choice | None:
    """The earliest place one can come to; of these the nearest."""
    asked = search(request, now)
    found = [
        (way.start, way.km, candidate.slot.published.slot_id, way, candidate)
        for candidate in candidates
        if isinstance(possible := ways(asked, candidate), list)
        for way in possible
    ]
    if not found:
        return None
    *_, way, candidate = min(found, key=lambda one: one[:3])
    return candidate, way


def dispatch(request: Waiting, candidates: Sequence[Candidate], now: datetime) -> Choice | None:
    """As production decides."""
    best = matching.rank(request, candidates, now).eligible[:1]
    return (best[0].candidate, best[0].way) if best else None


def _worst_then_first_due(request: Waiting) -> tuple[float, datetime, str]:
    return -matching.penalty(request), request.due_by, str(request.received.request_id)


POLICIES: Mapping[str, tuple[Choose, Order]] = {
    "earliest": (earliest, _worst_then_first_due),
    "dispatch": (dispatch, matching.by_urgency),
}
"""Those that see what has happened, and no more."""
