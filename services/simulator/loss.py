"""What a day costs: patients who wait, who travel, and who are not seen."""

from datetime import datetime

from domain import loss
from services.simulator.cast import Caller


def of_served(caller: Caller, start: datetime, km: float) -> float:
    """(start - received) / max(due - received, 30 min) + 0.5 km / 25 (MATCHING)."""
    window = caller.due_by - caller.received_at
    return loss.of_waiting(start - caller.received_at, window) + loss.of_travel(km)


def of_unserved(caller: Caller) -> float:
    """8 for who had two hours, 4 for four, else 2."""
    return loss.of_nobody(caller.due_by - caller.received_at)
