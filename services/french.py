"""Moments, as people read them in France."""

from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def moment(at: datetime, zone: str) -> str:
    """`lundi 23/11 à 14:05`, as it is there."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{_DAYS[local.weekday()]} {local:%d/%m} à {local:%H:%M}"
