"""A community (CPTS): the organiser, never the carer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain.asking import SHORTEST_WAVE
from domain.decider import Decider, ImpossibleHistory, Refused
from events.community import (
    USUAL_OUT_OF_HOURS,
    CommunityCrisisDeclared,
    CommunityCrisisEnded,
    CommunityEvent,
    CommunityFormed,
    CommunityHoursAgreed,
    CommunityLadderAdopted,
    CommunityNeighboursAgreed,
    CommunityProtocolsAdopted,
    OutOfHours,
)
from events.ladder import ASKING, WITH_PARTNERS, Ladder, StepKind
from events.place import Commune
from events.protocol import Protocol


class CommunityAlreadyFormed(Refused):
    """This community exists already, with another content."""

    code = "community_already_formed"


class NoCommune(Refused):
    """A community serves at least one commune, and each once."""

    code = "no_commune"


class CommunityNotFormed(Refused):
    """No such community was formed."""

    code = "community_not_formed"


class LadderWithoutEnd(Refused):
    """The last rule of a ladder is for every request: it names no priority, motive or hours."""

    code = "ladder_without_end"


class NoTimeToAsk(Refused):
    """Members who are asked have two minutes at least: give the step as much."""

    code = "no_time_to_ask"


class NoPartnerNamed(Refused):
    """A step towards partners names which: MSP, CDS, SOS, MMG, TLC, SPE, HOP, HAD or EMS."""

    code = "no_partner_named"


class TreatingDoctorFirst(Refused):
    """The treating doctor is asked first, and somebody after them."""

    code = "treating_doctor_first"


class PartnersOfNoStep(Refused):
    """Only a step towards partners names settings and specialties."""

    code = "partners_of_no_step"


class ProtocolTwice(Refused):
    """Each protocol has a code of its own, and ends after it begins."""

    code = "protocol_twice"


class ItsOwnNeighbour(Refused):
    """A community is not a neighbour of itself."""

    code = "its_own_neighbour"


@dataclass(frozen=True)
class FormCommunity:
    finess: str
    title: str
    departement: str
    zone: str
    communes: tuple[Commune, ...]
    at: datetime


@dataclass(frozen=True)
class AdoptLadder:
    finess: str
    ladder: Ladder
    at: datetime


@dataclass(frozen=True)
class AgreeNeighbours:
    finess: str
    neighbours: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class AgreeHours:
    finess: str
    out_of_hours: OutOfHours
    at: datetime


@dataclass(frozen=True)
class AdoptProtocols:
    finess: str
    protocols: tuple[Protocol, ...]
    at: datetime


@dataclass(frozen=True)
class DeclareCrisis:
    finess: str
    title: str
    ladder: Ladder | None  # None: the one in force
    at: datetime


@dataclass(frozen=True)
class EndCrisis:
    finess: str
    at: datetime


CommunityCommand = (
    FormCommunity
    | AdoptLadder
    | AgreeNeighbours
    | AgreeHours
    | AdoptProtocols
    | DeclareCrisis
    | EndCrisis
)


@dataclass(frozen=True)
class NotFormed:
    """Nobody said it exists."""


@dataclass(frozen=True)
class Crisis:
    """Declared, and not over."""

    title: str
    ladder: Ladder | None


@dataclass(frozen=True)
class Formed:
    """It serves its communes."""

    title: str
    departement: str
    zone: str
    communes: tuple[Commune, ...]
    ladder: Ladder | None = None  # None: the usual one
    neighbours: tuple[str, ...] = ()  # it agreed with; it holds where they agreed as well
    out_of_hours: OutOfHours = USUAL_OUT_OF_HOURS
    protocols: tuple[Protocol, ...] | None = None  # None: the national ones
    crisis: Crisis | None = None


Community = NotFormed | Formed


def decide(command: CommunityCommand, community: Community) -> list[CommunityEvent]:
    match command:
        case FormCommunity():
            return _form(command, community)
        case AdoptLadder():
            return _adopt(command, community)
        case AgreeNeighbours():
            return _agree(command, community)
        case AgreeHours():
            return _agree_hours(command, community)
        case AdoptProtocols():
            return _adopt_protocols(command, community)
        case DeclareCrisis():
            return _declare(command, community)
        case EndCrisis():
            return _end(command, community)
        case _:
            assert_never(command)


def _form(command: FormCommunity, community: Community) -> list[CommunityEvent]:
    codes = [commune.insee for commune in command.communes]
    if not codes or len(set(codes)) < len(codes):
        raise NoCommune(command.finess)
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


def _adopt(command: AdoptLadder, community: Community) -> list[CommunityEvent]:
    formed = _formed(command.finess, community)
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


def _agree(command: AgreeNeighbours, community: Community) -> list[CommunityEvent]:
    formed = _formed(command.finess, community)
    if command.finess in command.neighbours:
        raise ItsOwnNeighbour(command.finess)
    if formed.neighbours == command.neighbours:
        return []
    return [
        CommunityNeighboursAgreed(
            finess=command.finess, neighbours=command.neighbours, agreed_at=command.at
        )
    ]


def _agree_hours(command: AgreeHours, community: Community) -> list[CommunityEvent]:
    formed = _formed(command.finess, community)
    if formed.out_of_hours == command.out_of_hours:
        return []
    return [
        CommunityHoursAgreed(
            finess=command.finess, out_of_hours=command.out_of_hours, agreed_at=command.at
        )
    ]


def _adopt_protocols(command: AdoptProtocols, community: Community) -> list[CommunityEvent]:
    formed = _formed(command.finess, community)
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


def _declare(command: DeclareCrisis, community: Community) -> list[CommunityEvent]:
    formed = _formed(command.finess, community)
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


def _end(command: EndCrisis, community: Community) -> list[CommunityEvent]:
    if _formed(command.finess, community).crisis is None:
        return []
    return [CommunityCrisisEnded(finess=command.finess, ended_at=command.at)]


def _formed(finess: str, community: Community) -> Formed:
    if isinstance(community, NotFormed):
        raise CommunityNotFormed(finess)
    return community


def evolve(community: Community, event: CommunityEvent) -> Community:
    match event:
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
        case CommunityProtocolsAdopted():
            return replace(community, protocols=event.protocols)
        case CommunityCrisisDeclared():
            return replace(community, crisis=Crisis(event.title, event.ladder))
        case CommunityCrisisEnded():
            return replace(community, crisis=None)
        case _:
            assert_never(event)


decider: Decider[CommunityCommand, Community, CommunityEvent] = Decider(NotFormed(), decide, evolve)
