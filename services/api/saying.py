"""What somebody tells over HTTP, as the event the intake is told: it depends on who says it."""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from domain.decider import Refused
from domain.placing import By
from events.roles import Role
from events.visit import Rater
from services.access.gate import Gate, NotAllowed
from services.access.permissions import TABLE, Capacity, Principal, Scope
from services.api.asking import ask
from services.api.doors import PATTERNS, About, Door
from services.api.scopes import Scopes, UnknownPath, is_of_one
from services.intake.arrival import check_text
from services.intake.cloudevents import told
from services.intake.messages import EmergencyCall
from services.intake.naming import command_of, named
from services.intake.rejections import DuplicateField, NotJson, NulCharacter, TooDeep, TryAgain
from services.intake.service import NotUnderstood
from services.intake.twice import urgent_reading
from services.log.execute import SameIdOtherContent
from services.messaging import subjects
from services.messaging.subjects import Kind

if TYPE_CHECKING:
    from services.app import House

_IN_A_NAME = {Role.PRACTITIONER, Role.DELEGATE, Role.STRUCTURE_MANAGER}
_SAYS_BY = {Kind.APPOINTMENT: By.PRACTITIONER, Kind.RATING: Rater.PRACTITIONER}
_OPENING = {Kind.PRACTITIONER_CHANGE, Kind.SLOT_OPENING, Kind.SLOT, Kind.SLOT_SERIES}
_NOT_DONE = {TryAgain.code, NotUnderstood.code}
"""Refusals that are no word on what was told, but on us."""


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


class SaidTwice(Refused):
    """The address says one thing and the body another: leave it out of the body."""

    code = "said_twice"


