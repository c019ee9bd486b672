"""What a free place is worth to those who are still expected to call.

A future is a day as it may yet go: who calls, and what is published. Each is solved as an
assignment to the places free now and those it publishes; a place's price is what it would lose
without that place, on average over the futures. Futures are drawn outside, from the community's
own past. Sources: MATCHING of the design; removal from an optimal assignment by shortest
augmenting paths, R. Burkard, M. Dell'Amico, S. Martello, Assignment Problems (SIAM, 2012), §4.4.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from domain import loss
from domain.agenda import Slot
from domain.agenda.week import LAST_ARRIVAL
from domain.eligibility import LEAD
from domain.geography import CAR_SECONDS_PER_KM, EARTH_RADIUS_KM
from domain.prices import FREE, Kept, Price
from events.agenda import SlotPublished
from events.codes import Mode, Profession
from events.request import RequestReceived

Rows = NDArray[np.void]
Floats = NDArray[np.float64]

_MODES = [(mode.name.lower(), "?") for mode in Mode]
DEMAND: Final = np.dtype(
    [
        ("received", "f8"),
        ("due", "f8"),
        ("lat", "f8"),
        ("lon", "f8"),
        ("max_km", "f8"),
        ("professions", "i8"),
        *_MODES,
    ]
)
"""A request: instants in seconds since 1970, the position in radians, professions as bits."""
SUPPLY: Final = np.dtype(
    [
        ("published", "f8"),
        ("start", "f8"),
        ("last", "f8"),
        ("lat", "f8"),
        ("lon", "f8"),
        ("radius_km", "f8"),
        ("professions", "i8"),
        *_MODES,
    ]
)
"""One place. `last`: when one may come at the latest; as it starts, but for a range."""

_PROFESSION = {str(code): 1 << nth for nth, code in enumerate(Profession)}
_NOTHING = 1e-9  # below that a gain is rounding
_ROUNDING = 1e-6  # of what is kept half as exactly
_INSTANT = 1e-4  # seconds: instants since 1970 are no finer


class Future(NamedTuple):
    """How a day may go."""

    demand: Rows
    supply: Rows


def demand_row(received: RequestReceived) -> tuple[object, ...]:
    """A request as a row of DEMAND."""
    return demand_of(
        (received.received_at, received.due_by),
        (received.position.lat, received.position.lon),
        received.max_km,
        received.professions,
        received.modes,
    )


def demand_of(
    received_and_due: tuple[datetime, datetime],
    degrees: tuple[float, float],
    max_km: float,
    professions: Iterable[str],
    modes: Collection[str],
) -> tuple[object, ...]:
    """A row of DEMAND from what is known of a request, whoever keeps it."""
    received_at, due_by = received_and_due
    return (
        received_at.timestamp(),
        due_by.timestamp(),
        *map(np.radians, degrees),
        max_km,
        _bits(professions),
        *(mode in modes for mode in Mode),
    )


def supply_row(published: SlotPublished, *, is_range: bool) -> tuple[object, ...]:
    """One place of a slot as a row of SUPPLY."""
    return supply_of(
        (published.published_at, published.start, published.end),
        (published.place.position.lat, published.place.position.lon),
        published.radius_km,
        published.profession,
        published.modes,
        is_range=is_range,
    )


def supply_of(
    published_start_and_end: tuple[datetime, datetime, datetime],
    degrees: tuple[float, float],
    radius_km: float | None,
    profession: str,
    modes: Collection[str],
    *,
    is_range: bool,
) -> tuple[object, ...]:
    """A row of SUPPLY from what is known of a slot, whoever keeps it."""
    published_at, start, end = published_start_and_end
    last = end - LAST_ARRIVAL if is_range else start
    return (
        published_at.timestamp(),
        start.timestamp(),
        last.timestamp(),
        *map(np.radians, degrees),
        radius_km or 0.0,
        _bits([profession]),
        *(mode in modes for mode in Mode),
    )


def _bits(professions: Iterable[str]) -> int:
    """One bit for each of them."""
    return sum(_PROFESSION[code] for code in set(professions))


def rows(made: Iterable[tuple[object, ...]], of: np.dtype[np.void]) -> Rows:
    """An array of them."""
    return np.array(list(made), dtype=of)


def gains(demand: Rows, supply: Rows) -> Floats:
    """What each request gains by each place over not being seen; 0 where it may not have it.

    Each place is given as soon as both are known. Requests down, places across.
    """
    received, due = demand["received"][:, None], demand["due"][:, None]
    seconds = due - received
    windows = np.maximum(seconds, loss.SHORTEST_WINDOW.total_seconds())
    penalties = np.full(seconds.shape, loss.LEAST_PENALTY)
    for longest, penalty in reversed(loss.PENALTIES):
        penalties[seconds <= longest.total_seconds()] = penalty
    km = _distances(demand, supply)
    ready = np.maximum(received, supply["published"][None]) + LEAD.total_seconds()
    fits = demand["professions"][:, None] & supply["professions"][None] != 0
    least = np.full(km.shape, np.inf)
    for mode in Mode:
        name = mode.name.lower()
        way = km if mode is Mode.OFFICE else 0.0
        seen = np.maximum(supply["start"][None], ready + way * CAR_SECONDS_PER_KM)
        may = fits & demand[name][:, None] & supply[name][None]
        may &= (seen <= supply["last"][None] + _INSTANT) & (seen <= due + _INSTANT)
        if mode is Mode.OFFICE:
            may &= km <= demand["max_km"][:, None]
        elif mode is Mode.HOME:
            may &= km <= supply["radius_km"][None]
        cost = (seen - received) / windows + loss.TRAVEL_LOSS_PER_KM * way
        np.minimum(least, cost, out=least, where=may)
    gained: Floats = np.maximum(penalties - least, 0.0)
    return gained


def _distances(demand: Rows, supply: Rows) -> Floats:
    """Great-circle, in kilometres (haversine)."""
    lat, other = demand["lat"][:, None], supply["lat"][None]
    half_lat = np.sin((other - lat) / 2)
    half_lon = np.sin((supply["lon"][None] - demand["lon"][:, None]) / 2)
    square = half_lat**2 + np.cos(lat) * np.cos(other) * half_lon**2
    distances: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1.0, np.sqrt(square)))
    return distances


def best_pairs(gained: Floats) -> list[tuple[int, int]]:
    """Who has which place when all that is gained is most; who gains nothing has none."""
    rows_, columns = linear_sum_assignment(gained, maximize=True)
    worth = gained[rows_, columns] > _NOTHING
    return list(zip(rows_[worth].tolist(), columns[worth].tolist(), strict=True))


class Solved(NamedTuple):
    """The best assignment of a future, and what it would be without one of the places."""

    has: NDArray[np.intp]  # which request has each place; -1: none
    without: Floats  # what is lost without each place
    worth: Floats  # what is left to each request at these prices


def solved(gained: Floats) -> Solved:
    """Of gains, requests down and places across."""
    requests, places = gained.shape
    has, without = np.full(places, -1), np.zeros(places)
    # Who calls last has least to choose from, and is best placed first: rows in the order of their
    # calls take SciPy more than twice as long (200 x 300 to 600 x 1000, a demonstration's morning).
    wanting = np.flatnonzero((gained > _NOTHING).any(axis=1))[::-1]
    pairs = best_pairs(gained[wanting])
    if not pairs:
        return Solved(has, without, np.zeros(requests))
    who, what = np.array(pairs).T
    who = wanting[who]
    has[what] = who
    own = gained[who, what]
    # Who loses their place takes one that nobody has, or another's who then does the same.
    spare = gained[who][:, has < 0].max(axis=1, initial=0.0)
    others = gained[np.ix_(who, what)]
    np.fill_diagonal(others, -np.inf)
    # Bellman and Ford: of a best assignment no chain comes back to gain, so it ends.
    lost, before = own - spare, np.full(len(own), np.inf)
    while np.abs(before - lost).max() > _NOTHING:
        before = lost
        lost = np.minimum(lost, own - np.maximum(spare, (others - lost).max(axis=1)))
    without[what] = np.maximum(lost, 0.0)
    worth = np.maximum((gained - without).max(axis=1), 0.0)
    return Solved(has, without, worth)


class _Seen(NamedTuple):
    """One future from an instant on."""

    demand: Rows
    worth: Floats


class _Wanted(NamedTuple):
    """What one future loses without a place, and who has it there."""

    lost: float
    request: np.void


@dataclass
class Outlook:
    """The prices of a community's places as of an instant."""

    futures: Sequence[_Seen] = ()
    known: dict[UUID, Price] = field(default_factory=dict)

    def price(self, slot: Slot) -> Price:
        """Of one place of the slot; of one published since by what those expected gain by it."""
        slot_id = slot.published.slot_id
        if slot_id not in self.known:
            self.estimate([slot])
        return self.known[slot_id]

    def estimate(self, slots: Iterable[Slot]) -> None:
        """Price those that are not: many at once cost little more than one."""
        new = [slot for slot in slots if slot.published.slot_id not in self.known]
        places = rows((supply_row(s.published, is_range=s.is_range) for s in new), SUPPLY)
        wanted: list[list[_Wanted]] = [[] for _ in new]
        for demand, worth in self.futures:
            if not len(demand) or not new:
                continue
            more = gains(demand, places) - worth[:, None]
            best = more.argmax(axis=0)
            for nth, row in enumerate(best):
                if more[row, nth] > _ROUNDING:
                    wanted[nth].append(_Wanted(float(more[row, nth]), demand[row]))
        for slot, some in zip(new, wanted, strict=True):
            self.known[slot.published.slot_id] = _priced(some, len(self.futures))


