"""Places now, or as they were at any instant: one answer for screens and programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from projections.availability import (
    TODAY_TO_D2,
    Which,
    consents,
    counted_by,
    free_places,
    projection,
    silent_senders,
)
from services.log.database import Pool
from services.log.positions import NotYetWritten, instant_of, position_at
from services.log.reader import Only
from services.projector.past import Snapshot, as_it_is, as_it_was
from services.projector.projector import Progress
from services.settings import Settings

_A_WEEK_AND_MORE = timedelta(days=9)  # how long it takes to know when senders use to speak
Row = dict[str, Any]


@dataclass(frozen=True)
class Looked:
    """What is asked. `at`: the present instant, where the past is not meant."""

    which: Which
    at: datetime
    by: str | None = None  # None: free places by community, profession, mode, label and hour
    days: int = TODAY_TO_D2
    past: bool = False
    position: int | None = None  # of the log, instead of an instant
    own_time: bool = False  # a sandbox's


@dataclass(frozen=True)
class Places:
    """The answer, and of what it was made."""

    at: datetime
    position: int
    places: Sequence[Row]
    silent: Sequence[Row]  # senders who have said nothing for longer than usual, their free places
    consents: Sequence[Row]


async def places(
    pool: Pool, settings: Settings, looked: Looked, progress: Progress | None = None
) -> Places:
    """Places by what they are. Raises NotYetWritten, and NotBuiltYet."""
    if not (looked.past or looked.position is not None):
        async with as_it_is(pool, projection) as known:
            return await _places(known, looked, looked.at)
    async with pool.connection() as connection:
        position, at = looked.position, looked.at
        if position is None:
            position = await position_at(connection, at, own_time=looked.own_time)
        else:
            written = await instant_of(connection, position, own_time=looked.own_time)
            if written is None:
                raise NotYetWritten(position)
            at = written
        since = await position_at(connection, at - _A_WEEK_AND_MORE, own_time=looked.own_time)
    # Agendas of these weeks are all there is to say of their places, those that changed lately of
    # who speaks and when.
    weeks = ["practitioner-%", *_agendas(at, looked.days)]
    only = Only(streams=weeks, changed="agenda-%", since=since)
    async with as_it_was(pool, projection, position, settings, progress, only) as known:
        return await _places(known, looked, at)


def _agendas(at: datetime, days: int) -> list[str]:
    """Those of the weeks that these days, of whatever zone, are in."""
    weeks = {(at + timedelta(days=day)).isocalendar()[:2] for day in range(-2, days + 2)}
    return [f"agenda-%-{year}-W{week:02}" for year, week in sorted(weeks)]


async def _places(known: Snapshot, looked: Looked, at: datetime) -> Places:
    silent = silent_senders(looked.which, days=looked.days)
    if looked.by is None:
        asked = free_places(looked.which, days=looked.days)
    else:
        asked = counted_by(looked.by, looked.which, days=looked.days)
    return Places(
        at=at,
        position=known.position,
        places=await known.rows(asked.query, **asked.given, at=at),
        silent=await known.rows(silent.query, **silent.given, at=at),
        consents=await known.rows(consents(looked.which.community)),
    )
