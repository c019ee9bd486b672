"""What must hold in any log, checked event by event without trusting the rules that wrote it.

`snp verify` runs this over the whole log; the properties in the tests run it over every history
Hypothesis can think of. Kept apart from the deciders on purpose: it counts places itself.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain import account as accounts
from domain import practitioner as practitioners
from domain.account import Account, NotOpened
from domain.agenda import day_of, weeks_at
from domain.agenda.week import LAST_ARRIVAL
from domain.decider import ImpossibleHistory
from domain.eligibility import is_opened, not_within, outside_protocols
from domain.geography import travel_time
from domain.practitioner import Consent, Enrolled, NotEnrolled, Practitioner
from domain.request import FOOT_REACH, Reach
from events import streams
from events.account import AccountEvent
from events.agenda import (
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
from events.catalogue import AnyEvent
from events.codes import Mode, Profession, Setting, Source
from events.community import CommunityEvent
from events.envelope import Recorded
from events.offer import (
    OfferAccepted,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    RequestOffered,
)
from events.place import Position
from events.practitioner import Overbook, PractitionerEvent
from events.request import (
    PatientErased,
    RequestAssigned,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestHandedBack,
    RequestHoldLapsed,
    RequestMerged,
    RequestPlaceHeld,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestReoriented,
    RequestSearching,
    RequestUnassigned,
    RequestWithdrawn,
)
from events.visit import OutcomeRecorded, VisitAttended, VisitCancelled, VisitMissed


@dataclass(frozen=True)
class Violation:
    """A rule the log breaks, and where."""

    rule: str
    position: int
    detail: str


@dataclass
class _Slot:
    slot_id: UUID
    agenda: str
    start: datetime
    end: datetime
    place: Position
    zone: str
    capacity: int
    communities: tuple[str, ...]
    open_to: tuple[Source, ...]
    rpps: str
    profession: Profession
    setting: Setting
    specialty: str | None
    surge: bool
    taken: dict[UUID, UUID] = field(default_factory=dict)  # request → command that took the place
    where: dict[UUID, Position] = field(default_factory=dict)  # of these, not by video: seen there
    own: set[UUID] = field(default_factory=set)  # of these, the practitioner's own patients
    held: dict[UUID, datetime] = field(default_factory=dict)  # request → until when
    is_range: bool = False  # it has, or had, several places
    withdrawn: bool = False
    elapsed: bool = False

    @property
    def last_begins(self) -> datetime:
        """When the last visit of it may begin."""
        return max(self.start, self.end - LAST_ARRIVAL) if self.is_range else self.start


@dataclass
class _Request:
    received: RequestReceived | None = None  # None: an emergency from the first
    due_by: datetime | None = None  # as agreed later
    reach: Reach = FOOT_REACH
    pending: set[str] = field(default_factory=set)  # members who may still answer
    open: bool = True
    handed_back: bool = False  # the SAS may say what it did with it, or agree another delay
    slot: UUID | None = None
    hold: UUID | None = None  # the slot in which a place is held
    visit: datetime | None = None  # when it begins
    by_command: UUID | None = None
    position: int = 0


@dataclass
class Audit:
    """Show it every event in order, then ask what is `broken`. Memory: one small row a stream."""

    events: int = 0
    violations: list[Violation] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)
    _position: int = 0
    _slots: dict[UUID, _Slot] = field(default_factory=dict)
    _agendas: dict[str, list[_Slot]] = field(default_factory=dict)
    _requests: dict[UUID, _Request] = field(default_factory=dict)
    _practitioners: dict[str, Practitioner] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)

    def see(self, recorded: Recorded) -> None:
        """One more event of the log."""
        self.events += 1
        self._check_order(recorded)
        match recorded.event:
            case SlotPublished() as event:
                self._published(event, recorded)
            case SlotPlaceTaken() as event:
                self._taken(event, recorded)
            case SlotPlaceFreed() as event:
                self._freed(event, recorded)
            case SlotPlaceHeld() | SlotPlaceReleased() as event:
                self._held(event, recorded)
            case (
                SlotMoved()
                | SlotCapacityChanged()
                | SlotOpenedTo()
                | SlotClosedTo()
                | SlotElapsed()
                | SlotWithdrawn()
            ) as event:
                self._changed(event, recorded)
            case event if isinstance(event, PractitionerEvent):
                self._practitioner(event, recorded)
            case event if isinstance(event, CommunityEvent):
                pass
            case event if isinstance(event, AccountEvent):
                self._account(event, recorded)
            case _:
                self._of_request(recorded)

    def finish(self) -> list[Violation]:
        """Every violation, with those only the end of the log shows: the two streams must agree."""
        for request_id, request in self._requests.items():
            slot = self._slots.get(request.slot) if request.slot else None
            if request.slot and (slot is None or request_id not in slot.taken):
                self._broken("assigned_without_a_place", request.position, request_id)
        for slot in self._slots.values():
            for request_id in slot.held:
                holding = self._requests.get(request_id)
                if holding is None or holding.hold != slot.slot_id:
                    self._broken("place_held_for_nobody", self._position, request_id)
            for request_id, command_id in slot.taken.items():
                holder = self._requests.get(request_id)
                if holder is None or (holder.slot, holder.by_command) != (slot.slot_id, command_id):
                    self._broken("place_without_an_assignment", self._position, request_id)
        return self.violations

    @property
    def double_booked(self) -> int:
        """Places given twice, over capacity, or at two places at once."""
        rules = {"over_capacity", "place_taken_twice", "in_two_places_at_once", "two_places"}
        return sum(violation.rule in rules for violation in self.violations)

    def _broken(self, rule: str, position: int, detail: object) -> None:
        self.violations.append(Violation(rule, position, str(detail)))

    def _check_order(self, recorded: Recorded) -> None:
        if recorded.position <= self._position:
            self._broken("out_of_order", recorded.position, recorded.stream)
        self._position = recorded.position
        version = self._versions.get(recorded.stream, 0) + 1
        if recorded.version != version:
            self._broken("version_gap", recorded.position, recorded.stream)
        self._versions[recorded.stream] = recorded.version

    def _published(self, event: SlotPublished, recorded: Recorded) -> None:
        slot = _Slot(
            slot_id=event.slot_id,
            agenda=recorded.stream,
            start=event.start,
            end=event.end,
            place=event.place.position,
            zone=event.zone,
            capacity=event.capacity,
            communities=event.communities,
            open_to=event.open_to,
            rpps=event.rpps,
            profession=event.profession,
            setting=event.setting,
            specialty=event.specialty,
            surge=event.surge,
            is_range=event.capacity > 1,
        )
        if event.slot_id in self._slots:
            self._broken("slot_published_twice", recorded.position, event.slot_id)
        if recorded.stream != streams.agenda(event.rpps, event.week):
            self._broken("slot_in_another_agenda", recorded.position, event.slot_id)
        self._check_nowhere_else(slot, recorded)
        self._agendas.setdefault(recorded.stream, []).append(slot)
        self._slots[event.slot_id] = slot

    def _check_nowhere_else(self, slot: _Slot, recorded: Recorded) -> None:
        rpps, week = streams.agenda_named(recorded.stream)
        # Of all weeks it may be somewhere on earth: two zones are two agendas, and one person.
        for other_week in {week, *weeks_at(slot.start, slot.end)}:
            for other in self._agendas.get(streams.agenda(rpps, other_week), ()):
                if other is slot or other.withdrawn:
                    continue
                way = travel_time(slot.place, other.place)
                if slot.start < other.end + way and other.start < slot.end + way:
                    self._broken("in_two_places_at_once", recorded.position, slot.slot_id)

    def _changed(
        self,
        event: SlotMoved
        | SlotCapacityChanged
        | SlotOpenedTo
        | SlotClosedTo
        | SlotElapsed
        | SlotWithdrawn,
        recorded: Recorded,
    ) -> None:
        slot = self._slots.get(event.slot_id)
        if slot is None or slot.withdrawn:
            self._broken("change_of_no_slot", recorded.position, event.slot_id)
            return
        match event:
            case SlotMoved():
                slot.start, slot.end, slot.place = event.start, event.end, event.place.position
                self._check_nowhere_else(slot, recorded)
                if slot.taken:
                    self._broken("moved_with_patients", recorded.position, event.slot_id)
            case SlotCapacityChanged():
                slot.capacity = event.capacity
                slot.is_range |= event.capacity > 1
                if len(slot.taken) > slot.capacity:
                    self._broken("over_capacity", recorded.position, event.slot_id)
            case SlotOpenedTo():
                slot.communities, slot.open_to = event.communities, event.open_to
            case SlotClosedTo():
                slot.open_to = event.open_to
            case SlotElapsed():
                if slot.elapsed or event.elapsed_at < slot.end:
                    self._broken("elapsed_twice_or_early", recorded.position, event.slot_id)
                if len(slot.taken) + event.lost > slot.capacity:
                    self._broken("lost_and_taken", recorded.position, event.slot_id)
                slot.elapsed = True
            case SlotWithdrawn():
                slot.withdrawn = True
                if slot.taken:
                    self._broken("withdrawn_with_patients", recorded.position, event.slot_id)
            case _:
                assert_never(event)

    def _taken(self, event: SlotPlaceTaken, recorded: Recorded) -> None:
        slot = self._slots.get(event.slot_id)
        if slot is None or slot.withdrawn:
            self._broken("place_of_no_slot", recorded.position, event.slot_id)
            return
        if event.request_id in slot.taken:
            self._broken("place_taken_twice", recorded.position, event.slot_id)
        self._check_consent(slot, event, recorded)
        self._check_slot(slot, event, recorded)
        self._check_way(slot, event, recorded)
        slot.taken[event.request_id] = recorded.meta.command_id
        if event.own_patient:
            slot.own.add(event.request_id)
        if len(slot.taken) > slot.capacity:
            self._broken("over_capacity", recorded.position, event.slot_id)

    def _check_way(self, slot: _Slot, event: SlotPlaceTaken, recorded: Recorded) -> None:
        """Between two visits there is time to drive from one to the other, not counting them."""
        here = event.where or slot.place
        if event.mode is Mode.VIDEO:
            return
        slot.where[event.request_id] = here
        for other in self._agendas[slot.agenda]:
            ways = [
                travel_time(here, there) for one, there in other.where.items() if one in other.taken
            ]
            between = max(slot.last_begins - other.start, other.last_begins - slot.start)
            if other is not slot and not other.withdrawn and ways and between < min(ways):
                self._broken("visits_too_far_apart", recorded.position, slot.slot_id)

    def _check_slot(self, slot: _Slot, event: SlotPlaceTaken, recorded: Recorded) -> None:
        request = self._requests.get(event.request_id)
        received = request.received if request else None
        if request is None or received is None:
            return  # told as a place without an assignment
        communities = {received.community, *request.reach.neighbours}
        if communities.isdisjoint(slot.communities) or event.source not in slot.open_to:
            self._broken("slot_not_open_to_the_request", recorded.position, event.slot_id)
        if not_within(received, request.reach, slot.rpps, slot.setting, slot.specialty) or (
            slot.surge and not request.reach.crisis
        ):
            self._broken("beyond_its_step", recorded.position, event.slot_id)
        if not is_opened(received, slot.profession, slot.setting):
            self._broken("another_profession", recorded.position, event.slot_id)
        self._check_visit(request, slot, recorded)

    def _check_visit(self, request: _Request, slot: _Slot, recorded: Recorded) -> None:
        """Once both halves of it are heard: the visit is in the slot, and in time."""
        if request.visit is None or request.slot != slot.slot_id or request.received is None:
            return
        if request.visit > (request.due_by or request.received.due_by):
            self._broken("assigned_after_due", recorded.position, slot.slot_id)
        joins_a_range = slot.is_range and slot.start <= request.visit < slot.end
        if request.visit != slot.start and not joins_a_range:
            self._broken("visit_outside_its_slot", recorded.position, slot.slot_id)

    def _freed(self, event: SlotPlaceFreed, recorded: Recorded) -> None:
        slot = self._slots.get(event.slot_id)
        if slot is None or slot.taken.pop(event.request_id, None) is None:
            self._broken("freed_twice", recorded.position, event.slot_id)

    def _held(self, event: SlotPlaceHeld | SlotPlaceReleased, recorded: Recorded) -> None:
        slot = self._slots.get(event.slot_id)
        if slot is None or slot.withdrawn:
            self._broken("place_of_no_slot", recorded.position, event.slot_id)
            return
        match event:
            case SlotPlaceHeld():
                slot.held[event.request_id] = event.until
                live = sum(until > event.held_at for until in slot.held.values())
                if len(slot.taken) + live > slot.capacity:
                    self._broken("over_capacity", recorded.position, event.slot_id)
                if event.until <= event.held_at:
                    self._broken("no_next_instant", recorded.position, event.slot_id)
            case SlotPlaceReleased():
                if slot.held.pop(event.request_id, None) is None:
                    self._broken("released_twice", recorded.position, event.slot_id)
            case _:
                assert_never(event)

    def _check_consent(self, slot: _Slot, event: SlotPlaceTaken, recorded: Recorded) -> None:
        rpps, _ = streams.agenda_named(slot.agenda)
        match self._practitioners.get(rpps, NotEnrolled()):
            case Enrolled(consent=consent) as enrolled if consent is not None:
                if enrolled.is_away(slot.start, slot.end):
                    self._broken("on_vacation", recorded.position, event.slot_id)
                request = self._requests.get(event.request_id)
                regulated = sum(
                    len(other.taken.keys() - other.own) for other in self._agendas[slot.agenda]
                )
                if request and request.received:
                    reached = {request.received.community, *request.reach.neighbours}
                    if enrolled.left and enrolled.left >= reached & set(slot.communities):
                        self._broken("left_the_community", recorded.position, event.slot_id)
                if event.source not in consent.sources:
                    self._broken("outside_consent", recorded.position, event.slot_id)
                crisis = request is not None and request.reach.crisis
                weekly_cap, daily_cap = consent.caps(in_crisis=crisis)
                if weekly_cap is not None and regulated >= weekly_cap and not event.own_patient:
                    self._broken("over_the_weekly_cap", recorded.position, event.slot_id)
                if daily_cap is not None and self._that_day(slot) >= daily_cap:
                    self._broken("over_the_daily_cap", recorded.position, event.slot_id)
                if (
                    request
                    and request.received
                    and outside_protocols(request.received, slot.profession, slot.setting, consent)
                ):
                    self._broken("outside_protocols", recorded.position, event.slot_id)
                if request and request.received and not _seen_by(consent, request.received):
                    self._broken("outside_age_or_motives", recorded.position, event.slot_id)
            case _:
                self._broken("practitioner_not_available", recorded.position, event.slot_id)

    def _that_day(self, slot: _Slot) -> int:
        """Places taken on the day of the slot."""
        day = day_of(slot.start, slot.zone)
        return sum(
            len(other.taken)
            for other in self._agendas[slot.agenda]
            if day_of(other.start, slot.zone) == day
        )

    def _check_asked(self, event: RequestOffered, recorded: Recorded) -> None:
        for rpps in event.to:
            match self._practitioners.get(rpps, NotEnrolled()):
                case Enrolled(consent=Consent(overbook=Overbook())):
                    pass
                case _:
                    self._broken("asked_without_consent", recorded.position, rpps)
        if event.until <= event.offered_at:
            self._broken("no_next_instant", recorded.position, event.request_id)

    def _practitioner(self, event: PractitionerEvent, recorded: Recorded) -> None:
        before = self._practitioners.get(event.rpps, NotEnrolled())
        try:
            self._practitioners[event.rpps] = practitioners.evolve(before, event)
        except ImpossibleHistory:
            self._broken("impossible_history", recorded.position, recorded.stream)

    def _account(self, event: AccountEvent, recorded: Recorded) -> None:
        before = self._accounts.get(recorded.stream, NotOpened())
        try:
            self._accounts[recorded.stream] = accounts.evolve(before, event)
        except ImpossibleHistory:
            self._broken("impossible_history", recorded.position, recorded.stream)

    def _of_request(self, recorded: Recorded) -> None:
        event: AnyEvent = recorded.event
        request_id = UUID(streams.identity(recorded.stream))
        request = self._requests.get(request_id)
        if request is None and isinstance(event, RequestReceived | RequestRefusedAsEmergency):
            received = event if isinstance(event, RequestReceived) else None
            self._requests[request_id] = _Request(
                received=received,
                open=received is not None,
                position=recorded.position,
            )
            return
        if request is None:
            self._broken("never_received", recorded.position, request_id)
            return
        after = PatientErased | OutcomeRecorded
        if request.handed_back:
            after |= RequestReopened | RequestReoriented
        if not request.open and not isinstance(event, after):
            self._broken("happened_to_a_closed_request", recorded.position, request_id)
        if isinstance(event, _SETTLES) and request.pending:
            self._broken("offer_left_open", recorded.position, request_id)
        match event:
            case RequestPlaceHeld():
                request.hold = event.slot_id
            case RequestHoldLapsed():
                request.hold = None
            case RequestOffered():
                request.pending |= set(event.to)
                self._check_asked(event, recorded)
            case OfferAccepted() | OfferPartiallyAccepted() | OfferRefused() | OfferLapsed():
                request.pending.discard(event.rpps)
            case RequestEscalated():
                request.reach = Reach.opened(event)
                if not event.owner or event.until <= event.escalated_at:
                    self._broken("no_next_instant", recorded.position, request_id)
            case RequestAssigned():
                if request.slot is not None:
                    self._broken("two_places", recorded.position, request_id)
                request.slot, request.hold, request.visit = event.slot_id, None, event.start
                if event.start <= event.assigned_at:
                    self._broken("assigned_to_the_past", recorded.position, request_id)
                slot = self._slots.get(event.slot_id)
                if slot and request_id in slot.taken:
                    self._check_visit(request, slot, recorded)
                request.by_command = recorded.meta.command_id
                request.position = recorded.position
            case RequestHandedBack():
                if request.slot is not None:
                    self._broken("handed_back_with_a_place", recorded.position, request_id)
                request.open, request.handed_back = False, True
            case RequestReopened():
                request.open, request.handed_back = True, False
                request.due_by, request.reach = event.due_by, FOOT_REACH
            case RequestUnassigned():
                if request.slot != event.slot_id:
                    self._broken("unassigned_without_a_place", recorded.position, request_id)
                request.slot, request.reach = None, FOOT_REACH
            case VisitAttended() | VisitMissed():
                if request.slot is None:
                    self._broken("visit_without_a_place", recorded.position, request_id)
            case (
                RequestWithdrawn()
                | RequestRefusedAsEmergency()
                | RequestReoriented()
                | RequestMerged()
                | VisitCancelled()
            ):
                request.open, request.slot, request.hold = False, None, None
                request.handed_back = False
            case RequestDeadlineAgreed():
                request.due_by = event.due_by
            case RequestReceived():
                self._broken("received_twice", recorded.position, request_id)
            case RequestSearching():
                if request.slot is not None:
                    self._broken("searching_with_a_place", recorded.position, request_id)
                if not event.owner or event.next_at <= event.searched_at:
                    self._broken("no_next_instant", recorded.position, request_id)
            case _:
                pass  # a patient erased, confirmed, an outcome, an offer read: of no rule here


_SETTLES = (
    RequestAssigned
    | RequestHandedBack
    | RequestWithdrawn
    | RequestRefusedAsEmergency
    | RequestReoriented
    | RequestMerged
)


def _seen_by(consent: Consent, received: RequestReceived) -> bool:
    """Whether the practitioner sees patients of this age for this reason."""
    if received.motive.startswith(consent.excluded_motives):
        return False
    if received.age is None:
        return True
    youngest = consent.min_age or 0
    return youngest <= received.age and (consent.max_age is None or received.age <= consent.max_age)
