"""A practitioner's part in same-day care: enrolled, agreeing, paused."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain.decider import Decider, ImpossibleHistory, Refused
from events.codes import Channel, Profession, Setting, Source, Specialty
from events.practitioner import (
    Delegation,
    InCrisis,
    Overbook,
    PractitionerConsented,
    PractitionerContactsGiven,
    PractitionerEnrolled,
    PractitionerEvent,
    PractitionerOffCall,
    PractitionerOnCall,
    PractitionerPaused,
    PractitionerResumed,
    PractitionerRollCalled,
    PractitionerVacationAnnounced,
    PractitionerVacationCancelled,
)


class PractitionerNotEnrolled(Refused):
    """This practitioner is not enrolled in same-day care."""

    code = "practitioner_not_enrolled"


class AlreadyEnrolledOtherwise(Refused):
    """This practitioner is enrolled already, with another profession, setting or communities."""

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


class OnVacation(Refused):
    """The practitioner announced a vacation for that time: cancel it, or choose another."""

    code = "on_vacation"


class NotAVacation(Refused):
    """A vacation ends after it starts, is not over, and lasts half a year at most."""

    code = "not_a_vacation"


class NoSuchVacation(Refused):
    """No vacation was announced that starts then."""

    code = "no_such_vacation"


class NotAMember(Refused):
    """The practitioner is no member of this community."""

    code = "not_a_member"


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
class Enrol:
    rpps: str
    profession: Profession
    communities: tuple[str, ...]
    setting: Setting
    specialty: Specialty | None
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


@dataclass(frozen=True)
class AnnounceVacation:
    rpps: str
    start: datetime
    end: datetime
    at: datetime


@dataclass(frozen=True)
class CancelVacation:
    rpps: str
    start: datetime
    at: datetime


@dataclass(frozen=True)
class GiveContacts:
    rpps: str
    channels: tuple[Channel, ...]
    at: datetime


@dataclass(frozen=True)
class RecordRollCall:
    rpps: str
    month: str  # 2026-11
    reached: tuple[Channel, ...]
    failed: tuple[Channel, ...]
    at: datetime


PractitionerCommand = (
    Enrol
    | GiveConsent
    | Pause
    | Resume
    | GoOnCall
    | GoOffCall
    | AnnounceVacation
    | CancelVacation
    | GiveContacts
    | RecordRollCall
)


@dataclass(frozen=True)
class NotEnrolled:
    """Unknown here."""


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
        case AnnounceVacation():
            return _announce(command, practitioner)
        case CancelVacation():
            return _cancel(command, practitioner)
        case GiveContacts():
            return _give_contacts(command, practitioner)
        case RecordRollCall():
            return _roll_call(command, practitioner)
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
                    setting=command.setting,
                    specialty=command.specialty,
                    enrolled_at=command.at,
                )
            ]
        case Enrolled() | Paused():
            known = enrolment(practitioner)
            if (known.profession, known.communities, known.setting, known.specialty) == (
                command.profession,
                command.communities,
                command.setting,
                command.specialty,
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
                    in_crisis=consent.in_crisis,
                    protocols=consent.protocols,
                    new_patients=consent.new_patients,
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


LONGEST_VACATION = timedelta(days=183)


def _announce(command: AnnounceVacation, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused():
            length = command.end - command.start
            if not timedelta() < length <= LONGEST_VACATION or command.end <= command.at:
                raise NotAVacation(command.rpps)
            if (command.start, command.end) in enrolment(practitioner).vacations:
                return []
            return [
                PractitionerVacationAnnounced(
                    rpps=command.rpps,
                    start=command.start,
                    end=command.end,
                    announced_at=command.at,
                )
            ]
        case _:
            assert_never(practitioner)


def _cancel(command: CancelVacation, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused():
            if all(start != command.start for start, _ in enrolment(practitioner).vacations):
                raise NoSuchVacation(command.rpps)
            return [
                PractitionerVacationCancelled(
                    rpps=command.rpps, start=command.start, cancelled_at=command.at
                )
            ]
        case _:
            assert_never(practitioner)


def _give_contacts(command: GiveContacts, practitioner: Practitioner) -> list[PractitionerEvent]:
    """Said again with the same channels it is said again: an address may be another."""
    if isinstance(practitioner, NotEnrolled):
        raise PractitionerNotEnrolled(command.rpps)
    return [
        PractitionerContactsGiven(rpps=command.rpps, channels=command.channels, given_at=command.at)
    ]


def _roll_call(command: RecordRollCall, practitioner: Practitioner) -> list[PractitionerEvent]:
    if isinstance(practitioner, NotEnrolled):
        raise PractitionerNotEnrolled(command.rpps)
    if enrolment(practitioner).roll_called == command.month:
        return []
    return [
        PractitionerRollCalled(
            rpps=command.rpps,
            month=command.month,
            reached=command.reached,
            failed=command.failed,
            called_at=command.at,
        )
    ]


def enrolment(practitioner: Enrolled | Paused) -> Enrolled:
    """What they enrolled for and agreed to, paused or not."""
    return practitioner.enrolled if isinstance(practitioner, Paused) else practitioner


def evolve(practitioner: Practitioner, event: PractitionerEvent) -> Practitioner:
    match event:
        case PractitionerEnrolled():
            return Enrolled(event.profession, event.communities, event.setting, event.specialty)
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
                practitioner, event, lambda known: replace(known, channels=channels)
            )
        case PractitionerRollCalled(month=month):
            return _paused_or_not(
                practitioner, event, lambda known: replace(known, roll_called=month)
            )
        case _:
            assert_never(event)
    raise ImpossibleHistory(event.name, practitioner)


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


decider: Decider[PractitionerCommand, Practitioner, PractitionerEvent] = Decider(
    NotEnrolled(), decide, evolve
)
