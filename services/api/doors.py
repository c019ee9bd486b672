"""Everything that may be told over HTTP: a path for each kind of message, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel

from services.intake.message_types import TYPES
from services.messaging.subjects import Kind


class About(StrEnum):
    """What tells whether it is somebody's to say."""

    NOTHING = "nothing"  # for administrators
    COMMUNITY = "community"  # named in the path, or in the query
    MEMBERSHIP = "membership"  # the communities named in the body
    REQUEST = "request"
    SLOT = "slot"
    SERIES = "series"
    PRACTITIONER = "practitioner"


@dataclass(frozen=True)
class Door:
    """A path, the message it makes, and the fields of it that the path says."""

    kind: Kind
    path: str
    about: About
    method: str = "POST"
    fields: Mapping[str, str] = field(default_factory=dict)  # where the path says otherwise

    @property
    def model(self) -> type[BaseModel]:
        """What its body is made of."""
        return TYPES[f"snp.{self.kind}.v1"]


_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
PATTERNS = {
    "request_id": _UUID,
    "slot_id": _UUID,
    "series_id": _UUID,
    "account_id": _UUID,
    "entry_id": _UUID,
    "rpps": "^[0-9]{11}$",
    "finess": "^[0-9AB]{9}$",
}
"""What an address may name."""

_REQUEST = "/v1/requests/{request_id}"
_SLOT = "/v1/slots/{slot_id}"
_PRACTITIONER = "/v1/practitioners/{rpps}"
_COMMUNITY = "/v1/communities/{finess}"
_ACCOUNT = "/v1/accounts/{account_id}"

DOORS: tuple[Door, ...] = (
    Door(Kind.CARE_REQUEST, "/v1/requests", About.COMMUNITY),
    Door(Kind.DEADLINE, f"{_REQUEST}/deadline", About.REQUEST, "PUT"),
    Door(Kind.DUPLICATE, f"{_REQUEST}/duplicate", About.REQUEST),
    Door(Kind.WITHDRAWAL, f"{_REQUEST}/withdrawal", About.REQUEST),
    Door(Kind.REORIENTATION, f"{_REQUEST}/reorientation", About.REQUEST),
    Door(Kind.HOLD, f"{_REQUEST}/hold", About.REQUEST, "PUT"),
    Door(Kind.HOLD_END, f"{_REQUEST}/hold", About.REQUEST, "DELETE"),
    Door(Kind.PROPOSAL, f"{_REQUEST}/offers/{{rpps}}/proposal", About.REQUEST),
    Door(Kind.APPOINTMENT, f"{_REQUEST}/appointment", About.REQUEST),
    Door(Kind.OUTCOME, f"{_REQUEST}/outcome", About.REQUEST),
    Door(Kind.RATING, f"{_REQUEST}/rating", About.REQUEST),
    Door(Kind.DOCTOR_SEARCH, f"{_REQUEST}/doctor-search", About.REQUEST),
    Door(Kind.NEW_PATIENT, f"{_REQUEST}/new-patient/{{rpps}}", About.PRACTITIONER),
    Door(Kind.OFFER_ANSWER, f"{_REQUEST}/offers/{{rpps}}/answer", About.PRACTITIONER),
    Door(Kind.OFFER_CORRECTION, f"{_REQUEST}/offers/{{rpps}}/correction", About.PRACTITIONER),
    Door(Kind.OFFER_RECEIPT, f"{_REQUEST}/offers/{{rpps}}/receipt", About.PRACTITIONER),
    Door(Kind.SLOT, f"{_PRACTITIONER}/slots", About.PRACTITIONER),
    Door(Kind.SLOT_SERIES, f"{_PRACTITIONER}/series", About.PRACTITIONER),
    Door(Kind.SERIES_WITHDRAWAL, "/v1/series/{series_id}/withdrawal", About.SERIES),
    Door(Kind.SLOT_MOVE, f"{_SLOT}/move", About.SLOT),
    Door(Kind.SLOT_CAPACITY, f"{_SLOT}/capacity", About.SLOT, "PUT"),
    Door(Kind.SLOT_OPENING, f"{_SLOT}/opening", About.SLOT),
    Door(Kind.SLOT_CLOSING, f"{_SLOT}/closing", About.SLOT),
    Door(Kind.SLOT_WITHDRAWAL, f"{_SLOT}/withdrawal", About.SLOT),
    Door(Kind.PRACTITIONER, "/v1/practitioners", About.MEMBERSHIP),
    Door(Kind.PRACTITIONER_CHANGE, _PRACTITIONER, About.PRACTITIONER, "PATCH"),
    Door(Kind.LEAVING, f"{_PRACTITIONER}/leaving", About.PRACTITIONER),
    Door(Kind.CONTACTS, f"{_PRACTITIONER}/contacts", About.PRACTITIONER, "PUT"),
    Door(Kind.ON_CALL, f"{_PRACTITIONER}/on-call", About.PRACTITIONER, "PUT"),
    Door(Kind.VACATION, f"{_PRACTITIONER}/vacations", About.PRACTITIONER),
    Door(Kind.VACATION_CANCELLED, f"{_PRACTITIONER}/vacations/cancellation", About.PRACTITIONER),
    Door(Kind.COMMUNITY, "/v1/communities", About.NOTHING),
    Door(Kind.COMMUNITY_CHANGE, _COMMUNITY, About.COMMUNITY, "PATCH"),
    Door(Kind.IMPORT, "/v1/imports", About.NOTHING),
    Door(Kind.LADDER, f"{_COMMUNITY}/ladder", About.COMMUNITY, "PUT"),
    Door(Kind.NEIGHBOURS, f"{_COMMUNITY}/neighbours", About.COMMUNITY, "PUT"),
    Door(Kind.HOURS, f"{_COMMUNITY}/hours", About.COMMUNITY, "PUT"),
    Door(Kind.WEIGHTS, f"{_COMMUNITY}/weights", About.COMMUNITY, "PUT"),
    Door(Kind.PROTOCOLS, f"{_COMMUNITY}/protocols", About.COMMUNITY, "PUT"),
    Door(Kind.CRISIS, f"{_COMMUNITY}/crisis", About.COMMUNITY, "PUT"),
    Door(Kind.CRISIS_OVER, f"{_COMMUNITY}/crisis", About.COMMUNITY, "DELETE"),
    Door(Kind.TARGETS, f"{_COMMUNITY}/targets", About.COMMUNITY, "PUT"),
    Door(Kind.FIGURES, f"{_COMMUNITY}/figures", About.COMMUNITY),
    Door(Kind.JOURNAL_NOTE, f"{_COMMUNITY}/journal", About.COMMUNITY),
    Door(Kind.JOURNAL_STRIKE, f"{_COMMUNITY}/journal/{{entry_id}}", About.COMMUNITY, "DELETE"),
    Door(Kind.ACCOUNT, "/v1/accounts", About.NOTHING),
    Door(Kind.ROLE_GRANT, f"{_ACCOUNT}/grants", About.NOTHING),
    Door(Kind.ROLE_REVOCATION, f"{_ACCOUNT}/grants/revocation", About.NOTHING),
    Door(Kind.ACCOUNT_CLOSING, _ACCOUNT, About.NOTHING, "DELETE"),
)
"""One for every kind there is: a test counts them."""

DOOR_OF: Mapping[Kind, Door] = {door.kind: door for door in DOORS}
