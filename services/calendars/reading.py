"""Free times in what a practitioner's software exports: iCalendar, or FHIR Slots.

Of strangers' text, by parsers that keep time zones for good and follow any rule for as long as it
takes: `apart` reads it in a process of its own.

Of an iCalendar, what is free time there: transparent events, those of the category SNP, and
VFREEBUSY of type FREE. What is busy is somebody's appointment: it is skipped, unread.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import recurring_ical_events
from fhir.resources.R4B.bundle import Bundle
from icalendar import Calendar, Component
from pydantic import ValidationError

from domain.decider import Refused
from events.codes import Label, Mode
from services.calendars.free_times import Agenda, FreeTime, NotAnAgenda, SomebodyElses, TooMuchTime
from services.fhir import codes

MOST = 1000  # free times in one agenda
_CATEGORY = "SNP"
_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}  # no rule of an agenda, and endless work
_OURS = "@snp-dispatch"  # our own feed, read back: what it says was said here
_DAY = timedelta(days=1)


def from_ical(body: bytes, since: datetime, until: datetime, zone: ZoneInfo) -> Agenda:
    """Free times that begin between the two. Raises NotAnAgenda, TooMuchTime."""
    try:
        calendar = Calendar.from_ical(body)
        every = list(islice(_occurrences(calendar, since, until), MOST + 1))
        busy = [one for one in every if not _is_free(one)]
        free = [_time(one, zone) for one in every if _is_free(one)]
        periods = list(islice(_periods(calendar, zone), MOST + 1))
    except Refused:
        raise
    except Exception as malformed:  # whatever a parser of untrusted text raises
        raise NotAnAgenda from malformed
    found = [one for one in [*free, *periods] if one is not None and since <= one.start < until]
    if len(every) > MOST or len(found) > MOST:
        raise TooMuchTime
    return Agenda(_sorted(found), len(busy) + sum(one is None for one in free))


def from_fhir(body: bytes, rpps: str, since: datetime, until: datetime) -> Agenda:
    """Slots that are free. Raises NotAnAgenda, SomebodyElses, TooMuchTime."""
    try:
        bundle = Bundle.model_validate(orjson.loads(body))
    except (ValidationError, ValueError, LookupError, TypeError, AttributeError) as malformed:
        raise NotAnAgenda from malformed
    resources: list[Any] = [one.resource for one in bundle.entry or () if one.resource is not None]
    numbers = {
        codes.without_prefix(str(identifier.value))
        for one in resources
        if one.get_resource_type() == "Practitioner"
        for identifier in one.identifier or ()
        if identifier.system == codes.PERSON
    }
    if numbers - {rpps}:
        raise SomebodyElses
    slots = [one for one in resources if one.get_resource_type() == "Slot"]
    free = [one for one in slots if one.status == "free"]
    if any(not _has_zone(one.start) or not _has_zone(one.end) for one in free):
        raise NotAnAgenda
    found = [FreeTime(one.start, one.end, tuple(_modes(one)), tuple(_labels(one))) for one in free]
    found = [one for one in found if since <= one.start < until]
    if len(found) > MOST:
        raise TooMuchTime
    return Agenda(_sorted(found), len(slots) - len(free))


def _has_zone(at: datetime | None) -> bool:
    return at is not None and at.tzinfo is not None


def _occurrences(calendar: Component, since: datetime, until: datetime) -> Iterator[Component]:
    for event in calendar.walk("VEVENT"):
        rule = event.get("RRULE")
        rules = rule if isinstance(rule, list) else [rule] if rule else []
        if any(_TOO_OFTEN & {str(one) for one in each.get("FREQ", ())} for each in rules):
            raise TooMuchTime
    # A day to both sides: a time without a zone is looked at as if it were of Greenwich.
    yield from recurring_ical_events.of(calendar).between(since - _DAY, until + _DAY)


def _is_free(event: Component) -> bool:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return False
    if str(event.get("UID", "")).endswith(_OURS):
        return False
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return True
    return _CATEGORY in {one.upper() for one in _categories(event)}


def _categories(event: Component) -> Iterable[str]:
    said = event.get("CATEGORIES", ())
    for one in said if isinstance(said, list) else [said]:
        yield from map(str, getattr(one, "cats", ()))


def _time(event: Any, zone: ZoneInfo) -> FreeTime | None:
    """None for a whole day: it says nothing of when somebody may come."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return None
    return FreeTime(_instant(start, zone), _instant(end, zone))


def _periods(calendar: Component, zone: ZoneInfo) -> Iterator[FreeTime]:
    """Of VFREEBUSY, what is said to be free."""
    for one in calendar.walk("VFREEBUSY"):
        said = one.get("FREEBUSY", ())
        for period in said if isinstance(said, list) else [said]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() == "FREE":
                for start, end in _pairs(period):
                    yield FreeTime(_instant(start, zone), _instant(end, zone))


def _pairs(period: Any) -> Iterator[tuple[datetime, datetime]]:
    listed = getattr(period, "dts", None)
    for one in [item.dt for item in listed] if listed else [(period.start, period.end)]:
        start, end = one
        yield start, end if isinstance(end, datetime) else start + end


def _instant(at: date, zone: ZoneInfo) -> datetime:
    """A time without a zone is of where they are."""
    assert isinstance(at, datetime)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _modes(slot: Any) -> Iterator[Mode]:
    for concept in slot.serviceType or ():
        for coding in concept.coding or ():
            if coding.system == codes.CONSULTATION and coding.code in set(Mode):
                yield Mode(coding.code)


def _labels(slot: Any) -> Iterator[Label]:
    for coding in (slot.meta.security if slot.meta else None) or ():
        if coding.system == codes.SLOT_TYPE and coding.code in set(Label):
            yield Label(coding.code)


def _sorted(found: Iterable[FreeTime]) -> list[FreeTime]:
    once = {(one.start, one.end): one for one in found}
    return [once[key] for key in sorted(once)]
