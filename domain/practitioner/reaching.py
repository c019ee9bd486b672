"""By what they are reached, and whether it works."""

from domain.practitioner.commands import GiveContacts, RecordRollCall
from domain.practitioner.refusals import PractitionerNotEnrolled
from domain.practitioner.states import NotEnrolled, Practitioner, enrolment
from events.practitioner import (
    PractitionerContactsGiven,
    PractitionerEvent,
    PractitionerRollCalled,
)


def give_contacts(command: GiveContacts, practitioner: Practitioner) -> list[PractitionerEvent]:
    """Said again with the same channels it is said again: an address may be another."""
    if isinstance(practitioner, NotEnrolled):
        raise PractitionerNotEnrolled(command.rpps)
    return [
        PractitionerContactsGiven(rpps=command.rpps, channels=command.channels, given_at=command.at)
    ]


def roll_call(command: RecordRollCall, practitioner: Practitioner) -> list[PractitionerEvent]:
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
