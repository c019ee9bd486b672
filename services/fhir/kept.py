"""Free slots as they were last written for the platform, by practitioner.

The platform asks for the same practitioners again and again. What it is told of one is kept as
bytes until an event touches their agenda or what they agreed to: then it is read anew. Which those
are is known from the log, as far as the read model has come: what is kept is never older than what
a question to the read model would find a moment before.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from domain.agenda import GRID, next_on_the_grid
from events import streams
from events.codes import Source
from events.envelope import Recorded
from projections import availability
from services.fhir.bundle import Cpts, Resource, Shown, framed, instant, searchset
from services.fhir.search import SlotSearch
from services.fhir.slots import coming, communities_of, may_be_shown, shown_as
from services.log.checkpoints import reached
from services.projector.queries import rows_on

if TYPE_CHECKING:
    from services.app import House

_AHEAD = timedelta(days=4)  # read at once: the platform asks for three days
_FORGET = 100_000  # practitioners touched: then all is read anew


class Terms(NamedTuple):
    """What the same slot is written differently for."""

    base: str
    booking: str
    with_communities: bool


class _Written(NamedTuple):
    """A slot of the read model, as an entry of a Bundle.

    As few objects as can be: there are a hundred thousand of them, and the garbage collector looks
    at each.
    """

    start: datetime
    slot_id: str
    range_ends: datetime | None  # None: a single slot
    zone: str
    entry: bytes
    beside: tuple[tuple[str, bytes], ...]  # what it comes with, by its address; one for all alike


@dataclass(frozen=True, slots=True)
class _Kept:
    """All slots of a practitioner that begin by then, as the read model had them."""

    position: int
    until: datetime
    slots: tuple[_Written, ...]


class KeptSlots:
    """Those of the practitioners asked for last."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._bell = house.bells.listen()
        self._position: int | None = None
        self._hearing = asyncio.Lock()
        self._heard_at = 0.0
        self._touched: dict[str, int] = {}
        self._named_at = 0  # when a community was told anything, last
        self._floor = 0  # nothing read before it is good
        self._kept: dict[tuple[Terms, str], _Kept] = {}

    async def found(self, search: SlotSearch, link: str, terms: Terms) -> bytes:
        """The answer to a search, as JSON."""
        await self._hear()
        now = self._house.clock.now()
        # Held here: whoever asks at the same time may forget them meanwhile.
        theirs = {rpps: self._good(terms, rpps, search) for rpps in search.rpps}
        missing = [rpps for rpps, kept in theirs.items() if kept is None]
        if missing:
            theirs |= await self._read(missing, terms, max(search.until, now + _AHEAD), now)
        soonest = max(now, search.since)
        every = [slot for kept in theirs.values() if kept is not None for slot in kept.slots]
        every.sort(key=_IN_ORDER)
        entries: list[bytes] = []
        beside: dict[str, bytes] = {}
        for slot in every:
            if not _is_to_come(slot, now):
                continue
            start = coming(slot.start, slot.range_ends, soonest, search.until)
            if start is None:
                continue
            entries.append(slot.entry if start == slot.start else _joined(slot, start))
            beside.update(slot.beside)
        self._forget()
        frame = orjson.dumps(framed(len(entries), link, with_communities=terms.with_communities))
        if not entries:
            return frame
        return frame[:-1] + b',"entry":[' + b",".join([*entries, *beside.values()]) + b"]}"

    def _forget(self) -> None:
        """Those read longest ago, of more than may be kept."""
        while len(self._kept) > self._house.settings.fhir_kept_practitioners:
            self._kept.pop(next(iter(self._kept)))

    def _good(self, terms: Terms, rpps: str, search: SlotSearch) -> _Kept | None:
        """What is kept, if nothing happened since and it reaches as far as is asked."""
        kept = self._kept.get((terms, rpps))
        if kept is None or kept.until < search.until:
            return None
        named_at = self._named_at if terms.with_communities else 0
        since = max(self._touched.get(rpps, 0), named_at, self._floor)
        return kept if since <= kept.position else None

    async def _hear(self) -> None:
        """Whom what happened meanwhile is about. One hears, the others wait for what it was."""
        settings, log = self._house.settings, self._house.log
        async with self._hearing:
            if self._position is None:
                # From what the read model shows: whatever came after it is not missed.
                async with self._house.pool.connection() as connection:
                    self._position = await reached(connection, availability.projection.name)
            late = monotonic() - self._heard_at >= settings.follow_poll_seconds
            if not self._bell.rang() and not late:
                return
            self._heard_at = 0.0  # until it was heard: what fails is tried by who asks next
            while batch := await log.after(self._position, limit=settings.follow_batch_events):
                for recorded in batch:
                    self._touch(recorded)
                self._position = batch[-1].position
                if len(batch) < settings.follow_batch_events:
                    break
            self._heard_at = monotonic()

    def _touch(self, recorded: Recorded) -> None:
        position = recorded.position
        match streams.kind(recorded.stream):
            case "agenda":
                rpps, _ = streams.agenda_named(recorded.stream)
            case "practitioner":
                rpps = streams.identity(recorded.stream)
            case "community":  # its name is written in slots that are shared with it
                self._named_at = max(self._named_at, position)
                return
            case _:
                return
        self._touched[rpps] = max(self._touched.get(rpps, 0), position)
        if len(self._touched) > _FORGET:
            self._floor = max(self._floor, *self._touched.values())
            self._touched.clear()

    async def _read(
        self, missing: Sequence[str], terms: Terms, until: datetime, now: datetime
    ) -> dict[str, _Kept]:
        """Anew, and kept from now on."""
        house = self._house
        async with house.pool.connection() as connection:
            # First how far it is, then what it says: what is read is no older than that.
            position = await reached(connection, availability.projection.name)
            found = await rows_on(
                connection,
                availability.SEARCHED,
                at=now,
                rpps=list(missing),
                since=now,
                until=until,
                sources=[Source.SAS],
            )
        shown = [
            (row, shown_as(row, row["start"]))
            for row in found
            if may_be_shown(row, with_communities=terms.with_communities)
        ]
        shared: Mapping[str, Cpts] = {}
        if terms.with_communities:
            shared = await communities_of(house.log, [one for _, one in shown])
        by_rpps: dict[str, list[tuple[Mapping[str, Any], Shown]]] = {one: [] for one in missing}
        for row, one in shown:
            by_rpps[one.rpps].append((row, one))
        anew = {
            rpps: _Kept(position, until, _written(theirs, shared, terms))
            for rpps, theirs in by_rpps.items()
        }
        for rpps, kept in anew.items():
            self._kept.pop((terms, rpps), None)  # the last one read is the last one forgotten
            self._kept[terms, rpps] = kept
        return anew


