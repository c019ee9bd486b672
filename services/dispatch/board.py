"""What dispatch knows, in memory: who waits, which places are free, who agrees to what.

A fold over the log, and ahead of it by what this process has decided and not yet heard is written.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain import agenda as agendas
from domain import community as communities
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import Agenda, Slot
from domain.asking import Member
from domain.community import Community, Formed, NotFormed
from domain.eligibility import Candidate
from domain.ladder import USUAL
from domain.practitioner import Consent, Enrolled, NotEnrolled, Practitioner
from domain.request import Waiting
from events import streams
from events.agenda import AgendaEvent, SlotOpenedTo, SlotPublished
from events.base import Event
from events.community import CommunityEvent
from events.envelope import Recorded
from events.ladder import Ladder
from events.practitioner import Overbook, PractitionerEnrolled, PractitionerEvent, PractitionerLeft
from events.request import RequestEvent, RequestReceived


@dataclass(slots=True)
class _Held:
    version: int


@dataclass(slots=True)
class HeldRequest(_Held):
    """A waiting request."""

    state: Waiting
    cause: UUID  # the last event about it


@dataclass(slots=True)
class HeldAgenda(_Held):
    """A practitioner's week."""

    rpps: str
    state: Agenda


@dataclass(slots=True)
class HeldPractitioner(_Held):
    """A practitioner."""

    state: Practitioner


@dataclass(slots=True)
class HeldCommunity(_Held):
    """A community."""

    state: Community


_UNKNOWN = Formed("", "", "Europe/Paris", ())
"""Of a community nobody told of: no neighbours, the usual ladder."""


