"""Moments and lengths of time, as people read them, in French and English."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.console.languages import Language
from services.reports.because import clock

_DAYS = {
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_HOUR = timedelta(hours=1)


def when(at: datetime, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """Today the hour alone; else `jeu. 26/11, 14 h 05`, `Thu 26/11, 14:05`."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    told = clock(at, zone, language)
    if local.date() == today:
        return told
    return f"{_DAYS[language][local.weekday()]} {local:%d/%m}, {told}"


def lasting(span: timedelta) -> str:
    """`1 h 25`, `12 min`: the same in both languages; what is over is `0 min`."""
    minutes = max(int(span.total_seconds() // 60), 0)
    if span < _HOUR:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02}"
