"""Where a patient is sent whom no place of ours is for."""

from enum import StrEnum


class Destination(StrEnum):
    """Where a request goes that no place of ours is for (after Hub Santé, typeOrientation)."""

    EMERGENCY_DEPARTMENT = "URGENCES"
    HOSPITAL = "SANTE"  # admitted, past the emergency department
    HOSPITAL_AT_HOME = "HAD"
    MEDICO_SOCIAL = "EHPAD"
    OUT_OF_HOURS = "PDSA"
    TREATING_DOCTOR = "MT"
    ADVICE = "CONSEIL"
