"""In what capacity somebody acts (DOMAIN of the design, §2, §5; the national platform)."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to a community, or to a practitioner."""

    REGULATOR = "regulator"  # ARM, regulating doctor, or operator of unscheduled care (OSNP)
    TRIAGE_NURSE = "triage_nurse"  # of an emergency department (IOA): redirects to town
    PRACTITIONER = "practitioner"
    DELEGATE = "delegate"  # a secretary: in a practitioner's name
    STRUCTURE_MANAGER = "structure_manager"  # of a health centre: in the names of who works there
    COORDINATOR = "coordinator"  # of a community: how many and how fast, never who
    AUTHORITY = "authority"  # reader at the ARS or the CPAM: aggregates, small cells left out
    PROTECTION_OFFICER = "protection_officer"  # of data (DPO): who looked at whose identity
    PLATFORM = "platform"  # the national one: searches slots, keeps accounts of its regulators
    ADMINISTRATOR = "administrator"  # communities, members and accounts; no care
    OPERATOR = "operator"  # runs the machines
    SYSTEM = "system"  # a service of ours