_IN_ORDER = itemgetter(0, 1)  # start, then slot


def _is_to_come(slot: _Written, now: datetime) -> bool:
    """As projections/availability/openness.py asks it: a range is joined in time."""
    if slot.start > now:
        return True
    return slot.range_ends is not None and slot.range_ends - GRID >= next_on_the_grid(now + GRID)


def _written(
    theirs: Sequence[tuple[Mapping[str, Any], Shown]], shared: Mapping[str, Cpts], terms: Terms
) -> tuple[_Written, ...]:
    """A practitioner's slots, each with what a search for it alone would include beside it."""

    def bundle(slots: Sequence[Shown]) -> list[Resource]:
        made = searchset(
            slots,
            shared,
            base=terms.base,
            link="",
            booking=terms.booking,
            with_communities=terms.with_communities,
        )
        found: list[Resource] = made.get("entry", [])
        return found

    own = bundle([slot for _, slot in theirs])[: len(theirs)]
    beside: dict[object, tuple[tuple[str, bytes], ...]] = {}
    written = []
    for (row, slot), entry in zip(theirs, own, strict=True):
        alike = (slot.place, slot.commune, slot.door, *slot.communities)
        if alike not in beside:
            beside[alike] = tuple((one["fullUrl"], orjson.dumps(one)) for one in bundle([slot])[1:])
        written.append(
            _Written(
                slot.start,
                slot.slot_id,
                slot.end if row["is_range"] else None,
                slot.zone,
                orjson.dumps(entry),
                beside[alike],
            )
        )
    return tuple(written)


def _joined(slot: _Written, start: datetime) -> bytes:
    """A range that has begun is come to later than it began."""
    entry = orjson.loads(slot.entry)
    entry["resource"]["start"] = instant(start, slot.zone)
    return orjson.dumps(entry)
