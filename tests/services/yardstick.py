"""A referee for days played through, written from MATCHING of the design alone.

It knows nothing of the product: its own clock times, distances, feasibility and loss.
"""

from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt


def instant(text):
    return datetime.fromisoformat(text)


def haversine(a, b):
    p, q = radians(a["lat"]), radians(b["lat"])
    h = sin((q - p) / 2) ** 2
    h += cos(p) * cos(q) * sin(radians(b["lon"] - a["lon"]) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(h))


def cost(request, slot, at):
    """The least loss of that slot given at that instant; None: it may not be given."""
    start, received, due = (
        instant(slot["start"]),
        instant(request["received_at"]),
        instant(request["due_by"]),
    )
    if slot["profession"] not in request["professions"] or start > due:
        return None
    if at < received or at < instant(slot["published_at"]):
        return None
    km = haversine(request, slot)
    found = []
    for mode in set(slot["modes"]) & set(request["modes"]):
        far = 0.0
        if mode == "AMB":
            if km > request["max_km"]:
                continue
            far = km
        if mode == "HH" and (slot["radius_km"] is None or km > slot["radius_km"]):
            continue
        if start < at + timedelta(minutes=15) + timedelta(hours=far / 40):
            continue
        window = max(due - received, timedelta(minutes=30))
        found.append((start - received) / window + 0.5 * far / 25)
    return min(found, default=None)


def left_out(request):
    window = instant(request["due_by"]) - instant(request["received_at"])
    if window <= timedelta(hours=2):
        return 8.0
    return 4.0 if window <= timedelta(hours=4) else 2.0


def check(scenario, told):
    """What `snp simulate` said of the day: possible, whole, and as costly as it says."""
    requests = {one["id"]: one for one in scenario["requests"]}
    slots = {one["id"]: one for one in scenario["slots"]}
    taken, total = dict.fromkeys(slots, 0), 0.0
    served = [one["request"] for one in told["assignments"]]
    assert len(served) == len(set(served)) == told["served"]
    assert sorted([*served, *told["unserved"]]) == sorted(requests)
    for one in told["assignments"]:
        at = instant(one["decided_at"])
        lost = cost(requests[one["request"]], slots[one["slot"]], at)
        assert lost is not None, f"{one} may not be"
        taken[one["slot"]] += 1
        total += lost
    for slot_id, number in taken.items():
        assert number <= slots[slot_id].get("capacity", 1), f"{slot_id} is given too often"
    total += sum(left_out(requests[one]) for one in told["unserved"])
    assert abs(total - told["loss"]) < 1e-4
    per_request = total / len(requests) if requests else 0.0
    assert abs(per_request - told["loss_per_request"]) < 1e-5
