"""Where care is given and wanted."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from events.base import Frozen, Insee

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


class Position(Frozen):
    """A point in degrees (WGS 84), of something public: a place of work, a commune."""

    lat: Latitude
    lon: Longitude


class CoarsePosition(Position):
    """Where a patient is, to about 1 km: two decimals of a degree; the vault has the point."""

    @field_validator("lat", "lon")
    @classmethod
    def _not_finer(cls, degrees: float) -> float:
        if round(degrees, 2) != degrees:
            msg = "a patient's position has two decimals at most"
            raise ValueError(msg)
        return degrees

    @classmethod
    def around(cls, point: Position) -> "CoarsePosition":
        """The same point with what is finer than two decimals taken away."""
        return cls(lat=round(point.lat, 2), lon=round(point.lon, 2))


class Address(Frozen):
    """Where the door is, as on an envelope."""

    line: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
    city: Title


StructureId = Annotated[str, StringConstraints(pattern=r"^([0-9][0-9AB][0-9]{7}|[0-9]{14})$")]
"""FINESS (9 characters) or SIRET number (14), without the national prefix."""
Phone = Annotated[str, StringConstraints(pattern=r"^\+(33|262|590|594|596)[0-9]{9}$")]


class Place(Frozen):
    """A place of work: a practice, a health centre, a hospital consultation."""

    title: Title
    commune: Insee
    position: Position
    address: Address | None = None  # without one the national platform is not shown it
    structure: StructureId | None = None
    phone: Phone | None = None  # of the place: public


class Commune(Frozen):
    """A commune a community serves, with its population and its centre."""

    insee: Insee
    title: Title
    population: Annotated[int, Field(ge=0, le=100_000_000)]  # what a read model can count
    position: Position
