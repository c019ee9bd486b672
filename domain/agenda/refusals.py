"""What is against the rules of an agenda; each docstring is what the practitioner reads."""

from domain.decider import Refused


class EndsBeforeItStarts(Refused):
    """A slot ends after it starts."""

    code = "ends_before_it_starts"


class CrossesTheWeek(Refused):
    """A slot lies in one week: it does not cross midnight on Sunday where care is given."""

    code = "crosses_the_week"


class AlreadyOver(Refused):
    """The slot is over already."""

    code = "already_over"


class AlreadyBegun(Refused):
    """The slot has begun: cancel each visit that cannot take place, or close what is left."""

    code = "already_begun"


class LongerThanADay(Refused):
    """A slot ends within 24 hours of its start."""

    code = "longer_than_a_day"


class OverlapsAnotherSlot(Refused):
    """The same practitioner already has a slot at that time."""

    code = "overlaps_another_slot"


class NoTimeToTravel(Refused):
    """The practitioner has a slot elsewhere, and could not be here in time."""

    code = "no_time_to_travel"


class OffTheGrid(Refused):
    """A patient beyond the agenda is given a time at a quarter of an hour."""

    code = "off_the_grid"


class SlotPublishedOtherwise(Refused):
    """A slot with this id exists already, with another content."""

    code = "slot_published_otherwise"


class SlotOpenToNobody(Refused):
    """A slot names at least one mode, one label, one community and one source."""

    code = "slot_open_to_nobody"


class HomeVisitWithoutRadius(Refused):
    """A slot for home visits says how far they go."""

    code = "home_visit_without_radius"


class NoSuchSlot(Refused):
    """This slot is not in the agenda."""

    code = "no_such_slot"


class SlotTakenBack(Refused):
    """The slot was withdrawn: publish another one."""

    code = "slot_withdrawn"


class MovesToAnotherWeek(Refused):
    """A slot moves within its week: withdraw it, and publish another one."""

    code = "moves_to_another_week"


class MovesToThePast(Refused):
    """A slot moves to a time that is to come."""

    code = "moves_to_the_past"


class NotOverYet(Refused):
    """The slot is not over."""

    code = "not_over_yet"


class PatientsThere(Refused):
    """Patients have places in this slot, or are about to: it was to be taken back only if free."""

    code = "patients_there"


class NoPlaceLeft(Refused):
    """Every place of this slot is taken."""

    code = "no_place_left"
