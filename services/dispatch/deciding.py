"""Whoever waits is given the best place there is now, or the next step of the ladder."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

from domain import placing
from domain.decider import Refused
from domain.ladder import Advance, Around, advance
from domain.matching import Ranked
from domain.placing import PlaceRequest
from domain.request import EndHold, Waiting
from events import streams
from events.agenda import SlotPublished
from events.base import Event
from events.offer import RequestOffered
from events.request import HoldEnd, RequestPlaceHeld
from services import telemetry
from services.clock import Clock
from services.dispatch.board import HeldRequest
from services.dispatch.expecting import Expecting
from services.dispatch.partition import Partition
from services.dispatch.shadow import Seen, Shadow
from services.dispatch.surroundings import Rates, around
from services.dispatch.timers import Timers
from services.dispatch.writing import Writing
from services.intake.neighbours import ways_to
from services.settings import Settings

_DOUBT = timedelta(milliseconds=50)  # what is in doubt is looked at again after that


class Deciding:
    """One request at a time, and without waiting: nothing happens in the middle of a decision."""

    def __init__(
        self,
        writing: Writing,
        expecting: Expecting,
        shadow: Shadow,
        partition: Partition,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.board = writing.board
        self.timers: Timers[UUID] = Timers(clock)  # when each is decided about again
        self._writing = writing
        self._ahead = writing.ahead
        self._news = writing.news
        self._expecting = expecting
        self._shadow = shadow
        self._partition = partition
        self._clock = clock
        self._settings = settings
        self.rates = Rates()
        self._kept_from: set[UUID] = set()  # who was told that a place is kept for others

    def looked(self, community: str) -> None:
        """The day has moved: places that were kept may be for those who were told so."""
        for request_id in tuple(self._kept_from):
            held = self.board.request(request_id)
            if held is None:
                self._kept_from.discard(request_id)
            elif community in held.state.communities:
                self._news.ask(request_id)

    def around(self, request: Waiting) -> Around:
        """What is to be known to decide about it now."""
        now = self._clock.now()
        return around(request, self.board, self.rates, self._settings, now, prices=self._expecting)

    def decide(self, request_id: UUID, preferred: UUID | None = None) -> None:
        """If it waits: a place, the preferred slot's if there is one; or who is asked next."""
        held = self.board.request(request_id)
        if held is None:
            self.timers.cancel(request_id)
            self._kept_from.discard(request_id)
            return
        community = held.state.received.community
        if not self._partition.has(community):
            return
        now = self._clock.now()
        if held.state.hold is not None:
            self._keep(held, held.state.hold, now)
            return
        began = perf_counter()
        look_at = self.around(held.state)
        ranking = look_at.look(held.state)
        if preferred is not None:
            ranking = ranking.preferring(preferred)
        late = now - look_at.give_up_at
        if (
            not ranking.eligible
            and timedelta() <= late < timedelta(seconds=self._settings.hand_back_patience_seconds)
            and self._places_in_doubt(community)
        ):
            # One may come back from a write that fails: nobody is sent away on a guess.
            self.timers.set(request_id, now + _DOUBT)
            return
        onward = advance(held.state, ranking, look_at, now)
        told = onward.place is None and onward.ranking.kept
        (self._kept_from.add if told else self._kept_from.discard)(request_id)
        telemetry.decision_seconds.observe(perf_counter() - began)
        if self._shadow.is_on and (onward.place is not None or held.version == 1):
            reached = onward.request.communities
            candidates = list(self.board.candidates(reached, now))
            self._shadow.watch(Seen(onward.request, candidates, now, onward.place))
        if onward.place is not None:
            self._assign(held, onward, onward.place, now)
        elif onward.events:
            self._writing.write(held, onward.events, unmoved=self._asked_now(onward.events))
            self._set_timer(request_id)
        else:
            self._set_timer(request_id)

    def _keep(self, held: HeldRequest, hold: RequestPlaceHeld, now: datetime) -> None:
        """Leave to the regulator what they hold, until the moment is over."""
        request_id = hold.request_id
        if now < hold.until:
            self.timers.set(request_id, hold.until)
            return
        stream, name = streams.agenda(hold.rpps, hold.week), streams.request(request_id)
        agenda = self.board.agendas.get(stream)
        if agenda is None and self._ahead.is_reading(stream):
            self.timers.set(request_id, now + _DOUBT)
            return
        try:
            lapsed = EndHold(request_id, HoldEnd.LAPSED, now)
            ended = placing.end_hold(lapsed, held.state, agenda.state) if agenda else None
        except Refused:
            ended = None
        if ended is None or not ended.agenda:
            # Of a week that is over, or only one half of what happened was heard: read both.
            self._writing.doubt([stream, name])
            return
        self._writing.write(held, ended.request, (stream, ended.agenda))
        self._news.ask(request_id)

    def _asked_now(self, events: Sequence[Event]) -> list[tuple[str, int]]:
        """Who is asked must still agree to be when it is written."""
        return [
            (streams.practitioner(rpps), self.board.practitioners[rpps].version)
            for event in events
            if isinstance(event, RequestOffered)
            for rpps in event.to
        ]

    def _set_timer(self, request_id: UUID) -> None:
        if held := self.board.request(request_id):
            self.timers.set(request_id, held.state.next_at)

    def _places_in_doubt(self, community: str) -> bool:
        return any(self._ahead.uncertain(stream) for stream in self.board.agendas_of(community))

    def _assign(self, held: HeldRequest, onward: Advance, best: Ranked, now: datetime) -> None:
        slot = best.candidate.slot.published
        request_id = held.state.received.request_id
        agenda_stream = streams.agenda(slot.rpps, slot.week)
        command = PlaceRequest(
            request_id=request_id,
            slot_id=slot.slot_id,
            mode=best.way.mode,
            explanation=onward.ranking.explanation(best),
            at=now,
        )
        practitioner = self.board.practitioners[slot.rpps]
        both = placing.place(
            command, onward.request, self.board.agendas[agenda_stream].state, practitioner.state
        )
        if not both.agenda:
            # The agenda has it for this request already: the request's own news is on its way.
            self._writing.doubt([streams.request(request_id)])
            return
        self._writing.write(
            held,
            [*onward.events, *both.request],
            (agenda_stream, both.agenda),
            unmoved=[
                (streams.practitioner(slot.rpps), practitioner.version),
                *self._agreements(held, slot),
            ],
        )

    def _agreements(self, held: HeldRequest, slot: SlotPublished) -> list[tuple[str, int]]:
        """Of a place of neighbours: both must still agree when it is written."""
        own, neighbours = held.state.received.community, held.state.reach.neighbours
        ways = ways_to(slot, self.board.practitioners[slot.rpps].state)
        if own in ways:
            return []
        concerned = {own} | (ways & set(neighbours) & self.board.communities.keys())
        return [(streams.community(c), self.board.communities[c].version) for c in concerned]
