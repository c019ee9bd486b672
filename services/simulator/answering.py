"""How members answer who are asked beyond their agenda: as they did, by lot where nobody knows.

The same member answers the same about the same patient however often a day is played: what differs
between two ladders is the ladder, not the luck.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log
from random import Random
from statistics import median
from uuid import UUID

from domain.asking import Rate
from events.offer import (
    Lapse,
    OfferAccepted,
    OfferDeferred,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    RequestOffered,
)
from events.request import RequestEvent

USUAL_LAG = timedelta(minutes=4)  # from question to answer, the median (DOMAIN §8, not sourced)
USUAL_LEAD = timedelta(minutes=60)  # from answer to visit, a guess
SPREAD = 0.8  # of the logarithm of the lag: nine of ten between a quarter and four times the median
ENOUGH = 8  # answers, to believe what was measured
_SHORTEST = timedelta(seconds=1)
_WEIGHT = 10.0  # of the community's rate, in answers, against a member's own


@dataclass(frozen=True)
class Habits:
    """Of the members of a community."""

    rate: Rate = field(default_factory=Rate)
    by_member: Mapping[str, Rate] = field(default_factory=dict)
    lag: timedelta = USUAL_LAG
    lead: timedelta = USUAL_LEAD

    def accepts_after(self, request_id: UUID, rpps: str) -> timedelta | None:
        """How long the member takes to say yes; None: they do not."""
        own = self.by_member.get(rpps, Rate())
        likely = (self.rate.probability * _WEIGHT + own.accepted) / (_WEIGHT + own.asked)
        return agrees_after(request_id, rpps, likely, self.lag)


def agrees_after(
    request_id: UUID, rpps: str, share: float, lag: timedelta = USUAL_LAG
) -> timedelta | None:
    """How long a member takes to say yes who does to that share; None: not to this one."""
    dice = Random(f"{request_id} {rpps}")
    if dice.random() >= share:
        return None
    return timedelta(seconds=dice.lognormvariate(log(lag.total_seconds()), SPREAD))


def habits_in(histories: Iterable[Sequence[RequestEvent]]) -> Habits:
    """Measured over these requests. Who was told that they need not answer did not refuse."""
    last: dict[tuple[int, str], bool] = {}  # of one question, what was said last
    lags: list[timedelta] = []
    leads: list[timedelta] = []
    for nth, history in enumerate(histories):
        since: dict[str, datetime] = {}
        for event in history:
            match event:
                case RequestOffered(to=to, offered_at=at):
                    since |= dict.fromkeys(to, at)
                case OfferAccepted(rpps=rpps, accepted_at=at, start=start):
                    last[nth, rpps] = True
                    lags.append(at - since.get(rpps, at))
                    leads.append(start - at)
                case OfferRefused() | OfferPartiallyAccepted() | OfferDeferred():
                    last[nth, event.rpps] = False
                case OfferLapsed(reason=Lapse.NO_ANSWER):
                    last[nth, event.rpps] = False
                case _:
                    pass
    asked: dict[str, list[bool]] = defaultdict(list)
    for (_, rpps), accepted in last.items():
        asked[rpps].append(accepted)
    said = {rpps: Rate(len(answers), sum(answers)) for rpps, answers in asked.items()}
    return Habits(
        rate=Rate(sum(r.asked for r in said.values()), sum(r.accepted for r in said.values())),
        by_member=said,
        lag=_usual(lags, USUAL_LAG),
        lead=_usual(leads, USUAL_LEAD),
    )


def _usual(measured: Sequence[timedelta], otherwise: timedelta) -> timedelta:
    if len(measured) < ENOUGH:
        return otherwise
    # Who answers within the second, in a sandbox, is no reason for a logarithm of nothing.
    return max(timedelta(seconds=median(one.total_seconds() for one in measured)), _SHORTEST)
