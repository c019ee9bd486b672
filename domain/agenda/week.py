"""What an agenda may be, and the hours a slot may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.agenda.commands import PublishSlot
from domain.agenda.refusals import (
    AlreadyOver,
    CrossesTheWeek,
    EndsBeforeItStarts,
    LongerThanADay,
    NoSuchSlot,
    NoTimeToTravel,
    OverlapsAnotherSlot,
    SlotTakenBack,
)
from domain.geography import travel_time
from events.agenda import SlotPublished
from events.codes import Mode
from events.place import CoarsePosition, Position

LONGEST_SLOT = timedelta(hours=24)
GRID = timedelta(minutes=15)  # of patients beyond the agenda (national platform, surnuméraire)
LAST_ARRIVAL = timedelta(minutes=15)  # before a range is over
_GRID_FROM = datetime(2000, 1, 1, tzinfo=UTC)


def next_on_the_grid(instant: datetime) -> datetime:
    """The first quarter of an hour that is not before it."""
    return instant + (_GRID_FROM - instant) % GRID


Hours = SlotPublished | PublishSlot
"""When and where somebody works: a slot that is, or is to be."""


class Kept(NamedTuple):
    """A place somebody holds: until when, and what it would be if it were taken."""

    until: datetime
    mode: Mode
    own: bool  # a patient of the practitioner's own list
    where: CoarsePosition | None  # a home visit would be


@dataclass(frozen=True)
class Slot:
    """A slot as it is now, and who has its places, in the order they took them."""

    published: SlotPublished
    taken: Mapping[UUID, Mode] = field(default_factory=dict)  # request → how they meet
    held: Mapping[UUID, Kept] = field(default_factory=dict)  # by request
    own: frozenset[UUID] = frozenset()  # of these, patients of the practitioner's own list
    visits: Mapping[UUID, CoarsePosition] = field(default_factory=dict)  # of these, at home: where
    is_range: bool = False  # plage: it has, or had, several places
    elapsed: bool = False  # over, and what was left is lost

    def arrival(self, earliest: datetime) -> datetime | None:
        """When a patient comes who can be there from `earliest` on; None: too late.

        As it begins; into a range that has begun, on the next quarter of an hour.
        """
        if earliest <= self.published.start:
            return self.published.start
        if not self.is_range:
            return None
        arrival = next_on_the_grid(earliest)
        return arrival if arrival <= self.published.end - LAST_ARRIVAL else None

    def may_join(self, now: datetime) -> bool:
        """Whether somebody may yet come: it is to begin, or is a range and not over."""
        return self.published.start > now or (self.is_range and self.published.end > now)

    @property
    def begins(self) -> tuple[datetime, datetime]:
        """When a visit in it may begin: from, and to."""
        start, end = self.published.start, self.published.end
        return start, max(start, end - LAST_ARRIVAL) if self.is_range else start

    @cached_property
    def whereabouts(self) -> tuple[Position, ...]:
        """Where the practitioner sees who has or holds a place; by video they may be anywhere."""
        homes = (*self.visits.values(), *(k.where for k in self.held.values() if k.where))
        modes = (*self.taken.values(), *(kept.mode for kept in self.held.values()))
        here = (self.published.place.position,) if Mode.OFFICE in modes else ()
        return *homes, *here

    @property
    def free(self) -> int:
        """Places left, those held apart."""
        return self.published.capacity - len(self.taken) - len(self.held)

    def free_for(self, request_id: UUID, now: datetime) -> int:
        """Places left for the request: its own is not held against it, nor is one held too long."""
        if not self.held:
            return self.published.capacity - len(self.taken)
        others = sum(kept.until > now for one, kept in self.held.items() if one != request_id)
        return self.published.capacity - len(self.taken) - others


@dataclass(frozen=True)
class Agenda:
    """The week's slots by id."""

    slots: Mapping[UUID, Slot] = field(default_factory=dict)
    withdrawn: frozenset[UUID] = frozenset()

    @cached_property
    def taken(self) -> int:
        """Places taken this week, over all slots."""
        return sum(len(slot.taken) for slot in self.slots.values())

    @cached_property
    def offered(self) -> int:
        """Places of this week, over all slots."""
        return sum(slot.published.capacity for slot in self.slots.values())

    @cached_property
    def regulated(self) -> int:
        """Of these, by patients who are not the practitioner's own: what a cap a week is about."""
        return self.taken - sum(len(slot.own & slot.taken.keys()) for slot in self.slots.values())

    @cached_property
    def regulated_holders(self) -> frozenset[UUID]:
        """For whom a place of this week is kept who is not the practitioner's own patient."""
        held = (one for slot in self.slots.values() for one in slot.held.items())
        return frozenset(request_id for request_id, kept in held if not kept.own)

    @cached_property
    def calls_at_home(self) -> bool:
        """Whether somebody is visited at home this week, or may be."""
        return any(
            slot.visits or any(kept.where for kept in slot.held.values())
            for slot in self.slots.values()
        )

    def regulated_but(self, request_id: UUID) -> int:
        """As `regulated`, with the places kept for others, who may each take theirs."""
        holders = self.regulated_holders
        return self.regulated + len(holders) - (request_id in holders)

    def taken_on(self, day: date, zone: str, but: UUID) -> int:
        """Places taken on that day there, or kept for others than `but`, over all slots."""
        return sum(
            len(slot.taken) + len(slot.held.keys() - {but})
            for slot in self.slots.values()
            if day_of(slot.published.start, zone) == day
        )

    def slot(self, slot_id: UUID) -> Slot:
        """The slot. Raises NoSuchSlot, or SlotTakenBack for one that was."""
        if slot := self.slots.get(slot_id):
            return slot
        raise SlotTakenBack(slot_id) if slot_id in self.withdrawn else NoSuchSlot(slot_id)


