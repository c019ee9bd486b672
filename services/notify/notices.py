"""What is told of an event, to whom, and until when it is of use."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from events import streams
from events.agenda import Freed, SlotPlaceFreed
from events.community import CommunityCrisisDeclared
from events.envelope import Recorded
from events.offer import Lapse, OfferLapsed, RequestOffered
from events.request import RequestAssigned
from events.visit import PatientDoctorSought
from services.notify.roster import Roster


class Kind(StrEnum):
    """What a notice says."""

    OFFER = "offer"  # would you see a patient beyond your agenda
    OFFER_OVER = "offer_over"  # you need not answer any more
    ASSIGNED = "assigned"  # a place of yours is taken
    FREED = "freed"  # it is free again
    CRISIS = "crisis"  # the community asks for more
    NEW_PATIENT = "new_patient"  # somebody seeks a treating doctor
    ROLL_CALL = "roll_call"  # are you still there


_AT_ONCE = frozenset({Kind.OFFER, Kind.OFFER_OVER, Kind.ASSIGNED, Kind.FREED})
"""At any hour: whoever is asked, or has a patient, has agreed to be. The rest waits for the SAS."""

_OVER_FOR = timedelta(minutes=10)  # so long it helps to hear that one need not answer
_FREED_FOR = timedelta(hours=2)
_CRISIS_FOR = timedelta(days=3)


@dataclass(frozen=True)
class Notice:
    """To tell one practitioner one thing. Nothing in it is about a patient's health."""

    notice_id: UUID
    kind: Kind
    rpps: str
    community: str | None
    request_id: UUID | None
    at: datetime | None  # of the visit, or until when an answer is wanted
    until: datetime  # never told after

    @property
    def waits_for_the_day(self) -> bool:
        """Whether it is told in the hours of the SAS only."""
        return self.kind not in _AT_ONCE


def notices(recorded: Recorded, roster: Roster) -> Iterator[Notice]:
    """Whom an event concerns. The same event makes the same notices, however often it is read."""
    match recorded.event:
        case RequestOffered() as event:
            for rpps in event.to:
                yield _notice(recorded, Kind.OFFER, rpps, event.until, at=event.until)
        case OfferLapsed(reason=Lapse.PLACE_FOUND | Lapse.REQUEST_ENDED | Lapse.STEP_OVER) as event:
            until = event.lapsed_at + _OVER_FOR
            yield _notice(recorded, Kind.OFFER_OVER, event.rpps, until)
        case RequestAssigned() as event:
            yield _notice(recorded, Kind.ASSIGNED, event.rpps, event.start, at=event.start)
        case SlotPlaceFreed(reason=reason) as event if reason in _BY_OTHERS:
            rpps, _ = streams.agenda_named(recorded.stream)
            until = event.freed_at + _FREED_FOR
            yield _notice(recorded, Kind.FREED, rpps, until, request_id=event.request_id)
        case CommunityCrisisDeclared() as event:
            until = event.declared_at + _CRISIS_FOR
            for rpps in roster.members(event.finess):
                yield _notice(recorded, Kind.CRISIS, rpps, until)
        case PatientDoctorSought() as event:
            for rpps in roster.taking_new_patients(recorded.meta.community or ""):
                yield _notice(recorded, Kind.NEW_PATIENT, rpps, event.until)
        case _:
            pass


_BY_OTHERS = frozenset(
    {
        Freed.REQUEST_WITHDRAWN,
        Freed.BECAME_EMERGENCY,
        Freed.REORIENTED,
        Freed.MERGED,
        Freed.VISIT_CANCELLED,
        Freed.DEADLINE_SHORTENED,
    }
)
"""What a practitioner did not do themselves, or may have had done for them."""


def roll_call(rpps: str, community: str, now: datetime, *, until: datetime) -> Notice:
    """Whether they are reached by what they said. In another hour it is another notice."""
    notice_id = uuid5(_ROLL_CALL, f"{rpps} {now:%Y-%m-%dT%H}")
    return Notice(notice_id, Kind.ROLL_CALL, rpps, community, None, None, until)


_ROLL_CALL = UUID("3f1c8e6a-54f5-4d0e-8f0e-0a4c9a1f7b10")


def month_of(instant: datetime, zone: str) -> str:
    """`2026-11`, where they are."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m}"


def _notice(
    recorded: Recorded,
    kind: Kind,
    rpps: str,
    until: datetime,
    *,
    at: datetime | None = None,
    request_id: UUID | None = None,
) -> Notice:
    about = request_id
    if about is None and streams.kind(recorded.stream) == "request":
        about = UUID(streams.identity(recorded.stream))
    return Notice(
        notice_id=uuid5(recorded.meta.event_id, f"{kind} {rpps}"),
        kind=kind,
        rpps=rpps,
        community=recorded.meta.community,
        request_id=about,
        at=at,
        until=until,
    )
