"""From the bytes of a national message to what it says."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, assert_never

from pydantic import TypeAdapter, ValidationError

from domain.request import is_emergency
from events.base import CaseId
from events.codes import CareLevel, Priority, Sex
from events.place import Position
from services.hub_sante.messages import (
    OTHER_ROOTS,
    ROOTS,
    Cancellation,
    Case,
    CasePatient,
    CaseUpdate,
    Edxl,
    NationalMessage,
    ResourcesRequest,
)
from services.intake.messages import EmergencyCall, EmergencyInAnUpdate
from services.intake.moment import years
from services.intake.rejections import Rejected, UnknownType, invalid
from services.log.vault import Identity

T = TypeVar("T", bound=str)


class Expired(Rejected):
    """The message had expired before it was read."""

    code = "expired_message"


class Exercise(Rejected):
    """The message is an exercise: it asks for no real care."""

    code = "exercise_message"


class NoCareAsked(Rejected):
    """The message asks for no care: it is an answer, an acknowledgement or an error."""

    code = "no_care_asked"


class SeveralMessages(Rejected):
    """An envelope carries one message, and a message one root element."""

    code = "several_messages"


class NotAGpRequest(Rejected):
    """What is asked is no consultation or visit by a general practitioner."""

    code = "not_a_gp_request"


class FileClosed(Rejected):
    """The file is closed: it asks for no care any more."""

    code = "file_closed"


class SeveralPatients(Rejected):
    """The case has several patients: send one request for each."""

    code = "several_patients"


def is_national(document: Mapping[str, Any]) -> bool:
    """Whether the document is an EDXL-DE envelope or one of the Hub's messages."""
    return _is_envelope(document) or bool(_roots(document))


class Read(NamedTuple):
    """What a message says, and what its envelope says of it; without one, nothing."""

    message: NationalMessage
    expires_at: datetime | None = None
    sender: str | None = None


def read(document: Mapping[str, Any]) -> Read:
    """The message, however old it is. Raises a Rejected."""
    envelope = None
    if _is_envelope(document):
        envelope = _opened(document)
        document = envelope.content[0].jsonContent.embeddedJsonContent.message
    if document.get("status") == EXERCISE:
        raise Exercise
    match _roots(document):
        case [root] if root in ROOTS:
            try:
                message = ROOTS[root].model_validate(document[root])
            except ValidationError as error:
                raise invalid(error) from error
            if envelope is None:
                return Read(message)
            said = _taken_back(message) if envelope.distributionKind == "Cancel" else message
            return Read(said, envelope.dateTimeExpires, envelope.senderID)
        case [root]:
            raise NoCareAsked(root)
        case []:
            raise UnknownType
        case roots:
            raise SeveralMessages(", ".join(roots))


def _taken_back(message: NationalMessage) -> NationalMessage:
    """What is asked by a message that says of itself that it is taken back."""
    match message:
        case ResourcesRequest():
            return message.model_copy(update={"status": "ANNULEE"})
        case CaseUpdate():
            # Refused as the update was; what it said, of an emergency as well, is not said.
            return CaseUpdate(caseId=message.caseId)
        case Case() | Cancellation():
            return Cancellation(caseId=message.caseId)
        case _:
            assert_never(message)


def tells_an_emergency(message: NationalMessage) -> bool:
    """Whether the message says of itself that the case is one."""
    match message:
        case Case() | CaseUpdate():
            priority = message.qualification.details.priority or Priority.P2
            return is_emergency(priority, care_level(message))
        case ResourcesRequest() | Cancellation():
            return False
        case _:
            assert_never(message)


EXERCISE = "Exercise"
"""Of an envelope, or of what it carries: either is enough."""


def _roots(document: Mapping[str, Any]) -> list[str]:
    return [key for key in document if key in ROOTS or key in OTHER_ROOTS]


def _is_envelope(document: Mapping[str, Any]) -> bool:
    return "distributionID" in document or "content" in document


def _opened(document: Mapping[str, Any]) -> Edxl:
    """The envelope of one message, that is for real."""
    try:
        envelope = Edxl.model_validate(document)
    except ValidationError as error:
        raise invalid(error) from error
    if envelope.distributionKind in {"Ack", "Error"}:
        raise NoCareAsked(envelope.distributionKind)
    if envelope.distributionStatus == EXERCISE:
        raise Exercise
    if len(envelope.content) > 1:
        raise SeveralMessages
    return envelope


def emergency(document: Mapping[str, Any]) -> EmergencyCall | None:
    """The little that tells an emergency, where the rest of a file, or of a change, is wrong.

    Not of an exercise, nor of what takes back or acknowledges: an envelope says that it is real.
    """
    if _is_envelope(document) and (
        document.get("distributionStatus") != "Actual"
        or document.get("distributionKind") in {"Cancel", "Ack", "Error"}
    ):
        return None
    inside = _inside(document)
    if inside.get("status") == EXERCISE:
        return None
    for root, call in (
        ("createCaseHealth", EmergencyCall),
        ("createCaseHealthUpdate", EmergencyInAnUpdate),
    ):
        if isinstance(case := inside.get(root), dict):
            return call.found_in(_signs(case) | {"case_id": case_named(document)})
    return None


