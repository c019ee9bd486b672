"""A regulator takes a place by hand: it is theirs, or it is gone and here are the next best."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from domain import agenda as agendas
from domain import placing
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import NoPlaceLeft, NoSuchSlot
from domain.decider import Refused
from domain.matching import ALTERNATIVES, CHOSEN_BY_HAND, Ranking, rank
from domain.placing import PlaceRequest
from domain.prices import Prices
from domain.request import Request, Waiting
from events import streams
from events.codes import Mode
from events.envelope import Actor, Role
from events.explanation import Option
from events.request import RequestReceived
from services.clock import Clock
from services.dispatch.board import Board
from services.intake.holds import end_lapsed
from services.intake.neighbours import check_agreed, ways_to
from services.log.circumstances import about_request
from services.log.commands import Answer
from services.log.execute import Decision, Executor, Given


class Take(BaseModel):
    """What the regulator wants: this place for this request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: UUID  # the same again is answered the same again
    request_id: UUID
    slot_id: UUID
    mode: Mode = Mode.OFFICE
    regulator: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,64}$")] = "regulator"
    """An account's reference, never a name."""
    if_version: Annotated[int, Field(ge=0)] | None = None  # of the request, as it was seen


class Rank(BaseModel):
    """Which request: one there is, or one that is only thought of, as it would be received."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: UUID | None = None
    received: RequestReceived | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10

    @model_validator(mode="after")
    def _one_request(self) -> Self:
        if (self.request_id is None) == (self.received is None):
            kind = "invalid_value"
            message = "give request_id or received, one of them"
            raise PydanticCustomError(kind, message)
        return self


class LostThePlace(Refused):
    """Somebody was faster: the place is gone, these are the next best."""

    code = NoPlaceLeft.code

    def __init__(self, slot_id: UUID, alternatives: list[Option]) -> None:
        super().__init__(slot_id)
        self.alternatives = alternatives


class Taking:
    """Takes places as asked. Stands on the log alone; the board only tells where a slot is."""

    def __init__(self, executor: Executor, board: Board, prices: Prices, clock: Clock) -> None:
        self._executor = executor
        self._board = board
        self._prices = prices
        self._clock = clock

    async def take(self, asked: Take) -> Answer:
        """The request has the place. Raises LostThePlace, or whatever else forbids it.

        ChangedMeanwhile, for a request that is not as the regulator saw it.
        """
        agenda_stream = self._board.agenda_of(asked.slot_id)
        if agenda_stream is None:
            raise NoSuchSlot(asked.slot_id)
        stream = streams.request(asked.request_id)
        known = await self._executor.look(requests.decider, stream)
        now = self._clock.now()
        await end_lapsed(self._executor, asked.request_id, known, asked.command_id, now)
        actor = Actor(ref=asked.regulator, role=Role.REGULATOR)
        given = Given(
            # In a space of its own: whatever the caller calls it, it is no other command.
            uuid5(asked.command_id, "take"),
            about_request(asked.request_id, known, actor, causation=asked.command_id),
            fingerprint=f"{asked.request_id} {asked.slot_id} {asked.mode}",
            expected=None if asked.if_version is None else (stream, asked.if_version),
        )

        async def decide(decision: Decision) -> Answer:
            return await self._decide(decision, asked, agenda_stream)

        return await self._executor.execute(given, decide)

    async def ranked(self, asked: Rank) -> Answer:
        """Places a waiting request may have now, the best first; of another, none."""
        if asked.received is not None:
            request: Request = requests.decider.replay([asked.received])
            request_id = asked.received.request_id
        else:
            assert asked.request_id is not None, "as it was validated"
            request_id = asked.request_id
            request = await self._executor.look(requests.decider, streams.request(request_id))
        ranking = self._ranking(request, self._clock.now())
        explained = ranking.explanation(None)
        return {
            "request_id": request_id,
            "considered": ranking.considered,
            "candidates": [one.option() for one in ranking.eligible[: asked.limit]],
            "kept_for_others": [one.option() for one in ranking.kept[: asked.limit]],
            "not_eligible": list(explained.not_eligible),
        }

    async def _decide(self, decision: Decision, asked: Take, agenda_stream: str) -> Answer:
        now = self._clock.now()
        rpps, _ = streams.agenda_named(agenda_stream)
        request_stream = streams.request(asked.request_id)
        practitioner_stream = streams.practitioner(rpps)
        await decision.read(request_stream, agenda_stream, practitioner_stream)
        request = await decision.state(requests.decider, request_stream)
        agenda = await decision.state(agendas.decider, agenda_stream)
        practitioner = await decision.state(practitioners.decider, practitioner_stream)
        ways = ways_to(agenda.slot(asked.slot_id).published, practitioner)
        await check_agreed(decision, request, ways, rpps)
        ranking = self._ranking(request, now)
        possible = (*ranking.eligible, *ranking.kept)  # whoever chooses may take what is kept
        chosen = next((r for r in possible if r.slot_id == asked.slot_id), None)
        command = PlaceRequest(
            request_id=asked.request_id,
            slot_id=asked.slot_id,
            mode=asked.mode,
            explanation=ranking.explanation(chosen, CHOSEN_BY_HAND),
            at=now,
        )
        try:
            both = placing.place(command, request, agenda, practitioner)
        except NoPlaceLeft as lost:
            others = [r.option() for r in ranking.eligible if r is not chosen][:ALTERNATIVES]
            raise LostThePlace(asked.slot_id, others) from lost
        decision.write(request_stream, both.request)
        decision.write(agenda_stream, both.agenda)
        return {"id": str(asked.request_id), "state": "assigned", "slot_id": str(asked.slot_id)}

    def _ranking(self, request: Request, now: datetime) -> Ranking:
        """What the regulator could choose from. Nothing, for a request that does not wait."""
        if not isinstance(request, Waiting):
            return Ranking(0, [], {})
        candidates = self._board.candidates(request.communities, now)
        weights = self._board.community(request.received.community).weights
        return rank(request, candidates, now, self._prices, weights)
