"""A regulator keeps a place for the patient while they speak."""

from datetime import timedelta
from typing import assert_never

from domain.request import asked
from domain.request.commands import EndHold, HoldForRequest
from domain.request.refusals import (
    AnotherPlaceHeld,
    HoldTooLong,
)
from domain.request.states import (
    Assigned,
    Closed,
    Emergency,
    NotReceived,
    Request,
    Visited,
    Waiting,
    refusal_of,
)
from events.offer import Lapse
from events.request import RequestEvent, RequestHoldLapsed, RequestPlaceHeld

LONGEST_HOLD = timedelta(minutes=15)


def hold(command: HoldForRequest, request: Request) -> list[RequestEvent]:
    """Members who were asked need not answer meanwhile."""
    match request:
        case Waiting(hold=held):
            slot = command.slot
            if held and (held.slot_id != slot.slot_id or held.until <= command.at):
                raise AnotherPlaceHeld(command.request_id, held.slot_id)
            if held:
                return []
            if not command.at < command.until <= command.at + LONGEST_HOLD:
                raise HoldTooLong(command.request_id)
            return [
                *asked.over(request, Lapse.PLACE_FOUND, command.at),
                RequestPlaceHeld(
                    request_id=command.request_id,
                    slot_id=slot.slot_id,
                    rpps=slot.rpps,
                    week=slot.week,
                    start=command.start,
                    mode=command.mode,
                    until=command.until,
                    held_at=command.at,
                ),
            ]
        case NotReceived() | Emergency() | Assigned() | Visited() | Closed():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)


def end(command: EndHold, request: Request) -> list[RequestEvent]:
    """Nothing, where nothing is held."""
    match request:
        case Waiting(hold=RequestPlaceHeld(slot_id=slot_id)):
            return [
                RequestHoldLapsed(
                    request_id=command.request_id,
                    slot_id=slot_id,
                    reason=command.reason,
                    lapsed_at=command.at,
                )
            ]
        case Waiting() | Assigned() | Visited() | Closed():
            return []
        case NotReceived() | Emergency():
            raise refusal_of(command.request_id, request)
        case _:
            assert_never(request)
