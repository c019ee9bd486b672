"""What communities agree: that they exist, their ladder, neighbours, hours, protocols, a crisis."""

from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never

from domain import community as communities
from domain.community import (
    AdoptLadder,
    AdoptProtocols,
    AgreeHours,
    AgreeNeighbours,
    AgreeWeights,
    ChangeCommunity,
    CommunityCommand,
    DeclareCrisis,
    EndCrisis,
    FormCommunity,
)
from events import streams
from events.place import Commune
from services.calendar import zone_of
from services.intake.about import check_addressed, given, known_communities
from services.intake.answering import (
    Agreement,
    CrisisOver,
    CrisisSheet,
    HoursSheet,
    LadderSheet,
    NeighboursSheet,
    ProtocolsSheet,
    WeightsSheet,
)
from services.intake.arrival import Arrival
from services.intake.directory import Directory
from services.intake.messages import CommunityChange, CommunitySheet
from services.log.commands import Answer
from services.log.execute import Decision, Executor


class AgreementDesk:
    """Makes communities, and what they agree to, of what is told."""

    def __init__(self, executor: Executor, directory: Directory) -> None:
        self._executor = executor
        self._directory = directory

    async def community(self, came: Arrival, sheet: CommunitySheet) -> Answer:
        """A community is formed."""
        check_addressed(came, sheet.finess)
        command = forming(came, sheet)

        async def decide(decision: Decision) -> Answer:
            stream = streams.community(sheet.finess)
            state = await decision.state_of_new(communities.decider, stream)
            decision.write(stream, communities.decide(command, state))
            return {"id": sheet.finess, "state": "formed", **shared}

        shared = await self._shared(sheet.finess, sheet.communes)
        return await self._written(came, sheet.finess, decide)

    async def change(self, came: Arrival, sheet: CommunityChange) -> Answer:
        """A community serves other communes, or is called otherwise."""
        check_addressed(came, sheet.finess)
        command = ChangeCommunity(
            sheet.finess, sheet.title, sheet.departement, sheet.zone, sheet.communes, came.at
        )

        async def decide(decision: Decision) -> Answer:
            stream = streams.community(sheet.finess)
            state = await decision.state(communities.decider, stream)
            decision.write(stream, communities.decide(command, state))
            return {"id": sheet.finess, "state": "changed", **shared}

        shared = await self._shared(sheet.finess, sheet.communes or ())
        return await self._written(came, sheet.finess, decide)

    async def _shared(self, finess: str, communes: Sequence[Commune]) -> Answer:
        """Communes another community serves as well: of those, patients are sent there first."""
        others = await self._directory.others_serving(communes, finess)
        return {"served_first_by": others} if others else {}

    async def agree(self, came: Arrival, sheet: Agreement) -> Answer:
        """What a community that exists agrees to from now on."""
        check_addressed(came, sheet.finess)
        command, state = await self._command(came, sheet)

        async def decide(decision: Decision) -> Answer:
            stream = streams.community(sheet.finess)
            before = await decision.state(communities.decider, stream)
            decision.write(stream, communities.decide(command, before))
            return {"id": sheet.finess, "state": state}

        return await self._written(came, sheet.finess, decide)

    async def _written(
        self, came: Arrival, finess: str, decide: Callable[[Decision], Awaitable[Answer]]
    ) -> Answer:
        """In the log, and known to whoever asks the directory next."""
        answer = await self._executor.execute(given(came, finess), decide)
        self._directory.look_again()
        return answer

    async def _command(self, came: Arrival, sheet: Agreement) -> tuple[CommunityCommand, str]:
        """The command, and in a word what is so once it is written."""
        finess, at = sheet.finess, came.at
        match sheet:
            case LadderSheet():
                return AdoptLadder(finess, sheet.ladder, at), "ladder_adopted"
            case NeighboursSheet():
                named = tuple(dict.fromkeys(sheet.neighbours))
                if named:
                    await known_communities(self._directory, came, named)
                return AgreeNeighbours(finess, named, at), "neighbours_agreed"
            case HoursSheet():
                return AgreeHours(finess, sheet.out_of_hours, at), "hours_agreed"
            case WeightsSheet():
                return AgreeWeights(finess, sheet.weights, at), "weights_agreed"
            case ProtocolsSheet():
                return AdoptProtocols(finess, sheet.protocols, at), "protocols_adopted"
            case CrisisSheet():
                return DeclareCrisis(finess, sheet.title, sheet.ladder, at), "crisis_declared"
            case CrisisOver():
                return EndCrisis(finess, at), "crisis_ended"
            case _:
                assert_never(sheet)


def forming(came: Arrival, sheet: CommunitySheet) -> FormCommunity:
    """What a community's sheet asks for."""
    return FormCommunity(
        finess=sheet.finess,
        title=sheet.title,
        departement=sheet.departement,
        zone=sheet.zone or zone_of(sheet.departement),
        communes=sheet.communes,
        at=came.at,
    )
