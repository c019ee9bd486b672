"""Public holidays of a département, so that the rules can be told whose hours it is."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from domain.community import Formed
from domain.opening_hours import Calendar, next_turn, period_at
from events.codes import Period
from events.community import OutOfHours

_SUBDIVISIONS = {
    "57": "57",  # Alsace-Moselle: Good Friday and 26 December (local law)
    "67": "6AE",
    "68": "6AE",
    "971": "971",  # overseas: the abolition of slavery, at a day of each one's own
    "972": "972",
    "973": "973",
    "974": "974",
    "976": "976",
    "975": "PM",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
"""Département → what the `holidays` package calls the part of France with holidays of its own."""

_TIME_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",  # that of nine in ten; the Marquesas are half an hour ahead
    "988": "Pacific/Noumea",
}
"""Départements overseas by the zone of their clocks (IANA); all others have that of Paris."""

_SCHOOL_ZONES = {
    "Zone A": (
        "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40"
        " 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90"
    ),
    "Zone C": "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
}
"""Départements by zone of the school calendar; all others of the mainland are zone B."""

_AROUND = timedelta(days=14)  # the turn of hours is looked for so far ahead, a bridge so far back


class Hours(NamedTuple):
    """Whose hours it is, and until when."""

    period: Period
    until: datetime


def zone_of(departement: str) -> str:
    """Whose clocks a département goes by."""
    return _TIME_ZONES.get(departement, "Europe/Paris")


def hours_at(formed: Formed, now: datetime) -> Hours:
    """Where the community is: computed once a minute, for every request is asked about."""
    minute = now.replace(second=0, microsecond=0)  # hours turn on the minute
    return _hours(formed.zone, formed.departement, formed.out_of_hours, minute)


@lru_cache(maxsize=4096)
def _hours(zone: str, departement: str, chosen: OutOfHours, minute: datetime) -> Hours:
    years = frozenset({(minute - _AROUND).year, minute.year, (minute + _AROUND).year})
    calendar = Calendar(zone, holidays_in(departement, years), chosen)
    return Hours(period_at(minute, calendar), next_turn(minute, calendar))


@lru_cache(maxsize=512)
def school_holidays_in(departement: str, year: int) -> frozenset[date]:
    """Days without school there; none where the calendar of the year is not known."""
    from holidays import country_holidays  # noqa: PLC0415 takes a while: when first asked

    zone = next(
        (zone for zone, there in _SCHOOL_ZONES.items() if departement in there.split()), "Zone B"
    )
    return frozenset(country_holidays("FR", subdiv=zone, years=year, categories=("school",)))


@lru_cache(maxsize=512)
def holidays_in(departement: str, years: frozenset[int]) -> frozenset[date]:
    """Public holidays of these years there."""
    from holidays import country_holidays  # noqa: PLC0415 takes a while: when first asked

    part = _SUBDIVISIONS.get(departement)
    return frozenset(country_holidays("FR", subdiv=part, years=sorted(years)))
