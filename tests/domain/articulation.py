"""A community, a request and a clock, all in memory: what the ladder does, told line by line.

A scenario is three texts. Given: what there is at noon on Monday. When: what people do, and at what
time. Then: what happened to the request, but for searches that merely go on.

    given  "due 4H; A overbooks; B overbooks; slot C 15:00"
    when   "12:03 A refuses; 12:04 B accepts 13:00"
    then   "12:00 asked A B until 12:05", "12:04 assigned B 13:00"
"""

import re
from contextlib import suppress
from datetime import timedelta

from domain import agenda as agendas
from domain import overbooking, placing
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import ChangeCapacity, WithdrawSlot
from domain.asking import Member, Rate, askable, is_away
from domain.decider import Refused
from domain.eligibility import Candidate, search
from domain.invariants import Audit
from domain.ladder import USUAL, Around, advance, rule_for
from domain.matching import rank
from domain.opening_hours import Calendar, next_turn, period_at
from domain.overbooking import AcceptOffer, CorrectClaim
from domain.placing import By, Cancel, PlaceRequest
from domain.practitioner import Pause
from domain.protocols import NATIONAL, pathways
from domain.request import (
    DeferOffer,
    ProposeTime,
    RefuseOffer,
    Waiting,
    Withdraw,
)
from events import streams
from events.codes import Complaint, Delay, Period, Priority, Profession, Setting, Sex
from events.destination import Destination
from events.ladder import Ladder, Rule, Step, StepKind
from events.offer import WhyNot
from events.practitioner import Delegation, InCrisis, PractitionerPaused
from events.request import Withdrawal
from tests.examples import (
    ANNA,
    HOUR,
    MINUTE,
    NEVERS,
    NOON,
    OVERBOOK,
    VALENCIENNES,
    WEEK,
    called,
    consented,
    enrolled,
    on_call,
    publish,
    received,
)
from tests.recording import LogInMemory, stream_of

DECIDERS = {
    "request": requests.decider,
    "agenda": agendas.decider,
    "practitioner": practitioners.decider,
}
MARGIN = 10 * MINUTE
AGAIN = 5 * MINUTE
TOLD = {
    "request.escalated",
    "request.offered",
    "request.assigned",
    "request.unassigned",
    "request.handed_back",
    "request.withdrawn",
    "offer.lapsed",
}


def rpps(letter):
    return f"109780{ord(letter):05}"


def letter(number):
    return chr(int(number[-5:]))


def clock(instant):
    return instant.strftime("%H:%M" if instant.second == 0 else "%H:%M:%S")


