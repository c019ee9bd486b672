"""Many communities and practitioners at once: all of them, or none and what is wrong with each."""

from typing import assert_never

from domain import community as communities
from domain import practitioner as practitioners
from domain.decider import Refused
from events import streams
from events.base import Event
from services.intake.about import given, known_communities
from services.intake.agreements import forming
from services.intake.arrival import Arrival
from services.intake.directory import Directory
from services.intake.messages import CommunitySheet, Import, PractitionerLine
from services.intake.register import of_a_line
from services.intake.rejections import Invalid, Problem
from services.log.commands import Answer
from services.log.execute import Decision, Executor


class ImportDesk:
    """One append over as many streams as there are lines."""

    def __init__(self, executor: Executor, directory: Directory) -> None:
        self._executor = executor
        self._directory = directory

    async def take_in(self, came: Arrival, sheets: Import) -> Answer:
        """How many are new or changed. Raises Invalid, with a problem for each wrong line."""
        shared = await self._shared(sheets)

        async def decide(decision: Decision) -> Answer:
            problems: list[Problem] = []
            changed = 0
            seen: set[str] = set()
            for nth, sheet in enumerate(sheets.sheets):
                try:
                    stream, events = await self._happened(decision, came, sheet)
                except Refused as refused:
                    problems.append(Problem(f"sheets.{nth}", refused.code, refused.message))
                    continue
                if stream in seen:
                    twice = "this line is about somebody named before"
                    problems.append(Problem(f"sheets.{nth}", "named_twice", twice))
                    continue
                seen.add(stream)
                decision.write(stream, events)
                changed += bool(events)
            if problems:
                raise Invalid(problems)
            return {
                "id": str(came.command_id),
                "state": "imported",
                "lines": len(sheets.sheets),
                "changed": changed,
                **shared,
            }

        return await self._executor.execute(given(came, _concerned(came, sheets)), decide)

    async def _shared(self, sheets: Import) -> Answer:
        """Communes several serve, here or before: patients of those are sent to the one named."""
        shared: dict[str, str] = {}
        here: dict[str, str] = {}
        for sheet in sheets.sheets:
            if isinstance(sheet, CommunitySheet):
                shared |= await self._directory.others_serving(sheet.communes, sheet.finess)
                for commune in sheet.communes:
                    first = here.setdefault(commune.insee, sheet.finess)
                    if first != sheet.finess:
                        shared.setdefault(commune.insee, first)
        return {"served_first_by": shared} if shared else {}

    async def _happened(
        self, decision: Decision, came: Arrival, sheet: CommunitySheet | PractitionerLine
    ) -> tuple[str, list[Event]]:
        match sheet:
            case CommunitySheet():
                stream = streams.community(sheet.finess)
                formed = await decision.state(communities.decider, stream)
                return stream, [*communities.decide(forming(came, sheet), formed)]
            case PractitionerLine():
                member_of = await known_communities(self._directory, came, sheet.communities)
                stream = streams.practitioner(sheet.rpps)
                state = await decision.state(practitioners.decider, stream)
                zone = await self._directory.zone_of(member_of)
                commands = of_a_line(came, sheet, member_of, state, zone)
                return stream, [*practitioners.decider.follow(commands, state)[0]]
            case _:
                assert_never(sheet)


def _concerned(came: Arrival, sheets: Import) -> str | None:
    """The one community all of it is about, if it is about one."""
    named = {
        finess
        for sheet in sheets.sheets
        for finess in (
            [sheet.finess] if isinstance(sheet, CommunitySheet) else sheet.communities[:1]
        )
    }
    return came.community or (named.pop() if len(named) == 1 else None)
