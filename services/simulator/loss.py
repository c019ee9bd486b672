"""What a day costs: patients who wait, who travel, and who are not seen."""

from datetime import datetime

from domain.geography import distance_km
from domain.matching import SHORTEST_WINDOW, TRAVEL_LOSS_PER_KM, penalty
from events.codes import Mode
from events.place import Position
from services.simulator.cast import Caller
from services.simulator.scenario import ScenarioSlot


def of_served(caller: Caller, start: datetime, km: float) -> float:
    """(start - received) / max(due - received, 30 min) + 0.5 km / 25 (MATCHING)."""
    request = caller.of
    window = max(request.due_by - request.received_at, SHORTEST_WINDOW)
    return (start - request.received_at) / window + TRAVEL_LOSS_PER_KM * km


def of_unserved(caller: Caller) -> float:
    """8 for who had two hours, 4 for four, else 2."""
    return penalty(caller.waiting)


def patients_way(caller: Caller, slot: ScenarioSlot, mode: Mode) -> float:
    """Kilometres; none where the practitioner travels, or nobody."""
    if mode is not Mode.OFFICE:
        return 0.0
    request = caller.of
    there = Position.model_construct(lat=slot.lat, lon=slot.lon)
    return distance_km(Position.model_construct(lat=request.lat, lon=request.lon), there)
