"""A practitioner's part in same-day care: enrolled, agreeing, paused."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain.decider import Decider, ImpossibleHistory, Refused
from events.codes import Profession, Source
from events.practitioner import (
    Overbook,
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerEvent,
    PractitionerOffCall,
    PractitionerOnCall,
    PractitionerPaused,
    PractitionerResumed,
)


class PractitionerNotEnrolled(Refused):
    """This practitioner is not enrolled in same-day care."""

    code = "practitioner_not_enrolled"


class AlreadyEnrolledOtherwise(Refused):
    """This practitioner is enrolled already, with another profession or other communities."""

    code = "already_enrolled_otherwise"


class AgesCrossed(Refused):
    """The lowest age accepted is above the highest."""

    code = "ages_crossed"


class PractitionerIsPaused(Refused):
    """The practitioner has paused: resume first."""

    code = "practitioner_is_paused"


class OnCallTooLong(Refused):
    """Who is available at once says until when: later than now, within 24 hours."""

    code = "on_call_too_long"


class NotAMember(Refused):
    """The practitioner is no member of this community."""

    code = "not_a_member"


@dataclass(frozen=True)
class Consent:
    """To whom, how much and for which patients: data of the practitioner."""

    sources: tuple[Source, ...]
    weekly_cap: int | None = None  # places taken in an ISO week, over all slots
    daily_cap: int | None = None  # places taken in a day where care is given, over all slots
    min_age: int | None = None
    max_age: int | None = None
    excluded_motives: tuple[str, ...] = ()
    overbook: Overbook | None = None  # None: is never asked to see patients beyond the agenda


@dataclass(frozen=True)
class Enrol:
    rpps: str
    profession: Profession
    communities: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class GiveConsent:
    rpps: str
    consent: Consent
    at: datetime


@dataclass(frozen=True)
class Pause:
    rpps: str
    at: datetime


@dataclass(frozen=True)
class Resume:
    rpps: str
    at: datetime


@dataclass(frozen=True)
class GoOnCall:
    rpps: str
    until: datetime
    at: datetime


@dataclass(frozen=True)
class GoOffCall:
    rpps: str
    at: datetime


PractitionerCommand = Enrol | GiveConsent | Pause | Resume | GoOnCall | GoOffCall


@dataclass(frozen=True)
class NotEnrolled:
    """Unknown here."""


@dataclass(frozen=True)
class Enrolled:
    """Takes part; without a consent, takes nobody yet."""

    profession: Profession
    communities: tuple[str, ...]
    consent: Consent | None = None
    on_call_until: datetime | None = None

    def is_on_call(self, now: datetime) -> bool:
        """Whether they are available at once."""
        return self.on_call_until is not None and now < self.on_call_until


@dataclass(frozen=True)
class Paused:
    """Takes part, and nobody new until they resume."""

    enrolled: Enrolled


Practitioner = NotEnrolled | Enrolled | Paused


def decide(command: PractitionerCommand, practitioner: Practitioner) -> list[PractitionerEvent]:
    match command:
        case Enrol():
            return _enrol(command, practitioner)
        case GiveConsent():
            return _consent(command, practitioner)
        case Pause():
            return _pause(command, practitioner)
        case Resume():
            return _resume(command, practitioner)
        case GoOnCall():
            return _go_on_call(command, practitioner)
        case GoOffCall():
            return _go_off_call(command, practitioner)
        case _:
            assert_never(command)


def _enrol(command: Enrol, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            return [
                PractitionerEnrolled(
                    rpps=command.rpps,
                    profession=command.profession,
                    communities=command.communities,
                    enrolled_at=command.at,
                )
            ]
        case Enrolled() | Paused():
            enrolled = enrolment(practitioner)
            if (enrolled.profession, enrolled.communities) == (
                command.profession,
                command.communities,
            ):
                return []
            raise AlreadyEnrolledOtherwise(command.rpps)
        case _:
            assert_never(practitioner)


def _consent(command: GiveConsent, practitioner: Practitioner) -> list[PractitionerEvent]:
    consent = command.consent
    if (
        consent.min_age is not None
        and consent.max_age is not None
        and consent.min_age > consent.max_age
    ):
        raise AgesCrossed(consent.min_age, consent.max_age)
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused() if enrolment(practitioner).consent == consent:
            return []
        case Enrolled() | Paused():
            return [
                PractitionerConsented(
                    rpps=command.rpps,
                    sources=consent.sources,
                    weekly_cap=consent.weekly_cap,
                    min_age=consent.min_age,
                    max_age=consent.max_age,
                    excluded_motives=consent.excluded_motives,
                    daily_cap=consent.daily_cap,
                    overbook=consent.overbook,
                    consented_at=command.at,
                )
            ]
        case _:
            assert_never(practitioner)


def _pause(command: Pause, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled():
            return [PractitionerPaused(rpps=command.rpps, paused_at=command.at)]
        case Paused():
            return []
        case _:
            assert_never(practitioner)


def _resume(command: Resume, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled():
            return []
        case Paused():
            return [PractitionerResumed(rpps=command.rpps, resumed_at=command.at)]
        case _:
            assert_never(practitioner)


LONGEST_ON_CALL = timedelta(hours=24)


def _go_on_call(command: GoOnCall, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Paused():
            raise PractitionerIsPaused(command.rpps)
        case Enrolled(on_call_until=known):
            if known == command.until:
                return []
            if not command.at < command.until <= command.at + LONGEST_ON_CALL:
                raise OnCallTooLong(command.rpps)
            return [
                PractitionerOnCall(rpps=command.rpps, until=command.until, on_call_at=command.at)
            ]
        case _:
            assert_never(practitioner)


def _go_off_call(command: GoOffCall, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused():
            if enrolment(practitioner).on_call_until is None:
                return []
            return [PractitionerOffCall(rpps=command.rpps, off_call_at=command.at)]
        case _:
            assert_never(practitioner)


def enrolment(practitioner: Enrolled | Paused) -> Enrolled:
    """What they enrolled for and agreed to, paused or not."""
    return practitioner.enrolled if isinstance(practitioner, Paused) else practitioner


def evolve(practitioner: Practitioner, event: PractitionerEvent) -> Practitioner:
    match event:
        case PractitionerEnrolled():
            return Enrolled(event.profession, event.communities)
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
            match practitioner:
                case Enrolled():
                    return replace(practitioner, on_call_until=None)
                case Paused(enrolled):
                    return Paused(replace(enrolled, on_call_until=None))
                case NotEnrolled():
                    pass
                case _:
                    assert_never(practitioner)
        case _:
            assert_never(event)
    raise ImpossibleHistory(event.name, practitioner)


def _with_consent(practitioner: Practitioner, event: PractitionerConsented) -> Practitioner:
    consent = Consent(
        sources=event.sources,
        weekly_cap=event.weekly_cap,
        min_age=event.min_age,
        max_age=event.max_age,
        excluded_motives=event.excluded_motives,
        daily_cap=event.daily_cap,
        overbook=event.overbook,
    )
    match practitioner:
        case Enrolled():
            return replace(practitioner, consent=consent)
        case Paused(enrolled):
            return Paused(replace(enrolled, consent=consent))
        case NotEnrolled():
            raise ImpossibleHistory(event.name, practitioner)
        case _:
            assert_never(practitioner)


decider: Decider[PractitionerCommand, Practitioner, PractitionerEvent] = Decider(
    NotEnrolled(), decide, evolve
)
