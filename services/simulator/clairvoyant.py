"""The best anybody could do who knew the whole day: a limit, not a policy."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from domain.eligibility import search, ways
from services.simulator import loss
from services.simulator.cast import callers, earliest_possible, seats
from services.simulator.scenario import Scenario
from services.simulator.simulating import Assignment, Played, played


def best_possible(scenario: Scenario) -> Played:
    """The assignment of least loss. Each is decided as soon as request and slot are both known.

    Source: linear sum assignment, D. F. Crouse, On implementing 2D rectangular assignment
    algorithms, IEEE Transactions on Aerospace and Electronic Systems 52 (2016).
    """
    everybody, everything = list(callers(scenario)), list(seats(scenario))
    unserved = np.array([loss.of_unserved(caller) for caller in everybody])
    # What is gained over not being seen; a column each for that.
    gains = np.zeros((len(everybody), len(everything) + len(everybody)))
    found: dict[tuple[int, int], Assignment] = {}
    for row, caller in enumerate(everybody):
        for column, seat in enumerate(everything):
            at = earliest_possible(caller, seat)
            possible = ways(search(caller.waiting, at), seat.candidate)
            if not isinstance(possible, list):
                continue
            cost = min(loss.of_served(caller, way.start, way.km) for way in possible)
            gains[row, column] = max(unserved[row] - cost, 0.0)
            found[row, column] = Assignment(caller.of.id, seat.of.id, at, cost)
    rows, columns = linear_sum_assignment(gains, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    assignments = [found[pair] for pair in pairs if pair in found and gains[pair] > 0.0]
    return played(everybody, assignments, [])
