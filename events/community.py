"""The organiser: stream `community-{finess}`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from events.base import Event, Finess, Instant, ZoneName
from events.ladder import Ladder
from events.place import Commune, Title

Departement = Annotated[str, StringConstraints(pattern=r"^(\d{2}|2[AB]|9[78]\d)$")]


class CommunityFormed(Event):
    """A territorial community (CPTS) organises same-day care for these communes."""

    name = "community.formed"

    finess: Finess
    title: Title
    departement: Departement
    zone: ZoneName
    communes: Annotated[tuple[Commune, ...], Field(min_length=1)]
    formed_at: Instant


class CommunityLadderAdopted(Event):
    """How the community works with the SAS from now on."""

    name = "community.ladder_adopted"

    finess: Finess
    ladder: Ladder
    adopted_at: Instant


class CommunityNeighboursAgreed(Event):
    """Whose places its patients may have when its own are gone. It holds once both said so."""

    name = "community.neighbours_agreed"

    finess: Finess
    neighbours: tuple[Finess, ...]  # whole: those agreed before and not named are no longer
    agreed_at: Instant


CommunityEvent = CommunityFormed | CommunityLadderAdopted | CommunityNeighboursAgreed
