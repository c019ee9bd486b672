"""The national codes, as they are written on the wire.

Sources: Hub Santé nomenclatures 26.07.29 (priority, care level, delay, sex), SAS implementation
guide 1.2 (modes, visibility labels, orientation categories), TRE_G15 (professions), TRE_R38
(specialties).
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints


class Priority(StrEnum):
    """How urgent the regulator judged the case."""

    P0 = "P0"  # vital emergency
    P1 = "P1"  # urgent and first
    P2 = "P2"  # not urgent: the national default
    P3 = "P3"  # deferred
    NR = "NR"  # not regulated


class CareLevel(StrEnum):
    """What the case needs."""

    R1 = "R1"  # vital: a mobile emergency unit
    R2 = "R2"  # true emergency without vital distress
    R3 = "R3"  # continuity of care
    R4 = "R4"  # advice or a prescription by telephone


class Delay(StrEnum):
    """Within what time care is wanted (`délai`, RS-DR)."""

    DEL0 = "DEL0"
    ASAP = "ASAP"
    MIN_30 = "30M"
    MIN_45 = "45M"
    HOURS_1 = "1H"
    HOURS_2 = "2H"
    HOURS_4 = "4H"
    HOURS_8 = "8H"
    HOURS_12 = "12H"
    HOURS_24 = "24H"
    RDV = "RDV"

    @property
    def longest(self) -> timedelta:
        """The time within which the visit must begin."""
        return _LONGEST[self]


_LONGEST = {
    # Nobody can sit before a doctor at once: the shortest written delay stands for "immediately".
    Delay.DEL0: timedelta(minutes=30),
    Delay.ASAP: timedelta(hours=1),  # the nomenclature says one hour at most
    Delay.MIN_30: timedelta(minutes=30),
    Delay.MIN_45: timedelta(minutes=45),
    Delay.HOURS_1: timedelta(hours=1),
    Delay.HOURS_2: timedelta(hours=2),
    Delay.HOURS_4: timedelta(hours=4),
    Delay.HOURS_8: timedelta(hours=8),
    Delay.HOURS_12: timedelta(hours=12),
    Delay.HOURS_24: timedelta(hours=24),
    Delay.RDV: timedelta(hours=48),  # unscheduled care ends at 48 h (ministry, SAS)
}


class Mode(StrEnum):
    """Where patient and professional meet (v3-ActCode)."""

    OFFICE = "AMB"
    HOME = "HH"
    VIDEO = "VR"


class Label(StrEnum):
    """To whom a slot is shown (TRE_R314-TypeCreneau); a slot may carry several."""

    PUBLIC = "PUBLIC"
    PRO = "PRO"
    SNP = "SNP"
    CPTS = "CPTS"


class Source(StrEnum):
    """Who asks, for consent is given to each of them apart."""

    SAS = "SAS"  # a regulator
    CPTS = "CPTS"  # the community's own desk
    IOA = "IOA"  # the triage nurse of an emergency department
    HAD = "HAD"  # a hospital-at-home team
    EMS = "EMS"  # a medico-social establishment
    PHARMACY = "PHARMA"  # a pharmacist or a nurse in town, for a patient before them


class Sex(StrEnum):
    """As the Hub Santé writes it."""

    MALE = "M"
    FEMALE = "F"
    OTHER = "O"
    UNKNOWN = "UN"


class Profession(StrEnum):
    """Professions that take unscheduled care (TRE_G15)."""

    DOCTOR = "10"
    PHARMACIST = "21"
    DENTIST = "40"
    MIDWIFE = "50"
    NURSE = "60"
    PHYSIOTHERAPIST = "70"
    PODIATRIST = "80"


class Setting(StrEnum):
    """Where care belongs, and so from which step of a ladder on a patient may be sent there.

    PS, MSP, CDS and SOS are national orientation categories; the others are ours.
    """

    TOWN = "PS"  # a professional in town, of the first line
    HEALTH_HOUSE = "MSP"
    HEALTH_CENTRE = "CDS"
    SOS_MEDECINS = "SOS"
    DUTY_HOUSE = "MMG"  # maison médicale de garde
    TELECONSULTATION = "TLC"
    SPECIALIST = "SPE"  # the second line
    HOSPITAL = "HOP"  # a consultation in a hospital
    HOSPITAL_AT_HOME = "HAD"
    MEDICO_SOCIAL = "EMS"


Specialty = Annotated[str, StringConstraints(pattern=r"^(SM|SC|SP|SI|SCD)\d{2}$")]
"""What a professional is a specialist of (TRE_R38): `SM04` cardiology, `SM26` general practice."""


class Period(StrEnum):
    """Whose hours it is in a département (R6315-1 CSP; DOMAIN: SAS hours)."""

    SAS = "SAS"  # Monday to Friday 8 to 20 h, Saturday 8 to 12 h, where it is not the other
    OUT_OF_HOURS = "PDSA"  # nights, Sundays, holidays, and what the département chose
    BETWEEN = "NONE"  # Saturday afternoon, where the département did not choose it


class Registration(StrEnum):
    """Whether the patient has a treating doctor (médecin traitant)."""

    UNKNOWN = "UNKNOWN"
    REGISTERED = "REGISTERED"
    NOT_REGISTERED = "NOT_REGISTERED"
    SEEKS_ONE = "SEEKS_ONE"  # has none, and wants one


class Complaint(StrEnum):
    """What the national reasons are too coarse to say, and protocols and professions need."""

    SORE_THROAT = "ODYNOPHAGIE"
    BURNING_URINATION = "POLLAKIURIE"
    ANKLE_SPRAIN = "ENTORSE_CHEVILLE"
    ACUTE_LOW_BACK_PAIN = "LOMBALGIE_AIGUE"  # for less than four weeks
    ALLERGIC_RHINITIS = "RHINITE_ALLERGIQUE"  # the same treatment again
    TOOTHACHE = "DOULEUR_DENTAIRE"
    PREGNANCY = "GROSSESSE"  # without bleeding, nor in labour
    WOUND_CARE = "PANSEMENT"


class Channel(StrEnum):
    """How somebody is reached."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    PUSH = "PUSH"  # an application on their telephone


class Origin(StrEnum):
    """Where a slot comes from."""

    AGENDA = "AGENDA"  # published from the practitioner's own agenda
    OVERBOOK = "OVERBOOK"  # made for one patient, beyond the agenda (surnuméraire)