def _signs(case: Mapping[str, Any]) -> dict[str, Any]:
    """Priority and care level as they are told, each for itself, whatever is wrong beside."""
    details = _part(_part(case, "qualification"), "details")
    patients = case.get("patient")
    parts = [details] + [
        _part(patient, "detail")
        for patient in (patients if isinstance(patients, list) else [])
        if isinstance(patient, dict)
    ]
    levels = [level for level in CareLevel if any(p.get("careLevel") == level for p in parts)]
    priority = details.get("priority")
    return {
        "priority": priority if priority in tuple(Priority) else Priority.P2,
        "care_level": _most_vital(levels),
    }


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def care_level(case: Case | CaseUpdate) -> CareLevel | None:
    """What the case needs: the file says it, or of its patients; the most vital counts."""
    said = [case.qualification.details.careLevel]
    said += [patient.detail.careLevel for patient in case.patient if patient.detail]
    return _most_vital(said)


def _most_vital(said: Iterable[T | None]) -> T | None:
    return min((level for level in said if level is not None), default=None)  # R1 before R4


CLOSED = frozenset({"CLOTURE", "CLASSE", "ARCHIVE"})
"""States of a file in which nothing is asked any more (INTEROP §4.4)."""


def case_named(document: object) -> str | None:
    """The file any message names, ours or national, if it does."""
    if not isinstance(document, dict):
        return None
    inside = _inside(document)
    for part in (*(inside.get(root) for root in ROOTS), inside.get("data")):
        if isinstance(part, dict):
            named = part.get("caseId", part.get("case_id"))
            try:
                return _CASE_ID.validate_python(named)
            except ValidationError:
                continue
    return None


_CASE_ID: TypeAdapter[str] = TypeAdapter(CaseId)


def carried(document: object) -> Mapping[str, Any] | None:
    """What an envelope carries; None, of what is none."""
    try:
        found = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]  # type: ignore[index]  # or it raises
    except (LookupError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _inside(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an envelope carries, or the document itself."""
    found = carried(document)
    return document if found is None else found


def the_patient(case: Case) -> CasePatient:
    """The case's one patient, or nobody known. Raises SeveralPatients."""
    if len(case.patient) > 1:
        raise SeveralPatients
    return case.patient[0] if case.patient else CasePatient()


def sex(patient: CasePatient) -> Sex:
    """As the file says, or unknown."""
    strict = patient.identity.strictFeatures if patient.identity else None
    return (strict.sex if strict else None) or Sex.UNKNOWN


def age(patient: CasePatient, at: datetime) -> int | None:
    """In whole years: the age the file says, or from the birth date."""
    if patient.detail and patient.detail.age:
        number, unit = int(patient.detail.age[1:-1]), patient.detail.age[-1]
        return {"Y": number, "M": number // 12, "W": number // 52, "D": number // 365}[unit]
    strict = patient.identity.strictFeatures if patient.identity else None
    return years(strict.birthDate, at.date()) if strict and strict.birthDate else None


def exact_position(case: Case) -> Position | None:
    """Where the patient is, if the file has a point that means something."""
    point = case.location.geometry.point if case.location.geometry else None
    if point is None or point.coord.precision == "INCONNUE":
        return None
    return Position(lat=point.coord.lat, lon=point.coord.lon)


def identity(case: Case, patient: CasePatient) -> Identity:
    """Everything in the file that may name or find somebody: for the vault, and nowhere else."""
    strict = patient.identity.strictFeatures if patient.identity else None
    free = patient.identity.nonStrictFeatures if patient.identity else None
    caller = case.initialAlert.caller if case.initialAlert else None
    contact = caller.callbackContact or caller.callerContact if caller else None
    location = case.location
    address = [
        location.name,
        location.detailedAddress.complete if location.detailedAddress else None,
        location.city.name if location.city else None,
        *(f"{key}: {_in_words(value)}" for key, value in (location.access or {}).items()),
        location.freetext,
    ]
    point = exact_position(case)
    notes = (case.initialAlert.notes if case.initialAlert else ()) + case.medicalNote
    return Identity(
        name=(free.complete if free else None) or (strict.birthName if strict else None),
        birth_date=strict.birthDate.isoformat() if strict and strict.birthDate else None,
        phone=contact.detail if contact else None,
        address=", ".join(part for part in address if part) or None,
        exact_position=(point.lat, point.lon) if point else None,
        caller=caller.detailedName.complete if caller and caller.detailedName else None,
        notes=tuple(note.freetext for note in notes if note.freetext),
    )


def _in_words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
