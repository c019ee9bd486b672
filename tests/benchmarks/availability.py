"""Questions about places, of 100 000 open slots in 1 000 communities, a million behind them."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from sqlalchemy import literal, select

from events.agenda import SlotPublished
from events.base import Event
from events.catalogue import stored
from projections.availability import (
    DIMENSIONS,
    Question,
    Which,
    counted_by,
    free_places,
    projection,
    silent_senders,
)
from services.log.database import Pool, pool_of
from services.log.migrate import migrate
from services.projector.projector import rebuild
from services.projector.queries import rows
from services.settings import settings_with
from tests.benchmarks.servers import postgres
from tests.examples import HOUR, NOON, consented, enrolled, published

GOAL = "any question about a community, a practitioner or a commune under 5 ms"

COMMUNITIES = 1_000
MEMBERS = 20  # a community
OPEN, OVER = 5, 50  # slots a member: from this noon to D+2; of the weeks before
SENDERS = 300  # software that publishes them
ASKED = 300  # times each

_MEMBERS = """
insert into events (stream, version, name, schema_version, data, meta, recorded_at)
select 'practitioner-' || rpps, nth, name, version,
    data || jsonb_build_object('rpps', rpps) || case when nth = 1
        then jsonb_build_object('communities', jsonb_build_array(finess)) else '{}'::jsonb end,
    %(meta)s::jsonb || jsonb_build_object('event_id', gen_random_uuid()), now()
from (select '109' || lpad(n::text, 8, '0') rpps, lpad((n %% %(communities)s)::text, 9, '0') finess
      from generate_series(0, %(members)s - 1) n) members,
    (values (1, 'practitioner.enrolled', %(enrolled)s::jsonb, %(enrolled_v)s),
            (2, 'practitioner.consented', %(consented)s::jsonb, %(consented_v)s))
        told (nth, name, data, version)
order by rpps, nth
"""
_SLOTS = """
insert into events (stream, version, name, schema_version, data, meta, recorded_at)
select 'agenda-' || rpps || '-' || %(week)s, nth + 1, 'slot.published', %(published_v)s,
    %(published)s::jsonb || jsonb_build_object(
        'slot_id', gen_random_uuid(), 'rpps', rpps, 'week', %(week)s,
        'communities', jsonb_build_array(finess),
        'place', (%(published)s::jsonb -> 'place') || jsonb_build_object('commune', commune),
        'start', to_char(start, %(instant)s),
        'end', to_char(start + interval '20 minutes', %(instant)s)),
    %(meta)s::jsonb || jsonb_build_object('event_id', gen_random_uuid(),
        'actor', jsonb_build_object('ref', '/editor/' || n %% %(senders)s, 'role', 'delegate')),
    now()
from (select n, nth, '109' || lpad(n::text, 8, '0') rpps,
        lpad((n %% %(communities)s)::text, 9, '0') finess,
        '58' || lpad((n %% %(communities)s)::text, 3, '0') commune,
        (%(first)s::timestamptz at time zone 'UTC')
            + (nth * 11 + n %% 11) * interval '55 minutes' start
      from generate_series(0, %(members)s - 1) n, generate_series(0, %(each)s - 1) nth) slots
order by nth, n
"""
_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


def run() -> dict[str, Any]:
    """Written to a log, made into the read model, and asked."""
    with postgres() as server:
        migrate(server.url)
        write(server.url, NOON, published())
        settings = settings_with(state=str(server.folder))

        async def measured() -> dict[str, Any]:
            async with pool_of(server.url, settings) as pool:
                began = time.perf_counter()
                events = await rebuild(pool, projection, settings)
                seconds = time.perf_counter() - began
                async with pool.connection() as connection:
                    await connection.set_autocommit(True)
                    await connection.execute("vacuum analyze")
                    await connection.set_autocommit(False)
                built = {"events": events, "rebuild_events_per_s": round(events / seconds)}
                return built | await _asked(pool)

        return asyncio.run(measured())


META = {
    "command_id": "5ca1ab1e-0000-4000-8000-000000000000",
    "community": None,
    "actor": {"ref": "benchmark", "role": "operator"},
    "case_id": None,
    "correlation": "5ca1ab1e-0000-4000-8000-000000000000",
    "causation": "5ca1ab1e-0000-4000-8000-000000000000",
}


def write(url: str, noon: datetime, example: SlotPublished) -> None:
    """The log: members, the slots of the weeks before, and those open from that noon on."""
    given = {
        "communities": COMMUNITIES,
        "members": COMMUNITIES * MEMBERS,
        "senders": SENDERS,
        **_example("enrolled", enrolled()),
        **_example("consented", consented()),
        **_example("published", example),
        "instant": _INSTANT,
        "meta": json.dumps(META),
    }
    before, now = noon - timedelta(weeks=3), noon + HOUR
    of_before, of_now = (f"{at.isocalendar()[0]}-W{at.isocalendar()[1]:02}" for at in (before, now))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_MEMBERS, given)
        connection.execute(_SLOTS, given | {"each": OVER, "first": before, "week": of_before})
        connection.execute(_SLOTS, given | {"each": OPEN, "first": now, "week": of_now})
        connection.execute("vacuum analyze events")


def _example(name: str, event: Event) -> dict[str, Any]:
    return {name: stored(event).decode(), f"{name}_v": event.version}


async def _asked(pool: Pool) -> dict[str, Any]:
    rng = Random(1)

    def community() -> Which:
        return Which(community=f"{rng.randrange(COMMUNITIES):09}")

    def practitioner() -> Which:
        return Which(rpps=f"109{rng.randrange(COMMUNITIES * MEMBERS):08}")

    def commune() -> Which:
        return Which(commune=f"58{rng.randrange(COMMUNITIES):03}")

    whole = counted_by(None, Which())
    (slots,) = await rows(pool, whole.query, at=NOON)
    figures: dict[str, Any] = {"open_slots": int(slots["free"])}
    one = Question(select(literal(1)), {})
    nothing = await _timed(pool, lambda: one, ASKED)
    figures["empty question ms"] = _said(nothing)
    of = {"community": community, "practitioner": practitioner, "commune": commune}
    slowest = 0.0
    for name, which in of.items():
        questions: dict[str, Callable[[Which], Question]] = {"hours": free_places}
        questions |= {f"by {by}": _counting(by) for by in DIMENSIONS}
        questions["silent"] = silent_senders
        for asked, question in questions.items():
            seconds = await _timed(pool, _of(question, which), ASKED)
            slowest = max(slowest, statistics.median(seconds))
            figures[f"{name} {asked} ms"] = _said(seconds)
    figures["slowest median ms"] = round(1000 * slowest, 2)
    figures["over an empty question"] = round(slowest / statistics.median(nothing), 1)
    for by in ("community", "half_day"):
        seconds = await _timed(pool, _of(_counting(by), Which), 5)
        figures[f"the country by {by} ms"] = _said(seconds)
    return figures


def _counting(by: str) -> Callable[[Which], Question]:
    return lambda which: counted_by(by, which)


def _of(
    question: Callable[[Which], Question], which: Callable[[], Which]
) -> Callable[[], Question]:
    return lambda: question(which())


async def _timed(pool: Pool, question: Callable[[], Question], times: int) -> list[float]:
    """Seconds, of a question to rows in hand."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        asked = question()
        await rows(pool, asked.query, **asked.given, at=NOON)
        seconds.append(time.perf_counter() - began)
    return seconds


def _said(seconds: list[float]) -> str:
    p95 = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
    return f"{1000 * statistics.median(seconds):.2f} (95 %: {1000 * p95:.2f})"
