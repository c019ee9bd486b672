"""The organiser: stream `community-{finess}`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from events.base import Event, Finess, Frozen, Instant, ZoneName
from events.ladder import Ladder
from events.place import Commune, Title
from events.protocol import Protocol
from events.reporting import (
    CommunityFiguresReported,
    CommunityJournalStruck,
    CommunityJournalWritten,
    CommunityTargetsAgreed,
)
from events.weights import Weights

Departement = Annotated[str, StringConstraints(pattern=r"^(\d{2}|2[AB]|9[78]\d)$")]


class CommunityFormed(Event):
    """A community (CPTS) organises same-day care for these communes, from now on perhaps others."""

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
    version = 2

    finess: Finess
    ladder: Ladder
    adopted_at: Instant


class CommunityNeighboursAgreed(Event):
    """Whose places its patients may have when its own are gone. It holds once both said so."""

    name = "community.neighbours_agreed"

    finess: Finess
    neighbours: tuple[Finess, ...]  # whole: those agreed before and not named are no longer
    agreed_at: Instant


class OutOfHours(Frozen):
    """What the département adds to nights, Sundays and public holidays (R6315-1 CSP)."""

    saturday_afternoon: bool = True
    monday_before_holiday: bool = False
    friday_after_holiday: bool = False
    saturday_after_holiday: bool = False


USUAL_OUT_OF_HOURS = OutOfHours()


class CommunityHoursAgreed(Event):
    """When it is out-of-hours care (PDSA) where the community is, and when the SAS is open."""

    name = "community.hours_agreed"

    finess: Finess
    out_of_hours: OutOfHours
    agreed_at: Instant


class CommunityWeightsAgreed(Event):
    """What is weighed beside waiting and travel when a place is chosen."""

    name = "community.weights_agreed"
    version = 2

    finess: Finess
    weights: Weights
    agreed_at: Instant


class CommunityProtocolsAdopted(Event):
    """Whom other professions may see here: whole, it replaces what was adopted before."""

    name = "community.protocols_adopted"

    finess: Finess
    protocols: Annotated[tuple[Protocol, ...], Field(max_length=50)]
    adopted_at: Instant


class CommunityCrisisDeclared(Event):
    """Until it ends, another ladder applies, and what members keep for a crisis is used."""

    name = "community.crisis_declared"

    finess: Finess
    title: Title
    ladder: Ladder | None  # None: the one in force
    declared_at: Instant


class CommunityCrisisEnded(Event):
    """Everything is as before."""

    name = "community.crisis_ended"

    finess: Finess
    ended_at: Instant


CommunityEvent = (
    CommunityFormed
    | CommunityLadderAdopted
    | CommunityNeighboursAgreed
    | CommunityHoursAgreed
    | CommunityWeightsAgreed
    | CommunityProtocolsAdopted
    | CommunityCrisisDeclared
    | CommunityCrisisEnded
    | CommunityTargetsAgreed
    | CommunityFiguresReported
    | CommunityJournalWritten
    | CommunityJournalStruck
)
