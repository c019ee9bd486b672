"""What a practitioner is after each thing that happens to them."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from domain.decider import ImpossibleHistory
from domain.practitioner.states import (
    Consent,
    Enrolled,
    NotEnrolled,
    Paused,
    Practitioner,
    enrolment,
)
from events.practitioner import (
    PractitionerConsented,
    PractitionerContactsGiven,
    PractitionerEnrolled,
    PractitionerEvent,
    PractitionerLeft,
    PractitionerOffCall,
    PractitionerOnCall,
    PractitionerPaused,
    PractitionerResumed,
    PractitionerRollCalled,
    PractitionerVacationAnnounced,
    PractitionerVacationCancelled,
)


def evolve(practitioner: Practitioner, event: PractitionerEvent) -> Practitioner:
    match event:
        case PractitionerEnrolled():
            return _enrolled(practitioner, event)
        case PractitionerLeft(still_in=()):
            if not isinstance(practitioner, NotEnrolled):
                return NotEnrolled(enrolment(practitioner).left | {*event.communities})
        case PractitionerLeft(still_in=communities):
            return _paused_or_not(
                practitioner,
                event,
                lambda known: replace(
                    known, communities=communities, left=known.left | {*event.communities}
                ),
            )
        case PractitionerConsented():
            return _with_consent(practitioner, event)
        case PractitionerPaused():
            if isinstance(practitioner, Enrolled):
                return Paused(practitioner)
        case PractitionerResumed():
            if isinstance(practitioner, Paused):
                return practitioner.enrolled
        case PractitionerOnCall():
            if isinstance(practitioner, Enrolled):
                return replace(practitioner, on_call_until=event.until)
        case PractitionerOffCall():
            return _paused_or_not(
                practitioner, event, lambda known: replace(known, on_call_until=None)
            )
        case PractitionerVacationAnnounced(start=start, end=end):
            return _paused_or_not(
                practitioner,
                event,
                lambda known: replace(known, vacations=known.vacations | {(start, end)}),
            )
        case PractitionerVacationCancelled(start=start):
            return _paused_or_not(
                practitioner,
                event,
                lambda known: replace(
                    known, vacations=frozenset(v for v in known.vacations if v[0] != start)
                ),
            )
        case PractitionerContactsGiven(channels=channels):
            return _paused_or_not(
                practitioner,
                event,
                lambda known: replace(known, channels=channels, roll_called=None),
            )
        case PractitionerRollCalled(month=month):
            return _paused_or_not(
                practitioner, event, lambda known: replace(known, roll_called=month)
            )
        case _:
            assert_never(event)
    raise ImpossibleHistory(event.name, practitioner)


def _enrolled(practitioner: Practitioner, event: PractitionerEnrolled) -> Practitioner:
    """For the first time, or otherwise: what they agreed to stays."""
    as_what = Enrolled(event.profession, event.communities, event.setting, event.specialty)
    match practitioner:
        case NotEnrolled(left=left):
            return replace(as_what, left=left - {*event.communities})
        case Enrolled() | Paused():
            return _paused_or_not(
                practitioner,
                event,
                lambda known: replace(
                    known,
                    profession=as_what.profession,
                    communities=as_what.communities,
                    setting=as_what.setting,
                    specialty=as_what.specialty,
                    left=known.left - {*as_what.communities},
                ),
            )
        case _:
            assert_never(practitioner)


def _paused_or_not(
    practitioner: Practitioner, event: PractitionerEvent, change: Callable[[Enrolled], Enrolled]
) -> Practitioner:
    match practitioner:
        case Enrolled():
            return change(practitioner)
        case Paused(enrolled):
            return Paused(change(enrolled))
        case NotEnrolled():
            raise ImpossibleHistory(event.name, practitioner)
        case _:
            assert_never(practitioner)


def _with_consent(practitioner: Practitioner, event: PractitionerConsented) -> Practitioner:
    consent = Consent(
        sources=event.sources,
        weekly_cap=event.weekly_cap,
        min_age=event.min_age,
        max_age=event.max_age,
        excluded_motives=event.excluded_motives,
        daily_cap=event.daily_cap,
        overbook=event.overbook,
        in_crisis=event.in_crisis,
        protocols=event.protocols,
        new_patients=event.new_patients,
    )
    return _paused_or_not(practitioner, event, lambda known: replace(known, consent=consent))
