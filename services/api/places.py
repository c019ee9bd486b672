"""Free places, now or at any instant."""

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query
from pydantic import Field

from events.base import Finess, Frozen, Insee, Rpps
from events.codes import Label, Mode, Profession, Source
from events.roles import Role
from projections import availability
from projections.availability import TODAY_TO_D2
from services.access.gate import NotAllowed, permitted
from services.access.permissions import Look, Scope
from services.api.desk import AtDesk, Who
from services.api.scopes import meant
from services.api.telling import RESPONSES
from services.intake.moment import Moment
from services.reports.places import Looked, Places, places

Dimension = Literal[
    "community",
    "practitioner",
    "profession",
    "specialty",
    "commune",
    "day",
    "half_day",
    "mode",
    "label",
    "source",
]
assert set(get_args(Dimension)) == set(availability.DIMENSIONS), "each may be asked for"


class PlacesAsked(Frozen):
    """Which places, counted by what."""

    community: Annotated[Finess | None, Field(description="FINESS number of a community")] = None
    rpps: Annotated[Rpps | None, Field(description="Of this practitioner")] = None
    profession: Profession | None = None
    specialty: Annotated[str | None, Field(max_length=20, description="Their know-how")] = None
    mode: Mode | None = None
    label: Label | None = None
    commune: Annotated[Insee | None, Field(description="INSEE code of where they are")] = None
    half_day: Literal["AM", "PM"] | None = None
    source: Annotated[Source | None, Field(description="Who may fill them")] = None
    by: Annotated[Dimension | None, Field(description="Count every place by this")] = None
    days: Annotated[int, Field(ge=1, le=14, description="Today and those after")] = TODAY_TO_D2
    at: Annotated[
        Moment | None, Field(description="As they were then: 2026-11-23T10:15:00+01:00")
    ] = None


router = APIRouter(tags=["availability"], responses=RESPONSES)


@router.get("/v1/availability")
async def availability_of(asked: Annotated[PlacesAsked, Query()], desk: AtDesk, who: Who) -> Places:
    """Places of today to D+2.

    Free ones by community, profession, mode, label and hour; with `by`, all of them by what they
    are. Who publishes slots and is silent for longer than usual is named. `at`: as it was then.
    """
    here = meant(who, Look.AVAILABILITY, asked.community)
    capacity = permitted(who, Look.AVAILABILITY, Scope(here))
    alone = asked.rpps or asked.by == "practitioner" or asked.at
    if capacity.role is Role.AUTHORITY and alone:
        raise NotAllowed(Look.AVAILABILITY)  # from one moment to the next it may be one patient
    community = next(iter(here), None)
    fields = asked.model_dump(exclude={"by", "days", "at"}) | {"community": community}
    house = desk.house
    looked = Looked(
        availability.Which(**fields),
        asked.at or house.clock.now(),
        by=asked.by,
        days=asked.days,
        past=asked.at is not None,
        own_time=desk.own_time,
    )
    return await places(house.pool, house.settings, looked)
