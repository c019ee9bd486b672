"""A community (CPTS): the organiser, never the carer."""

from dataclasses import replace
from typing import assert_never

from domain.community import agreeing, reporting
from domain.community.agreeing import check_ladder, covers_all
from domain.community.commands import (
    AdoptLadder,
    AdoptProtocols,
    AgreeHours,
    AgreeNeighbours,
    AgreeTargets,
    AgreeWeights,
    ChangeCommunity,
    CommunityCommand,
    DeclareCrisis,
    EndCrisis,
    FormCommunity,
    ReportFigures,
    StrikeJournal,
    WriteJournal,
)
from domain.community.refusals import (
    CommunityAlreadyFormed,
    CommunityNotFormed,
    ContractYearsOverlap,
    ItsOwnNeighbour,
    JournalOfTomorrow,
    LadderWithoutEnd,
    NoCommune,
    NoContractYear,
    NoPartnerNamed,
    NotAFigure,
    NotATarget,
    NoTimeToAsk,
    NotInTheJournal,
    PartnersOfNoStep,
    ProtocolTwice,
    TreatingDoctorFirst,
)
from domain.community.states import Community, Crisis, Formed, NotFormed
from domain.decider import Decider, ImpossibleHistory
from events.community import (
    CommunityCrisisDeclared,
    CommunityCrisisEnded,
    CommunityEvent,
    CommunityFormed,
    CommunityHoursAgreed,
    CommunityLadderAdopted,
    CommunityNeighboursAgreed,
    CommunityProtocolsAdopted,
    CommunityWeightsAgreed,
)
from events.reporting import (
    CommunityFiguresReported,
    CommunityJournalStruck,
    CommunityJournalWritten,
    CommunityTargetsAgreed,
)

__all__ = [
    "AdoptLadder",
    "AdoptProtocols",
    "AgreeHours",
    "AgreeNeighbours",
    "AgreeTargets",
    "AgreeWeights",
    "ChangeCommunity",
    "Community",
    "CommunityAlreadyFormed",
    "CommunityCommand",
    "CommunityNotFormed",
    "ContractYearsOverlap",
    "Crisis",
    "DeclareCrisis",
    "EndCrisis",
    "FormCommunity",
    "Formed",
    "ItsOwnNeighbour",
    "JournalOfTomorrow",
    "LadderWithoutEnd",
    "NoCommune",
    "NoContractYear",
    "NoPartnerNamed",
    "NoTimeToAsk",
    "NotAFigure",
    "NotATarget",
    "NotFormed",
    "NotInTheJournal",
    "PartnersOfNoStep",
    "ProtocolTwice",
    "ReportFigures",
    "StrikeJournal",
    "TreatingDoctorFirst",
    "WriteJournal",
    "check_ladder",
    "covers_all",
    "decide",
    "decider",
    "evolve",
]


def decide(command: CommunityCommand, community: Community) -> list[CommunityEvent]:
    match command:
        case FormCommunity():
            return agreeing.form(command, community)
        case ChangeCommunity():
            return agreeing.change(command, community)
        case AdoptLadder():
            return agreeing.adopt_ladder(command, community)
        case AgreeNeighbours():
            return agreeing.agree_neighbours(command, community)
        case AgreeHours():
            return agreeing.agree_hours(command, community)
        case AgreeWeights():
            return agreeing.agree_weights(command, community)
        case AdoptProtocols():
            return agreeing.adopt_protocols(command, community)
        case DeclareCrisis():
            return agreeing.declare_crisis(command, community)
        case EndCrisis():
            return agreeing.end_crisis(command, community)
        case AgreeTargets():
            return reporting.agree_targets(command, community)
        case ReportFigures():
            return reporting.report_figures(command, community)
        case WriteJournal():
            return reporting.write_journal(command, community)
        case StrikeJournal():
            return reporting.strike_journal(command, community)
        case _:
            assert_never(command)


def evolve(community: Community, event: CommunityEvent) -> Community:
    match event:
        case CommunityFormed() if isinstance(community, Formed):
            return replace(
                community,
                title=event.title,
                departement=event.departement,
                zone=event.zone,
                communes=event.communes,
            )
        case CommunityFormed():
            return Formed(event.title, event.departement, event.zone, event.communes)
        case _ if not isinstance(community, Formed):
            raise ImpossibleHistory(event.name, community)
        case CommunityLadderAdopted():
            return replace(community, ladder=event.ladder)
        case CommunityNeighboursAgreed():
            return replace(community, neighbours=event.neighbours)
        case CommunityHoursAgreed():
            return replace(community, out_of_hours=event.out_of_hours)
        case CommunityWeightsAgreed():
            return replace(community, weights=event.weights)
        case CommunityProtocolsAdopted():
            return replace(community, protocols=event.protocols)
        case CommunityCrisisDeclared():
            return replace(community, crisis=Crisis(event.title, event.ladder))
        case CommunityCrisisEnded():
            return replace(community, crisis=None)
        case CommunityTargetsAgreed():
            return replace(community, targets={**community.targets, event.year: event.targets})
        case CommunityFiguresReported():
            reported = {reporting.figure_of(figure): figure for figure in event.figures}
            return replace(community, reported={**community.reported, **reported})
        case CommunityJournalWritten():
            return replace(community, journal={**community.journal, event.entry_id: True})
        case CommunityJournalStruck():
            return replace(community, journal={**community.journal, event.entry_id: False})
        case _:
            assert_never(event)


decider: Decider[CommunityCommand, Community, CommunityEvent] = Decider(NotFormed(), decide, evolve)
