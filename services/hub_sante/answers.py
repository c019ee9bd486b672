"""What a SAMU hears of a case it wrote of, from the log: answers to demands, and appointments."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, assert_never
from zlib import crc32
from zoneinfo import ZoneInfo

import orjson

from domain import community as communities
from domain.community import Formed
from events import streams
from events.envelope import Recorded
from events.offer import OfferPartiallyAccepted
from events.request import (
    HandBack,
    RequestAssigned,
    RequestHandedBack,
    RequestMerged,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestReoriented,
    RequestUnassigned,
    RequestWithdrawn,
)
from events.visit import VisitAttended, VisitCancelled, VisitMissed
from services.clock import Clock
from services.deliver.destination import LeftOut, Parcel
from services.fhir.appointments import Booked, appointment_of
from services.hub_sante.threads import Thread, Threads
from services.hub_sante.writing import (
    Answer,
    Appointment,
    Between,
    Kind,
    Message,
    appointment,
    delay_until,
    enveloped,
    response,
)
from services.log.reader import Log


class _Said(NamedTuple):
    """An answer, when it was given, when the visit would begin, and what is added in words."""

    answer: Answer
    at: datetime
    start: datetime | None
    text: str


class Answers:
    """Makes messages of events; only of cases that came over the Hub."""

    def __init__(self, client_id: str, log: Log, threads: Threads, clock: Clock) -> None:
        self._client_id = client_id
        self._log = log
        self._threads = threads
        self._clock = clock

    async def parcel(self, recorded: Recorded) -> Parcel | LeftOut | None:
        """All that is said because of one event, to everybody who is to hear it."""
        case_id = recorded.meta.case_id
        if case_id is None or streams.kind(recorded.stream) != "request":
            return None
        if not isinstance(recorded.event, _TOLD):
            return None
        threads = await self._threads.of(case_id)
        if not threads:
            return None
        history = await self._log.history(recorded.stream)
        until = [one for one in history if one.position <= recorded.position]
        community = await self._community(recorded)
        said = _answered(recorded.event, community.zone if community else "Europe/Paris")
        waiting = _unanswered(threads, until)
        written = list(self._answers(case_id, waiting, said)) if said else []
        if isinstance(recorded.event, _OF_A_PLACE) and community is not None:
            written += self._appointments(until, case_id, threads, community)
        if not written:
            return None
        now = self._clock.now()
        messages = [
            enveloped(
                Between(self._client_id, to),
                Kind.REPORT,
                f"{recorded.meta.event_id}.{_which(to, content)}",
                content,
                now,
            )
            for to, content in written
        ]
        what = ", ".join(sorted({next(iter(content)) for _, content in written}))
        return Parcel(recorded, what, orjson.dumps(messages))

    def _answers(
        self, case_id: str, threads: Iterable[Thread], said: _Said
    ) -> Iterable[tuple[str, Message]]:
        deadline = delay_until(said.start, said.at) if said.start else None
        for thread in threads:
            if thread.demand_id is not None:
                yield (
                    thread.sender,
                    response(
                        case_id,
                        thread.demand_id,
                        said.answer,
                        said.at,
                        deadline=deadline,
                        text=said.text,
                    ),
                )

    def _appointments(
        self, until: Sequence[Recorded], case_id: str, threads: Iterable[Thread], community: Formed
    ) -> list[tuple[str, Message]]:
        """After the last of these events; nothing, where it left the appointment as it was."""
        recorded, booked = until[-1], appointment_of(until)
        if booked is None or booked == appointment_of(until[:-1]):
            return []
        given = [one for one in until if isinstance(one.event, RequestAssigned)]
        known = given[0].position != recorded.position
        senders = dict.fromkeys(thread.sender for thread in threads)
        finess = recorded.meta.community or ""
        return [
            (to, appointment(_of(booked, case_id, finess, community.title, to, known=known)))
            for to in senders
        ]

    async def _community(self, recorded: Recorded) -> Formed | None:
        finess = recorded.meta.community
        if finess is None:
            return None
        state = await self._log.state(communities.decider, streams.community(finess))
        return state if isinstance(state, Formed) else None


_OF_A_PLACE = (
    RequestAssigned,
    RequestUnassigned,
    RequestWithdrawn,
    RequestReoriented,
    RequestMerged,
    RequestRefusedAsEmergency,
    VisitAttended,
    VisitMissed,
    VisitCancelled,
)
_TOLD = (*_OF_A_PLACE, OfferPartiallyAccepted, RequestHandedBack, RequestReopened)

_WHY = {
    HandBack.NO_PLACE: "Aucune place compatible avant l'échéance.",
    HandBack.NOBODY_ACCEPTED: "Aucune place, et aucun professionnel sollicité n'a accepté.",
}


def _answered(event: Any, zone: str) -> _Said | None:  # noqa: C901 a table of events
    """What it means to who asked; None: nothing they were not told."""
    match event:
        case RequestAssigned(start=start, assigned_at=at):
            return _Said(Answer.ACCEPTED, at, start, f"Rendez-vous {_when(start, zone)}.")
        case RequestUnassigned(unassigned_at=at):
            text = "Rendez-vous perdu : une autre place est recherchée."
            return _Said(Answer.DEFERRED, at, None, text)
        case RequestReopened(due_by=due_by, reopened_at=at):
            return _Said(Answer.DEFERRED, at, due_by, "Nouvelle recherche.")
        case OfferPartiallyAccepted(start=start, answered_at=at):
            text = f"Un professionnel propose {_when(start, zone)} : à accepter ou non."
            return _Said(Answer.PARTLY, at, start, text)
        case RequestHandedBack(reason=reason, handed_back_at=at):
            return _Said(Answer.REFUSED, at, None, _WHY[reason])
        case RequestReoriented(reoriented_at=at):
            return _Said(Answer.REFUSED, at, None, "Patient réorienté par la régulation.")
        case RequestMerged(merged_at=at):
            text = "Doublon : la demande se poursuit sous un autre dossier."
            return _Said(Answer.REFUSED, at, None, text)
        case RequestRefusedAsEmergency(refused_at=at):
            return _Said(Answer.REFUSED, at, None, "Urgence : le dossier revient au SAMU.")
        case RequestWithdrawn(withdrawn_at=at):
            return _Said(Answer.REFUSED, at, None, "Demande retirée.")
        case VisitAttended() | VisitMissed() | VisitCancelled():
            return None
        case _:
            assert_never(event)


_FINAL = (
    RequestHandedBack,
    RequestMerged,
    RequestReoriented,
    RequestRefusedAsEmergency,
    RequestWithdrawn,
)
"""After these a demand is refused for good: what is asked again is asked anew."""


def _unanswered(threads: Sequence[Thread], until: Sequence[Recorded]) -> list[Thread]:
    """Those nobody took back, opened after what was final before, and before what is told now."""
    *before, told = until
    final = [one.recorded_at for one in before if isinstance(one.event, _FINAL)]
    return [
        one
        for one in threads
        if not one.is_taken_back
        and (
            one.since is None
            or (one.since <= told.recorded_at and (not final or one.since > final[-1]))
        )
    ]


def _which(to: str, content: Message) -> str:
    """Of the messages of one event, this: the same however many there are when it is sent again."""
    (body,) = content.values()
    return f"{crc32(orjson.dumps([to, *content, body.get('requestId')])):08x}"


def _of(
    booked: Booked, case_id: str, finess: str, title: str, asked_by: str, *, known: bool
) -> Appointment:
    return Appointment(
        case_id=case_id,
        created_at=booked.created_at,
        start=booked.place.start,
        end=booked.place.end,
        status=booked.status,
        finess=finess,
        community=title,
        asked_by=asked_by,
        known=known,
    )


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):le %d/%m à %H:%M}"
