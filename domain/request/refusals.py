"""What is against the rules of a request; each docstring is what the asker reads."""

from domain.decider import Refused


class NoSuchRequest(Refused):
    """No such request was received."""

    code = "no_such_request"


class ReceivedOtherwise(Refused):
    """This request was received already, with another content."""

    code = "request_received_otherwise"


class DueBeforeReceived(Refused):
    """The visit would be due before it was asked for."""

    code = "due_before_received"


class DueInThePast(Refused):
    """The visit was due before now: the request comes too late to be served."""

    code = "due_in_the_past"


class DueTooFar(Refused):
    """Unscheduled care is care within 48 hours: this request is due later."""

    code = "due_too_far"


class AskedInTheFuture(Refused):
    """The request says it was made later than now."""

    code = "asked_in_the_future"


class NothingAsked(Refused):
    """A request names at least one profession and one way to meet."""

    code = "nothing_asked"


class WasAnEmergency(Refused):
    """The case was refused as an emergency: it is the SAMU's."""

    code = "case_was_an_emergency"


class RequestClosed(Refused):
    """The request is closed: it was handed back, withdrawn, sent elsewhere or merged."""

    code = "request_closed"


class AlreadyAssigned(Refused):
    """The request has a place already."""

    code = "already_assigned"


class NotAssigned(Refused):
    """The request has no place: there is no visit to speak of."""

    code = "not_assigned"


class AlreadyVisited(Refused):
    """The visit is over: the patient came, or did not."""

    code = "already_visited"


class VisitWasMissed(Refused):
    """The visit is told as missed: whoever was seen came, so say first that they did."""

    code = "visit_was_missed"


class NotYet(Refused):
    """Whether a patient came is said once the visit can have begun."""

    code = "not_yet"


class AnotherPlaceHeld(Refused):
    """A place is held for this request: take that one, or release it first."""

    code = "another_place_held"


class HoldTooLong(Refused):
    """A place is held for a moment: later than now, and for 15 minutes at most."""

    code = "hold_too_long"


class NotAsked(Refused):
    """This practitioner was not asked about this request."""

    code = "not_asked"


class OfferOver(Refused):
    """The offer is over: a place was found, or the request ended."""

    code = "offer_over"


class DeferredTooFar(Refused):
    """An answer that is put off comes before the request would go back to the SAS."""

    code = "deferred_too_far"


class ProposedInThePast(Refused):
    """Another time is later than now, and within 48 hours of the request."""

    code = "proposed_in_the_past"


class NotProposed(Refused):
    """This practitioner proposed no other time for the request."""

    code = "not_proposed"


class GraceOver(Refused):
    """A claim is corrected within 20 seconds: cancel the visit instead."""

    code = "grace_over"


class PlaceAfterDeadline(Refused):
    """The place given begins later than the delay now asked: keep it, or withdraw the case."""

    code = "place_after_deadline"


class NoDoctorSought(Refused):
    """The patient does not seek a treating doctor, or does not any more."""

    code = "no_doctor_sought"


class DoctorFoundAlready(Refused):
    """The patient has a treating doctor by now: somebody was faster."""

    code = "doctor_found_already"


class NothingToMergeInto(Refused):
    """A request is merged into another one of the same community, open or attended."""

    code = "nothing_to_merge_into"


class AnotherPatient(Refused):
    """Age or sex say that the other request is another patient's: withdraw this one if not."""

    code = "another_patient"


class OtherWayRound(Refused):
    """The patient knows of the place of this one: merge the other into it."""

    code = "other_way_round"
