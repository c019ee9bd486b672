"""Free slots of the read model that the national platform may be shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain import community as communities
from domain.agenda import GRID, next_on_the_grid
from domain.community import Formed
from events import streams
from events.codes import Source
from projections import availability
from services.fhir.bundle import Cpts, Shown
from services.fhir.search import SlotSearch
from services.log.database import Pool
from services.log.reader import Log
from services.projector.queries import rows

_FOR_PROFESSIONALS = {"PUBLIC", "PRO", "SNP"}  # INT_R01: what is for communities alone is not


async def free_slots(pool: Pool, search: SlotSearch, now: datetime) -> list[Shown]:
    """The earliest first. A place without an address and a structure cannot be shown."""
    found = await rows(
        pool,
        availability.SEARCHED,
        at=now,
        rpps=list(search.rpps),
        since=search.since,
        until=search.until,
        sources=[Source.SAS],
    )
    shown = (_shown(row, search, now) for row in found)
    return [one for one in shown if one is not None]


def _shown(row: Mapping[str, Any], search: SlotSearch, now: datetime) -> Shown | None:
    if not may_be_shown(row, with_communities=search.with_communities):
        return None
    start = arrival(row, max(now, search.since), search.until)
    return None if start is None else shown_as(row, start)


def may_be_shown(row: Mapping[str, Any], *, with_communities: bool) -> bool:
    """Whether it says where it is, and is for who asks."""
    site = row["site"] or {}
    if not (site.get("address") and site.get("structure")):
        return False
    return with_communities or not _FOR_PROFESSIONALS.isdisjoint(row["labels"])


def shown_as(row: Mapping[str, Any], start: datetime) -> Shown:
    """A slot that may be shown, from which instant on somebody may come."""
    return Shown(
        slot_id=str(row["slot_id"]),
        rpps=row["rpps"],
        profession=row["profession"],
        specialty=row["specialty"],
        place=row["place"],
        commune=row["commune"],
        site=row["site"],
        start=start,
        end=row["end"],
        zone=row["zone"],
        modes=row["modes"],
        labels=row["labels"],
        communities=row["communities"],
    )


def arrival(row: Mapping[str, Any], soonest: datetime, latest: datetime) -> datetime | None:
    """When somebody comes who comes between the two; None: not to this slot."""
    return coming(row["start"], row["end"] if row["is_range"] else None, soonest, latest)


def coming(
    start: datetime, range_ends: datetime | None, soonest: datetime, latest: datetime
) -> datetime | None:
    """As `arrival`; `range_ends`: None of a single slot."""
    if range_ends is not None and soonest >= range_ends:
        return None
    if range_ends is not None:  # one that has begun is joined on the next quarter of an hour
        start = max(start, next_on_the_grid(soonest))
        latest = min(latest, range_ends - GRID)
    return start if soonest <= start <= latest else None


async def communities_of(log: Log, slots: Sequence[Shown]) -> dict[str, Cpts]:
    """By number, those the slots are shared with."""
    named = sorted({finess for slot in slots for finess in slot.communities})
    histories: dict[str, Any] = await log.load_all([streams.community(one) for one in named])
    found = {}
    for finess in named:
        state = communities.decider.replay(histories[streams.community(finess)].events)
        if isinstance(state, Formed):
            found[finess] = Cpts(finess, state.title)
    return found
