"""Slots one by one."""

from sqlalchemy import DateTime, Select, Text, and_, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from projections.availability.openness import AT, LEFT, LONGEST, free, to_come
from projections.availability.tables import SOS, listings, practitioners, slots


def slots_to_come(
    *, community: str | None = None, rpps: str | None = None
) -> Select[tuple[object, ...]]:
    """Every slot somebody may yet come to at `:at` that was not withdrawn, the earliest first."""
    conditions = [to_come(slots.c.end > AT), slots.c.withdrawn_at.is_(None)]
    conditions += [slots.c.slot_id.in_(_listed(community))] if community else []
    conditions += [slots.c.rpps == rpps] if rpps else []
    return select(slots).where(and_(*conditions)).order_by(slots.c.start, slots.c.slot_id)


def open_slots(*, community: str | None = None) -> Select[tuple[object, ...]]:
    """Every slot with a free place at `:at`, the earliest first."""
    conditions = [*free(), ~slots.c.communities.contained_by(practitioners.c.left)]
    if community:
        conditions.append(slots.c.slot_id.in_(_listed(community)))
        conditions.append(~practitioners.c.left.contains([community]))
    return (
        select(slots, LEFT.label("free"))
        .select_from(slots.join(practitioners, practitioners.c.rpps == slots.c.rpps))
        .where(and_(*conditions))
        .order_by(slots.c.start, slots.c.slot_id)
    )


_SINCE = bindparam("since", type_=DateTime(timezone=True))
_UNTIL = bindparam("until", type_=DateTime(timezone=True))
_SOURCES = bindparam("sources", type_=ARRAY(Text))

_OFFERED = (
    select(slots, LEFT.label("free"))
    .select_from(slots.join(practitioners, practitioners.c.rpps == slots.c.rpps))
    .where(
        and_(
            *free(),
            ~slots.c.communities.contained_by(practitioners.c.left),
            slots.c.start <= _UNTIL,
            slots.c.open_to.contains(_SOURCES),
            practitioners.c.sources.contains(_SOURCES),
        )
    )
    .order_by(slots.c.start, slots.c.slot_id)
)
PUBLISHED: Select[tuple[object, ...]] = _OFFERED
"""Slots with a free place at `:at` that begin by `:until`, for the source alone in `:sources`."""

SEARCHED: Select[tuple[object, ...]] = _OFFERED.with_only_columns(
    slots.c.slot_id,
    slots.c.rpps,
    slots.c.profession,
    slots.c.specialty,
    slots.c.place,
    slots.c.commune,
    slots.c.site,
    slots.c.start,
    slots.c.end,
    slots.c.is_range,
    slots.c.zone,
    slots.c.modes,
    slots.c.labels,
    slots.c.communities,
).where(
    slots.c.rpps == any_(bindparam("rpps", type_=ARRAY(Text))),
    slots.c.start > _SINCE - LONGEST,
)
"""Of these practitioners. Those that began before `:since` as well: a range may be joined."""

OF_SITES: Select[tuple[object, ...]] = _OFFERED.where(
    slots.c.setting == SOS,
    slots.c.site["structure"].astext == any_(bindparam("structures", type_=ARRAY(Text))),
    slots.c.start > _SINCE - LONGEST,
)
"""Likewise, of SOS Médecins' sites that are of these structures."""


def _listed(community: str) -> Select[tuple[object]]:
    """Those of a community that are not long over."""
    return select(listings.c.slot_id).where(
        listings.c.community == community, ~listings.c.ended, listings.c.start > AT - LONGEST
    )


def of_practitioner(rpps: str) -> Select[tuple[object, ...]]:
    """Their slot published last, if they ever published one."""
    return (
        select(slots)
        .where(slots.c.rpps == rpps)
        .order_by(slots.c.published_at.desc(), slots.c.slot_id)
        .limit(1)
    )
