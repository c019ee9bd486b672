"""Available at once, or on vacation."""

from datetime import timedelta
from typing import assert_never

from domain.practitioner.commands import AnnounceVacation, CancelVacation, GoOffCall, GoOnCall
from domain.practitioner.refusals import (
    NoSuchVacation,
    NotAskedBeyondTheAgenda,
    OnCallTooLong,
    PractitionerIsPaused,
    PractitionerNotEnrolled,
    VacationEndsBeforeItStarts,
    VacationOver,
    VacationTooLong,
)
from domain.practitioner.states import Enrolled, NotEnrolled, Paused, Practitioner, enrolment
from events.practitioner import (
    PractitionerEvent,
    PractitionerOffCall,
    PractitionerOnCall,
    PractitionerVacationAnnounced,
    PractitionerVacationCancelled,
)

LONGEST_ON_CALL = timedelta(hours=24)


def go_on_call(command: GoOnCall, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Paused():
            raise PractitionerIsPaused(command.rpps)
        case Enrolled(on_call_until=known, consent=consent):
            if known == command.until:
                return []
            if consent is None or consent.overbook is None:
                raise NotAskedBeyondTheAgenda(command.rpps)
            if not command.at < command.until <= command.at + LONGEST_ON_CALL:
                raise OnCallTooLong(command.rpps)
            return [
                PractitionerOnCall(rpps=command.rpps, until=command.until, on_call_at=command.at)
            ]
        case _:
            assert_never(practitioner)


def go_off_call(command: GoOffCall, practitioner: Practitioner) -> list[PractitionerEvent]:
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


def announce(command: AnnounceVacation, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused():
            if command.end <= command.start:
                raise VacationEndsBeforeItStarts(command.rpps)
            if command.end <= command.at:
                raise VacationOver(command.rpps)
            if command.end - command.start > LONGEST_VACATION:
                raise VacationTooLong(command.rpps)
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


def cancel(command: CancelVacation, practitioner: Practitioner) -> list[PractitionerEvent]:
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
