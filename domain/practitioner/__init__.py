"""A practitioner's part in same-day care: enrolled, agreeing, there or not, reached."""

from typing import assert_never

from domain.decider import Decider
from domain.practitioner import presence, reaching, taking_part
from domain.practitioner.commands import (
    AnnounceVacation,
    CancelVacation,
    Enrol,
    GiveConsent,
    GiveContacts,
    GoOffCall,
    GoOnCall,
    Leave,
    Pause,
    PractitionerCommand,
    RecordRollCall,
    Resume,
    TakePartOtherwise,
)
from domain.practitioner.delegating import as_delegated, delegating, not_in_force
from domain.practitioner.evolution import evolve
from domain.practitioner.refusals import (
    AgesCrossed,
    AlreadyEnrolledOtherwise,
    NoSuchVacation,
    NotAMember,
    NotAskedBeyondTheAgenda,
    OnCallTooLong,
    OnVacation,
    PractitionerHasLeft,
    PractitionerIsPaused,
    PractitionerNotEnrolled,
    VacationEndsBeforeItStarts,
    VacationOver,
    VacationTooLong,
)
from domain.practitioner.states import (
    Consent,
    Enrolled,
    NotEnrolled,
    Paused,
    Practitioner,
    communities_left,
    enrolment,
)
from events.practitioner import PractitionerEvent

__all__ = [
    "AgesCrossed",
    "AlreadyEnrolledOtherwise",
    "AnnounceVacation",
    "CancelVacation",
    "Consent",
    "Enrol",
    "Enrolled",
    "GiveConsent",
    "GiveContacts",
    "GoOffCall",
    "GoOnCall",
    "Leave",
    "NoSuchVacation",
    "NotAMember",
    "NotAskedBeyondTheAgenda",
    "NotEnrolled",
    "OnCallTooLong",
    "OnVacation",
    "Pause",
    "Paused",
    "Practitioner",
    "PractitionerCommand",
    "PractitionerHasLeft",
    "PractitionerIsPaused",
    "PractitionerNotEnrolled",
    "RecordRollCall",
    "Resume",
    "TakePartOtherwise",
    "VacationEndsBeforeItStarts",
    "VacationOver",
    "VacationTooLong",
    "as_delegated",
    "communities_left",
    "decide",
    "decider",
    "delegating",
    "enrolment",
    "evolve",
    "not_in_force",
]


def decide(command: PractitionerCommand, practitioner: Practitioner) -> list[PractitionerEvent]:
    match command:
        case Enrol():
            return taking_part.enrol(command, practitioner)
        case TakePartOtherwise():
            return taking_part.take_part_otherwise(command, practitioner)
        case Leave():
            return taking_part.leave(command, practitioner)
        case GiveConsent():
            return taking_part.consent(command, practitioner)
        case Pause():
            return taking_part.pause(command, practitioner)
        case Resume():
            return taking_part.resume(command, practitioner)
        case GoOnCall():
            return presence.go_on_call(command, practitioner)
        case GoOffCall():
            return presence.go_off_call(command, practitioner)
        case AnnounceVacation():
            return presence.announce(command, practitioner)
        case CancelVacation():
            return presence.cancel(command, practitioner)
        case GiveContacts():
            return reaching.give_contacts(command, practitioner)
        case RecordRollCall():
            return reaching.roll_call(command, practitioner)
        case _:
            assert_never(command)


decider: Decider[PractitionerCommand, Practitioner, PractitionerEvent] = Decider(
    NotEnrolled(), decide, evolve
)