class World:
    """`play` it, then read what was `told`, and the codes of `refusals`."""

    def __init__(self, given):
        self.log = LogInMemory()
        self.states = {}
        self.audit = Audit()
        self.now = NOON
        self.commands = 0
        self.told = []
        self.refusals = []
        self.doctors = []
        self.ladder = PLAIN
        self.crisis = None
        self.calendar = Calendar("UTC", frozenset())
        self.neighbours = ()
        self.rate = Rate()
        self.request = {"due_by": NOON + Delay.HOURS_4.longest}
        for line in _lines(given):
            self._given(*line.split())
        self.write((stream_of(received()), [received(**self.request)]))

    # What there is

    def _given(self, what, *words):
        match what, *words:
            case "due", delay:
                self.request["due_by"] = NOON + Delay(delay).longest
            case "priority", code:
                self.request["priority"] = Priority(code)
            case "motive", code:
                self.request["motive"] = code
            case "rate", asked, accepted:
                self.rate = Rate(int(asked), int(accepted))
            case ("usual",):
                self.ladder = USUAL
            case ("crisis",):
                self.crisis = self.ladder
            case "doctor", name:
                self.request["treating_doctor"] = rpps(name)
            case "complaint", code, "aged", age:
                self.complain(Complaint(code), int(age))
            case ("holiday",):
                self.calendar = Calendar("UTC", frozenset({NOON.date()}))
            case ("neighbour",):
                self.neighbours = (VALENCIENNES,)
            case "slot", name, time, *more:
                self.publish(name, _at(time), *more)
            case "ladder", *steps:
                self.ladder = _ladder([Rule(title="All", steps=_steps(steps))])
            case "rule", fits, *steps:
                fits, _, otherwise = fits.partition(">")
                sent = {"otherwise": Destination(otherwise)} if otherwise else {}
                rule = Rule(title=fits, steps=_steps(steps), **_whom(fits), **sent)
                self.ladder = _ladder([rule, *self.ladder.rules])
            case name, "overbooks", *more:
                self.doctor(name, *more)
            case name, "member", *more:
                self.enrol(name, NEVERS, None, *more)
            case _:
                raise AssertionError(what, words)

    def complain(self, complaint, age):
        """What the rules of the day open."""
        self.request |= {"complaint": complaint, "age": age}
        self.request["pathways"] = pathways(
            NATIONAL,
            motive="M03.14",
            complaint=complaint,
            age=age,
            sex=Sex.FEMALE,
            day=NOON.date(),
        )

    def doctor(self, name, *more):
        where = VALENCIENNES if "next-door" in more else NEVERS
        self.enrol(name, where, OVERBOOK, *more)
        if "on-call" in more:
            self.write((streams.practitioner(rpps(name)), [on_call(rpps(name), _at("20:00"))]))
        if "paused" in more:
            event = PractitionerPaused(rpps=rpps(name), paused_at=self.now)
            self.write((streams.practitioner(rpps(name)), [event]))

    def enrol(self, name, where, overbook, *more):
        self.doctors.append(rpps(name))
        profession = Profession.PHARMACIST if "pharmacist" in more else Profession.DOCTOR
        protocols = (Delegation(protocol="ODYNOPHAGIE", by=rpps("Z")),) if "in-team" in more else ()
        caps = {"weekly_cap": 0} if "full" in more else {}
        if "more-in-crisis" in more:
            caps["in_crisis"] = InCrisis(weekly_cap=None, daily_cap=None)
        setting, specialty = _setting(more)
        who = {"profession": profession, "setting": setting, "specialty": specialty}
        happened = [
            enrolled(rpps(name), communities=(where,), **who),
            consented(rpps(name), overbook=overbook, protocols=protocols, **caps),
        ]
        self.write((streams.practitioner(rpps(name)), happened))

    def publish(self, name, start, *more):
        if rpps(name) not in self.doctors:
            self.enrol(name, VALENCIENNES if "next-door" in more else NEVERS, None, *more)
        known = self.practitioner(rpps(name))
        command = publish(
            called(f"slot of {name} at {start}"),
            rpps=rpps(name),
            profession=known.profession,
            setting=known.setting,
            specialty=known.specialty,
            surge="surge" in more,
            start=start,
            end=start + (3 * HOUR if "range" in more else 20 * MINUTE),
            capacity=4 if "range" in more else 1,
            communities=(VALENCIENNES,) if "next-door" in more else (NEVERS,),
            at=self.now,
        )
        with suppress(Refused):
            stream = streams.agenda(rpps(name), WEEK)
            self.write((stream, agendas.decide(command, self.agenda(rpps(name)))))

    # The shell: load, decide, append

    def state(self, decider, stream):
        return self.states.get(stream, decider.initial)

    @property
    def patient(self):
        return self.state(requests.decider, streams.request(ANNA))

    def agenda(self, number):
        return self.state(agendas.decider, streams.agenda(number, WEEK))

    def practitioner(self, number):
        return self.state(practitioners.decider, streams.practitioner(number))

    def write(self, *writes):
        self.commands += 1
        for stream, events in writes:
            decider = DECIDERS[streams.kind(stream)]
            self.states[stream] = decider.replay(events, since=self.state(decider, stream))
            for recorded in self.log.append(stream, events, called(f"command {self.commands}")):
                self.audit.see(recorded)
                self.hear(recorded.event)

    def hear(self, event):
        if event.name == "offer.lapsed":
            # Those told together are told in one line.
            before, again = self.told[-1].split() if self.told else [], event.reason
            if before and (before[0], before[-1]) == (clock(self.now), again):
                self.told[-1] = " ".join([*before[:-1], letter(event.rpps), again])
                return
        if event.name in TOLD:
            self.told.append(f"{clock(self.now)} {_said(event)}")

    def around(self, request):
        def look(waiting):
            return rank(waiting, self.candidates(), self.now)

        def whom(waiting):
            members = [
                Member(number, self.practitioner(number), self.agenda(number))
                for number in self.doctors
            ]
            return askable(search(waiting, self.now), members, self.now)

        ladder = self.crisis or self.ladder
        rule = rule_for(request.received, ladder, period_at(self.now, self.calendar))
        return Around(
            steps=rule.steps,
            otherwise=rule.otherwise,
            look=look,
            askable=whom,
            is_away=lambda waiting, number: is_away(
                self.practitioner(number), waiting, waiting.communities, self.now
            ),
            neighbours=self.neighbours,
            crisis=self.crisis is not None,
            turns_at=next_turn(self.now, self.calendar),
            rate=self.rate,
            give_up_at=request.due_by - MARGIN,
            again=AGAIN,
        )

    def candidates(self):
        for number in self.doctors:
            agenda = self.agenda(number)
            for slot in agenda.slots.values():
                if slot.may_join(self.now):
                    yield Candidate(slot, agenda, self.practitioner(number))

    def look(self):
        """What dispatch does with the request now."""
        request = self.patient
        if not isinstance(request, Waiting):
            return
        around = self.around(request)
        onward = advance(request, around.look(request), around, self.now)
        stream = streams.request(ANNA)
        if onward.place is None:
            self.write((stream, onward.events))
            return
        slot = onward.place.candidate.slot.published
        explanation = onward.ranking.explanation(onward.place)
        place = PlaceRequest(ANNA, slot.slot_id, onward.place.way.mode, explanation, self.now)
        both = placing.place(
            place, onward.request, self.agenda(slot.rpps), self.practitioner(slot.rpps)
        )
        self.write(
            (stream, [*onward.events, *both.request]),
            (streams.agenda(slot.rpps, WEEK), both.agenda),
        )

    # What people do

    def play(self, when):
        """Everything in its time, until nothing is left to happen."""
        acts = [line.split() for line in _lines(when)]
        self.look()
        while acts or isinstance(self.patient, Waiting):
            at = _at(acts[0][0]) if acts else None
            waiting = self.patient if isinstance(self.patient, Waiting) else None
            if waiting and (at is None or waiting.next_at < at):
                assert waiting.next_at > self.now, "the clock stands still"
                self.now = waiting.next_at
            else:
                self.now = max(at, self.now)
                try:
                    self.act(*acts.pop(0)[1:])
                except Refused as refused:
                    self.refusals.append(refused.code)
            self.look()
        return self

    def act(self, name, does, *more):
        number = rpps(name)
        stream = streams.request(ANNA)
        match does, *more:
            case "accepts", time:
                slot = called(f"{name} {time}")
                command = AcceptOffer(ANNA, number, slot, _at(time), 20, self.now)
                both = overbooking.accept(
                    command, self.patient, self.agenda(number), self.practitioner(number)
                )
                self.write((stream, both.request), (streams.agenda(number, WEEK), both.agenda))
            case ("corrects",):
                both = overbooking.correct(
                    CorrectClaim(ANNA, number, self.now), self.patient, self.agenda(number)
                )
                self.write((stream, both.request), (streams.agenda(number, WEEK), both.agenda))
            case ("refuses",):
                self.tell(RefuseOffer(ANNA, number, WhyNot.FULL, self.now))
            case "defers", time:
                self.tell(DeferOffer(ANNA, number, _at(time), self.now))
            case "proposes", time:
                self.tell(ProposeTime(ANNA, number, _at(time), self.now))
            case "publishes", time, *rest:
                self.publish(name, _at(time), *rest)
            case "overbooks", *rest:
                self.doctor(name, *rest)
            case ("pauses",):
                events = practitioners.decide(Pause(number, self.now), self.practitioner(number))
                self.write((streams.practitioner(number), events))
            case "cancels", *rest:
                self.cancel(number, By.PATIENT if rest else By.PRACTITIONER)
            case "adopts", *steps:
                self.ladder = _ladder([Rule(title="All", steps=_steps(steps))])
            case "declares", *steps:
                self.crisis = _ladder([Rule(title="Crisis", steps=_steps(steps))])
            case ("calm",):
                self.crisis = None
            case ("agrees",):
                self.neighbours = (VALENCIENNES,)
            case ("ends",):
                self.neighbours = ()
            case "resizes", time, places:
                self.change(number, ChangeCapacity(self.slot(name, time), int(places), self.now))
            case "takes-back", time:
                self.change(number, WithdrawSlot(self.slot(name, time), self.now))
            case ("withdraws",):
                self.tell(Withdraw(ANNA, Withdrawal.CANCELLED, self.now))
            case _:
                raise AssertionError(does, more)

    def slot(self, name, time):
        """The slot of that practitioner at that time."""
        start = _at(time)
        slots = self.agenda(rpps(name)).slots.values()
        return next(s.published.slot_id for s in slots if s.published.start == start)

    def change(self, number, command):
        agenda = self.agenda(number)
        holders = {ANNA: self.patient} if ANNA in agenda.slots[command.slot_id].taken else {}
        change = placing.change_slot(command, agenda, holders)
        told = [(streams.request(r), events) for r, events in change.requests.items()]
        self.write((streams.agenda(number, WEEK), change.agenda), *told)

    def tell(self, command):
        self.write((streams.request(ANNA), requests.decide(command, self.patient)))

    def cancel(self, number, by):
        command = Cancel(ANNA, by, search_again=True, at=self.now)
        both = placing.cancel(command, self.patient, self.agenda(number))
        stream = streams.agenda(number, WEEK)
        self.write((streams.request(ANNA), both.request), (stream, both.agenda))


