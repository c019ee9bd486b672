"""May this slot serve this request now; if not, the reason.

The rule is MATCHING.md, "Feasible"; the reasons are in domain/ineligible.py.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, assert_never

from domain.agenda import Agenda, NoPlaceLeft, Slot, day_of
from domain.decider import Refused
from domain.geography import CAR_SECONDS_PER_KM, distance_km, travel_time
from domain.ineligible import (
    DailyCapReached,
    KeptForACrisis,
    LostBefore,
    MotiveExcluded,
    NoConsent,
    NotInTheProtocol,
    NotTheTreatingDoctor,
    NotThisCommunity,
    NotThisProfession,
    NotThisSource,
    NotThisSpecialty,
    NotThisStep,
    NotThisWay,
    OutsideAgeLimits,
    PractitionerAway,
    RefusedBefore,
    StartsAfterDue,
    StartsTooSoon,
    TooFar,
    VisitsTooFarApart,
    WeeklyCapReached,
)
from domain.practitioner import Consent, Enrolled, Paused, Practitioner, PractitionerNotEnrolled
from domain.request import Declined, Reach, Waiting
from events.agenda import SlotPublished
from events.codes import Mode, Profession, Setting
from events.offer import WhyNot
from events.place import Position
from events.protocol import Pathway
from events.request import RequestReceived

LEAD = timedelta(minutes=15)  # between the decision and the visit, travel apart


class Candidate(NamedTuple):
    """A slot, with what else bears on whether it may be used."""

    slot: Slot
    agenda: Agenda  # it is in
    practitioner: Practitioner

    @property
    def share_taken(self) -> float:
        """Of the places the practitioner opened this week, 0 to 1."""
        return self.agenda.taken / max(self.agenda.offered, 1)


class Way(NamedTuple):
    """How patient and practitioner can meet, and when."""

    mode: Mode
    km: float  # the patient's way: nothing when the practitioner travels, or nobody
    start: datetime


class Search(NamedTuple):
    """A request as it is looked at for every slot: what does not change from slot to slot."""

    request: Waiting
    received: RequestReceived
    now: datetime
    earliest: datetime  # a visit without travel
    reach: Reach  # whose places it may have


def search(request: Waiting, now: datetime) -> Search:
    """The request, looked at now."""
    return Search(request, request.received, now, now + LEAD, request.reach)


def ways(search: Search, candidate: Candidate) -> list[Way] | type[Refused]:
    """Every way in which the slot may serve the request, or the first reason against it."""
    slot = candidate.slot
    reason = _not_for(search, slot.published) or _not_by(search, candidate)
    if reason is not None:
        return reason
    if slot.free <= 0 and slot.free_for(search.received.request_id, search.now) <= 0:
        return NoPlaceLeft
    return _reachable(search, slot, candidate.agenda)


def _not_for(search: Search, slot: SlotPublished) -> type[Refused] | None:
    received = search.received
    reach = search.reach
    if received.community not in slot.communities and not any(
        finess in slot.communities for finess in reach.neighbours
    ):
        return NotThisCommunity
    if reason := not_within(received, reach, slot.rpps, slot.setting, slot.specialty):
        return reason
    if slot.surge and not reach.crisis:
        return KeptForACrisis
    if received.source not in slot.open_to:
        return NotThisSource
    if not is_opened(received, slot.profession, slot.setting):
        return NotThisProfession
    if slot.start > search.request.due_by:
        return StartsAfterDue
    if slot.slot_id in search.request.lost:
        return LostBefore
    if search.request.offers and _does_not_see_them(search.request, slot.rpps):
        return RefusedBefore
    return None


_NOT_THIS_PATIENT = frozenset({WhyNot.OUT_OF_SCOPE, WhyNot.TOO_FAR, WhyNot.OTHER})
"""Who is full or absent beyond their agenda still gives the places they open in it."""


def _does_not_see_them(request: Waiting, rpps: str) -> bool:
    """Whether they were asked about this patient, and do not."""
    match request.offers.get(rpps):
        case Declined(reason=reason):
            # Who cancelled a visit refused a time, not the patient.
            return reason in _NOT_THIS_PATIENT and rpps not in request.cancelled_by
        case _:
            return False


_PRACTISES = frozenset({Setting.TOWN, Setting.HEALTH_HOUSE, Setting.HEALTH_CENTRE})
"""Where a treating doctor sees their own patients."""


def not_within(
    received: RequestReceived, reach: Reach, rpps: str, setting: Setting, specialty: str | None
) -> type[Refused] | None:
    """Why the request has not climbed so far as to reach who works there."""
    if rpps == received.treating_doctor and setting in _PRACTISES:
        return None  # their own doctor, at every step
    if reach.only is not None and rpps != reach.only:
        return NotTheTreatingDoctor
    if setting not in reach.settings:
        return NotThisStep
    if specialty not in reach.specialties.get(setting, (specialty,)):
        return NotThisSpecialty
    return None


def opened(received: RequestReceived, profession: Profession, setting: Setting) -> list[Pathway]:
    """The protocols by which the profession may see the patient there."""
    if not received.pathways:
        return []
    return [
        pathway
        for pathway in received.pathways
        if profession in pathway.professions
        and (not pathway.settings or setting in pathway.settings)
    ]


def is_opened(received: RequestReceived, profession: Profession, setting: Setting) -> bool:
    """Whether the profession was asked for, or a protocol opens it there."""
    return profession in received.professions or bool(opened(received, profession, setting))


def outside_protocols(
    received: RequestReceived, profession: Profession, setting: Setting, consent: Consent
) -> bool:
    """Whether only a protocol opens the profession, and this professional is enrolled in none."""
    if profession in received.professions:
        return False
    enrolled_in = {delegation.protocol for delegation in consent.protocols}
    return not any(
        not pathway.delegated or pathway.code in enrolled_in
        for pathway in opened(received, profession, setting)
    )


def _not_by(search: Search, candidate: Candidate) -> type[Refused] | None:
    match candidate.practitioner:
        case Enrolled(consent=Consent() as consent) as enrolled:
            received, slot = search.received, candidate.slot.published
            if enrolled.left and has_left(search.request, enrolled, slot.communities):
                return NotThisCommunity
            if enrolled.vacations and enrolled.is_away(slot.start, slot.end):
                return PractitionerAway
            if outside_protocols(received, slot.profession, slot.setting, consent):
                return NotInTheProtocol
            regulated = candidate.agenda.regulated_but(received.request_id)
            reason = against_consent(search, consent, slot.rpps, regulated)
            _, daily_cap = consent.caps(in_crisis=search.reach.crisis)
            if reason is None and daily_cap is not None:
                day = day_of(slot.start, slot.zone)
                taken_that_day = candidate.agenda.taken_on(day, slot.zone, received.request_id)
                return DailyCapReached if taken_that_day >= daily_cap else None
            return reason
        case Enrolled():
            return NoConsent
        case Paused():
            return PractitionerAway
        case _:
            return PractitionerNotEnrolled


def has_left(request: Waiting, enrolled: Enrolled, open_to: Iterable[str]) -> bool:
    """Whether the request reaches what is open there only by communities they left since."""
    return enrolled.left.issuperset(c for c in open_to if c in request.communities)


def against_consent(
    search: Search, consent: Consent, rpps: str, regulated: int
) -> type[Refused] | None:
    """Why the practitioner does not see this patient, with so many of others' this week."""
    received = search.received
    if received.source not in consent.sources:
        return NoConsent
    weekly_cap, _ = consent.caps(in_crisis=search.reach.crisis)
    own_patient = received.treating_doctor == rpps
    if weekly_cap is not None and regulated >= weekly_cap and not own_patient:
        return WeeklyCapReached
    # An unknown age is no reason to refuse: the regulator has judged the case.
    if received.age is not None:
        if consent.min_age is not None and received.age < consent.min_age:
            return OutsideAgeLimits
        if consent.max_age is not None and received.age > consent.max_age:
            return OutsideAgeLimits
    if received.motive.startswith(consent.excluded_motives):
        return MotiveExcluded
    return None


