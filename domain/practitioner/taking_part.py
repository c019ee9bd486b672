"""Enrolled, agreeing, paused, back, and gone."""

from typing import assert_never

from domain.practitioner.commands import (
    Enrol,
    GiveConsent,
    Leave,
    Pause,
    Resume,
    TakePartOtherwise,
)
from domain.practitioner.refusals import (
    AgesCrossed,
    AlreadyEnrolledOtherwise,
    NotAMember,
    PractitionerNotEnrolled,
)
from domain.practitioner.states import Enrolled, NotEnrolled, Paused, Practitioner, enrolment
from events.practitioner import (
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerEvent,
    PractitionerLeft,
    PractitionerPaused,
    PractitionerResumed,
)


def enrol(command: Enrol, practitioner: Practitioner) -> list[PractitionerEvent]:
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
            as_before = (known.profession, known.setting, known.specialty) == (
                command.profession,
                command.setting,
                command.specialty,
            )
            if as_before and set(command.communities) <= set(known.communities):
                return []
            raise AlreadyEnrolledOtherwise(command.rpps)
        case _:
            assert_never(practitioner)


def take_part_otherwise(
    command: TakePartOtherwise, practitioner: Practitioner
) -> list[PractitionerEvent]:
    """Elsewhere, or in more communities; what they agreed to stays."""
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused():
            known = enrolment(practitioner)
            member_of = tuple(dict.fromkeys((*known.communities, *command.joins)))
            if (known.communities, known.setting, known.specialty) == (
                member_of,
                command.setting,
                command.specialty,
            ):
                return []
            return [
                PractitionerEnrolled(
                    rpps=command.rpps,
                    profession=known.profession,
                    communities=member_of,
                    setting=command.setting,
                    specialty=command.specialty,
                    enrolled_at=command.at,
                )
            ]
        case _:
            assert_never(practitioner)


def leave(command: Leave, practitioner: Practitioner) -> list[PractitionerEvent]:
    """Some of their communities, or all. Raises NotAMember of one they are not in."""
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled() | Paused():
            member_of = enrolment(practitioner).communities
            left = command.communities or member_of
            if not set(left) <= set(member_of):
                raise NotAMember(command.rpps)
            return [
                PractitionerLeft(
                    rpps=command.rpps,
                    communities=left,
                    still_in=tuple(finess for finess in member_of if finess not in left),
                    left_at=command.at,
                )
            ]
        case _:
            assert_never(practitioner)


def consent(command: GiveConsent, practitioner: Practitioner) -> list[PractitionerEvent]:
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


def pause(command: Pause, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled():
            return [PractitionerPaused(rpps=command.rpps, paused_at=command.at)]
        case Paused():
            return []
        case _:
            assert_never(practitioner)


def resume(command: Resume, practitioner: Practitioner) -> list[PractitionerEvent]:
    match practitioner:
        case NotEnrolled():
            raise PractitionerNotEnrolled(command.rpps)
        case Enrolled():
            return []
        case Paused():
            return [PractitionerResumed(rpps=command.rpps, resumed_at=command.at)]
        case _:
            assert_never(practitioner)
