"""Days and half-days, where the care is: a day has 23 or 25 hours when the clocks change."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

USUAL_ZONE = "Europe/Paris"  # of a case where no community is
MORNING, AFTERNOON = "AM", "PM"
_AFTERNOON_BEGINS = 13  # o'clock: consultations pause for lunch before it

_zone = cache(ZoneInfo)


def day_of(instant: datetime, zone: str) -> date:
    """The day it is there."""
    return instant.astimezone(_zone(zone)).date()


def half_day_of(instant: datetime, zone: str) -> str:
    """Before 13:00 there, or after."""
    return MORNING if instant.astimezone(_zone(zone)).hour < _AFTERNOON_BEGINS else AFTERNOON
