"""The best anybody could do who knew the whole day: a limit, not a policy."""

from domain.eligibility import search, ways
from domain.forecast import DEMAND, SUPPLY, best_pairs, demand_row, gains, rows, supply_row
from services.simulator import loss
from services.simulator.cast import Caller, Seat, callers, earliest_possible, seats
from services.simulator.scenario import Scenario
from services.simulator.simulating import Assignment, Played, played


def best_possible(scenario: Scenario) -> Played:
    """The assignment of least loss. Each is decided as soon as request and slot are both known.

    Source: linear sum assignment, D. F. Crouse, On implementing 2D rectangular assignment
    algorithms, IEEE Transactions on Aerospace and Electronic Systems 52 (2016).
    """
    everybody, everything = list(callers(scenario)), list(seats(scenario))
    gained = gains(
        rows((demand_row(caller.waiting.received) for caller in everybody), DEMAND),
        rows((supply_row(s.candidate.slot.published, is_range=False) for s in everything), SUPPLY),
    )
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
    possible = ways(search(caller.waiting, at), seat.candidate)
    if not isinstance(possible, list):
        return None
    cost = min(loss.of_served(caller, way.start, way.km) for way in possible)
    return Assignment(caller.of.id, seat.of.id, at, cost)
