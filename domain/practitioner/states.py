"""What a practitioner may be, and what they agreed to."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from events.codes import Channel, Profession, Setting, Source, Specialty
from events.practitioner import Delegation, InCrisis, Overbook


@dataclass(frozen=True)
class Consent:
    """To whom, how much and for which patients: data of the practitioner."""

    sources: tuple[Source, ...]
    weekly_cap: int | None = None  # of patients not their own, in an ISO week, over all slots
    daily_cap: int | None = None  # places taken in a day where care is given, over all slots
    min_age: int | None = None
    max_age: int | None = None
    excluded_motives: tuple[str, ...] = ()
    in_crisis: InCrisis | None = None  # None: as ever
    protocols: tuple[Delegation, ...] = ()
    new_patients: bool = False  # becomes the treating doctor of who has none

    def caps(self, *, in_crisis: bool) -> tuple[int | None, int | None]:
        """Patients a week, and a day."""
        if in_crisis and self.in_crisis is not None:
            return self.in_crisis.weekly_cap, self.in_crisis.daily_cap
        return self.weekly_cap, self.daily_cap

    overbook: Overbook | None = None  # None: is never asked to see patients beyond the agenda


@dataclass(frozen=True)
class NotEnrolled:
    """Unknown here, or gone."""

    left: frozenset[str] = frozenset()  # communities


@dataclass(frozen=True)
class Enrolled:
    """Takes part; without a consent, takes nobody yet."""

    profession: Profession
    communities: tuple[str, ...]
    setting: Setting = Setting.TOWN
    specialty: Specialty | None = None
    consent: Consent | None = None
    on_call_until: datetime | None = None
    vacations: frozenset[tuple[datetime, datetime]] = frozenset()  # from when to when
    left: frozenset[str] = frozenset()  # communities: what is open to them there is so no longer
    channels: tuple[Channel, ...] = ()  # by which they are reached
    roll_called: str | None = None  # the last month: 2026-11

    def is_on_call(self, now: datetime) -> bool:
        """Whether they are available at once."""
        return self.on_call_until is not None and now < self.on_call_until

    def is_away(self, start: datetime, end: datetime) -> bool:
        """Whether a vacation falls into that time, or the instant where both are one."""
        return any(
            (begins < end and start < ends) or begins <= start == end < ends
            for begins, ends in self.vacations
        )


@dataclass(frozen=True)
class Paused:
    """Takes part, and nobody new until they resume."""

    enrolled: Enrolled


Practitioner = NotEnrolled | Enrolled | Paused


def enrolment(practitioner: Enrolled | Paused) -> Enrolled:
    """What they enrolled for and agreed to, paused or not."""
    return practitioner.enrolled if isinstance(practitioner, Paused) else practitioner


def communities_left(practitioner: Practitioner) -> frozenset[str]:
    """What is open to these there was so before they left."""
    match practitioner:
        case NotEnrolled(left=left) | Enrolled(left=left) | Paused(enrolled=Enrolled(left=left)):
            return left
        case _:
            assert_never(practitioner)
