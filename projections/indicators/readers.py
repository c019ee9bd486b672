"""Who reads indicators."""

from enum import StrEnum


class Reader(StrEnum):
    """Who an indicator is for."""

    COORDINATOR = "coordinator"
    SAS = "sas"
    ARS = "ars"
    CPAM = "cpam"


RESTRICTED = frozenset({Reader.ARS, Reader.CPAM})
"""Readers who see no small cells."""