class Forecast:
    """How a day may go, looked at again and again as it goes.

    What a request gains by a place does not change meanwhile: it is kept, place by place.
    """

    def __init__(self, futures: Sequence[Future]) -> None:
        self._futures = [
            Future(np.sort(one.demand, order="received"), np.sort(one.supply, order="published"))
            for one in futures
        ]
        # Half as exact, and half as large: a thousand communities' are kept.
        self._to_come = [gains(one.demand, one.supply).astype(np.float32) for one in self._futures]
        self._gained: list[dict[tuple[object, ...], Floats]] = [{} for _ in futures]

    def outlook(self, free: Iterable[Slot], now: datetime) -> Outlook:
        """What every place free now is worth to those who call after `now`."""
        ids: list[UUID] = []
        places: list[tuple[object, ...]] = []
        for slot in free:
            row = supply_row(slot.published, is_range=slot.is_range)
            ids += [slot.published.slot_id] * slot.free
            places += [row] * slot.free
        wanted: dict[UUID, list[_Wanted]] = {slot_id: [] for slot_id in ids}
        first = {slot_id: nth for nth, slot_id in reversed(list(enumerate(ids)))}
        seen = []
        for nth, future in enumerate(self._futures):
            calls = int(np.searchsorted(future.demand["received"], now.timestamp(), "right"))
            opens = int(np.searchsorted(future.supply["published"], now.timestamp(), "right"))
            demand = future.demand[calls:]
            to_come = self._to_come[nth][calls:, opens:]
            found = solved(np.hstack([self._of(nth, places)[calls:], to_come]))
            seen.append(_Seen(demand, found.worth))
            # Places of one slot are alike: without any of them as much is lost.
            for slot_id, column in first.items():
                if found.without[column] > _ROUNDING:
                    request = demand[found.has[column]]
                    wanted[slot_id].append(_Wanted(float(found.without[column]), request))
        known = {slot_id: _priced(some, len(seen)) for slot_id, some in wanted.items()}
        return Outlook(seen, known)

    def _of(self, nth: int, places: Sequence[tuple[object, ...]]) -> Floats:
        """What a future's requests gain by each of these places."""
        demand, known = self._futures[nth].demand, self._gained[nth]
        new = [place for place in dict.fromkeys(places) if place not in known]
        if new:
            columns = gains(demand, rows(new, SUPPLY)).T
            known.update(zip(new, map(np.copy, columns), strict=True))
        # What is gone is not kept.
        self._gained[nth] = {place: known[place] for place in dict.fromkeys(places)}
        gained = np.empty((len(demand), len(places)))
        for column, place in enumerate(places):
            gained[:, column] = known[place]
        return gained


def _priced(wanted: Sequence[_Wanted], futures: int) -> Price:
    """The mean over all futures, and the requests of the window that makes most of it."""
    if not wanted:
        return FREE
    by_window: dict[timedelta, float] = {}
    last: dict[timedelta, float] = {}
    for lost, request in wanted:
        received = float(request["received"])
        window = _window(float(request["due"]) - received)
        by_window[window] = by_window.get(window, 0.0) + lost
        last[window] = max(last.get(window, received), received)
    most = max(by_window, key=lambda window: (by_window[window], -window))
    kept = Kept(most, datetime.fromtimestamp(last[most], UTC))
    return Price(sum(by_window.values()) / futures, kept)


_LONGEST_WINDOW = timedelta(hours=24)


def _window(seconds: float) -> timedelta:
    """Within two hours, four, or a day: as losses tell them apart."""
    classes = (longest for longest, _ in loss.PENALTIES if seconds <= longest.total_seconds())
    return next(classes, _LONGEST_WINDOW)