def _reachable(search: Search, candidate: Slot, agenda: Agenda) -> list[Way] | type[Refused]:
    received, slot = search.received, candidate.published
    wanted = received.modes
    for mode in slot.modes:
        if mode in wanted:
            break
    else:
        return NotThisWay
    held = search.request.hold
    # What a regulator holds was in time when they took it, and the patient was told so.
    kept = held is not None and held.slot_id == slot.slot_id and search.now < held.until
    earliest = held.held_at + LEAD if held and kept else search.earliest
    seconds_to_come = (slot.start - earliest).total_seconds()
    if seconds_to_come < 0 and not candidate.is_range:
        return StartsTooSoon
    found: list[Way] = []
    reason: type[Refused] = TooFar
    km = distance_km(received.position, slot.place.position)
    for mode in slot.modes:
        if mode not in wanted:
            continue
        way = 0.0
        if mode is _OFFICE:
            way = km
            if km > received.max_km:
                continue
        elif mode is _HOME:
            if slot.radius_km is None or km > slot.radius_km:
                continue
        elif mode is not _VIDEO:
            assert_never(mode)
        travel = way * CAR_SECONDS_PER_KM
        start = (
            slot.start
            if seconds_to_come >= travel
            else candidate.arrival(earliest + timedelta(seconds=travel))
        )
        if start is None:
            reason = StartsTooSoon
        elif start > search.request.due_by:
            reason = StartsAfterDue
        elif (mode is _HOME or agenda.calls_at_home) and _cannot_be_there(
            received.position if mode is _HOME else slot.place.position, mode, candidate, agenda
        ):
            reason = VisitsTooFarApart
        else:
            found.append(Way(mode, way, start))
    return found or reason


def _cannot_be_there(here: Position, mode: Mode, candidate: Slot, agenda: Agenda) -> bool:
    """Whether the way to or from another visit is longer than the time between the two.

    Between their beginnings: what is certain. In what order one range is done, is the
    practitioner's affair.
    """
    if mode is _VIDEO:
        return False
    first, last = candidate.begins
    for other in agenda.slots.values():
        if not other.whereabouts or other.published.slot_id == candidate.published.slot_id:
            continue
        begins, until = other.begins
        between = max(last - begins, until - first)
        if between < min(travel_time(here, there) for there in other.whereabouts):
            return True
    return False


# Looking a member up in its Enum costs as much as comparing two slots: this is the innermost loop.
_OFFICE: Final = Mode.OFFICE
_VIDEO: Final = Mode.VIDEO
_HOME: Final = Mode.HOME
