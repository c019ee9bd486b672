"""The availability read model built anew from a log of a million events that concern it."""

import asyncio
import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import psycopg

from events.base import Event
from events.catalogue import stored
from projections.availability import projection
from services.log.database import pool_of
from services.log.migrate import migrate
from services.projector.projector import rebuild
from services.settings import settings_with
from tests.benchmarks.servers import postgres
from tests.examples import freed, published, taken

GOAL = "≥ 20 000 events/s, memory under 300 MB"

EVENTS = 1_000_000
EVENTS_A_SLOT = 8  # published, then taken, freed, taken…

# The example events with the ids of the nth slot, 120 slots a week of a doctor.
_LOG = """
insert into events (stream, version, name, schema_version, data, meta, recorded_at)
select
    'agenda-109' || lpad((slot / 120)::text, 8, '0') || '-2026-W48',
    (slot %% 120) * %(each)s + nth + 1,
    case when nth = 0 then 'slot.published' when nth %% 2 = 1 then 'slot.place_taken'
         else 'slot.place_freed' end,
    case when nth = 0 then %(published_v)s when nth %% 2 = 1 then %(taken_v)s else %(freed_v)s end,
    (case when nth = 0 then %(published)s::jsonb when nth %% 2 = 1 then %(taken)s::jsonb
          else %(freed)s::jsonb end)
        || jsonb_build_object('slot_id', md5('s' || slot)::uuid)
        || case when nth = 0 then '{}'::jsonb
                else jsonb_build_object('request_id', md5('r' || slot || (nth - 1) / 2)::uuid) end,
    %(meta)s::jsonb || jsonb_build_object('event_id', md5('e' || slot || '-' || nth)::uuid),
    now()
from generate_series(0, %(slots)s - 1) slot, generate_series(0, %(each)s - 1) nth
order by slot, nth
"""


def run() -> dict[str, Any]:
    """Written in SQL, then rebuilt in a process of its own, whose memory is what counts."""
    with postgres() as server:
        migrate(server.url)
        _write(server.url)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            return apart.submit(_rebuild, server.url, str(server.folder)).result()


def _write(url: str) -> None:
    meta = (
        '{"command_id": "5ca1ab1e-0000-4000-8000-000000000000", "community": "580099001",'
        ' "actor": {"ref": "benchmark", "role": "system"}, "case_id": null,'
        ' "correlation": "5ca1ab1e-0000-4000-8000-000000000000",'
        ' "causation": "5ca1ab1e-0000-4000-8000-000000000000"}'
    )
    given = {
        "slots": EVENTS // EVENTS_A_SLOT,
        "each": EVENTS_A_SLOT,
        **_example("published", published()),
        **_example("taken", taken()),
        **_example("freed", freed()),
        "meta": meta,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_LOG, given)
        connection.execute("vacuum analyze events")


def _example(name: str, event: Event) -> dict[str, Any]:
    return {name: stored(event).decode(), f"{name}_v": event.version}


def _rebuild(url: str, state: str) -> dict[str, Any]:
    settings = settings_with(state=state)

    async def measured() -> float:
        async with pool_of(url, settings) as pool:
            began = time.perf_counter()
            position = await rebuild(pool, projection, settings, _progress)
            seconds = time.perf_counter() - began
            assert position == EVENTS
            return seconds

    seconds = asyncio.run(measured())
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "events_per_s": round(EVENTS / seconds),
        "peak_mb": round(peak_kib / 1024),
        "events": EVENTS,
        "seconds": round(seconds, 1),
    }


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{100 * done // total} %", end="", file=sys.stderr, flush=True)
