"""Canonicals, systems and codes of the IG, mixed as they are there (INTEROP, 1.3 and 1.4)."""

_OLD = "http://sas.fr/fhir/StructureDefinition/"
_NEW = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/"

BUNDLE = f"{_OLD}BundleAgregateur"
BUNDLE_CPTS = f"{_NEW}sas-cpts-bundle-aggregator"
SLOT = f"{_OLD}FrSlotAgregateur"
SLOT_CPTS = f"{_NEW}sas-cpts-slot-aggregator"
SCHEDULE = f"{_OLD}FrScheduleAgregateur"
PRACTITIONER = f"{_OLD}FrPractitionerAgregateur"
PRACTITIONER_ROLE = f"{_OLD}FrPractitionerRoleExerciceAgregateur"
LOCATION = f"{_OLD}FrLocationAgregateur"
HEALTHCARE_SERVICE = f"{_NEW}sas-cpts-healthcareservice-aggregator"
ORGANIZATION = f"{_NEW}sas-cpts-organization-aggregator"
BUNDLE_SOS = f"{_NEW}sas-sos-bundle-aggregator"
SLOT_SOS = f"{_NEW}sas-sos-slot-aggregator"
SCHEDULE_SOS = f"{_NEW}sas-sos-schedule-aggregator"
LOCATION_SOS = f"{_NEW}sas-sos-location-aggregator"
ORGANIZATION_SOS = f"{_NEW}sas-sos-organization-aggregator"
REGULATOR = f"{_NEW}FrPractitionerRegul"
SERVICE_TYPE_REFERENCE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType"

SLOT_TYPE = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"
CONSULTATION = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
STRUCTURE_KIND = (
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/"
    "TRE-R66-CategorieEtablissement"
)
CPTS = "604"
SPECIALTY = (
    "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
)
GENERAL_MEDICINE = "SM54"
APPOINTMENT = "http://terminology.hl7.org/CodeSystem/v2-0276"
ROUTINE = "ROUTINE"

IDENTIFIER_TYPE = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
IDENTIFIER_TYPE_1_2 = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
LOCATION_TYPE = "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type"
NATIONAL, INTERNAL = "IDNPS", "INTRN"  # kinds of numbers of people
PERSON = "urn:oid:1.2.250.1.71.4.2.1"  # national numbers of professionals, an 8 before the RPPS
PLATFORM = "urn:oid:1.2.250.1.213.3.6"  # numbers the platform gives who has no national one
STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"  # of structures, a 1 before FINESS, a 3 before SIRET
OURS = "urn:snp-dispatch:place"

MEDIA_TYPE = "application/fhir+json"

_PREFIXED = 12  # characters: the 8 and eleven digits


def without_prefix(number: str) -> str:
    """An RPPS number without the national 8 before it; any other as it is (INTEROP, 1.4)."""
    return number[1:] if len(number) == _PREFIXED and number.startswith("8") else number
