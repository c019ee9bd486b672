"""Whatever is asked, in whatever order: the invariants of ARCHITECTURE §4, over all deciders."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain import absence, merging, overbooking, placing
from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import (
    ChangeCapacity,
    CloseSlotTo,
    ElapseSlot,
    MoveSlot,
    OpenSlotTo,
    WithdrawSlot,
)
from domain.asking import Member, askable
from domain.decider import Refused
from domain.eligibility import Candidate, search
from domain.invariants import Audit
from domain.matching import rank
from domain.overbooking import AcceptOffer, CorrectClaim
from domain.placing import By, Cancel, Hold, PlaceRequest
from domain.practitioner import (
    AnnounceVacation,
    CancelVacation,
    Enrol,
    GiveConsent,
    Leave,
    Pause,
    Resume,
    TakePartOtherwise,
)
from domain.request import (
    FIRST_OWNER,
    AgreeDeadline,
    ConfirmVisit,
    DeferOffer,
    EndHold,
    ErasePatient,
    HandBackRequest,
    KeepSearching,
    LapseOffers,
    Merge,
    OfferRequest,
    ProposeTime,
    RecordAttendance,
    RecordOutcome,
    RefuseOffer,
    Reorient,
    Waiting,
    Withdraw,
)
from events import streams
from events.codes import Delay, Mode, Profession, Setting, Source
from events.destination import Destination
from events.offer import WhyNot
from events.request import HandBack, HoldEnd, Withdrawal
from events.visit import Outcome
from tests.examples import (
    DR_ADAM,
    DR_BLAIN,
    NEVERS,
    NOON,
    NOTHING_WEIGHED,
    OVERBOOK,
    VALENCIENNES,
    WEEK,
    called,
    consent,
    publish,
    receive,
)
from tests.recording import LogInMemory

QUARTER = timedelta(minutes=15)
DOCTORS = st.sampled_from([DR_ADAM, DR_BLAIN])
# Few enough that what is drawn is often about the same patient, slot and doctor.
NAMES = st.integers(0, 4).map(lambda n: f"patient {n}")
SLOTS = st.integers(0, 4).map(lambda n: f"slot {n}")
MODES = st.sampled_from([(), (Mode.OFFICE,), (Mode.OFFICE,), (Mode.OFFICE, Mode.VIDEO)])
SOURCES = st.sampled_from([(), (Source.SAS,), (Source.SAS, Source.CPTS), (Source.SAS, Source.IOA)])
DECIDERS = {
    "request": requests.decider,
    "agenda": agendas.decider,
    "practitioner": practitioners.decider,
}


class Care(RuleBasedStateMachine):
    """A community of two doctors, a log, and whatever may be asked of them."""

    def __init__(self):
        super().__init__()
        self.log = LogInMemory()
        self.audit = Audit()
        self.now = NOON
        self.commands = 0

    # The shell of these tests: load, decide, append, with no concurrency.

    def state(self, stream):
        decider = DECIDERS[streams.kind(stream)]
        return decider.replay(r.event for r in self.log.recorded if r.stream == stream)

    def write(self, *writes):
        self.commands += 1
        for stream, events in writes:
            for recorded in self.log.append(stream, events, called(f"command {self.commands}")):
                self.audit.see(recorded)

    def decide(self, stream, command):
        decider = DECIDERS[streams.kind(stream)]
        try:
            events = decider.decide(command, self.state(stream))
        except Refused:
            return
        self.write((stream, events))
        assert list(decider.decide(command, self.state(stream))) == []

    def agenda_of(self, slot):
        for doctor in (DR_ADAM, DR_BLAIN):
            stream = streams.agenda(doctor, WEEK)
            if called(slot) in self.state(stream).slots:
                return stream, doctor
        return None

    # What may happen

    @initialize()
    def begin(self):
        for doctor in (DR_ADAM, DR_BLAIN):
            stream = streams.practitioner(doctor)
            self.decide(
                stream, Enrol(doctor, Profession.DOCTOR, (NEVERS,), Setting.TOWN, None, self.now)
            )
            self.decide(stream, GiveConsent(doctor, consent(overbook=OVERBOOK), self.now))
        # Something to act upon, for what is drawn uses some of the rules and leaves others out.
        for nth, doctor in enumerate((DR_ADAM, DR_BLAIN)):
            begins = NOON + (4 + 8 * nth) * QUARTER
            slot = publish(
                called(f"slot {nth}"),
                rpps=doctor,
                start=begins,
                end=begins + 2 * QUARTER,
                capacity=1 + nth,
                at=self.now,
            )
            self.decide(streams.agenda(doctor, WEEK), slot)
        for nth in range(3):
            self.decide(
                streams.request(called(f"patient {nth}")), receive(called(f"patient {nth}"))
            )

    @rule(minutes=st.integers(1, 60))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(
        doctor=DOCTORS,
        slot=SLOTS,
        start=st.integers(0, 40),
        length=st.integers(0, 12),
        capacity=st.integers(1, 3),
        modes=MODES,
    )
    def publish(self, doctor, slot, start, length, capacity, modes):
        agendas_now = [self.state(streams.agenda(d, WEEK)) for d in (DR_ADAM, DR_BLAIN)]
        if any(called(slot) in {*agenda.slots, *agenda.withdrawn} for agenda in agendas_now):
            return  # an id names one slot, for ever
        begins = NOON + start * QUARTER
        command = publish(
            called(slot),
            rpps=doctor,
            start=begins,
            end=begins + length * QUARTER,
            capacity=capacity,
            modes=modes,
            radius_km=10,
            at=self.now,
        )
        self.decide(streams.agenda(doctor, WEEK), command)

    @rule(
        doctor=DOCTORS,
        cap=st.sampled_from([None, None, 0, 2, 5]),
        daily=st.sampled_from([None, None, 1, 3]),
        minimum=st.sampled_from([None, None, 18]),
        sources=SOURCES,
        asked=st.booleans(),
    )
    def agree(self, doctor, cap, daily, minimum, sources, asked):
        given = consent(
            sources=sources,
            weekly_cap=cap,
            daily_cap=daily,
            min_age=minimum,
            overbook=OVERBOOK if asked else None,
        )
        self.decide(streams.practitioner(doctor), GiveConsent(doctor, given, self.now))

    @rule(doctor=DOCTORS, pause=st.sampled_from([True, False, False]))
    def pause_or_resume(self, doctor, pause):
        command = Pause(doctor, self.now) if pause else Resume(doctor, self.now)
        self.decide(streams.practitioner(doctor), command)

    @rule(
        name=NAMES,
        hours=st.sampled_from([0, 4, 12, 24, 50]),
        age=st.sampled_from([None, 5, 40]),
        source=st.sampled_from([Source.SAS, Source.SAS, Source.CPTS]),
        modes=MODES,
    )
    def ask(self, name, hours, age, source, modes):
        command = receive(
            called(name),
            asked_at=self.now,
            due_by=self.now + timedelta(hours=hours),
            age=age,
            source=source,
            modes=modes,
            patient_ref=called(f"ref {name}"),
            at=self.now,
        )
        self.decide(streams.request(called(name)), command)

    @rule(name=NAMES)
    def dispatch(self, name):
        """The dispatcher's own decision, from the ranking to both streams."""
        stream = streams.request(called(name))
        request = self.state(stream)
        if not isinstance(request, Waiting):
            return
        ranking = rank(request, self.candidates(), self.now)
        if ranking.eligible:
            best = ranking.eligible[0]
            self.place(name, best.slot_id, best.way.mode, ranking.explanation(best))
        elif self.now < request.due_by:
            until = self.now + QUARTER
            explanation = ranking.explanation(None)
            self.decide(
                stream, KeepSearching(called(name), FIRST_OWNER, until, explanation, self.now)
            )
        else:
            self.decide(
                stream,
                HandBackRequest(
                    called(name), HandBack.NO_PLACE, None, ranking.explanation(None), self.now
                ),
            )

    @rule(name=NAMES, slot=SLOTS, mode=st.sampled_from(Mode))
    def take_by_hand(self, name, slot, mode):
        if self.agenda_of(slot):
            self.place(name, called(slot), mode, NOTHING_WEIGHED)

    @rule(name=NAMES)
    def withdraw(self, name):
        command = Withdraw(called(name), Withdrawal.CANCELLED, self.now)
        self.over_both(name, command, placing.withdraw)

    @rule(name=NAMES, hours=st.sampled_from([1, 4, 12]))
    def agree_deadline(self, name, hours):
        """Also of what was handed back: it is searched for again."""
        due_by = self.now + timedelta(hours=hours)
        command = AgreeDeadline(called(name), Delay.HOURS_12, self.now, due_by, self.now)
        self.over_both(name, command, placing.agree_deadline)

    @rule(name=NAMES)
    def erase(self, name):
        self.decide(streams.request(called(name)), ErasePatient(called(name), self.now))

    @rule(name=NAMES, slot=SLOTS, minutes=st.integers(0, 16), give_up=st.booleans())
    def hold(self, name, slot, minutes, give_up):
        """A regulator keeps a place, or lets it go."""
        stream = streams.request(called(name))
        if give_up:
            command = EndHold(called(name), HoldEnd.GIVEN_UP, self.now)
            self.over_both(name, command, placing.end_hold)
            return
        if (found := self.agenda_of(slot)) is None:
            return
        agenda_stream, doctor = found
        until = self.now + timedelta(minutes=minutes)
        command = Hold(called(name), called(slot), Mode.OFFICE, until, self.now)
        practitioner = self.state(streams.practitioner(doctor))
        try:
            both = placing.hold(
                command, self.state(stream), self.state(agenda_stream), practitioner
            )
        except Refused:
            return
        self.write((stream, both.request), (agenda_stream, both.agenda))

    # Members asked beyond their agenda

    @rule(name=NAMES, minutes=st.integers(1, 60))
    def ask_members(self, name, minutes):
        """Whoever dispatch would ask."""
        stream = streams.request(called(name))
        request = self.state(stream)
        if not isinstance(request, Waiting):
            return
        members = [
            Member(
                doctor,
                self.state(streams.practitioner(doctor)),
                self.state(streams.agenda(doctor, WEEK)),
            )
            for doctor in (DR_ADAM, DR_BLAIN)
        ]
        to = tuple(one.rpps for one in askable(search(request, self.now), members, self.now))
        if to:
            until = self.now + timedelta(minutes=minutes)
            self.decide(stream, OfferRequest(called(name), to, until, self.now))

    @rule(name=NAMES, doctor=DOCTORS, start=st.integers(0, 40), slot=SLOTS)
    def accept(self, name, doctor, start, slot):
        """Two who accept, or one who accepts two patients at once: the agenda decides."""
        stream, agenda_stream = streams.request(called(name)), streams.agenda(doctor, WEEK)
        slot_id = called(f"overbook {slot} {name} {doctor} {start} {self.now}")
        start = NOON + start * QUARTER
        command = AcceptOffer(called(name), doctor, slot_id, start, 15, self.now)
        try:
            both = overbooking.accept(
                command,
                self.state(stream),
                self.state(agenda_stream),
                self.state(streams.practitioner(doctor)),
            )
        except Refused:
            return
        self.write((stream, both.request), (agenda_stream, both.agenda))

    @rule(name=NAMES, doctor=DOCTORS)
    def correct(self, name, doctor):
        self.over_both(name, CorrectClaim(called(name), doctor, self.now), overbooking.correct)

    @rule(name=NAMES, doctor=DOCTORS, how=st.integers(0, 3), quarters=st.integers(0, 40))
    def answer(self, name, doctor, how, quarters):
        request_id, then = called(name), NOON + quarters * QUARTER
        command = [
            RefuseOffer(request_id, doctor, WhyNot.FULL, self.now),
            DeferOffer(request_id, doctor, then, self.now),
            ProposeTime(request_id, doctor, then, self.now),
            LapseOffers(request_id, self.now),
        ][how]
        self.decide(streams.request(request_id), command)

    # Away, and over

    @rule(doctor=DOCTORS, start=st.integers(0, 40), length=st.integers(0, 8), back=st.booleans())
    def vacation(self, doctor, start, length, back):
        begins = NOON + start * QUARTER
        stream, agenda_stream = streams.practitioner(doctor), streams.agenda(doctor, WEEK)
        if back:
            cancel = CancelVacation(doctor, begins, self.now)
            with suppress(Refused):
                self.write((stream, practitioners.decide(cancel, self.state(stream))))
            return
        command = AnnounceVacation(doctor, begins, begins + length * QUARTER, self.now)
        agenda = self.state(agenda_stream)
        holders = self.holders(absence.concerned(command, agenda))
        try:
            away = absence.announce(command, self.state(stream), {agenda_stream: agenda}, holders)
        except Refused:
            return
        self.go(doctor, away)

    @rule(doctor=DOCTORS, happens=st.sampled_from(["back", "joins", "leaves", "leaves one"]))
    def take_part_otherwise(self, doctor, happens):
        stream, agenda_stream = streams.practitioner(doctor), streams.agenda(doctor, WEEK)
        if "leaves" not in happens:
            joins = TakePartOtherwise(doctor, (VALENCIENNES,), Setting.TOWN, None, self.now)
            back = Enrol(doctor, Profession.DOCTOR, (NEVERS,), Setting.TOWN, None, self.now)
            self.decide(stream, joins if happens == "joins" else back)
            self.decide(stream, GiveConsent(doctor, consent(overbook=OVERBOOK), self.now))
            return
        command = Leave(doctor, (NEVERS,) if happens == "leaves one" else (), self.now)
        practitioner, agenda = self.state(stream), self.state(agenda_stream)
        holders = self.holders(absence.left_over(command, practitioner, agenda))
        try:
            gone = absence.leave(command, practitioner, {agenda_stream: agenda}, holders)
        except Refused:
            return
        self.go(doctor, gone)

    def holders(self, slots):
        return {
            request_id: self.state(streams.request(request_id))
            for slot in slots
            for request_id in (*slot.taken, *slot.held)
        }

    def go(self, doctor, away):
        stream, agenda_stream = streams.practitioner(doctor), streams.agenda(doctor, WEEK)
        told = [(streams.request(r), events) for r, events in away.requests.items()]
        withdrawn = away.agendas.get(agenda_stream, ())
        self.write((stream, away.practitioner), (agenda_stream, withdrawn), *told)

    @rule(slot=SLOTS, close=st.booleans())
    def elapse_or_close(self, slot, close):
        if (found := self.agenda_of(slot)) is None:
            return
        command = (
            CloseSlotTo(called(slot), (Source.SAS,), self.now)
            if close
            else ElapseSlot(called(slot), self.now)
        )
        self.decide(found[0], command)

    # After the assignment

    @rule(
        slot=SLOTS,
        how=st.sampled_from(["withdraw", "move", "resize", "open"]),
        number=st.integers(1, 3),
        start=st.integers(0, 40),
    )
    def change_slot(self, slot, how, number, start):
        slot_id = called(slot)
        if (found := self.agenda_of(slot)) is None:
            return
        agenda_stream, _ = found
        begins = NOON + start * QUARTER
        command = {
            "withdraw": WithdrawSlot(slot_id, self.now),
            "move": MoveSlot(slot_id, begins, begins + QUARTER, None, self.now),
            "resize": ChangeCapacity(slot_id, number, self.now),
            "open": OpenSlotTo(slot_id, (), (VALENCIENNES,), (), self.now),
        }[how]
        agenda = self.state(agenda_stream)
        holders = {
            request_id: self.state(streams.request(request_id))
            for places in (agenda.slots[slot_id].taken, agenda.slots[slot_id].held)
            for request_id in places
        }
        try:
            change = placing.change_slot(command, agenda, holders)
        except Refused:
            return
        told = [(streams.request(r), events) for r, events in change.requests.items()]
        self.write((agenda_stream, change.agenda), *told)
        assert self.state(agenda_stream).slots.keys() >= agenda.slots.keys() - {slot_id}

    @rule(name=NAMES, by=st.sampled_from(By), again=st.booleans())
    def cancel(self, name, by, again):
        self.over_both(name, Cancel(called(name), by, again, self.now), placing.cancel)

    @rule(name=NAMES, to=st.sampled_from(Destination))
    def reorient(self, name, to):
        self.over_both(name, Reorient(called(name), to, self.now), placing.reorient)

    @rule(name=NAMES, other=NAMES)
    def merge(self, name, other):
        into = self.state(streams.request(called(other)))

        def merge(command, request, agenda):
            return merging.merge(command, request, into, agenda)

        self.over_both(name, Merge(called(name), called(other), self.now), merge)

    @rule(name=NAMES, attended=st.booleans(), outcome=st.sampled_from(Outcome))
    def visit(self, name, attended, outcome):
        request_id = called(name)
        for command in (
            ConfirmVisit(request_id, self.now),
            RecordAttendance(request_id, attended, self.now),
            RecordOutcome(request_id, outcome, self.now),
        ):
            self.decide(streams.request(request_id), command)

    def over_both(self, name, command, decide):
        """A decision over the request and the agenda it has a place in."""
        stream = streams.request(called(name))
        request = self.state(stream)
        named = requests.agenda_of(request)
        agenda_stream = streams.agenda(*named) if named else ""
        agenda = self.state(agenda_stream) if named else agendas.Agenda()
        try:
            both = decide(command, request, agenda)
        except Refused:
            return
        self.write((stream, both.request), (agenda_stream, both.agenda))

    def candidates(self):
        for doctor in (DR_ADAM, DR_BLAIN):
            agenda = self.state(streams.agenda(doctor, WEEK))
            practitioner = self.state(streams.practitioner(doctor))
            for slot in agenda.slots.values():
                yield Candidate(slot, agenda, practitioner)

    def place(self, name, slot_id, mode, explanation):
        stream = streams.request(called(name))
        for doctor in (DR_ADAM, DR_BLAIN):
            agenda_stream = streams.agenda(doctor, WEEK)
            agenda = self.state(agenda_stream)
            if slot_id not in agenda.slots:
                continue
            command = PlaceRequest(called(name), slot_id, mode, explanation, self.now)
            practitioner = self.state(streams.practitioner(doctor))
            try:
                both = placing.place(command, self.state(stream), agenda, practitioner)
            except Refused:
                continue
            self.write((stream, both.request), (agenda_stream, both.agenda))

    # What must hold after every step

    @invariant()
    def nothing_is_broken(self):
        assert self.audit.violations == []

    @invariant()
    def every_open_request_has_an_owner_and_a_next_instant(self):
        for stream in {r.stream for r in self.log.recorded if r.stream.startswith("request-")}:
            state = self.state(stream)
            assert not isinstance(state, Waiting) or (state.owner and state.next_at)

    def teardown(self):
        assert self.audit.finish() == []


TestAnyHistory = Care.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=50)
