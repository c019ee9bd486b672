"""What somebody tells over HTTP, as the event the intake is told: it depends on who says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.placing import By
from events.roles import Role
from events.visit import Rater
from services.access.gate import NotAllowed
from services.access.permissions import Capacity, Principal
from services.api.doors import Door
from services.intake.cloudevents import told
from services.messaging.subjects import Kind

_IN_A_NAME = {Role.PRACTITIONER, Role.DELEGATE, Role.STRUCTURE_MANAGER}
_SAYS_BY = {Kind.APPOINTMENT: By.PRACTITIONER, Kind.RATING: Rater.PRACTITIONER}


@dataclass(frozen=True)
class Telling:
    """What somebody tells, whatever they tell it as."""

    door: Door
    principal: Principal
    data: Mapping[str, Any]
    key: str | None
    if_version: int | None
    community: str | None  # that they named, by the address

    def by(self, capacity: Capacity) -> dict[str, Any]:
        """The event of who has that capacity. Raises NotAllowed.

        Who acts in a practitioner's name is no patient, whatever is said.
        """
        kind, said = self.door.kind, dict(self.data)
        by = _SAYS_BY.get(kind)
        if by is not None and capacity.role in _IN_A_NAME and said.setdefault("by", by) != by:
            raise NotAllowed(kind)
        event = told(kind, said, source=self.principal.ref, role=capacity.role, event_id=self.key)
        if self.if_version is not None:
            event["ifversion"] = self.if_version
        if self.community is not None:
            event["community"] = self.community  # told of another one it is another message
        return event
