"""What every fact has in common, and the few types its fields are made of."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

Payload = dict[str, Any]
"""An event as it lies in the log: a JSON object."""


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


# Stored in UTC: the zone that gives an instant its day and hour is a field of its own.
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]

Finess = Annotated[str, StringConstraints(pattern=r"^[0-9AB]{9}$")]
"""A structure: nine characters, as in the national register FINESS (`2A`, `2B` for Corsica)."""

Rpps = Annotated[str, StringConstraints(pattern=r"^(\d{11}|[0-9AB]{9})$")]
"""A professional: eleven digits. National examples break the Luhn key, so it is not checked.

Or the FINESS of a structure that sees patients as one does: SOS Médecins, a hospital consultation.
"""

Insee = Annotated[str, StringConstraints(pattern=r"^(\d{2}|2[AB])\d{3}$")]
"""A commune: its INSEE code, which is not its postal code."""

CaseId = Annotated[str, StringConstraints(pattern=r"^([a-zA-Z0-9_-]+\.?){4,10}$", max_length=120)]
"""The SAMU's regulation file (Hub Santé, RS-EDA `caseId`)."""

IsoWeek = Annotated[str, StringConstraints(pattern=r"^\d{4}-W\d{2}$")]
"""`2026-W48`: Monday 00:00 to Sunday 24:00 in the zone of the place of work."""

ZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+(/[A-Za-z_+-]+){0,2}$")]
"""A zone of the IANA database: `Europe/Paris`, `Indian/Reunion`."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
"""A reason, as refusals and explanations write it: `too_far`."""


class Frozen(BaseModel):
    """A value: compared by content, never changed, and without a field nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Frozen):
    """A fact. Its stored name is data, in the past tense, and stays when the class moves."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
