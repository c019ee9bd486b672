"""A request for same-day care, from the call to the visit or back to the SAS."""

from typing import assert_never

from domain.decider import Decider
from domain.request import closing, holding, offers, receiving, searching, visit
from domain.request.commands import (
    AgreeDeadline,
    Assign,
    BecomeTreatingDoctor,
    CancelVisit,
    ClaimOffer,
    ConfirmVisit,
    DeferOffer,
    EndDoctorSearch,
    EndHold,
    ErasePatient,
    Escalate,
    HandBackRequest,
    HoldForRequest,
    KeepSearching,
    LapseOffers,
    Merge,
    NoteReceipt,
    OfferRequest,
    ProposeTime,
    RateVisit,
    ReceiveRequest,
    RecordAttendance,
    RecordOutcome,
    RefuseAsEmergency,
    RefuseOffer,
    ReleaseMembers,
    Reorient,
    RequestCommand,
    SeekDoctor,
    StopAsking,
    Unassign,
    Withdraw,
)
from domain.request.evolution import evolve
from domain.request.reach import FOOT_REACH, GRADED, Reach
from domain.request.receiving import (
    LONGEST_DELAY,
    USUAL_DELAY,
    Likeness,
    is_emergency,
    may_be_of,
    may_become_an_emergency,
    of_one_age,
)
from domain.request.refusals import (
    AlreadyAssigned,
    AlreadyVisited,
    AnotherPatient,
    AnotherPlaceHeld,
    AskedInTheFuture,
    DeferredTooFar,
    DoctorFoundAlready,
    DueBeforeReceived,
    DueInThePast,
    DueTooFar,
    GraceOver,
    HoldTooLong,
    NoDoctorSought,
    NoSuchRequest,
    NotAsked,
    NotAssigned,
    NothingAsked,
    NothingToMergeInto,
    NotProposed,
    NotYet,
    OfferOver,
    OtherWayRound,
    PlaceAfterDeadline,
    ProposedInThePast,
    ReceivedOtherwise,
    RequestClosed,
    VisitWasMissed,
    WasAnEmergency,
)
from domain.request.searching import (
    FIRST_OWNER,
    MEMBERS,
    PARTNERS,
    REGULATOR_ASKED,
    TREATING_DOCTOR,
)
from domain.request.states import (
    FOOT,
    Accepted,
    Assigned,
    Closed,
    Declined,
    Emergency,
    Found,
    NotFound,
    NotReceived,
    Offer,
    Pending,
    Proposed,
    Request,
    Sought,
    Unanswered,
    Visited,
    Waiting,
    agenda_of,
    is_erased,
    place_of,
    received_of,
    refusal_of,
)
from events.request import RequestEvent

__all__ = [
    "FIRST_OWNER",
    "FOOT",
    "FOOT_REACH",
    "GRADED",
    "LONGEST_DELAY",
    "MEMBERS",
    "PARTNERS",
    "REGULATOR_ASKED",
    "TREATING_DOCTOR",
    "USUAL_DELAY",
    "Accepted",
    "AgreeDeadline",
    "AlreadyAssigned",
    "AlreadyVisited",
    "AnotherPatient",
    "AnotherPlaceHeld",
    "AskedInTheFuture",
    "Assign",
    "Assigned",
    "BecomeTreatingDoctor",
    "CancelVisit",
    "ClaimOffer",
    "Closed",
    "ConfirmVisit",
    "Declined",
    "DeferOffer",
    "DeferredTooFar",
    "DoctorFoundAlready",
    "DueBeforeReceived",
    "DueInThePast",
    "DueTooFar",
    "Emergency",
    "EndDoctorSearch",
    "EndHold",
    "ErasePatient",
    "Escalate",
    "Found",
    "GraceOver",
    "HandBackRequest",
    "HoldForRequest",
    "HoldTooLong",
    "KeepSearching",
    "LapseOffers",
    "Likeness",
    "Merge",
    "NoDoctorSought",
    "NoSuchRequest",
    "NotAsked",
    "NotAssigned",
    "NotFound",
    "NotProposed",
    "NotReceived",
    "NotYet",
    "NoteReceipt",
    "NothingAsked",
    "NothingToMergeInto",
    "Offer",
    "OfferOver",
    "OfferRequest",
    "OtherWayRound",
    "Pending",
    "PlaceAfterDeadline",
    "ProposeTime",
    "Proposed",
    "ProposedInThePast",
    "RateVisit",
    "Reach",
    "ReceiveRequest",
    "ReceivedOtherwise",
    "RecordAttendance",
    "RecordOutcome",
    "RefuseAsEmergency",
    "RefuseOffer",
    "ReleaseMembers",
    "Reorient",
    "Request",
    "RequestClosed",
    "RequestCommand",
    "SeekDoctor",
    "Sought",
    "StopAsking",
    "Unanswered",
    "Unassign",
    "VisitWasMissed",
    "Visited",
    "Waiting",
    "WasAnEmergency",
    "Withdraw",
    "agenda_of",
    "decide",
    "decider",
    "evolve",
    "is_emergency",
    "is_erased",
    "may_be_of",
    "may_become_an_emergency",
    "of_one_age",
    "place_of",
    "received_of",
    "refusal_of",
]


def decide(command: RequestCommand, request: Request) -> list[RequestEvent]:
    match command:
        case ReceiveRequest():
            return receiving.receive(command, request)
        case RefuseAsEmergency():
            return receiving.refuse(command, request)
        case AgreeDeadline():
            return receiving.agree_deadline(command, request)
        case KeepSearching():
            return searching.keep_searching(command, request)
        case Assign():
            return searching.assign(command, request)
        case Unassign():
            return searching.unassign(command, request)
        case HandBackRequest():
            return searching.hand_back(command, request)
        case ConfirmVisit():
            return visit.confirm(command, request)
        case CancelVisit():
            return visit.cancel(command, request)
        case RecordAttendance():
            return visit.record_attendance(command, request)
        case RecordOutcome():
            return visit.record_outcome(command, request)
        case RateVisit():
            return visit.rate(command, request)
        case SeekDoctor():
            return visit.seek_doctor(command, request)
        case BecomeTreatingDoctor():
            return visit.become_treating_doctor(command, request)
        case EndDoctorSearch():
            return visit.end_doctor_search(command, request)
        case HoldForRequest():
            return holding.hold(command, request)
        case EndHold():
            return holding.end(command, request)
        case Escalate():
            return searching.escalate(command, request)
        case (
            OfferRequest()
            | LapseOffers()
            | StopAsking()
            | ReleaseMembers()
            | NoteReceipt()
            | ClaimOffer()
            | ProposeTime()
            | RefuseOffer()
            | DeferOffer()
        ):
            return offers.decide(command, request)
        case Withdraw():
            return closing.withdraw(command, request)
        case Reorient():
            return closing.reorient(command, request)
        case Merge():
            return closing.merge(command, request)
        case ErasePatient():
            return closing.erase(command, request)
        case _:
            assert_never(command)


decider: Decider[RequestCommand, Request, RequestEvent] = Decider(NotReceived(), decide, evolve)