class Saying:
    """Whatever is told, by whoever may, goes to the intake."""

    def __init__(self, house: "House", gate: Gate, scopes: Scopes) -> None:
        self._house = house
        self._gate = gate
        self._scopes = scopes

    async def tell(
        self,
        door: Door,
        principal: Principal,
        path: Mapping[str, str],
        body: bytes,
        *,
        community: str | None = None,
        key: str | None = None,
        if_version: int | None = None,
    ) -> dict[str, Any]:
        """What the intake answers, or why it is not passed on to it."""
        _check_path(path)
        said = _json_object(body, door.kind)
        call = EmergencyCall.found_in(said) if door.kind is Kind.CARE_REQUEST else None
        if call is not None:
            # Told at once, and no more of it: whatever else is said may be no message at all.
            kept = call.model_dump(mode="json", exclude_none=True)
            said = said if self._can_be_told(said) else kept
        data = _with_path(said, path, door)
        if door.about not in {About.COMMUNITY, About.MEMBERSHIP}:
            community = None  # whom it is about tells
        community = path.get("finess", community)
        if call and key and not await self._scopes.reaches(door, principal, key):
            key = str(named("apart", key))  # what they asked in a community they have left is safe
        means = Telling(door, principal, data, key, if_version, community)
        # An emergency is known by what it says, not by its key: it is told anew, if it may be.
        if call is None and (before := await self._said_before(means)) is not None:
            return await self._answered_again(door, community, *before)
        urgent = call is not None
        scope = await self._scopes.of(door, principal, data, community, urgent=urgent)
        event = await self._as_permitted(means, scope)
        # Of one, that one is meant; a request may be of neighbours, and others be named.
        elsewhere = data.keys() & {"communities", "request_id"} & door.model.model_fields.keys()
        one = len(scope.communities) == 1 and (not urgent or is_of_one(principal, door.kind))
        if community is None and one and not elsewhere:
            (community,) = scope.communities
        if "communities" in elsewhere:
            community = None
        return await self._intake(door, community, event)

    async def _intake(
        self, door: Door, community: str | None, event: Mapping[str, Any]
    ) -> dict[str, Any]:
        subject = subjects.ask(community or subjects.ANY_COMMUNITY, door.kind)
        return await ask(self._house, subject, event)

    def _can_be_told(self, said: dict[str, Any]) -> bool:
        """As it would be written: numbers may grow by that. Its envelope needs room as well."""
        try:
            return len(check_text(said)) <= self._house.settings.body_max_bytes // 2
        except (TooDeep, NulCharacter):
            return False

    async def _said_before(self, telling: Telling) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What was told under that key, and what was answered.

        Of somebody with several roles the message itself tells in which they said it. None: no
        message of theirs has that key. Raises SameIdOtherContent.
        """
        if telling.key is None:
            return None
        seen = await self._house.log.receipt(command_of(telling.principal.ref, telling.key))
        if seen is None:
            return None
        before, answer = seen
        for capacity in telling.principal.capacities:
            if capacity.role in TABLE[telling.door.kind]:
                with suppress(NotAllowed):
                    event = telling.by(capacity)
                    if self._fingerprint(event) == before:
                        return event, answer or {}
        raise SameIdOtherContent

    async def _answered_again(
        self, door: Door, community: str | None, event: dict[str, Any], answer: dict[str, Any]
    ) -> dict[str, Any]:
        """As before, whatever it changed: who may no longer tell it has told it."""
        if door.kind is Kind.CARE_REQUEST:
            return answer  # where it went is not known any more, and refused it would be a letter
        # The intake ends what it was interrupted in: what is to be erased goes after the append.
        said = await self._intake(door, community, event)
        return said if "code" not in said or said["code"] in _NOT_DONE else answer

    def _fingerprint(self, event: Mapping[str, Any]) -> str | None:
        """As the intake's. None: it is nothing the intake took in."""
        try:
            return self._house.vault.sealer.fingerprint(check_text(event))
        except (TooDeep, NulCharacter):
            return None

    async def _as_permitted(self, telling: Telling, scope: Scope) -> dict[str, Any]:
        """The event, in the first capacity in which they may tell that. Raises NotAllowed."""
        kind = telling.door.kind
        for capacity in telling.principal.those_who_may(kind, scope):
            with suppress(NotAllowed):
                await self._check_reach(telling.door, capacity, telling.data)
                return telling.by(capacity)
        raise NotAllowed(kind)

    async def _check_reach(self, door: Door, capacity: Capacity, data: Mapping[str, Any]) -> None:
        """What else a body names must be within reach as well. Raises NotAllowed."""
        here = capacity.communities
        named = data.get("communities")
        named = set(named) if isinstance(named, list) and all(map(_is_text, named)) else set()
        if door.kind in _OPENING and here is not None and not named <= here:
            raise NotAllowed(door.kind)  # to join a community is for the community to say
        if door.kind is Kind.PRACTITIONER and capacity.role is Role.COORDINATOR:
            known = await self._gate.communities_of(str(data.get("rpps")))
            if here is not None and not known <= here:
                raise NotAllowed(door.kind)  # what they agreed to holds elsewhere as well


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _check_path(path: Mapping[str, str]) -> None:
    """Raises UnknownPath where an address names what can be nobody's."""
    for name, value in path.items():
        if not re.fullmatch(PATTERNS[name], value):
            raise UnknownPath


def _json_object(body: bytes, kind: Kind) -> dict[str, Any]:
    if not body:
        return {}
    try:
        found = orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as malformed:
        raise NotJson from malformed
    if not isinstance(found, dict):
        raise NotJson
    otherwise = urgent_reading(body)
    if otherwise is None:
        return found
    # An emergency is told, whichever is meant; of anything else nobody can tell.
    if kind is Kind.CARE_REQUEST and EmergencyCall.found_in(otherwise):
        return dict(otherwise)
    raise DuplicateField


def _with_path(data: dict[str, Any], path: Mapping[str, str], door: Door) -> dict[str, Any]:
    """What the address says is part of what is said, where the message has a place for it."""
    fields = door.model.model_fields
    for name, value in path.items():
        if name not in fields:
            continue
        if str(data.get(name, value)) != value:
            raise SaidTwice(name)
        data[name] = value
    return data
