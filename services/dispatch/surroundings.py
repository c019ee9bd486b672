"""What a decision about a request looks at beside the request itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from domain.asking import Askable, Rate, askable, is_away
from domain.eligibility import search
from domain.ladder import Around, rule_for
from domain.matching import NOTHING_EXPECTED, Ranking, rank
from domain.prices import Prices
from domain.request import Waiting
from events.codes import Period
from events.destination import Destination
from events.envelope import Recorded
from events.ladder import Ladder
from events.offer import OfferAccepted, RequestOffered
from services.calendar import hours_at
from services.dispatch.board import Board
from services.dispatch.timers import AT_ONCE
from services.settings import Settings


class Rates:
    """How many members accept of those asked, community by community."""

    def __init__(self, known: Mapping[str, Rate] | None = None) -> None:
        self._rates = dict(known or {})

    def of(self, community: str) -> Rate:
        """What is known of a community, be it nothing."""
        return self._rates.get(community, Rate())

    def count(self, recorded: Recorded) -> None:
        """One more event of the log."""
        if isinstance(recorded.event, RequestOffered | OfferAccepted):
            self.heard(recorded.meta.community or "", recorded.event)

    def heard(self, community: str, event: RequestOffered | OfferAccepted) -> None:
        """Members of the community were asked, or one accepted."""
        rate = self.of(community)
        match event:
            case RequestOffered(to=to):
                self._rates[community] = rate._replace(asked=rate.asked + len(to))
            case OfferAccepted():
                self._rates[community] = rate._replace(accepted=rate.accepted + 1)
            case _:
                assert_never(event)


def around(
    request: Waiting,
    board: Board,
    rates: Rates,
    settings: Settings,
    now: datetime,
    ladder: Ladder | None = None,
    prices: Prices = NOTHING_EXPECTED,
) -> Around:
    """All of it as the board has it now; another ladder than the community's, to see what if."""
    community = request.received.community
    chosen = ladder or board.ladder_of(community)
    formed = board.community(community)
    hours = hours_at(formed, now)
    rule = rule_for(request.received, chosen, hours.period)
    by_hours = any(one.hours for one in chosen.rules)
    after_hours = Destination.OUT_OF_HOURS if hours.period is Period.OUT_OF_HOURS else None

    def look(waiting: Waiting) -> Ranking:
        candidates = board.candidates(waiting.communities, now)
        return rank(waiting, candidates, now, prices, formed.weights)

    def whom(waiting: Waiting) -> list[Askable]:
        members = board.members_of(waiting.communities, now)
        return askable(search(waiting, now), members, now)

    def gone(waiting: Waiting, rpps: str) -> bool:
        held = board.practitioners.get(rpps)
        # One that is being read anew is asked about again when it was.
        return held is not None and is_away(held.state, waiting, waiting.communities, now)

    return Around(
        steps=rule.steps,
        otherwise=rule.otherwise or after_hours,
        look=look,
        askable=whom,
        is_away=gone,
        neighbours=board.neighbours_of(community),
        crisis=formed.crisis is not None,
        turns_at=_turn(request, board, hours.until, settings) if by_hours else None,
        rate=rates.of(community),
        give_up_at=request.due_by - timedelta(minutes=settings.hand_back_margin_minutes),
        again=timedelta(minutes=settings.search_again_minutes),
    )


def _turn(request: Waiting, board: Board, turns_at: datetime, settings: Settings) -> datetime:
    """When the request is looked at because the hours changed.

    Not all in one instant: thousands may wait, and others have instants of their own then. Whose
    hours it is, is decided at every look, so nobody is asked meanwhile who should not be.
    """
    seconds = max(board.waits - AT_ONCE, 0) / settings.turn_of_hours_a_second
    part = request.received.request_id.int % 1000 / 1000
    return turns_at + timedelta(seconds=part * seconds)
