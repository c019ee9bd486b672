"""A community (CPTS): the organiser, never the carer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain.asking import SHORTEST_WAVE
from domain.decider import Decider, ImpossibleHistory, Refused
from events.community import (
    CommunityEvent,
    CommunityFormed,
    CommunityLadderAdopted,
    CommunityNeighboursAgreed,
)
from events.ladder import Ladder, Step, StepKind
from events.place import Commune


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
    """The last rule of a ladder is for every request: it names no priority and no motive."""

    code = "ladder_without_end"


class NoTimeToAsk(Refused):
    """Members who are asked have two minutes at least: give the step as much."""

    code = "no_time_to_ask"


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


CommunityCommand = FormCommunity | AdoptLadder | AgreeNeighbours


@dataclass(frozen=True)
class NotFormed:
    """Nobody said it exists."""


@dataclass(frozen=True)
class Formed:
    """It serves its communes."""

    title: str
    departement: str
    zone: str
    communes: tuple[Commune, ...]
    ladder: Ladder | None = None  # None: the usual one
    neighbours: tuple[str, ...] = ()  # it agreed with; it holds where they agreed as well


Community = NotFormed | Formed


def decide(command: CommunityCommand, community: Community) -> list[CommunityEvent]:
    match command:
        case FormCommunity():
            return _form(command, community)
        case AdoptLadder():
            return _adopt(command, community)
        case AgreeNeighbours():
            return _agree(command, community)
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
    if not covers_all(command.ladder):
        raise LadderWithoutEnd(command.finess)
    if any(_asks_nobody(step) for rule in command.ladder.rules for step in rule.steps):
        raise NoTimeToAsk(command.finess)
    if formed.ladder == command.ladder:
        return []
    return [
        CommunityLadderAdopted(finess=command.finess, ladder=command.ladder, adopted_at=command.at)
    ]


def _asks_nobody(step: Step) -> bool:
    return step.kind is StepKind.MEMBER_OFFERS and timedelta(minutes=step.minutes) < SHORTEST_WAVE


def covers_all(ladder: Ladder) -> bool:
    """Whether every request has a rule: the last one fits whatever the others do not."""
    last = ladder.rules[-1]
    return not last.priorities and not last.motives


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


def _formed(finess: str, community: Community) -> Formed:
    if isinstance(community, NotFormed):
        raise CommunityNotFormed(finess)
    return community


def evolve(community: Community, event: CommunityEvent) -> Community:
    match event:
        case CommunityFormed():
            return Formed(event.title, event.departement, event.zone, event.communes)
        case CommunityLadderAdopted():
            if isinstance(community, Formed):
                return replace(community, ladder=event.ladder)
        case CommunityNeighboursAgreed():
            if isinstance(community, Formed):
                return replace(community, neighbours=event.neighbours)
        case _:
            assert_never(event)
    raise ImpossibleHistory(event.name, community)


decider: Decider[CommunityCommand, Community, CommunityEvent] = Decider(NotFormed(), decide, evolve)