def _lines(text):
    return [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]


def _at(time):
    hours, minutes, *seconds = map(int, time.split(":"))
    day, hours = divmod(hours, 24)
    midnight = NOON - timedelta(hours=12)
    return midnight + timedelta(
        days=day, hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0
    )


_KINDS = {
    "slots": StepKind.MEMBER_SLOTS,
    "offers": StepKind.MEMBER_OFFERS,
    "neighbours": StepKind.NEIGHBOUR_SLOTS,
    "doctor": StepKind.TREATING_DOCTOR,
    "partners": StepKind.PARTNER_SLOTS,
    "ask": StepKind.PARTNER_OFFERS,
}
PLAIN = Ladder(
    title="Plain",
    rules=(
        Rule(
            title="All",
            steps=(
                Step(kind=StepKind.MEMBER_SLOTS, minutes=0),
                Step(kind=StepKind.MEMBER_OFFERS, minutes=30),
                Step(kind=StepKind.NEIGHBOUR_SLOTS, minutes=0),
            ),
        ),
    ),
)


def _steps(words):
    """`slots:0`, `ask:20:SOS,MMG`, `partners:0:SPE:SM04`."""
    steps = []
    for word in words:
        kind, minutes, settings, specialties = [*word.split(":"), "", ""][:4]
        step = Step(
            kind=_KINDS[kind],
            minutes=int(minutes),
            settings=tuple(Setting(code) for code in settings.split(",") if code),
            specialties=tuple(code for code in specialties.split(",") if code),
        )
        steps.append(step)
    return tuple(steps)


