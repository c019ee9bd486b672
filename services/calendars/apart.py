"""Reading an agenda in a process of its own: it takes two seconds at the most, and leaves nothing.

A rule of an iCalendar can be such that looking for its days never ends, and a time zone that one of
them describes would be everybody's of that name from then on.
"""

import asyncio
import resource
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from domain.decider import Refused
from events.codes import Label, Mode
from services.calendars.free_times import (
    Agenda,
    FreeTime,
    NotAnAgenda,
    SomebodyElses,
    TooMuchTime,
)

_CPU_SECONDS = 2  # of reading: loading the parsers takes one more
_WAIT_SECONDS = 20.0
_MEMORY_BYTES = 1_500_000_000
_AT_ONCE = asyncio.Semaphore(2)
_TURN_SECONDS = 8.0  # at the most until one of these is free
_being_read: set[str] = set()  # of whom: one agenda each, so that nobody has all turns


class StillReading(Refused):
    """Another agenda is being read: send this one again in a few seconds."""

    code = "too_many"


_REFUSED = {one.__name__: one for one in (NotAnAgenda, SomebodyElses, TooMuchTime)}


async def read(
    body: bytes, kind: str, *, rpps: str, since: datetime, until: datetime, zone: str
) -> Agenda:
    """As `from_ical` or `from_fhir`, by kind. Raises what they do; TooMuchTime for endless ones.

    Raises StillReading for another of the same practitioner, or when too many are being read.
    """
    if rpps in _being_read:
        raise StillReading
    _being_read.add(rpps)
    try:
        async with _turn():
            return await _read(body, kind, rpps=rpps, since=since, until=until, zone=zone)
    finally:
        _being_read.discard(rpps)


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """One of those that are read at once. Raises StillReading."""
    try:
        async with asyncio.timeout(_TURN_SECONDS):
            await _AT_ONCE.acquire()
    except TimeoutError as busy:
        raise StillReading from busy
    try:
        yield
    finally:
        _AT_ONCE.release()


async def _read(
    body: bytes, kind: str, *, rpps: str, since: datetime, until: datetime, zone: str
) -> Agenda:
    head = {"kind": kind, "rpps": rpps, "since": since, "until": until, "zone": zone}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            said, _ = await process.communicate(orjson.dumps(head) + b"\n" + body)
    except TimeoutError as endless:
        raise TooMuchTime from endless
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise TooMuchTime  # the kernel ended it
    told: dict[str, Any] = orjson.loads(said)
    if refused := told.get("refused"):
        raise _REFUSED[refused]
    return Agenda([_time(one) for one in told["free"]], told["skipped"])


def _time(told: Mapping[str, Any]) -> FreeTime:
    return FreeTime(
        datetime.fromisoformat(told["start"]),
        datetime.fromisoformat(told["end"]),
        tuple(map(Mode, told["modes"])),
        tuple(map(Label, told["labels"])),
    )


def _main() -> None:
    from services.calendars.reading import from_fhir, from_ical  # noqa: PLC0415 here, and only here

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ceil(used.ru_utime + used.ru_stime) + _CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    head = orjson.loads(sys.stdin.buffer.readline())
    body = sys.stdin.buffer.read()
    since, until = (datetime.fromisoformat(head[name]) for name in ("since", "until"))
    try:
        if head["kind"] == "ical":
            found = from_ical(body, since, until, ZoneInfo(head["zone"]))
        else:
            found = from_fhir(body, head["rpps"], since, until)
        told: dict[str, Any] = {
            "free": [asdict(one) for one in found.free],
            "skipped": found.skipped,
        }
    except Refused as refused:
        told = {"refused": type(refused).__name__}
    sys.stdout.buffer.write(orjson.dumps(told))


if __name__ == "__main__":
    _main()
