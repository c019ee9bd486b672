"""Why a slot may not serve a request.

A reason is a refusal class: the same words answer the regulator who chose the slot and explain why
the matching left it aside.
"""

from domain.decider import Refused


class NotThisCommunity(Refused):
    """The slot is not open to this community."""

    code = "not_this_community"


class NotThisSource(Refused):
    """The slot is not open to whoever asks."""

    code = "not_this_source"


class NotThisProfession(Refused):
    """The request asks for another profession."""

    code = "not_this_profession"


class NotThisStep(Refused):
    """A later step of the community's ladder reaches it, and the request is not there."""

    code = "not_this_step"


class NotThisSpecialty(Refused):
    """The step of the ladder is for another specialty."""

    code = "not_this_specialty"


class NotTheTreatingDoctor(Refused):
    """The patient's treating doctor is asked first."""

    code = "not_the_treating_doctor"


class KeptForACrisis(Refused):
    """The slot is kept for a crisis, and there is none."""

    code = "kept_for_a_crisis"


class NotInTheProtocol(Refused):
    """The practitioner is not enrolled in the protocol that would allow it."""

    code = "not_in_the_protocol"


class NoConsent(Refused):
    """The practitioner does not agree to be sent patients by whoever asks."""

    code = "no_consent"


class PractitionerAway(Refused):
    """The practitioner has paused, or is on vacation."""

    code = "practitioner_paused"


class WeeklyCapReached(Refused):
    """The practitioner has had the patients agreed for this week."""

    code = "weekly_cap_reached"


class DailyCapReached(Refused):
    """The practitioner has had the patients agreed for this day."""

    code = "daily_cap_reached"


class OutsideAgeLimits(Refused):
    """The practitioner does not see patients of this age."""

    code = "outside_age_limits"


class MotiveExcluded(Refused):
    """The practitioner does not see patients for this reason."""

    code = "motive_excluded"


class LostBefore(Refused):
    """The patient had a place here, and it was cancelled."""

    code = "place_lost_before"


class RefusedBefore(Refused):
    """The practitioner was asked about this patient, and does not see them."""

    code = "refused_before"


class VisitsTooFarApart(Refused):
    """The practitioner could not come from another visit, or go on to it, in time."""

    code = "visits_too_far_apart"


class StartsAfterDue(Refused):
    """The slot starts after the visit is due."""

    code = "starts_after_due"


class StartsTooSoon(Refused):
    """The patient cannot be there when the slot starts."""

    code = "starts_too_soon"


class NotThisWay(Refused):
    """The slot does not offer a way to meet that was asked for."""

    code = "not_this_way"


class TooFar(Refused):
    """The place is farther than the patient, or the practitioner, can go."""

    code = "too_far"
