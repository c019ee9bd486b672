"""The organiser: stream `community-{finess}`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from events.base import Event, Finess, Instant, ZoneName
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


CommunityEvent = CommunityFormed
