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
    """The cost of a choice, term by term; lower is better (MATCHING: loss of a day)."""

    __pydantic_config__ = _CONFIG

    wait: float  # (start - received) / max(due - received, 30 min)
    travel: float  # 0.5 * km / 25, nothing for a home visit or a video consultation
    price: float  # what those still expected lose without the place
    # What the community weighs beside (events/weights.py).
    continuity: float
    fairness: float
    scarcity: float
    fragility: float
    tours: float

    @property
    def cost(self) -> float:
        """The sum of the terms."""
        weighed = self.continuity + self.fairness + self.scarcity + self.fragility + self.tours
        return self.wait + self.travel + self.price + weighed


@dataclass(frozen=True, slots=True)
class KeptFor:
    """Those still expected who would miss the place most."""

    __pydantic_config__ = _CONFIG

    within_minutes: int  # they are to be seen
    expected_by: Instant


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
    kept_for: KeptFor | None  # whom the price is about, if there is one


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

    policy: str  # name and version of the rule that chose: "look-ahead/1"
    considered: Annotated[int, Field(ge=0)]  # slots looked at
    chosen: Option | None
    alternatives: tuple[Option, ...]
    not_eligible: tuple[NotEligible, ...]
