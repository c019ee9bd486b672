"""Two ways a stretch of days could have gone, figure by figure, paired by day."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
from scipy import stats

from projections.indicators.inequality import gini
from services.simulator.cast import Day
from services.simulator.simulating import Played

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Gone:
    """A day and how it went."""

    day: Day
    played: Played
    given: Mapping[str, int]  # places of the day's seats, whoever called whenever: seat → number


def gone_days(days: Sequence[Day], outcomes: Sequence[Played]) -> list[Gone]:
    """Days one after the other: who called in the evening may have a place of tomorrow."""
    given = Counter(one.slot for played in outcomes for one in played.assignments)
    return [
        Gone(day, played, {seat.id: given[seat.id] for seat in day.seats})
        for day, played in zip(days, outcomes, strict=True)
    ]


@dataclass(frozen=True)
class Difference:
    """The mean over days of the second less the first; None where no day has both."""

    mean: float | None
    low: float | None  # of its interval, where there are days enough to tell
    high: float | None


Figure = Callable[[Gone], float | None]


def served(gone: Gone) -> float | None:
    """Of all who called, in per cent."""
    number = len(gone.day.callers)
    return 100 * len(gone.played.assignments) / number if number else None


def in_time(gone: Gone) -> float | None:
    """Of those who were to be seen within two hours, those who were, in per cent."""
    urgent = {c.id for c in gone.day.callers if (c.due_by - c.received_at).total_seconds() <= 7200}
    seen = sum(one.request in urgent for one in gone.played.assignments)
    return 100 * seen / len(urgent) if urgent else None


def delay(gone: Gone) -> float | None:
    """Minutes from the call to the visit, the median of a day."""
    at = {caller.id: caller.received_at for caller in gone.day.callers}
    waits = [(one.start - at[one.request]).total_seconds() / 60 for one in gone.played.assignments]
    return median(waits) if waits else None


def distance(gone: Gone) -> float | None:
    """Kilometres of the patient, the mean of a day."""
    return fmean(one.km for one in gone.played.assignments) if gone.played.assignments else None


def handed_back(gone: Gone) -> float:
    """Who had no place."""
    return float(len(gone.played.unserved))


def asked(gone: Gone) -> float:
    """Members asked for a patient beyond their agenda."""
    return float(gone.played.asked)


def lost(gone: Gone) -> float | None:
    """The loss of MATCHING, a request."""
    return gone.played.loss_per_request if gone.day.callers else None


def inequality(gone: Gone) -> float | None:
    """Gini of the shares of their places that practitioners were given."""
    return inequality_over([gone])


def inequality_over(days: Sequence[Gone]) -> float | None:
    """Over all of these days together: who had none today may have many tomorrow.

    Of what was taken back before anybody had it, nothing was offered.
    """
    offered: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for gone in days:
        for seat in gone.day.seats:
            number = gone.given.get(seat.id, 0)
            left = 0 if seat.gone_at else seat.published.capacity - len(seat.others) - number
            offered[seat.published.rpps] += number + max(left, 0)
            given[seat.published.rpps] += number
    return gini([given[rpps] / places for rpps, places in offered.items() if places])


FIGURES: Mapping[str, Figure] = {
    "served": served,
    "within_two_hours": in_time,
    "delay_minutes": delay,
    "distance_km": distance,
    "handed_back": handed_back,
    "asked": asked,
    "loss": lost,
    "inequality": inequality,
}


def over_days(figure: Figure, days: Sequence[Gone]) -> float | None:
    """Its mean over the days that have it; inequality is of all of them together."""
    if figure is inequality:
        return inequality_over(days)
    found = [value for gone in days if (value := figure(gone)) is not None]
    return fmean(found) if found else None


def difference(figure: Figure, first: Sequence[Gone], second: Sequence[Gone]) -> Difference:
    """Paired by day, with the interval of Student's t for paired samples.

    Of inequality, which is of all days together, without one.
    """
    if figure is inequality:
        before, after = inequality_over(first), inequality_over(second)
        known = before is not None and after is not None
        return Difference(after - before if known else None, None, None)  # type: ignore[operator]
    pairs = [
        (before, after)
        for one, other in zip(first, second, strict=True)
        if (before := figure(one)) is not None and (after := figure(other)) is not None
    ]
    if not pairs:
        return Difference(None, None, None)
    changes = np.array([after - before for before, after in pairs])
    mean = float(changes.mean())
    if len(changes) == 1:
        return Difference(mean, None, None)
    if not changes.std():
        return Difference(mean, mean, mean)
    interval = stats.t.interval(CONFIDENCE, len(changes) - 1, loc=mean, scale=stats.sem(changes))
    return Difference(mean, float(interval[0]), float(interval[1]))
