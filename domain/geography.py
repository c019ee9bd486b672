"""Distances as the crow flies, and travel as a family car drives."""

from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

from events.place import Position

EARTH_RADIUS_KM = 6371.0
CAR_KM_PER_HOUR = 40.0
CAR_SECONDS_PER_KM = 3600 / CAR_KM_PER_HOUR


def travel_time(a: Position, b: Position) -> timedelta:
    """By car; nothing within one place."""
    return timedelta(seconds=distance_km(a, b) * CAR_SECONDS_PER_KM) if a != b else timedelta()


def distance_km(a: Position, b: Position) -> float:
    """Great-circle distance (haversine), in kilometres."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat = sin((lat_b - lat_a) / 2)
    half_lon = sin(radians(b.lon - a.lon) / 2)
    return (
        2
        * EARTH_RADIUS_KM
        * asin(min(1.0, sqrt(half_lat * half_lat + cos(lat_a) * cos(lat_b) * half_lon * half_lon)))
    )
