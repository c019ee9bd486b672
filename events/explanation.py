"""Why this place: what a regulator and a practitioner may read about a decision."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.base import Code, Frozen, Instant, Rpps
from events.codes import Mode


class Terms(Frozen):
    """The loss of a choice, term by term; lower is better (MATCHING: loss of a day)."""

    wait: float  # (start - received) / max(due - received, 30 min)
    travel: float  # 0.5 * km / 25, nothing for a home visit or a video consultation

    @property
    def loss(self) -> float:
        """The sum of the terms."""
        return self.wait + self.travel


class Option(Frozen):
    """A place that could serve the request, and what it would cost."""

    slot_id: UUID
    rpps: Rpps
    start: Instant
    mode: Mode
    km: float
    terms: Terms


class NotEligible(Frozen):
    """Slots left aside for one reason: how many, and the first few by start."""

    reason: Code
    slots: Annotated[int, Field(ge=1)]
    examples: tuple[UUID, ...]


class Explanation(Frozen):
    """What was weighed: the choice, the best alternatives, and why others could not serve."""

    policy: str  # name and version of the rule that chose: "least-loss/1"
    considered: Annotated[int, Field(ge=0)]  # slots looked at
    chosen: Option | None
    alternatives: tuple[Option, ...]
    not_eligible: tuple[NotEligible, ...]
