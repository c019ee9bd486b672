"""Whether somebody may yet come to a place, and whether what is known of it is fresh."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, DateTime, and_, bindparam, func, or_, select

from projections.availability.tables import practitioners, senders, slots

AT = bindparam("at", type_=DateTime(timezone=True))
"""When the question is asked: every question of this read model has it."""
LEFT = slots.c.capacity - slots.c.taken - slots.c.held

LONGEST = timedelta(hours=24)
"""No slot is longer."""
_LEAD = timedelta(minutes=15)  # of somebody who need not travel
_BEFORE_THE_END = timedelta(minutes=15)  # a range is joined at the latest
_QUARTER = timedelta(minutes=15)
# When somebody told now comes into a range: the next quarter of an hour they can make.
_ON_THE_GRID = func.date_bin(
    _QUARTER, AT + _LEAD + _QUARTER - timedelta(microseconds=1), datetime(2000, 1, 1, tzinfo=UTC)
)
_A_WEEKEND = timedelta(days=3)
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_QUIET = 2 * _HOUR  # who is silent no longer than that is not missed


def to_come(still_to_come: ColumnElement[bool]) -> ColumnElement[bool]:
    """Slots to begin after `:at`, and ranges that have begun of which that holds."""
    return and_(
        slots.c.start > AT - LONGEST,  # the index
        or_(slots.c.start > AT, and_(slots.c.is_range, still_to_come)),
    )


def free() -> list[ColumnElement[bool]]:
    """What makes a place free at `:at`, but for the communities its practitioner has left."""
    return [
        to_come(slots.c.end - _BEFORE_THE_END >= _ON_THE_GRID),
        LEFT > 0,
        slots.c.lost == 0,
        slots.c.withdrawn_at.is_(None),
        ~practitioners.c.paused,
        ~slots.c.surge,  # until there is a crisis
        func.cardinality(slots.c.open_to) > 0,
    ]


def silent() -> ColumnElement[bool]:
    """Senders that have said nothing since an hour in which they use to speak.

    Used to: they spoke in the same stretch of time a day before, and a week before as well. Nights
    and days off are thus no silence. Who is known for less than a week is missed after a weekend.
    """
    quiet, known_for = AT - senders.c.heard_at, AT - senders.c.first_heard_at
    return or_(
        and_(known_for < _WEEK, quiet >= _A_WEEKEND),
        and_(known_for >= _WEEK, quiet >= _QUIET, _spoke(_DAY), _spoke(_WEEK)),
    )


def _spoke(before: timedelta) -> ColumnElement[bool]:
    """In an hour of the stretch since they were heard, so much before."""
    hour = func.unnest(senders.c.hours).column_valued("hour")
    in_time = and_(hour >= senders.c.heard_at - before, hour + _HOUR <= AT - before)
    return select(hour).where(in_time).exists()
