"""Articulation with the SAS, as a community agreed it: who is asked next, and for how long."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from events.base import Frozen
from events.codes import Period, Priority, Setting, Specialty
from events.destination import Destination
from events.motives import MotivePrefix
from events.place import Title

Minutes = Annotated[int, Field(ge=0, le=48 * 60)]


class StepKind(StrEnum):
    """What is done for a request that has no place yet."""

    TREATING_DOCTOR = (
        "TREATING_DOCTOR"  # their own doctor: a free place, or asked beyond the agenda
    )
    MEMBER_SLOTS = "MEMBER_SLOTS"  # places members publish
    MEMBER_OFFERS = "MEMBER_OFFERS"  # members asked in waves, beyond their agenda
    NEIGHBOUR_SLOTS = "NEIGHBOUR_SLOTS"  # places of communities it agreed with
    PARTNER_SLOTS = "PARTNER_SLOTS"  # places of the settings the step names
    PARTNER_OFFERS = "PARTNER_OFFERS"  # and those there asked beyond their agenda


ASKING = frozenset(
    {StepKind.TREATING_DOCTOR, StepKind.MEMBER_OFFERS, StepKind.PARTNER_OFFERS},
)
"""Steps in which somebody is asked, and needs time to answer."""

WITH_PARTNERS = frozenset({StepKind.PARTNER_SLOTS, StepKind.PARTNER_OFFERS})
"""Steps that name settings."""


class Step(Frozen):
    """A rung: for how long nothing further is done. Places that open meanwhile are taken."""

    kind: StepKind
    minutes: Minutes
    settings: tuple[Setting, ...] = ()  # of partners
    specialties: tuple[Specialty, ...] = ()  # of specialists and hospitals; none named: any


class Rule(Frozen):
    """For which requests these steps are; without priorities, motives or hours, for all."""

    title: Title
    priorities: tuple[Priority, ...] = ()
    motives: tuple[MotivePrefix, ...] = ()  # and what refines them
    hours: tuple[Period, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=12)]
    otherwise: Destination | None = None  # what the SAS is advised when nobody could


class Ladder(Frozen):
    """The first rule that fits a request is its rule. What comes last is always the hand-back."""

    title: Title
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=50)]
