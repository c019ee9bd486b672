"""Where those are who wait, to about a kilometre, and where there are free places."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from projections import availability, board
from services.console import words
from services.console.languages import Language
from services.console.places import communes_of
from services.projector.queries import rows

if TYPE_CHECKING:
    from services.app import House

_MOST = 2000
_NAMED = 12  # communes, to find one's way without tiles


async def on_a_map(
    house: "House", communities: frozenset[str] | None, language: Language
) -> dict[str, Any]:
    """Open requests by commune, free places by place of work: points in degrees, and how many."""
    now = house.clock.now()
    waiting = await rows(house.pool, board.at_work(communities, now).limit(_MOST))
    by_commune = Counter(one["commune"] for one in waiting if one["state"] == board.WAITING)
    known = await communes_of(house, communities)
    communes = [one for one in known if by_commune.get(one.insee)]
    free: dict[tuple[str, float, float, str], int] = {}
    for finess in sorted(communities) if communities is not None else [None]:
        query = availability.open_slots(community=finess).limit(_MOST)
        for slot in await rows(house.pool, query, at=now):
            where = (slot["place"], slot["lat"], slot["lon"], slot["profession"])
            free[where] = free.get(where, 0) + slot["free"]
    return {
        "communes": [
            {"lat": one.position.lat, "lon": one.position.lon, "title": one.title}
            for one in known[:_NAMED]
        ],
        "requests": [
            {
                "lat": one.position.lat,
                "lon": one.position.lon,
                "title": one.title,
                "count": by_commune[one.insee],
            }
            for one in communes
        ],
        "places": [
            {
                "lat": lat,
                "lon": lon,
                "title": f"{place} ({words.word('profession', profession, language)})",
                "count": count,
            }
            for (place, lat, lon, profession), count in sorted(free.items())
        ],
    }
