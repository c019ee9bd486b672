"""A practitioner's part in same-day care: enrolled, agreeing, paused."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from domain.decider import Decider, ImpossibleHistory, Refused
from events.codes import Profession, Source
from events.practitioner import (
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerEvent,
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


class NotAMember(Refused):
    """The practitioner is no member of this community."""

    code = "not_a_member"


@dataclass(frozen=True)
class Consent:
    """To whom, how much and for which patients: data of the practitioner."""

    sources: tuple[Source, ...]
    weekly_cap: int | None = None  # places taken in an ISO week, over all slots
    min_age: int | None = None
    max_age: int | None = None
    excluded_motives: tuple[str, ...] = ()


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


PractitionerCommand = Enrol | GiveConsent | Pause | Resume


@dataclass(frozen=True)
class NotEnrolled:
    """Unknown here."""


@dataclass(frozen=True)
class Enrolled:
    """Takes part; without a consent, takes nobody yet."""

    profession: Profession
    communities: tuple[str, ...]
    consent: Consent | None = None


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
