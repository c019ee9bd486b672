"""What it costs a patient to wait, to travel, and not to be seen (MATCHING, loss of a day)."""

from datetime import timedelta

SHORTEST_WINDOW = timedelta(minutes=30)  # a shorter delay does not make a minute cost more
TRAVEL_LOSS_PER_KM = 0.5 / 25
PENALTIES = ((timedelta(hours=2), 8.0), (timedelta(hours=4), 4.0))  # up to this window, this loss
LEAST_PENALTY = 2.0


def of_waiting(wait: timedelta, window: timedelta) -> float:
    """By how much of the time there is is spent: 1 for who is seen when it is over."""
    return wait / max(window, SHORTEST_WINDOW)


def of_travel(km: float) -> float:
    """Of the patient."""
    return TRAVEL_LOSS_PER_KM * km


def of_nobody(window: timedelta) -> float:
    """Of who is not seen at all, by the time there was."""
    return next((loss for longest, loss in PENALTIES if window <= longest), LEAST_PENALTY)