def _setting(words):
    """Where they work, and what they are specialists of: `SOS`, or `SPE SM04`."""
    settings = [Setting(word) for word in words if word in set(Setting)]
    specialties = [word for word in words if word.startswith("SM")]
    return (*settings, Setting.TOWN)[0], (*specialties, None)[0]


def _whom(fits):
    if fits in set(Period):
        return {"hours": (Period(fits),)}
    return {"motives": (fits,)} if fits.startswith("M") else {"priorities": (Priority(fits),)}


def _ladder(rules):
    return Ladder(title="A ladder", rules=tuple(rules))


def _said(event):
    match event.name.partition(".")[2]:
        case "offered":
            names = " ".join(letter(number) for number in event.to)
            return f"asked {names} until {clock(event.until)}"
        case "escalated":
            return f"step {event.step} {event.owner} until {clock(event.until)}"
        case "assigned":
            return f"assigned {letter(event.rpps)} {clock(event.start)}"
        case "unassigned":
            return f"lost {event.reason}"
        case "handed_back":
            asked = " ".join(f"{letter(one.rpps)}:{one.answer}" for one in event.asked)
            advice = f" to {event.suggested}" if event.suggested else ""
            return f"back {event.reason}{advice} {asked}".strip()
        case "withdrawn":
            return "withdrawn"
        case _:
            return f"{letter(event.rpps)} {event.reason}"
