"""A day that anybody can bring: `snp-scenario/1`, as MATCHING of the design says it."""

from codecs import BOM_UTF8
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from events.codes import Mode, Profession

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


def _of_one_line(text: str) -> str:
    if not text.isprintable():
        msg = "text that can be printed"
        raise ValueError(msg)
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_of_one_line)]
MOST = 2_000  # slots, and requests, of a day
MOST_PLACES = 4_000
MOST_MEMBERS = 1_000
_FIRST, _LAST = 2000, 2199  # years


def _of_our_time(instant: datetime) -> datetime:
    if not _FIRST <= instant.year <= _LAST:
        msg = "an instant of this century or the next"
        raise ValueError(msg)
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_of_our_time)]


class NotAScenario(ValueError):
    """The file is no scenario: it is JSON of the format snp-scenario/1."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScenarioSlot(_Data):
    """Places that begin together. `radius_km`: how far home visits go."""

    id: Name
    practitioner: Name
    profession: Profession
    start: Instant
    end: Instant
    capacity: Annotated[int, Field(ge=1, le=100)] = 1
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    lat: Latitude
    lon: Longitude
    radius_km: Annotated[float, Field(gt=0, le=300)] | None = None
    published_at: Instant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            msg = "a slot ends after it starts"
            raise ValueError(msg)
        return self


class ScenarioRequest(_Data):
    """A patient, and how far they can go."""

    id: Name
    received_at: Instant
    due_by: Instant
    professions: Annotated[tuple[Profession, ...], Field(min_length=1)]
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    lat: Latitude
    lon: Longitude
    max_km: Annotated[float, Field(ge=0, le=300)]
    attends: bool = True  # whether they come where they have a place: nobody knows beforehand

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.due_by <= self.received_at:
            msg = "a request is due after it was received"
            raise ValueError(msg)
        return self


class ScenarioMember(_Data):
    """Somebody who may be asked to see a patient beyond their agenda, and how often they agree."""

    practitioner: Name
    profession: Profession
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    lat: Latitude
    lon: Longitude
    radius_km: Annotated[float, Field(gt=0, le=300)] | None = None
    accepts: Annotated[float, Field(ge=0, le=1)]  # the share of demands


class Scenario(_Data):
    """One day of one community. What the format does not ask for may be left out: `members`."""

    format: Literal["snp-scenario/1"]
    community: Name
    opens: Instant
    closes: Instant
    slots: Annotated[tuple[ScenarioSlot, ...], Field(max_length=MOST)]
    requests: Annotated[tuple[ScenarioRequest, ...], Field(max_length=MOST)]
    members: Annotated[tuple[ScenarioMember, ...], Field(max_length=MOST_MEMBERS)] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.closes <= self.opens:
            msg = "a day closes after it opens"
            raise ValueError(msg)
        for what, ids in (
            ("slot", [slot.id for slot in self.slots]),
            ("request", [request.id for request in self.requests]),
            ("member", [member.practitioner for member in self.members]),
        ):
            if len(set(ids)) < len(ids):
                msg = f"two {what}s have one id"
                raise ValueError(msg)
        if sum(slot.capacity for slot in self.slots) > MOST_PLACES:
            msg = f"{MOST_PLACES} places at most"
            raise ValueError(msg)
        if clash := _in_two_places(self.slots):
            msg = f"{clash[0].practitioner} is in two places at once: {clash[0].id}, {clash[1].id}"
            raise ValueError(msg)
        return self


def _in_two_places(slots: Iterable[ScenarioSlot]) -> tuple[ScenarioSlot, ScenarioSlot] | None:
    by_start = sorted(slots, key=lambda slot: (slot.practitioner, slot.start, slot.id))
    for _, theirs in groupby(by_start, key=lambda slot: slot.practitioner):
        before = None
        for slot in theirs:
            if before is not None and slot.start < before.end:
                return before, slot
            before = slot
    return None


def scenario_of(file: Path) -> Scenario:
    """The day a file holds. Raises NotAScenario that says everything that is wrong, and OSError."""
    try:
        return Scenario.model_validate_json(file.read_bytes().removeprefix(BOM_UTF8))
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(_printed, one['loc'])) or 'file'}: {one['msg']}"
            for one in error.errors(include_input=False)[:20]
        )
        raise NotAScenario(f"{file.name}: {told}") from error


def _printed(part: object) -> str:
    """A name of the file's own, harmless to a terminal."""
    text = str(part)
    return text if text.isprintable() else ascii(text)
