"""CloudEvents 1.0, structured mode in JSON: the envelope of what others send."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from events.envelope import Role
from services.intake.moment import Moment

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/._:~-]{1,120}$")]
"""Kept in the log as who asked: a system, never a person."""


def told(
    kind: str, data: Mapping[str, Any], *, source: str, role: Role, event_id: str | None = None
) -> dict[str, Any]:
    """A message of ours of that kind; with the same id, the same message."""
    return {
        "specversion": "1.0",
        "id": event_id or str(uuid4()),
        "source": source,
        "type": f"snp.{kind}.v1",
        "actorrole": role,
        "data": data,
    }


class Named(BaseModel):
    """What a message is known by, whatever else of its envelope cannot be understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Text
    source: Reference


class CloudEvent(BaseModel):
    """The attributes every CloudEvent has. Of extensions one is ours, others are let through."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Text
    source: Reference
    type: Text
    time: Moment | None = None
    datacontenttype: Literal["application/json"] | None = None
    actorrole: Role | None = None  # in what capacity it was asked; by default, as its type implies
    ifversion: Annotated[int, Field(ge=0)] | None = None  # of what it is about, or not at all
    data: dict[str, Any]
