"""What practitioners tell: that they take part, and which places are free."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from uuid import UUID

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain.agenda import Agenda, PublishSlot, week_of
from domain.practitioner import (
    Consent,
    Enrol,
    Enrolled,
    GiveConsent,
    GoOffCall,
    GoOnCall,
    NotAMember,
    NotEnrolled,
    OnVacation,
    Pause,
    Paused,
    Practitioner,
    PractitionerCommand,
    PractitionerHasLeft,
    PractitionerNotEnrolled,
    Resume,
    TakePartOtherwise,
    communities_left,
    delegating,
    enrolment,
    not_in_force,
)
from domain.recurrence import Weekly, occurrences, skipped
from events import streams
from events.agenda import AgendaEvent
from events.codes import Origin
from events.practitioner import Overbook
from services.intake.about import (
    check_addressed,
    check_member,
    check_named,
    communities_of,
    community_of,
    given,
    known_communities,
)
from services.intake.answering import OnCall
from services.intake.arrival import Arrival
from services.intake.directory import Directory
from services.intake.messages import (
    ConsentChange,
    ConsentGiven,
    OverbookGiven,
    Places,
    PractitionerChange,
    PractitionerLine,
    PractitionerSheet,
    SlotOffer,
    SlotSeries,
)
from services.intake.series import slot_of
from services.log.commands import Answer
from services.log.execute import Decision, Executor

_Wanted = tuple[UUID, datetime, datetime]
"""A slot to be, from when to when."""


class Register:
    """Makes practitioners and slots of what is told."""

    def __init__(self, executor: Executor, directory: Directory) -> None:
        self._executor = executor
        self._directory = directory

    async def slot(self, came: Arrival, offer: SlotOffer) -> Answer:
        """Places a practitioner opens."""
        slot = (came.command_id, offer.start, offer.end)
        return await self._publish(came, offer, lambda _: ([slot], {}))

    async def series(self, came: Arrival, series: SlotSeries) -> Answer:
        """Places a practitioner opens every week: all of them or none."""

        def slots(zone: str) -> tuple[list[_Wanted], Answer]:
            weekly = Weekly(
                weekdays=frozenset(day - 1 for day in series.weekdays),
                starts=time.fromisoformat(series.starts),
                ends=time.fromisoformat(series.ends),
                zone=zone,
                first=series.first,
                last=series.last,
                without=frozenset(series.without),
            )
            wanted = [
                (slot_of(came.command_id, one.day), one.start, one.end)
                for one in occurrences(weekly, came.at)
            ]
            lost = [day.isoformat() for day in skipped(weekly, came.at)]
            return wanted, {"skipped": lost} if lost else {}

        return await self._publish(came, series, slots)

    async def _publish(
        self,
        came: Arrival,
        places: Places,
        wanted: Callable[[str], tuple[Sequence[_Wanted], Answer]],
    ) -> Answer:
        communities_open = await known_communities(self._directory, came, places.communities)
        check_addressed(came, *communities_open)
        zone = places.zone or await self._directory.zone_of(communities_open)

        async def decide(decision: Decision) -> Answer:
            slots, beside = wanted(zone)  # here: sent again, it is answered as the first time
            enrolled = await _enrolled(decision, places.rpps, communities_open)
            # Of a series the weeks of a vacation are left out, as a holiday is.
            slots = [one for one in slots if not enrolled.is_away(one[1], one[2])]
            if not slots:
                raise OnVacation(places.rpps)
            agendas_now: dict[str, Agenda] = {}
            written: dict[str, list[AgendaEvent]] = {}

            async def agenda_of(week: str) -> Agenda:
                stream = streams.agenda(places.rpps, week)
                if stream not in agendas_now:
                    agendas_now[stream] = await decision.state(agendas.decider, stream)
                return agendas_now[stream]

            for slot_id, start, end in slots:
                command = PublishSlot(
                    slot_id=slot_id,
                    rpps=places.rpps,
                    profession=enrolled.profession,
                    setting=places.setting or enrolled.setting,
                    specialty=enrolled.specialty,
                    place=places.place,
                    start=start,
                    end=end,
                    zone=zone,
                    capacity=places.capacity,
                    modes=places.modes,
                    radius_km=places.radius_km,
                    labels=places.labels,
                    communities=communities_open,
                    open_to=places.open_to,
                    surge=places.surge,
                    origin=Origin.AGENDA,
                    at=came.at,
                )
                week = week_of(start, zone)
                for other in agendas.weeks_at(start, end) - {week}:
                    agendas.check_free(command, await agenda_of(other))
                stream, before = streams.agenda(places.rpps, week), await agenda_of(week)
                happened = agendas.decide(command, before)
                agendas_now[stream] = agendas.decider.replay(happened, since=before)
                written.setdefault(stream, []).extend(happened)
            for stream, happened in written.items():
                decision.write(stream, happened)
            return {
                "id": str(came.command_id),
                "state": "published",
                "slots": [str(slot_id) for slot_id, _, _ in slots],
                **beside,
            }

        return await self._executor.execute(given(came, communities_open[0]), decide)

    async def practitioner(self, came: Arrival, sheet: PractitionerSheet) -> Answer:
        """A practitioner as they are now: only what differs from before happens."""
        member_of = await known_communities(self._directory, came, sheet.communities)
        commands = enrolling(came, sheet, member_of, await self._directory.zone_of(member_of))

        async def decide(decision: Decision) -> Answer:
            stream = streams.practitioner(sheet.rpps)
            if came.community in {None, *member_of} and len(member_of) == 1:
                state = await decision.state_of_new(practitioners.decider, stream)
            else:
                state = await decision.state(practitioners.decider, stream)
            check_member(came, state)
            check_named(came, state, member_of)
            events, after = practitioners.decider.follow(commands, state)
            decision.write(stream, events)
            told = {"id": sheet.rpps, "state": "paused" if sheet.paused else "enrolled"}
            return told | await self._not_in_force(after)

        return await self._executor.execute(given(came, member_of[0]), decide)

    async def change(self, came: Arrival, news: PractitionerChange) -> Answer:
        """Something about a practitioner there is."""
        stream = streams.practitioner(news.rpps)

        async def decide(decision: Decision) -> Answer:
            before = await decision.state(practitioners.decider, stream)
            check_member(came, before)
            if news.communities:
                await known_communities(self._directory, came, news.communities)
            check_named(came, before, news.communities)
            zone = await self._directory.zone_of(communities_of(before))
            commands = changing(came, news, before, zone)
            events, state = practitioners.decider.follow(commands, before)
            decision.write(stream, events)
            told = {
                "id": news.rpps,
                "state": "paused" if isinstance(state, Paused) else "takes_part",
            }
            return told | await self._not_in_force(state)

        known = await self._executor.look(practitioners.decider, stream)
        return await self._executor.execute(given(came, community_of(came, known)), decide)

    async def _not_in_force(self, practitioner: Practitioner) -> dict[str, Any]:
        """Protocols that count once their doctor takes part beside them."""
        doctors = {
            rpps: await self._executor.look(practitioners.decider, streams.practitioner(rpps))
            for rpps in delegating(practitioner)
        }
        lost = not_in_force(practitioner, doctors.__getitem__)
        return {"not_in_force": [one.protocol for one in lost]} if lost else {}

    async def on_call(self, came: Arrival, sheet: OnCall) -> Answer:
        """A practitioner is available at once, or no longer."""
        command: PractitionerCommand = (
            GoOnCall(sheet.rpps, sheet.until, came.at)
            if sheet.until
            else GoOffCall(sheet.rpps, came.at)
        )
        stream = streams.practitioner(sheet.rpps)

        async def decide(decision: Decision) -> Answer:
            state = await decision.state(practitioners.decider, stream)
            check_member(came, state)
            decision.write(stream, practitioners.decide(command, state))
            return {"id": sheet.rpps, "state": "on_call" if sheet.until else "off_call"}

        known = await self._executor.look(practitioners.decider, stream)
        return await self._executor.execute(given(came, community_of(came, known)), decide)


def enrolling(
    came: Arrival, sheet: PractitionerSheet, member_of: tuple[str, ...], zone: str
) -> list[PractitionerCommand]:
    """What a practitioner's sheet asks for, in order: only what differs will happen.

    `zone`: whose clocks they go by, where it is not said.
    """
    pause_or_resume = Pause if sheet.paused else Resume
    return [
        Enrol(
            sheet.rpps,
            sheet.profession,
            member_of,
            sheet.setting,
            sheet.specialty,
            came.at,
        ),
        GiveConsent(sheet.rpps, _consent(sheet.consent, zone), came.at),
        pause_or_resume(sheet.rpps, came.at),
    ]


def changing(
    came: Arrival, change: PractitionerChange, practitioner: Practitioner, zone: str
) -> list[PractitionerCommand]:
    """What is said, and the rest as it is. Raises PractitionerNotEnrolled."""
    if isinstance(practitioner, NotEnrolled):
        raise PractitionerNotEnrolled(change.rpps)
    known, said = enrolment(practitioner), change.model_fields_set
    consent = _merged(change.consent, known.consent, zone)
    commands: list[PractitionerCommand] = [
        TakePartOtherwise(
            change.rpps,
            change.communities,
            change.setting if "setting" in said else known.setting,
            change.specialty if "specialty" in said else known.specialty,
            came.at,
        )
    ]
    if change.consent.model_fields_set:
        commands.append(GiveConsent(change.rpps, consent, came.at))
    if change.paused is not None:
        pause_or_resume = Pause if change.paused else Resume
        commands.append(pause_or_resume(change.rpps, came.at))
    return commands


def of_a_line(
    came: Arrival,
    line: PractitionerLine,
    member_of: tuple[str, ...],
    practitioner: Practitioner,
    zone: str,
) -> list[PractitionerCommand]:
    """As `enrolling` for who is new, as `changing` for who is there."""
    if not communities_left(practitioner).isdisjoint(member_of):
        raise PractitionerHasLeft(line.rpps)
    if isinstance(practitioner, NotEnrolled):
        return enrolling(came, line, member_of, zone)
    known = enrolment(practitioner)
    # The same as what they are; of another profession it is refused.
    as_known = Enrol(line.rpps, line.profession, (), known.setting, known.specialty, came.at)
    said = {name: getattr(line, name) for name in line.model_fields_set & _ALSO_CHANGES}
    change = PractitionerChange(rpps=line.rpps, communities=member_of, **said)
    return [as_known, *changing(came, change, practitioner, zone)]


_ALSO_CHANGES = {"setting", "specialty", "consent", "paused"}


def _merged(change: ConsentChange, before: Consent | None, zone: str) -> Consent:
    said = _consent(change, zone)
    if before is None:
        return said
    return replace(before, **{name: getattr(said, name) for name in change.model_fields_set})


def _consent(given: ConsentGiven, zone: str) -> Consent:
    return Consent(
        sources=given.sources,
        weekly_cap=given.weekly_cap,
        min_age=given.min_age,
        max_age=given.max_age,
        excluded_motives=given.excluded_motives,
        in_crisis=given.in_crisis,
        protocols=given.protocols,
        new_patients=given.new_patients,
        daily_cap=given.daily_cap,
        overbook=_overbook(given.overbook, zone),
    )


def _overbook(given: OverbookGiven | None, zone: str) -> Overbook | None:
    if given is None:
        return None
    return Overbook(
        place=given.place, zone=given.zone or zone, modes=given.modes, radius_km=given.radius_km
    )


async def _enrolled(decision: Decision, rpps: str, communities_open: tuple[str, ...]) -> Enrolled:
    """As what the practitioner is enrolled there. Raises PractitionerNotEnrolled, NotAMember."""
    practitioner = await decision.state(practitioners.decider, streams.practitioner(rpps))
    if isinstance(practitioner, NotEnrolled):
        raise PractitionerNotEnrolled(rpps)
    enrolled = enrolment(practitioner)
    if not set(communities_open) <= set(enrolled.communities):
        raise NotAMember(rpps)
    return enrolled
