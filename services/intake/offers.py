"""Members answer: accepted, at another time, refused, put off; corrected; a proposal is taken."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import overbooking
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import Agenda, check_free
from domain.overbooking import AcceptOffer, CorrectClaim, overbook_of
from domain.placing import OverTwoStreams
from domain.request import (
    AgreeDeadline,
    DeferOffer,
    NoteReceipt,
    NotProposed,
    Proposed,
    ProposeTime,
    RefuseOffer,
    Request,
    Waiting,
    place_of,
    refusal_of,
)
from events import streams
from events.agenda import SlotPublished
from events.codes import Delay
from events.offer import Answer as Said
from events.request import RequestEvent
from services.intake.about import acting, agenda_of, check_reached, given_about, request_id_of
from services.intake.answering import (
    OfferAnswer,
    OfferCorrection,
    OfferNews,
    OfferReceipt,
    ProposalTaken,
)
from services.intake.arrival import Arrival
from services.intake.holds import end_lapsed
from services.intake.neighbours import check_agreed
from services.intake.standing import standing
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.settings import Settings


class OfferDesk:
    """The first who accepts sees the patient: the log decides who was first."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._margin = timedelta(minutes=settings.hand_back_margin_minutes)

    async def tell(self, came: Arrival, news: OfferNews) -> Answer:
        """The request as it is now. Raises OfferOver when somebody was faster."""
        request_id = request_id_of(news)
        stream = streams.request(request_id)
        known = await self._executor.look(requests.decider, stream)
        # Who takes a proposal is the regulation; all else a member says, wherever the request is.
        of_whom = None if isinstance(news, ProposalTaken) else news.rpps
        command = given_about(came, request_id, known, of_whom=of_whom)
        await end_lapsed(self._executor, request_id, known, came.command_id, came.at)

        async def decide(decision: Decision) -> Answer:
            request = await decision.state(requests.decider, stream)
            if of_whom is not None:
                whose = streams.practitioner(of_whom)
                who = await self._executor.look(practitioners.decider, whose)
                check_reached(came, request, who)
            both, agenda_stream = await self._decided(decision, came, news, request_id, request)
            decision.write(stream, both.request)
            decision.write(agenda_stream, both.agenda)
            after = requests.decider.replay(both.request, since=request)
            return {**standing(request_id, after), **_whose(after)}

        return await self._executor.execute(command, decide)

    async def _decided(
        self,
        decision: Decision,
        came: Arrival,
        news: OfferNews,
        request_id: UUID,
        request: Request,
    ) -> tuple[OverTwoStreams, str]:
        match news:
            case OfferAnswer(answer=Said.ACCEPTED):
                assert news.start is not None, "as it was validated"
                return await _accepted(decision, came, news, request, news.start)
            case ProposalTaken():
                start = _proposed(request_id, request, news.rpps)
                agreed = _deadline(came, request, request_id, start)
                later = requests.decider.replay(agreed, since=request)
                both, stream = await _accepted(decision, came, news, later, start)
                return OverTwoStreams([*agreed, *both.request], both.agenda), stream
            case OfferCorrection():
                agenda, agenda_stream = await agenda_of(decision, request)
                correct = CorrectClaim(request_id, news.rpps, came.at)
                return overbooking.correct(correct, request, agenda), agenda_stream
            case OfferAnswer() | OfferReceipt():
                command = _command(came, news, request_id)
                if isinstance(command, DeferOffer) and isinstance(request, Waiting):
                    command = replace(command, before=request.due_by - self._margin)
                return OverTwoStreams(requests.decide(command, request), ()), ""
            case _:
                assert_never(news)


async def _accepted(
    decision: Decision,
    came: Arrival,
    news: OfferAnswer | ProposalTaken,
    request: Request,
    start: datetime,
) -> tuple[OverTwoStreams, str]:
    command = AcceptOffer(
        request_id=request_id_of(news),
        rpps=news.rpps,
        slot_id=came.command_id,
        start=start,
        minutes=news.minutes,
        at=came.at,
    )
    practitioner = await acting(decision, news.rpps)
    if not isinstance(request, Waiting):
        return overbooking.accept(command, request, Agenda(), practitioner), ""
    enrolled, overbook = overbook_of(news.rpps, practitioner)
    week = agendas.week_of(start, overbook.zone)
    stream = streams.agenda(news.rpps, week)
    agenda = await decision.state(agendas.decider, stream)
    both = overbooking.accept(command, request, agenda, practitioner)
    await check_agreed(decision, request, enrolled.communities, news.rpps)
    end = start + timedelta(minutes=news.minutes)
    for made in both.agenda:
        if isinstance(made, SlotPublished):
            for other in agendas.weeks_at(start, end) - {week}:
                elsewhere = streams.agenda(news.rpps, other)
                check_free(made, await decision.state(agendas.decider, elsewhere))
    return both, stream


def _deadline(
    came: Arrival, request: Request, request_id: UUID, start: datetime
) -> Sequence[RequestEvent]:
    """Whoever takes a later time agrees that the visit is due by then."""
    if not isinstance(request, Waiting) or start <= request.due_by:
        return ()
    asked_at = request.received.received_at
    command = AgreeDeadline(request_id, Delay.RDV, asked_at, start, came.at)
    return requests.decide(command, request)


def _proposed(request_id: UUID, request: Request, rpps: str) -> datetime:
    """The time the member proposed. Raises NotProposed, and of what waits no more its refusal."""
    place = place_of(request)
    if place is not None and place.rpps == rpps:
        return place.start  # taken already: the same again
    if not isinstance(request, Waiting):
        raise refusal_of(request_id, request)
    offer = request.offers.get(rpps)
    if isinstance(offer, Proposed):
        return offer.start
    raise NotProposed(rpps)


def _command(
    came: Arrival, news: OfferAnswer | OfferReceipt, request_id: UUID
) -> ProposeTime | RefuseOffer | DeferOffer | NoteReceipt:
    match news:
        case OfferReceipt():
            return NoteReceipt(request_id, news.rpps, news.seen, came.at)
        case OfferAnswer(answer=Said.PARTIAL, start=datetime() as start):
            return ProposeTime(request_id, news.rpps, start, came.at)
        case OfferAnswer(answer=Said.DEFERRED, until=datetime() as until):
            return DeferOffer(request_id, news.rpps, until, came.at)
        case OfferAnswer(reason=reason):
            assert reason is not None, "as it was validated"
            return RefuseOffer(request_id, news.rpps, reason, came.at)


def _whose(request: Request) -> Answer:
    """Who sees the patient, and when."""
    place = place_of(request)
    if place is None:
        return {}
    return {"rpps": place.rpps, "start": place.start.isoformat(), "slot_id": str(place.slot_id)}
