"""Communes and places of work, by what people call them."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from domain.community import Formed
from events.place import Commune
from projections import availability
from services.projector.queries import rows

if TYPE_CHECKING:
    from services.app import House


async def formed(house: "House", of: Collection[str] | None) -> dict[str, Formed]:
    """Communities by FINESS; None: all there are."""
    if of is None:
        return {one.finess: one.formed for one in await house.directory.everyone()}
    known = {finess: await house.directory.community(finess) for finess in sorted(of)}
    return {finess: one.formed for finess, one in known.items() if one is not None}


async def communes_of(house: "House", of: Collection[str] | None) -> list[Commune]:
    """Those they serve, each once, the largest first."""
    found = {
        commune.insee: commune
        for one in (await formed(house, of)).values()
        for commune in one.communes
    }
    return sorted(found.values(), key=lambda one: (-one.population, one.insee))


async def names_of_communes(house: "House", of: Collection[str] | None) -> dict[str, str]:
    """INSEE code → name."""
    return {one.insee: one.title for one in await communes_of(house, of)}


async def zones_of(house: "House", of: Collection[str] | None) -> dict[str, ZoneInfo]:
    """FINESS → the zone whose clocks hang there."""
    return {finess: ZoneInfo(one.zone) for finess, one in (await formed(house, of)).items()}


async def slots_by_id(house: "House", slot_ids: Iterable[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """Slots as the read model shows them."""
    wanted = list(slot_ids)
    if not wanted:
        return {}
    slots = availability.slots
    found = await rows(house.pool, select(slots).where(slots.c.slot_id.in_(wanted)))
    return {one["slot_id"]: one for one in found}


def folded(text: str) -> str:
    """Without accents, in lower case: as people type."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(one for one in apart if not unicodedata.combining(one)).replace("-", " ")
