"""Members and patients of a day that is played: they answer, they are told, they come or do not.

How often is DOMAIN's: members accept 17 to 47 of 100 offers, 7 patients of 100 do not come (§8).
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import structlog
from nats.aio.msg import Msg

from domain.agenda import next_on_the_grid
from events.catalogue import restored
from events.offer import Answer, RequestOffered, WhyNot
from events.request import RequestAssigned
from events.roles import Role
from services.intake.cloudevents import told
from services.messaging import subjects
from services.messaging.subjects import Kind
from services.stopping import stop

if TYPE_CHECKING:
    from services.app import House

log = structlog.get_logger()

_ACCEPTS, _REFUSES, _COMES = 0.35, 0.3, 0.93
_ANSWERS_WITHIN = timedelta(minutes=4)
_TOLD_AFTER = timedelta(minutes=2)
_SEEN_AFTER = timedelta(minutes=10)
_TIMEOUT_SECONDS = 30.0


class Living:
    """Everybody but those somebody plays themselves."""

    def __init__(self, house: "House", seed: int, played: frozenset[str]) -> None:
        self._house = house
        self._random = Random(f"{seed} lives")
        self._played = played
        self._acting: set[asyncio.Task[None]] = set()

    async def hear(self, message: Msg) -> None:
        """One published event."""
        said = orjson.loads(message.data)
        event = restored(said["type"], said["schemaversion"], orjson.dumps(said["data"]))
        match event:
            case RequestOffered():
                for rpps in event.to:
                    if rpps not in self._played:
                        self._begin(self._answer(event, rpps))
            case RequestAssigned() if event.rpps not in self._played:
                self._begin(self._visit(event))
            case _:
                pass

    async def end(self) -> None:
        """Nobody does anything any more."""
        await stop(list(self._acting))

    def _begin(self, life: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(life)
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _answer(self, offer: RequestOffered, rpps: str) -> None:
        drawn, waits = self._random.random(), self._random.random()
        await self._house.clock.until(offer.offered_at + waits * _ANSWERS_WITHIN)
        body: dict[str, Any] = {"request_id": str(offer.request_id), "rpps": rpps}
        if drawn < _ACCEPTS:
            start = next_on_the_grid(self._house.clock.now() + timedelta(minutes=20))
            body |= {"answer": Answer.ACCEPTED, "start": start.isoformat()}
        elif drawn < _ACCEPTS + _REFUSES:
            body |= {"answer": Answer.REFUSED, "reason": WhyNot.FULL}
        else:
            return  # nobody answers every message
        await self._tell(Kind.OFFER_ANSWER, body, Role.PRACTITIONER)

    async def _visit(self, place: RequestAssigned) -> None:
        comes = self._random.random() < _COMES
        await self._house.clock.until(place.assigned_at + _TOLD_AFTER)
        await self._appointment(place.request_id, "booked")
        await self._house.clock.until(place.start + _SEEN_AFTER)
        await self._appointment(place.request_id, "fulfilled" if comes else "noshow")

    async def _appointment(self, request_id: UUID, status: str) -> None:
        body = {"request_id": str(request_id), "status": status}
        await self._tell(Kind.APPOINTMENT, body, Role.REGULATOR)

    async def _tell(self, kind: Kind, data: dict[str, Any], role: Role) -> None:
        """What is refused was overtaken by something else: that is life."""
        message = told(kind, data, source="demo-lives", role=role)
        subject = subjects.ask(subjects.ANY_COMMUNITY, kind)
        connection = self._house.broker.connection
        answer = await connection.request(subject, orjson.dumps(message), timeout=_TIMEOUT_SECONDS)
        if "code" in (said := orjson.loads(answer.data)):
            log.debug("refused", kind=kind, code=said["code"])
