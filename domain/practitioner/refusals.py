"""What is against the rules for a practitioner; each docstring is what they read."""

from domain.decider import Refused


class PractitionerNotEnrolled(Refused):
    """This practitioner is not enrolled in same-day care."""

    code = "practitioner_not_enrolled"


class AlreadyEnrolledOtherwise(Refused):
    """This practitioner takes part already, as something else or elsewhere: change that instead."""

    code = "already_enrolled_otherwise"


class PractitionerHasLeft(Refused):
    """The practitioner left this community: a file does not bring them back, enrol them by name."""

    code = "practitioner_has_left"


class AgesCrossed(Refused):
    """The lowest age accepted is above the highest."""

    code = "ages_crossed"


class PractitionerIsPaused(Refused):
    """The practitioner has paused: resume first."""

    code = "practitioner_is_paused"


class OnCallTooLong(Refused):
    """Who is available at once says until when: later than now, within 24 hours."""

    code = "on_call_too_long"


class NotAskedBeyondTheAgenda(Refused):
    """Who is available at once is asked beyond the agenda: agree to that first (overbook)."""

    code = "not_asked_beyond_the_agenda"


class OnVacation(Refused):
    """The practitioner announced a vacation for that time: cancel it, or choose another."""

    code = "on_vacation"


class VacationEndsBeforeItStarts(Refused):
    """A vacation ends after it starts: that of one day on the day after."""

    code = "vacation_ends_before_it_starts"


class VacationOver(Refused):
    """This vacation would be over already."""

    code = "vacation_over"


class VacationTooLong(Refused):
    """A vacation lasts half a year at most: who is away for longer leaves, or pauses."""

    code = "vacation_too_long"


class NoSuchVacation(Refused):
    """No vacation was announced that starts then."""

    code = "no_such_vacation"


class NotAMember(Refused):
    """The practitioner is no member of this community."""

    code = "not_a_member"
