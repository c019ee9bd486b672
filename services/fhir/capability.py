"""What this server does, as FHIR asks it to say (SAS-GestionnaireAgenda-PsIndiv and -CPTS)."""

from datetime import datetime
from typing import Any

from services.fhir import codes

_GUIDE = "https://interop.esante.gouv.fr/ig/fhir/sas"


def capability(version: str, base: str, at: datetime) -> dict[str, Any]:
    """The CapabilityStatement."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "SNP Dispatch", "version": version},
        "implementation": {"description": "SNP Dispatch", "url": base},
        "fhirVersion": "4.0.1",
        "format": [codes.MEDIA_TYPE],
        "implementationGuide": [_GUIDE],
        "instantiates": [
            f"{_GUIDE}/CapabilityStatement/SAS-GestionnaireAgenda-PsIndiv",
            f"{_GUIDE}/CapabilityStatement/SAS-GestionnaireAgenda-CPTS",
            f"{_GUIDE}/CapabilityStatement/SAS-GestionnaireAgenda-SOS",
            f"{_GUIDE}/CapabilityStatement/SAS-GestionnaireStructure",
        ],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": "Slot",
                        "supportedProfile": [codes.SLOT, codes.SLOT_CPTS, codes.SLOT_SOS],
                        "interaction": [{"code": "search-type"}],
                        "searchInclude": ["Slot:schedule", "Slot:service-type-reference"],
                        "searchParam": [
                            {"name": "start", "type": "date"},
                            {"name": "status", "type": "token"},
                            {"name": "schedule", "type": "reference"},
                            {"name": "service-type-reference", "type": "reference"},
                        ],
                    },
                    {
                        "type": "Practitioner",
                        "supportedProfile": [codes.PRACTITIONER, codes.REGULATOR],
                        "interaction": [{"code": "create"}, {"code": "update"}],
                        "updateCreate": True,
                        "conditionalUpdate": True,
                    },
                    {
                        "type": "Schedule",
                        "supportedProfile": [codes.SCHEDULE, codes.SCHEDULE_SOS],
                        "interaction": [{"code": "search-type"}],
                        "searchInclude": ["Schedule:actor:Location", "Location:organization"],
                        "searchRevInclude": ["Slot:schedule"],
                        "searchParam": [
                            {"name": "_has", "type": "special"},
                            {"name": "actor", "type": "reference"},
                        ],
                    },
                    *(
                        {"type": kind, "supportedProfile": [profile]}
                        for kind, profile in (
                            ("PractitionerRole", codes.PRACTITIONER_ROLE),
                            ("HealthcareService", codes.HEALTHCARE_SERVICE),
                            ("Organization", codes.ORGANIZATION),
                        )
                    ),
                ],
            }
        ],
    }


def outcome(code: str, text: str) -> dict[str, Any]:
    """Why something could not be done (OperationOutcome)."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": _ISSUES.get(code, "processing"),
                "details": {"text": text},
                "diagnostics": code,
            }
        ],
    }


_ISSUES = {
    "invalid": "invalid",
    "invalid_token": "login",
    "not_allowed": "forbidden",
    "unknown_path": "not-found",
    "method_not_allowed": "not-supported",
    "too_many": "throttled",
    "log_unavailable": "transient",
    "not_built_yet": "transient",
}
"""Our codes → those of FHIR (http://hl7.org/fhir/issue-type)."""
