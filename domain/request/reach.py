"""Whose places a request may have, as far as it has climbed the ladder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from events.codes import Setting, Specialty
from events.request import RequestEscalated

GRADED = frozenset({Setting.SPECIALIST, Setting.HOSPITAL})
"""Settings in which a specialty says who may be of help."""


@dataclass(frozen=True)
class Reach:
    """At the foot of the ladder: the first line of its own community."""

    neighbours: tuple[str, ...] = ()  # communities beside its own
    settings: tuple[Setting, ...] = (Setting.TOWN,)
    # Of graded settings: a specialist of nothing else. A setting that is not named: any.
    specialties: Mapping[Setting, tuple[Specialty, ...]] = field(default_factory=dict)
    only: str | None = None  # nobody else's: the treating doctor's
    crisis: bool = False  # what members keep for a crisis as well

    @classmethod
    def opened(cls, event: RequestEscalated) -> "Reach":
        """As a step opened it."""
        return cls(
            neighbours=event.communities,
            settings=event.settings,
            specialties=event.specialties,
            only=event.only,
            crisis=event.crisis,
        )

    def is_within(self, other: "Reach") -> bool:
        """Whether the other reaches whatever this one does."""
        return (
            set(self.neighbours) <= set(other.neighbours)
            and set(self.settings) <= set(other.settings)
            and all(
                setting in self.specialties and set(self.specialties[setting]) <= set(allowed)
                for setting, allowed in other.specialties.items()
                if setting in self.settings
            )
            and other.only in {None, self.only}
            and self.crisis <= other.crisis
        )


FOOT_REACH = Reach()
"""Of a request that climbed nothing yet."""