@dataclass
class Board:
    """`apply` events in the order of each stream; the rest is looking."""

    waiting: dict[str, dict[UUID, HeldRequest]] = field(default_factory=dict)  # by community
    agendas: dict[str, HeldAgenda] = field(default_factory=dict)  # by stream
    practitioners: dict[str, HeldPractitioner] = field(default_factory=dict)  # by RPPS
    communities: dict[str, HeldCommunity] = field(default_factory=dict)  # by FINESS
    _members: dict[str, set[str]] = field(default_factory=dict)  # community → RPPS
    _community_of: dict[UUID, str] = field(default_factory=dict)  # waiting requests only
    _open_to: dict[str, set[str]] = field(default_factory=dict)  # community → agenda streams
    _agenda_of: dict[UUID, str] = field(default_factory=dict)  # slot → agenda stream
    _asked: Counter[str] = field(default_factory=Counter)  # RPPS → offers that may be answered

    def apply(self, recorded: Recorded) -> bool:
        """One event of the log. False when it was known."""
        return self.foresee(
            recorded.stream, recorded.version, [recorded.event], recorded.meta.event_id
        )

    def foresee(self, stream: str, version: int, events: Sequence[Event], cause: UUID) -> bool:
        """Events of a stream from that version on; those known already change nothing."""
        changed = False
        for number, event in enumerate(events, version):
            if number != self.version(stream) + 1:
                continue
            changed = True
            if isinstance(event, RequestEvent):
                self._of_request(stream, number, event, cause)
            elif isinstance(event, AgendaEvent):
                self._of_agenda(stream, number, event)
            elif isinstance(event, PractitionerEvent):
                self._of_practitioner(number, event)
            elif isinstance(event, CommunityEvent):
                before = self.communities.get(event.finess)
                state = communities.evolve(before.state if before else NotFormed(), event)
                self.communities[event.finess] = HeldCommunity(number, state)
        return changed

    def version(self, stream: str) -> int:
        """The version this board has of a stream; 0 for what it does not hold."""
        held: _Held | None
        match streams.kind(stream):
            case "request":
                held = self.request(UUID(streams.identity(stream)))
            case "agenda":
                held = self.agendas.get(stream)
            case "community":
                held = self.communities.get(streams.identity(stream))
            case _:
                held = self.practitioners.get(streams.identity(stream))
        return held.version if held else 0

    def forget(self, stream: str) -> None:
        """Hold nothing of a stream: it is to be read anew."""
        if streams.kind(stream) == "request":
            self._drop(UUID(streams.identity(stream)))
        elif streams.kind(stream) == "agenda":
            self.agendas.pop(stream, None)
        elif streams.kind(stream) == "practitioner":
            self.practitioners.pop(streams.identity(stream), None)
        else:
            self.communities.pop(streams.identity(stream), None)

    def build(self, events: Iterable[Recorded]) -> None:
        """Everything a board begins with, in the order of each stream."""
        histories: dict[str, list[Recorded]] = {}
        for recorded in events:
            histories.setdefault(recorded.stream, []).append(recorded)
        for stream, history in histories.items():
            self.restore(stream, history)

    def restore(self, stream: str, history: Sequence[Recorded]) -> None:
        """A stream that is not held, from its whole history: it may have been settled meanwhile."""
        if streams.kind(stream) != "request":
            for recorded in history:
                self.apply(recorded)
            return
        state: requests.Request = requests.NotReceived()
        for recorded in history:
            if isinstance(recorded.event, RequestEvent):
                state = requests.evolve(state, recorded.event)
        if isinstance(state, Waiting):
            last = history[-1]
            self._hold(HeldRequest(last.version, state, last.meta.event_id))

    def neighbours_of(self, finess: str) -> tuple[str, ...]:
        """Communities whose places its patients may have: both agreed."""
        return tuple(
            other
            for other in self._formed(finess).neighbours
            if finess in self._formed(other).neighbours
        )

    def ladder_of(self, finess: str) -> Ladder:
        """How the community works with the SAS, in a crisis as it is then."""
        formed = self._formed(finess)
        return (formed.crisis and formed.crisis.ladder) or formed.ladder or USUAL

    def community(self, finess: str) -> Formed:
        """What the community agreed to; of one nobody told of, nothing."""
        return self._formed(finess)

    def members_of(self, of: Collection[str], now: datetime) -> Iterator[Member]:
        """Practitioners of these communities, and their week."""
        for rpps in sorted({rpps for c in of for rpps in self._members.get(c, ())}):
            held = self.practitioners.get(rpps)
            if held is None:
                continue  # being read anew
            week = self.agendas.get(streams.agenda(rpps, _week(held.state, now)))
            who = practitioners.as_delegated(held.state, self._known)
            yield Member(rpps, who, week.state if week else Agenda(), self._asked[rpps])

    def _formed(self, finess: str) -> Formed:
        held = self.communities.get(finess)
        return held.state if held and isinstance(held.state, Formed) else _UNKNOWN

    def request(self, request_id: UUID) -> HeldRequest | None:
        """The request, if it waits."""
        community = self._community_of.get(request_id)
        return self.waiting[community].get(request_id) if community else None

    @property
    def waits(self) -> int:
        """How many requests."""
        return len(self._community_of)

    def next_instant(self, now: datetime) -> datetime:
        """When the first of those who wait is to be looked at; now, where nobody waits."""
        return min(
            (h.state.next_at for w in self.waiting.values() for h in w.values()), default=now
        )

    def agenda_of(self, slot_id: UUID) -> str | None:
        """The agenda a slot is in."""
        return self._agenda_of.get(slot_id)

    def candidates(self, of: Collection[str], now: datetime) -> Iterator[Candidate]:
        """Every slot open to one of the communities that somebody may yet come to, once."""
        open_to = [self._open_to.get(community, set()) for community in of]
        for stream in open_to[0] if len(open_to) == 1 else set().union(*open_to):
            held = self.agendas.get(stream)
            practitioner = self.practitioners.get(held.rpps) if held else None
            if held is None or practitioner is None:
                continue  # being read anew
            agenda = held.state
            who = practitioners.as_delegated(practitioner.state, self._known)
            for slot in agenda.slots.values():
                published = slot.published
                if slot.may_join(now) and any(c in published.communities for c in of):
                    yield Candidate(slot, agenda, who)

    def candidate(self, slot_id: UUID) -> Candidate | None:
        """One slot, if it is held."""
        held = self.agendas.get(self._agenda_of.get(slot_id, ""))
        practitioner = self.practitioners.get(held.rpps) if held else None
        if held is None or practitioner is None or slot_id not in held.state.slots:
            return None
        who = practitioners.as_delegated(practitioner.state, self._known)
        return Candidate(held.state.slots[slot_id], held.state, who)

    def _known(self, rpps: str) -> Practitioner:
        held = self.practitioners.get(rpps)
        return held.state if held else NotEnrolled()

    def slots_by_community(self, streams_or_rpps: str) -> dict[str, set[UUID]]:
        """The slots of an agenda (by its stream) or of a practitioner, by community."""
        found: dict[str, set[UUID]] = {}
        for stream, held in self.agendas.items():
            if streams_or_rpps in {stream, held.rpps}:
                for slot_id, slot in held.state.slots.items():
                    for finess in slot.published.communities:
                        found.setdefault(finess, set()).add(slot_id)
        return found

    def slots_of(self, community: str) -> Iterator[Slot]:
        """Every slot open to the community in the weeks that are held, those over included."""
        for stream in self._open_to.get(community, ()):
            if held := self.agendas.get(stream):
                for slot in held.state.slots.values():
                    if community in slot.published.communities:
                        yield slot

    def agendas_of(self, community: str) -> set[str]:
        """The agendas with slots for the community."""
        return self._open_to.get(community, set())

    def let_go(self, before_week: str) -> None:
        """Drop the agendas of weeks that are over."""
        for stream in [stream for stream in self.agendas if stream[-8:] < before_week]:
            for slot_id in self.agendas.pop(stream).state.slots:
                self._agenda_of.pop(slot_id, None)
            for open_to in self._open_to.values():
                open_to.discard(stream)

    def _of_request(self, stream: str, version: int, event: RequestEvent, cause: UUID) -> None:
        request_id = UUID(streams.identity(stream))
        held = self.request(request_id)
        if held is None:
            if not isinstance(event, RequestReceived):
                return  # an emergency, or the sequel of what was settled
            state = requests.evolve(requests.NotReceived(), event)
        else:
            state = requests.evolve(held.state, event)
        if isinstance(state, Waiting):
            self._hold(HeldRequest(version, state, cause))
        else:
            self._drop(request_id)

    def _hold(self, held: HeldRequest) -> None:
        received = held.state.received
        before = self.request(received.request_id)
        self._asked.subtract(before.state.pending if before else ())
        self._asked.update(held.state.pending)
        self._community_of[received.request_id] = received.community
        self.waiting.setdefault(received.community, {})[received.request_id] = held

    def _drop(self, request_id: UUID) -> None:
        if held := self.request(request_id):
            self._asked.subtract(held.state.pending)
        if community := self._community_of.pop(request_id, None):
            self.waiting[community].pop(request_id, None)

    def _of_agenda(self, stream: str, version: int, event: AgendaEvent) -> None:
        held = self.agendas.get(stream)
        if held is None:
            held = self.agendas[stream] = HeldAgenda(0, streams.agenda_named(stream)[0], Agenda())
        held.state = agendas.evolve(held.state, event)
        held.version = version
        if isinstance(event, SlotPublished | SlotOpenedTo):
            self._agenda_of[event.slot_id] = stream
            for finess in event.communities:
                self._open_to.setdefault(finess, set()).add(stream)

    def _of_practitioner(self, version: int, event: PractitionerEvent) -> None:
        held = self.practitioners.setdefault(event.rpps, HeldPractitioner(0, NotEnrolled()))
        held.state = practitioners.evolve(held.state, event)
        held.version = version
        if isinstance(event, PractitionerEnrolled):
            for finess in event.communities:
                self._members.setdefault(finess, set()).add(event.rpps)
        elif isinstance(event, PractitionerLeft):
            for finess in event.communities:
                self._members.get(finess, set()).discard(event.rpps)


def _week(practitioner: Practitioner, now: datetime) -> str:
    """The ISO week it is where they see patients beyond the agenda."""
    match practitioner:
        case Enrolled(consent=Consent(overbook=Overbook(zone=zone))):
            return agendas.week_of(now, zone)
        case _:
            return agendas.week_of(now, "Europe/Paris")
