"""What a community agrees to: to exist, a ladder, neighbours, hours, protocols, a crisis."""

from datetime import timedelta
from typing import assert_never

from domain.asking import SHORTEST_WAVE
from domain.community.commands import (
    AdoptLadder,
    AdoptProtocols,
    AgreeHours,
    AgreeNeighbours,
    AgreeWeights,
    ChangeCommunity,
    DeclareCrisis,
    EndCrisis,
    FormCommunity,
)
from domain.community.refusals import (
    CommunityAlreadyFormed,
    ItsOwnNeighbour,
    LadderWithoutEnd,
    NoCommune,
    NoPartnerNamed,
    NoTimeToAsk,
    PartnersOfNoStep,
    ProtocolTwice,
    TreatingDoctorFirst,
)
from domain.community.states import Community, Crisis, Formed, NotFormed, formed_of
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
from events.ladder import ASKING, WITH_PARTNERS, Ladder, StepKind
from events.place import Commune


def form(command: FormCommunity, community: Community) -> list[CommunityEvent]:
    _check_communes(command.finess, command.communes)
    match community:
        case NotFormed():
            return [
                CommunityFormed(
                    finess=command.finess,
                    title=command.title,
                    departement=command.departement,
                    zone=command.zone,
                    communes=command.communes,
                    formed_at=command.at,
                )
            ]
        case Formed() if (
            (community.title, community.departement, community.zone, community.communes)
        ) == (command.title, command.departement, command.zone, command.communes):
            return []
        case Formed():
            raise CommunityAlreadyFormed(command.finess)
        case _:
            assert_never(community)


def change(command: ChangeCommunity, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    communes = formed.communes if command.communes is None else command.communes
    _check_communes(command.finess, communes)
    changed = CommunityFormed(
        finess=command.finess,
        title=command.title or formed.title,
        departement=command.departement or formed.departement,
        zone=command.zone or formed.zone,
        communes=communes,
        formed_at=command.at,
    )
    same = (changed.title, changed.departement, changed.zone, changed.communes) == (
        formed.title,
        formed.departement,
        formed.zone,
        formed.communes,
    )
    return [] if same else [changed]


def _check_communes(finess: str, communes: tuple[Commune, ...]) -> None:
    codes = [commune.insee for commune in communes]
    if not codes or len(set(codes)) < len(codes):
        raise NoCommune(finess)


def adopt_ladder(command: AdoptLadder, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    check_ladder(command.finess, command.ladder)
    if formed.ladder == command.ladder:
        return []
    return [
        CommunityLadderAdopted(finess=command.finess, ladder=command.ladder, adopted_at=command.at)
    ]


def check_ladder(finess: str, ladder: Ladder) -> None:
    """A ladder every request gets down from. Raises what it lacks."""
    if not covers_all(ladder):
        raise LadderWithoutEnd(finess)
    for step in (step for rule in ladder.rules for step in rule.steps):
        if step.kind in ASKING and timedelta(minutes=step.minutes) < SHORTEST_WAVE:
            raise NoTimeToAsk(finess)
        if step.kind in WITH_PARTNERS:
            if not step.settings:
                raise NoPartnerNamed(finess)
        elif step.settings or step.specialties:
            raise PartnersOfNoStep(finess)
    for rule in ladder.rules:
        asked = [
            nth for nth, step in enumerate(rule.steps) if step.kind is StepKind.TREATING_DOCTOR
        ]
        if asked and (asked != [0] or len(rule.steps) == 1):
            raise TreatingDoctorFirst(finess)


def covers_all(ladder: Ladder) -> bool:
    """Whether every request has a rule: the last one fits whatever the others do not."""
    last = ladder.rules[-1]
    return not (last.priorities or last.motives or last.hours)


def agree_neighbours(command: AgreeNeighbours, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    if command.finess in command.neighbours:
        raise ItsOwnNeighbour(command.finess)
    if formed.neighbours == command.neighbours:
        return []
    return [
        CommunityNeighboursAgreed(
            finess=command.finess, neighbours=command.neighbours, agreed_at=command.at
        )
    ]


def agree_hours(command: AgreeHours, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    if formed.out_of_hours == command.out_of_hours:
        return []
    return [
        CommunityHoursAgreed(
            finess=command.finess, out_of_hours=command.out_of_hours, agreed_at=command.at
        )
    ]


def agree_weights(command: AgreeWeights, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    if formed.weights == command.weights:
        return []
    return [
        CommunityWeightsAgreed(finess=command.finess, weights=command.weights, agreed_at=command.at)
    ]


def adopt_protocols(command: AdoptProtocols, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    codes = {protocol.code for protocol in command.protocols}
    if len(codes) < len(command.protocols) or any(
        one.valid_until and one.valid_until < one.valid_from for one in command.protocols
    ):
        raise ProtocolTwice(command.finess)
    if formed.protocols == command.protocols:
        return []
    return [
        CommunityProtocolsAdopted(
            finess=command.finess, protocols=command.protocols, adopted_at=command.at
        )
    ]


def declare_crisis(command: DeclareCrisis, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    if command.ladder is not None:
        check_ladder(command.finess, command.ladder)
    if formed.crisis == Crisis(command.title, command.ladder):
        return []
    return [
        CommunityCrisisDeclared(
            finess=command.finess,
            title=command.title,
            ladder=command.ladder,
            declared_at=command.at,
        )
    ]


def end_crisis(command: EndCrisis, community: Community) -> list[CommunityEvent]:
    if formed_of(command.finess, community).crisis is None:
        return []
    return [CommunityCrisisEnded(finess=command.finess, ended_at=command.at)]
