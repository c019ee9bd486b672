"""Short histories, and the figures anybody can count from them with a finger on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.base import Event
from events.envelope import Role
from projections.indicators.figures import Figure
from tests.examples import NEVERS


@dataclass(frozen=True)
class Story:
    """What happened in Nevers, and the figures of November 2026."""

    title: str
    events: Sequence[Event]
    figures: Mapping[str, Figure]
    period: str = "2026-11"
    by: str | None = None
    community: str | None = NEVERS
    role: Role = Role.REGULATOR  # who tells of it


def of(request_id: UUID, event: Any) -> Event:
    """The same, of another request."""
    changed: Event = event.model_copy(update={"request_id": request_id})
    return changed


def by(rpps: str, event: Any) -> Event:
    """The same, of another practitioner."""
    changed: Event = event.model_copy(update={"rpps": rpps})
    return changed


def count(number: float) -> Figure:
    """So many."""
    return Figure(float(number), float(number))


def share(numerator: float, denominator: float) -> Figure:
    """So many of so many."""
    value = round(numerator / denominator, 6) if denominator else None
    return Figure(value, float(numerator), float(denominator))


def spread(median: float, p90: float, number: int) -> Figure:
    """Half are shorter, nine of ten are shorter, of so many."""
    return Figure(median, denominator=float(number), p90=p90)


def split(**parts: int) -> Figure:
    """So many of each."""
    total = float(sum(parts.values()))
    return Figure(total, total, parts=parts)


def index(value: float, number: int) -> Figure:
    """An index, of so many."""
    return Figure(value, denominator=float(number))
