"""Why this place: what a regulator and a practitioner may read about a decision."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from events.base import Code, Instant, Rpps
from events.codes import Mode

# Dataclasses, not models: a decision makes a dozen of these, and they are checked when the event
# that holds them is made or read.
_CONFIG = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Terms:
    """The loss of a choice, term by term; lower is better (MATCHING: loss of a day)."""

    __pydantic_config__ = _CONFIG

    wait: float  # (start - received) / max(due - received, 30 min)
    travel: float  # 0.5 * km / 25, nothing for a home visit or a video consultation

    @property
    def loss(self) -> float:
        """The sum of the terms."""
        return self.wait + self.travel


@dataclass(frozen=True, slots=True)
class Option:
    """A place that could serve the request, and what it would cost."""

    __pydantic_config__ = _CONFIG

    slot_id: UUID
    rpps: Rpps
    start: Instant
    mode: Mode
    km: float
    terms: Terms


@dataclass(frozen=True, slots=True)
class NotEligible:
    """Slots left aside for one reason: how many, and the first few by start."""

    __pydantic_config__ = _CONFIG

    reason: Code
    slots: Annotated[int, Field(ge=1)]
    examples: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was weighed: the choice, the best alternatives, and why others could not serve."""

    __pydantic_config__ = _CONFIG

    policy: str  # name and version of the rule that chose: "least-loss/1"
    considered: Annotated[int, Field(ge=0)]  # slots looked at
    chosen: Option | None
    alternatives: tuple[Option, ...]
    not_eligible: tuple[NotEligible, ...]
