"""RS-EDA, RS-EDA-MAJ, RS-DR and their EDXL-DE envelope: the fields that bear on a care request.

The Hub validates whole messages against the published schemas; here what is not needed is let
through unread. Source: ansforge/SAMU-Hub-Modeles, schemas 26.07.29; INTEROP.md §4.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from events.base import CaseId, Insee
from events.codes import CareLevel, Delay, Priority, Sex
from events.place import Latitude, Longitude
from services.intake.moment import Moment

AgeDuration = Annotated[str, StringConstraints(pattern=r"^P[0-9]{1,3}[YMWD]$")]


class Part(BaseModel):
    """A piece of a message: unknown fields pass."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Coded(Part):
    """A code and its label."""

    code: str


class CaseDetails(Part):
    priority: Priority = Priority.P2  # the nomenclature's default
    careLevel: CareLevel | None = None  # noqa: N815 the wire's own name
    status: str | None = None  # of the file: PROGRAM, ACTIF, ACHEVE, VALIDE, CLOTURE…


class Qualification(Part):
    healthMotive: Coded | None = None  # noqa: N815 the national name
    details: CaseDetails = CaseDetails()


class City(Part):
    name: str | None = None
    inseeCode: Insee | None = None  # noqa: N815 the national name


class DetailedAddress(Part):
    complete: str | None = None


class Coordinates(Part):
    lat: Latitude
    lon: Longitude
    precision: str


class Point(Part):
    coord: Coordinates


class Geometry(Part):
    point: Point | None = None


class Location(Part):
    name: str | None = None
    detailedAddress: DetailedAddress | None = None  # noqa: N815 the national name
    city: City | None = None
    access: dict[str, Any] | None = None
    geometry: Geometry | None = None
    freetext: str | None = None


class Name(Part):
    complete: str | None = None


class Contact(Part):
    detail: str | None = None


class Caller(Part):
    callerContact: Contact | None = None  # noqa: N815 the national name
    callbackContact: Contact | None = None  # noqa: N815 the national name
    detailedName: Name | None = None  # noqa: N815 the national name
    freetext: str | None = None


class FreeText(Part):
    freetext: str | None = None


class Alert(Part):
    caller: Caller | None = None
    notes: tuple[FreeText, ...] = ()


class StrictFeatures(Part):
    birthName: str | None = None  # noqa: N815 the national name
    birthDate: date | None = None  # noqa: N815 the national name
    sex: Sex | None = None


class PatientIdentity(Part):
    strictFeatures: StrictFeatures | None = None  # noqa: N815 the national name
    nonStrictFeatures: Name | None = None  # noqa: N815 the national name


class PatientDetail(Part):
    age: AgeDuration | None = None
    careLevel: CareLevel | None = None  # noqa: N815 the national name


class CasePatient(Part):
    identity: PatientIdentity | None = None
    detail: PatientDetail | None = None


class Case(Part):
    """RS-EDA `createCaseHealth`: a regulation file."""

    caseId: CaseId  # noqa: N815 the national name
    creation: Moment
    qualification: Qualification
    location: Location
    initialAlert: Alert | None = None  # noqa: N815 the national name
    patient: tuple[CasePatient, ...] = ()
    medicalNote: tuple[FreeText, ...] = ()  # noqa: N815 the national name
    interventionType: str | None = None  # noqa: N815 the national name


class Cancellation(Part):
    """A message of a file taken back (EDXL-DE `distributionKind` Cancel): it asks for nothing."""

    caseId: CaseId  # noqa: N815 the national name


class ChangedDetails(Part):
    priority: Priority | None = None
    careLevel: CareLevel | None = None  # noqa: N815 the national name


class ChangedQualification(Part):
    details: ChangedDetails = ChangedDetails()


class CaseUpdate(Part):
    """RS-EDA-MAJ `createCaseHealthUpdate`: a part of a file that changed."""

    caseId: CaseId  # noqa: N815 the national name
    qualification: ChangedQualification = ChangedQualification()
    patient: tuple[CasePatient, ...] = ()


class Demand(Part):
    """What is asked of a partner."""

    requestId: Annotated[str, StringConstraints(min_length=1, max_length=256)]  # noqa: N815 the national name
    datetime: Moment
    purpose: str
    deadline: Delay | None = None
    freetext: str | None = None


class ResourcesRequest(Part):
    """RS-DR `resourcesRequest`: a resource asked for a case."""

    caseId: CaseId  # noqa: N815 the national name
    request: Demand
    status: Literal["ANNULEE"] | None = None


class Embedded(Part):
    message: dict[str, Any]


class JsonContent(Part):
    embeddedJsonContent: Embedded  # noqa: N815 the national name


class Content(Part):
    jsonContent: JsonContent  # noqa: N815 the national name


Sender = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,120}$")]
"""Who is connected to the Hub, as it calls them: `fr.health.samu950`."""


class Edxl(Part):
    """EDXL-DE 1.0 as the Hub profiles it."""

    distributionID: Annotated[str, StringConstraints(min_length=1, max_length=256)]  # noqa: N815 the national name
    senderID: Sender  # noqa: N815 the national name
    dateTimeSent: Moment  # noqa: N815 the national name
    dateTimeExpires: Moment  # noqa: N815 the national name
    distributionStatus: Literal["Actual", "Exercise"]  # noqa: N815 the national name
    distributionKind: Literal["Report", "Update", "Cancel", "Ack", "Error"]  # noqa: N815 the national name
    descriptor: dict[str, Any]
    content: Annotated[tuple[Content, ...], Field(min_length=1)]


NationalMessage = Case | CaseUpdate | ResourcesRequest | Cancellation

ROOTS: dict[str, type[NationalMessage]] = {
    "createCaseHealth": Case,
    "createCaseHealthUpdate": CaseUpdate,
    "resourcesRequest": ResourcesRequest,
}

OTHER_ROOTS = frozenset(
    {
        "resourcesResponse",
        "resourcesInfo",
        "resourcesStatus",
        "resourcesEngagement",
        "documentLink",
        "interventionReport",
        "rpis",
        "appointment",
        "reference",
        "error",
        "customContent",
        "technical",
        "technicalNoreq",
        "createCase",
        "emsi",
    }
)
"""Published messages that ask for no care."""
