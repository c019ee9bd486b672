"""CloudEvents 1.0, structured mode in JSON: the envelope of what others send."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class CloudEvent(BaseModel):
    """The attributes every CloudEvent has; extensions are let through and not looked at."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    time: AwareDatetime | None = None
    datacontenttype: Literal["application/json"] | None = None
    data: dict[str, Any]
