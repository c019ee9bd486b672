"""People, places and instants the tests speak of. All invented."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.agenda import PublishSlot, TakePlace, week_of
from domain.practitioner import Consent
from domain.request import ReceiveRequest
from events.agenda import (
    Freed,
    SlotCapacityChanged,
    SlotClosedTo,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)
from events.codes import (
    Channel,
    Delay,
    Label,
    Mode,
    Origin,
    Priority,
    Profession,
    Registration,
    Setting,
    Sex,
    Source,
)
from events.community import (
    CommunityCrisisDeclared,
    CommunityCrisisEnded,
    CommunityFormed,
    CommunityHoursAgreed,
    CommunityLadderAdopted,
    CommunityNeighboursAgreed,
    CommunityProtocolsAdopted,
    CommunityWeightsAgreed,
    OutOfHours,
)
from events.destination import Destination
from events.explanation import Explanation, KeptFor, Option, Terms
from events.journal import JournalTopic
from events.ladder import Ladder, Rule, Step, StepKind
from events.offer import (
    Lapse,
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
    WhyNot,
)
from events.place import CoarsePosition, Commune, Place, Position
from events.practitioner import (
    Overbook,
    PractitionerConsented,
    PractitionerContactsGiven,
    PractitionerEnrolled,
    PractitionerLeft,
    PractitionerOffCall,
    PractitionerOnCall,
    PractitionerRollCalled,
    PractitionerVacationAnnounced,
    PractitionerVacationCancelled,
)
from events.protocol import Protocol
from events.reporting import (
    CommunityFiguresReported,
    CommunityJournalStruck,
    CommunityJournalWritten,
    CommunityTargetsAgreed,
    ContractYear,
    ReportedFigure,
    Target,
)
from events.request import (
    HandBack,
    HoldEnd,
    RequestAssigned,
    RequestConfirmed,
    RequestEscalated,
    RequestHandedBack,
    RequestHoldLapsed,
    RequestMerged,
    RequestPlaceHeld,
    RequestReceived,
    RequestReopened,
    RequestReoriented,
    RequestSearching,
    RequestUnassigned,
    Unassigned,
)
from events.visit import (
    Outcome,
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    Rater,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
    VisitRated,
)
from events.weights import Weights

NEVERS = "580099001"
VALENCIENNES = "590099002"
DR_ADAM = "10978000015"
DR_BLAIN = "10978000023"

ZONE = "Europe/Paris"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
WEEK = "2026-W48"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

_IDS = UUID("5ca1ab1e-0000-4000-8000-000000000000")


def called(name: str) -> UUID:
    """An id one can read in a test."""
    return uuid5(_IDS, name)


ANNA, BEN, CLEO = called("Anna"), called("Ben"), called("Cleo")
MORNING, AFTERNOON = called("morning slot"), called("afternoon slot")

CENTRE = Position(lat=46.99, lon=3.16)
PRACTICE = Place(title="Cabinet de la Gare", commune="58194", position=CENTRE)
NEARBY = CoarsePosition(lat=46.98, lon=3.15)
NOTHING_WEIGHED = Explanation(
    policy="look-ahead/1", considered=0, chosen=None, alternatives=(), not_eligible=()
)
OPTION = Option(
    slot_id=AFTERNOON,
    rpps=DR_ADAM,
    start=NOON + HOUR,
    mode=Mode.OFFICE,
    km=1.3,
    terms=Terms(
        wait=0.25,
        travel=0.026,
        price=0.4,
        continuity=0.0,
        fairness=0.1,
        scarcity=0.0,
        fragility=0.0,
        tours=0.0,
    ),
    kept_for=KeptFor(within_minutes=120, expected_by=NOON + HOUR),
)

NEVERS_COMMUNES = (
    Commune(insee="58194", title="Nevers", population=33_279, position=CENTRE),
    Commune(
        insee="58303",
        title="Varennes-Vauzelles",
        population=9_402,
        position=Position(lat=47.03, lon=3.13),
    ),
)


def formed(finess: str = NEVERS, **changes: Any) -> CommunityFormed:
    fields: dict[str, Any] = {
        "finess": finess,
        "title": "CPTS Nevers",
        "departement": "58",
        "zone": ZONE,
        "communes": NEVERS_COMMUNES,
        "formed_at": NOON,
    }
    return CommunityFormed(**fields | changes)


def enrolled(rpps: str = DR_ADAM, **changes: Any) -> PractitionerEnrolled:
    fields: dict[str, Any] = {
        "rpps": rpps,
        "profession": Profession.DOCTOR,
        "communities": (NEVERS,),
        "setting": Setting.TOWN,
        "specialty": None,
        "enrolled_at": NOON,
    }
    return PractitionerEnrolled(**fields | changes)


def consented(rpps: str = DR_ADAM, **changes: Any) -> PractitionerConsented:
    fields: dict[str, Any] = {
        "rpps": rpps,
        "sources": (Source.SAS,),
        "weekly_cap": None,
        "daily_cap": None,
        "overbook": None,
        "min_age": None,
        "max_age": None,
        "excluded_motives": (),
        "in_crisis": None,
        "protocols": (),
        "new_patients": False,
        "consented_at": NOON,
    }
    return PractitionerConsented(**fields | changes)


def consent(**changes: Any) -> Consent:
    fields: dict[str, Any] = {"sources": (Source.SAS,)}
    return Consent(**fields | changes)


def publish(slot_id: UUID = AFTERNOON, **changes: Any) -> PublishSlot:
    fields: dict[str, Any] = {
        "slot_id": slot_id,
        "rpps": DR_ADAM,
        "profession": Profession.DOCTOR,
        "setting": Setting.TOWN,
        "specialty": None,
        "place": PRACTICE,
        "start": NOON + HOUR,
        "end": NOON + HOUR + 20 * MINUTE,
        "zone": ZONE,
        "capacity": 1,
        "modes": (Mode.OFFICE,),
        "radius_km": None,
        "labels": (Label.SNP,),
        "communities": (NEVERS,),
        "open_to": (Source.SAS, Source.CPTS),
        "surge": False,
        "origin": Origin.AGENDA,
        "at": NOON,
    }
    return PublishSlot(**fields | changes)


def published(slot_id: UUID = AFTERNOON, **changes: Any) -> SlotPublished:
    command = publish(slot_id, **changes)
    fields = {name: value for name, value in vars(command).items() if name != "at"}
    week = week_of(command.start, command.zone)
    return SlotPublished(**fields, week=week, published_at=command.at)


def take(request_id: UUID = ANNA, slot_id: UUID = AFTERNOON, **changes: Any) -> TakePlace:
    fields: dict[str, Any] = {
        "slot_id": slot_id,
        "request_id": request_id,
        "source": Source.SAS,
        "mode": Mode.OFFICE,
        "own_patient": False,
        "where": None,
        "at": NOON,
    }
    return TakePlace(**fields | changes)


def taken(request_id: UUID = ANNA, slot_id: UUID = AFTERNOON, **changes: Any) -> SlotPlaceTaken:
    command = take(request_id, slot_id, **changes)
    fields = {name: value for name, value in vars(command).items() if name != "at"}
    return SlotPlaceTaken(**fields, taken_at=command.at)


def busy(week: int, day: int = 0) -> list[SlotPublished | SlotPlaceTaken]:
    """So many other places taken in the week, so many of them on the Monday of the examples."""
    happened: list[SlotPublished | SlotPlaceTaken] = []
    for title, start, places in (
        ("that day", NOON + 8 * HOUR, day),
        ("later", NOON + 48 * HOUR, week - day),
    ):
        if places > 0:
            slot_id = called(title)
            happened.append(published(slot_id, start=start, end=start + HOUR, capacity=places))
            happened += [taken(called(f"{title} {n}"), slot_id) for n in range(places)]
    return happened


def receive(request_id: UUID = ANNA, **changes: Any) -> ReceiveRequest:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "community": NEVERS,
        "case_id": None,
        "source": Source.SAS,
        "asked_at": NOON,
        "due_by": NOON + 4 * HOUR,
        "delay": None,
        "priority": Priority.P2,
        "care_level": None,
        "motive": "M03.14",
        "complaint": None,
        "pathways": (),
        "professions": (Profession.DOCTOR,),
        "modes": (Mode.OFFICE,),
        "max_km": 15.0,
        "patient_ref": None,
        "age": 10,
        "sex": Sex.FEMALE,
        "commune": "58194",
        "position": NEARBY,
        "registration": Registration.UNKNOWN,
        "treating_doctor": None,
        "at": NOON,
    }
    return ReceiveRequest(**fields | changes)


def received(request_id: UUID = ANNA, **changes: Any) -> RequestReceived:
    command = receive(request_id, **changes)
    fields = {n: v for n, v in vars(command).items() if n not in {"at", "asked_at"}}
    return RequestReceived(**fields, received_at=command.asked_at)


def assigned(request_id: UUID = ANNA, slot_id: UUID = AFTERNOON, **changes: Any) -> RequestAssigned:
    slot = published(slot_id)
    fields: dict[str, Any] = {
        "request_id": request_id,
        "slot_id": slot_id,
        "rpps": slot.rpps,
        "week": slot.week,
        "start": slot.start,
        "end": slot.end,
        "mode": Mode.OFFICE,
        "km": 1.3,
        "assigned_at": NOON,
        "explanation": NOTHING_WEIGHED,
    }
    return RequestAssigned(**fields | changes)


def freed(
    request_id: UUID = ANNA, slot_id: UUID = AFTERNOON, reason: Freed = Freed.REQUEST_WITHDRAWN
) -> SlotPlaceFreed:
    return SlotPlaceFreed(slot_id=slot_id, request_id=request_id, reason=reason, freed_at=NOON)


def unassigned(
    request_id: UUID = ANNA,
    slot_id: UUID = AFTERNOON,
    reason: Unassigned = Unassigned.SLOT_WITHDRAWN,
) -> RequestUnassigned:
    return RequestUnassigned(
        request_id=request_id, slot_id=slot_id, rpps=DR_ADAM, reason=reason, unassigned_at=NOON
    )


def confirmed(request_id: UUID = ANNA) -> RequestConfirmed:
    return RequestConfirmed(request_id=request_id, confirmed_at=NOON)


def attended(request_id: UUID = ANNA) -> VisitAttended:
    return VisitAttended(request_id=request_id, attended_at=NOON + HOUR)


def missed(request_id: UUID = ANNA) -> VisitMissed:
    return VisitMissed(request_id=request_id, missed_at=NOON + HOUR)


def cancelled(request_id: UUID = ANNA) -> VisitCancelled:
    return VisitCancelled(request_id=request_id, cancelled_at=NOON)


def ended(outcome: Outcome = Outcome.TREATED) -> OutcomeRecorded:
    return OutcomeRecorded(request_id=ANNA, outcome=outcome, recorded_at=NOON + HOUR)


OVERBOOK = Overbook(place=PRACTICE, zone=ZONE, modes=(Mode.OFFICE,))


def offered(
    *to: str, wave: int = 1, until: datetime = NOON + 5 * MINUTE, at: datetime = NOON
) -> RequestOffered:
    return RequestOffered(request_id=ANNA, wave=wave, to=to, until=until, offered_at=at)


def accepted(rpps: str = DR_ADAM, start: datetime = NOON + 2 * HOUR) -> OfferAccepted:
    return OfferAccepted(request_id=ANNA, rpps=rpps, start=start, accepted_at=NOON)


def proposed(rpps: str = DR_ADAM, start: datetime = NOON + 6 * HOUR) -> OfferPartiallyAccepted:
    return OfferPartiallyAccepted(request_id=ANNA, rpps=rpps, start=start, answered_at=NOON)


def refused(rpps: str = DR_ADAM, reason: WhyNot = WhyNot.FULL) -> OfferRefused:
    return OfferRefused(request_id=ANNA, rpps=rpps, reason=reason, answered_at=NOON)


def deferred(rpps: str = DR_ADAM, until: datetime = NOON + 20 * MINUTE) -> OfferDeferred:
    return OfferDeferred(request_id=ANNA, rpps=rpps, until=until, answered_at=NOON)


def lapsed(
    rpps: str = DR_ADAM, reason: Lapse = Lapse.NO_ANSWER, at: datetime = NOON
) -> OfferLapsed:
    return OfferLapsed(request_id=ANNA, rpps=rpps, reason=reason, lapsed_at=at)


def delivered(rpps: str = DR_ADAM) -> OfferDelivered:
    return OfferDelivered(request_id=ANNA, rpps=rpps, delivered_at=NOON)


def seen(rpps: str = DR_ADAM) -> OfferSeen:
    return OfferSeen(request_id=ANNA, rpps=rpps, seen_at=NOON)


def escalated(
    step: int = 1,
    kind: StepKind = StepKind.MEMBER_OFFERS,
    communities: tuple[str, ...] = (),
    owner: str = "members",
    until: datetime = NOON + 30 * MINUTE,
    **reach: Any,
) -> RequestEscalated:
    return RequestEscalated(
        request_id=ANNA,
        step=step,
        kind=kind,
        communities=communities,
        owner=owner,
        until=until,
        escalated_at=NOON,
        explanation=NOTHING_WEIGHED,
        **{"settings": (Setting.TOWN,), "specialties": {}, "only": None, "crisis": False} | reach,
    )


LADDER = Ladder(
    title="Nevers 2026",
    rules=(
        Rule(
            title="Deferred",
            priorities=(Priority.P3,),
            steps=(Step(kind=StepKind.MEMBER_SLOTS, minutes=120),),
        ),
        Rule(
            title="Everybody",
            steps=(
                Step(kind=StepKind.MEMBER_SLOTS, minutes=0),
                Step(kind=StepKind.MEMBER_OFFERS, minutes=20),
                Step(kind=StepKind.NEIGHBOUR_SLOTS, minutes=0),
            ),
        ),
    ),
)


def adopted(finess: str = NEVERS, ladder: Ladder = LADDER) -> CommunityLadderAdopted:
    return CommunityLadderAdopted(finess=finess, ladder=ladder, adopted_at=NOON)


def agreed_with(*neighbours: str, finess: str = NEVERS) -> CommunityNeighboursAgreed:
    return CommunityNeighboursAgreed(finess=finess, neighbours=neighbours, agreed_at=NOON)


def on_call(rpps: str = DR_ADAM, until: datetime = NOON + 2 * HOUR) -> PractitionerOnCall:
    return PractitionerOnCall(rpps=rpps, until=until, on_call_at=NOON)


def off_call(rpps: str = DR_ADAM) -> PractitionerOffCall:
    return PractitionerOffCall(rpps=rpps, off_call_at=NOON)


def held(
    request_id: UUID = ANNA,
    until: datetime = NOON + 3 * MINUTE,
    slot_id: UUID = AFTERNOON,
    start: datetime | None = None,
) -> RequestPlaceHeld:
    slot = published(slot_id)
    return RequestPlaceHeld(
        request_id=request_id,
        slot_id=slot_id,
        rpps=slot.rpps,
        week=slot.week,
        start=start or slot.start,
        mode=Mode.OFFICE,
        until=until,
        held_at=NOON,
    )


def hold_ended(reason: HoldEnd = HoldEnd.LAPSED, at: datetime = NOON) -> RequestHoldLapsed:
    return RequestHoldLapsed(request_id=ANNA, slot_id=AFTERNOON, reason=reason, lapsed_at=at)


def place_held(
    request_id: UUID = ANNA,
    until: datetime = NOON + 3 * MINUTE,
    slot_id: UUID = AFTERNOON,
    **how: Any,
) -> SlotPlaceHeld:
    return SlotPlaceHeld(
        **{"mode": Mode.OFFICE, "own_patient": False, "where": None} | how,
        slot_id=slot_id,
        request_id=request_id,
        until=until,
        held_at=NOON,
    )


def released(request_id: UUID = ANNA, at: datetime = NOON) -> SlotPlaceReleased:
    return SlotPlaceReleased(slot_id=AFTERNOON, request_id=request_id, released_at=at)


def reopened(due_by: datetime = NOON + 2 * HOUR) -> RequestReopened:
    return RequestReopened(request_id=ANNA, delay=Delay.HOURS_2, due_by=due_by, reopened_at=NOON)


def reoriented(to: Destination = Destination.EMERGENCY_DEPARTMENT) -> RequestReoriented:
    return RequestReoriented(request_id=ANNA, to=to, reoriented_at=NOON)


def merged(into: UUID = BEN) -> RequestMerged:
    return RequestMerged(request_id=ANNA, into=into, merged_at=NOON)


def moved(slot_id: UUID = AFTERNOON, start: datetime = NOON + 2 * HOUR) -> SlotMoved:
    return SlotMoved(
        slot_id=slot_id, start=start, end=start + 20 * MINUTE, place=PRACTICE, moved_at=NOON
    )


def resized(capacity: int, slot_id: UUID = AFTERNOON) -> SlotCapacityChanged:
    return SlotCapacityChanged(slot_id=slot_id, capacity=capacity, changed_at=NOON)


def opened_to(*communities: str, slot_id: UUID = AFTERNOON) -> SlotOpenedTo:
    return SlotOpenedTo(
        slot_id=slot_id,
        labels=(Label.SNP,),
        communities=communities,
        open_to=(Source.SAS, Source.CPTS),
        opened_at=NOON,
    )


def withdrawn(slot_id: UUID = AFTERNOON) -> SlotWithdrawn:
    return SlotWithdrawn(slot_id=slot_id, withdrawn_at=NOON)


def searching(next_at: datetime = NOON + 5 * MINUTE) -> RequestSearching:
    return RequestSearching(
        request_id=ANNA,
        owner="dispatch",
        next_at=next_at,
        searched_at=NOON,
        explanation=NOTHING_WEIGHED,
    )


def handed_back(reason: HandBack = HandBack.NO_PLACE, **changes: Any) -> RequestHandedBack:
    fields: dict[str, Any] = {
        "request_id": ANNA,
        "reason": reason,
        "suggested": None,
        "asked": (),
        "handed_back_at": NOON,
        "explanation": NOTHING_WEIGHED,
    }
    return RequestHandedBack(**fields | changes)


def weights_agreed(**weights: float) -> CommunityWeightsAgreed:
    return CommunityWeightsAgreed(finess=NEVERS, weights=Weights(**weights), agreed_at=NOON)


def hours_agreed(**chosen: bool) -> CommunityHoursAgreed:
    return CommunityHoursAgreed(finess=NEVERS, out_of_hours=OutOfHours(**chosen), agreed_at=NOON)


def protocols_adopted(*protocols: Protocol) -> CommunityProtocolsAdopted:
    return CommunityProtocolsAdopted(finess=NEVERS, protocols=protocols, adopted_at=NOON)


def crisis_declared(ladder: Ladder | None = LADDER) -> CommunityCrisisDeclared:
    return CommunityCrisisDeclared(
        finess=NEVERS, title="Bronchiolite", ladder=ladder, declared_at=NOON
    )


def crisis_ended() -> CommunityCrisisEnded:
    return CommunityCrisisEnded(finess=NEVERS, ended_at=NOON)


def closed_to(*open_to: Source, slot_id: UUID = AFTERNOON) -> SlotClosedTo:
    return SlotClosedTo(slot_id=slot_id, open_to=open_to, closed_at=NOON)


def elapsed(lost: int = 1, at: datetime = NOON + 2 * HOUR) -> SlotElapsed:
    return SlotElapsed(slot_id=AFTERNOON, lost=lost, elapsed_at=at)


def vacation(
    start: datetime = NOON, end: datetime = NOON + 48 * HOUR, rpps: str = DR_ADAM
) -> PractitionerVacationAnnounced:
    return PractitionerVacationAnnounced(rpps=rpps, start=start, end=end, announced_at=NOON)


def left(*still_in: str, communities: tuple[str, ...] = (NEVERS,)) -> PractitionerLeft:
    return PractitionerLeft(rpps=DR_ADAM, communities=communities, still_in=still_in, left_at=NOON)


def vacation_cancelled(start: datetime = NOON) -> PractitionerVacationCancelled:
    return PractitionerVacationCancelled(rpps=DR_ADAM, start=start, cancelled_at=NOON)


def rated(by: Rater = Rater.PATIENT, score: int = 4) -> VisitRated:
    return VisitRated(request_id=ANNA, by=by, score=score, rated_at=NOON + HOUR)


def doctor_sought(at: datetime = NOON + HOUR) -> PatientDoctorSought:
    return PatientDoctorSought(request_id=ANNA, until=at + timedelta(days=30), sought_at=at)


def doctor_found(days: float = 1.0, rpps: str = DR_BLAIN) -> PatientDoctorFound:
    found_at = NOON + HOUR + timedelta(days=days)
    return PatientDoctorFound(request_id=ANNA, rpps=rpps, days=days, found_at=found_at)


def doctor_not_found() -> PatientDoctorNotFound:
    return PatientDoctorNotFound(request_id=ANNA, ended_at=NOON + HOUR + timedelta(days=30))


def contacts_given(*channels: Channel, rpps: str = DR_ADAM) -> PractitionerContactsGiven:
    return PractitionerContactsGiven(rpps=rpps, channels=channels, given_at=NOON)


def roll_called(*failed: Channel, month: str = "2026-11") -> PractitionerRollCalled:
    return PractitionerRollCalled(
        rpps=DR_ADAM, month=month, reached=(Channel.SMS,), failed=failed, called_at=NOON
    )


YEAR = ContractYear(begins=date(2026, 3, 1), ends=date(2027, 2, 28))
HALF_ANSWERED = Target(indicator="fulfilment_rate", at_least=0.5)
PICKED_UP = ReportedFigure(
    indicator="call_pickup_rate",
    begins=date(2026, 10, 1),
    ends=date(2026, 10, 31),
    numerator=940,
    denominator=1000,
    source="SAMU 58",
)
NOTE = called("note")


def targets_agreed(
    *targets: Target, year: ContractYear = YEAR, finess: str = NEVERS
) -> CommunityTargetsAgreed:
    return CommunityTargetsAgreed(
        finess=finess, year=year, targets=targets or (HALF_ANSWERED,), agreed_at=NOON
    )


def figures_reported(*figures: ReportedFigure, finess: str = NEVERS) -> CommunityFiguresReported:
    return CommunityFiguresReported(
        finess=finess, figures=figures or (PICKED_UP,), reported_at=NOON
    )


def journal_written(
    entry_id: UUID = NOTE, topic: JournalTopic = JournalTopic.CONTEXT, **changes: Any
) -> CommunityJournalWritten:
    fields: dict[str, Any] = {"finess": NEVERS, "day": date(2026, 11, 20), "written_at": NOON}
    return CommunityJournalWritten(entry_id=entry_id, topic=topic, **fields | changes)


def journal_struck(entry_id: UUID = NOTE) -> CommunityJournalStruck:
    return CommunityJournalStruck(finess=NEVERS, entry_id=entry_id, struck_at=NOON)
