"""Free times of an agenda, and why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.decider import Refused
from events.codes import Label, Mode


class NotAnAgenda(Refused):
    """This is no iCalendar (RFC 5545), and no FHIR Bundle of Slots either."""

    code = "not_an_agenda"


class SomebodyElses(Refused):
    """The agenda is another practitioner's."""

    code = "somebody_elses_agenda"


class TooMuchTime(Refused):
    """There are more than a thousand free times in it: say fewer days."""

    code = "too_large"


@dataclass(frozen=True)
class FreeTime:
    """When somebody may come, and how, where it is said."""

    start: datetime
    end: datetime
    modes: Sequence[Mode] = ()
    labels: Sequence[Label] = ()


@dataclass(frozen=True)
class Agenda:
    """What was found, and how many events were no free time."""

    free: Sequence[FreeTime]
    skipped: int
