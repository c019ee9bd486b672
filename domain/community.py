"""A community (CPTS): the organiser, never the carer."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from domain.decider import Decider, Refused
from events.community import CommunityEvent, CommunityFormed
from events.place import Commune


class CommunityAlreadyFormed(Refused):
    """This community exists already, with another content."""

    code = "community_already_formed"


class NoCommune(Refused):
    """A community serves at least one commune, and each once."""

    code = "no_commune"


@dataclass(frozen=True)
class FormCommunity:
    finess: str
    title: str
    departement: str
    zone: str
    communes: tuple[Commune, ...]
    at: datetime


CommunityCommand = FormCommunity


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


Community = NotFormed | Formed


def decide(command: CommunityCommand, community: Community) -> list[CommunityEvent]:
    match command:
        case FormCommunity():
            return _form(command, community)
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
        case Formed() if community == Formed(
            command.title, command.departement, command.zone, command.communes
        ):
            return []
        case Formed():
            raise CommunityAlreadyFormed(command.finess)
        case _:
            assert_never(community)


def evolve(community: Community, event: CommunityEvent) -> Community:  # noqa: ARG001 the first event is the whole
    match event:
        case CommunityFormed():
            return Formed(event.title, event.departement, event.zone, event.communes)
        case _:
            assert_never(event)


decider: Decider[CommunityCommand, Community, CommunityEvent] = Decider(NotFormed(), decide, evolve)
