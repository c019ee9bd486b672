"""Places that were not there, to see what they would have changed."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.agenda import week_of
from domain.practitioner import Consent, Enrolled
from events.agenda import SlotPublished
from events.codes import Label, Mode, Origin, Profession, Setting, Source
from events.place import Commune, Place
from services.simulator.cast import Day, Seat

MOST = 1_000  # lines
_IDS = UUID("5ce9a710-0000-4000-8000-000000000001")


class NotAddable(ValueError):
    """The file has no places to add: a CSV with a line for each, as the help says."""


class Added(BaseModel):
    """Every week on that day: `weekday,start,end,places,commune,mode,profession,radius_km,notice`.

    `weekday`: 1 is Monday. `commune`: INSEE number, of the community. `notice`: hours before the
    start at which they are published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weekday: Annotated[int, Field(ge=1, le=7)]
    start: time
    end: time
    places: Annotated[int, Field(ge=1, le=100)] = 1
    commune: str | None = None
    mode: Mode = Mode.OFFICE
    profession: Profession = Profession.DOCTOR
    radius_km: Annotated[float, Field(gt=0, le=300)] = 10.0
    notice: Annotated[float, Field(ge=0, le=168)] = 12.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start.tzinfo or self.end.tzinfo:
            msg = "a time of the clocks there: 09:00"
            raise ValueError(msg)
        if self.end <= self.start:
            msg = "places end after they start"
            raise ValueError(msg)
        return self


def added_in(file: Path) -> list[Added]:
    """The lines of a file. Raises NotAddable that says which is wrong, and OSError."""
    try:
        return _added_in(file)
    except (UnicodeDecodeError, csv.Error) as wrong:
        msg = f"{file.name}: no CSV in UTF-8 ({wrong})"
        raise NotAddable(msg) from wrong


def _added_in(file: Path) -> list[Added]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        sample = lines.readline()
        lines.seek(0)
        separator = ";" if sample.count(";") > sample.count(",") else ","
        found = []
        for nth, row in enumerate(csv.DictReader(lines, delimiter=separator), 2):
            if None in row:
                msg = f"{file.name}, line {nth}: more cells than names in the first line"
                raise NotAddable(msg)
            given = {k.strip().lower(): v.strip() for k, v in row.items() if k and v and v.strip()}
            try:
                found.append(Added.model_validate(given))
            except ValidationError as error:
                wrong = "; ".join(
                    f"{'.'.join(map(str, one['loc'])) or 'line'}: {one['msg']}"
                    for one in error.errors(include_input=False)
                )
                msg = f"{file.name}, line {nth}: {wrong}"
                raise NotAddable(msg) from error
    if not 0 < len(found) <= MOST:
        msg = f"{file.name}: from 1 to {MOST} lines, and a first one with names: {_COLUMNS}"
        raise NotAddable(msg)
    return found


_COLUMNS = ", ".join(Added.model_fields)


def with_more(day: Day, added: Sequence[Added], communes: Sequence[Commune]) -> Day:
    """The day, had these places been there. Raises NotAddable for a commune it does not serve."""
    zone = day.opens.tzinfo
    assert isinstance(zone, ZoneInfo)
    seats = seats_on(day.opens.date(), day.community, added, communes, zone)
    return Day(day.community, day.opens, (*day.seats, *seats), day.callers)


def seats_on(
    on: date, community: str, added: Sequence[Added], communes: Sequence[Commune], zone: ZoneInfo
) -> list[Seat]:
    """Those of that day. Raises NotAddable for a commune the community does not serve."""
    return [
        _seat(community, on, nth, one, commune_of(one, communes), zone)
        for nth, one in enumerate(added)
        if on.isoweekday() == one.weekday
    ]


def commune_of(one: Added, communes: Sequence[Commune]) -> Commune:
    """Where they are; where nothing is said, the largest. Raises NotAddable."""
    if one.commune is None:
        return max(communes, key=lambda commune: commune.population)
    found = next((c for c in communes if c.insee == one.commune), None)
    if found is None:
        msg = f"commune {one.commune} is none of the community's"
        raise NotAddable(msg)
    return found


def _seat(community: str, on: date, nth: int, one: Added, commune: Commune, zone: ZoneInfo) -> Seat:
    start, end = (datetime.combine(on, at, zone) for at in (one.start, one.end))
    published = SlotPublished(
        slot_id=uuid5(_IDS, f"{community} {on} {nth}"),
        rpps=f"9{nth:010}",
        week=week_of(start, zone.key),
        profession=one.profession,
        setting=Setting.TOWN,
        specialty=None,
        place=Place(title="Added", commune=commune.insee, position=commune.position),
        start=start,
        end=end,
        zone=zone.key,
        capacity=one.places,
        modes=(one.mode,),
        radius_km=one.radius_km if one.mode is Mode.HOME else None,
        labels=(Label.SNP,),
        communities=(community,),
        open_to=tuple(Source),
        surge=False,
        origin=Origin.AGENDA,
        published_at=start - timedelta(hours=one.notice),
    )
    agrees = Enrolled(
        profession=one.profession,
        communities=(community,),
        consent=Consent(sources=tuple(Source)),
    )
    return Seat(f"added {on} {nth}", published, agrees)