def week_of(start: datetime, zone: str) -> str:
    """The ISO week in which the practitioner works at that instant: `2026-W48`."""
    year, week, _ = start.astimezone(ZoneInfo(zone)).isocalendar()
    return f"{year}-W{week:02}"


def on_the_grid(instant: datetime) -> bool:
    """Whether it is a time patients beyond the agenda are given."""
    return (instant - _GRID_FROM) % GRID == timedelta()


def day_of(instant: datetime, zone: str) -> date:
    """The day it is there."""
    return instant.astimezone(ZoneInfo(zone)).date()


def weeks_at(start: datetime, end: datetime) -> set[str]:
    """Every ISO week it may be somewhere on earth in between, from UTC-12 to UTC+14.

    Who practises in two zones has two agendas for one instant: a slot looks into all of these.
    """
    instants = (start - timedelta(hours=12), start, end, end + timedelta(hours=14))
    return {week_of(instant, "UTC") for instant in instants}


def weeks_between(start: datetime, end: datetime) -> list[str]:
    """As `weeks_at`, every week from one to the other, in order."""
    first, last = start - timedelta(hours=12), end + timedelta(hours=14)
    days = (last - first).days + 1
    return sorted(
        {week_of(first + timedelta(days=n), "UTC") for n in range(days)} | weeks_at(start, end)
    )


def check_free(hours: Hours, agenda: Agenda) -> None:
    """The practitioner is nowhere else meanwhile, nor on the way.

    Raises OverlapsAnotherSlot, or NoTimeToTravel between two places of work.
    """
    for slot in agenda.slots.values():
        other = slot.published
        if other.slot_id == hours.slot_id:
            continue
        if hours.start < other.end and other.start < hours.end:
            raise OverlapsAnotherSlot(hours.slot_id, other.slot_id)
        way = travel_time(hours.place.position, other.place.position)
        if hours.start < other.end + way and other.start < hours.end + way:
            raise NoTimeToTravel(hours.slot_id, other.slot_id)


def check_hours(slot: SlotPublished, now: datetime) -> None:
    """Hours a slot may have, not over yet. Raises what they break."""
    if slot.end <= slot.start:
        raise EndsBeforeItStarts(slot.slot_id)
    if slot.end - slot.start > LONGEST_SLOT:
        raise LongerThanADay(slot.slot_id)
    # The last instant that belongs to the slot: one that ends at midnight on Sunday is of the week.
    if week_of(slot.end - timedelta.resolution, slot.zone) != slot.week:
        raise CrossesTheWeek(slot.slot_id)
    if slot.end <= now:
        raise AlreadyOver(slot.slot_id)
