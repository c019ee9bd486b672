"""The best anybody could do who knew the whole day: a limit, not a policy."""

from domain.eligibility import search, ways
from domain.forecast import best_pairs, gains
from services.simulator import loss
from services.simulator.cast import Caller, Day, Seat, alone, earliest_possible
from services.simulator.history import calls_of, places_of
from services.simulator.simulating import Assignment, Played, played


def best_possible(day: Day) -> Played:
    """The assignment of least loss. Each is decided as soon as request and slot are both known.

    Caps of practitioners apart: with them it is no assignment any more, and no better.
    Source: linear sum assignment, D. F. Crouse, On implementing 2D rectangular assignment
    algorithms, IEEE Transactions on Aerospace and Electronic Systems 52 (2016).
    """
    everybody = day.callers
    everything = [seat for seat in day.seats for _ in range(seat.published.capacity)]
    gained = gains(calls_of(day), places_of(day))
    while True:
        pairs = best_pairs(gained)
        found = [_assigned(everybody[row], everything[column]) for row, column in pairs]
        # Arrays know an instant less exactly than the rules do.
        if None not in found:
            return played(everybody, [one for one in found if one], [])
        for pair, assignment in zip(pairs, found, strict=True):
            if assignment is None:
                gained[pair] = 0.0


def _assigned(caller: Caller, seat: Seat) -> Assignment | None:
    """The place given as soon as it can be; None: it cannot be."""
    at = earliest_possible(caller, seat)
    possible = ways(search(caller.waiting, at), alone(seat))
    if not isinstance(possible, list) or (seat.gone_at is not None and at >= seat.gone_at):
        return None
    cost, way = min((loss.of_served(caller, way.start, way.km), way) for way in possible)
    return Assignment(caller.id, seat.id, at, way.start, way.km, cost)
