"""How unequal amounts are (Gini 1912)."""

from collections.abc import Sequence


def gini(amounts: Sequence[float]) -> float | None:
    """0: all alike; towards 1: one has all. None for nobody, 0 where nobody has anything.

    The mean absolute difference of all pairs over twice the mean, by the sorted form.
    """
    if not amounts:
        return None
    total = sum(amounts)
    if total == 0:
        return 0.0
    n = len(amounts)
    weighted = sum(rank * amount for rank, amount in enumerate(sorted(amounts), 1))
    return 2 * weighted / (n * total) - (n + 1) / n
