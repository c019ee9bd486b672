"""Articulation with the SAS, as a community agreed it: who is asked next, and for how long."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from events.base import Frozen
from events.codes import Priority
from events.place import Title

MotivePrefix = Annotated[str, StringConstraints(pattern=r"^M\d{2}(\.\d{2}){0,2}$")]
"""A reason for calling, or a chapter of them: `M03.14`, `M03`."""

Minutes = Annotated[int, Field(ge=0, le=48 * 60)]


class StepKind(StrEnum):
    """What is done for a request that has no place yet."""

    MEMBER_SLOTS = "MEMBER_SLOTS"  # places members publish
    MEMBER_OFFERS = "MEMBER_OFFERS"  # members asked in waves, beyond their agenda
    NEIGHBOUR_SLOTS = "NEIGHBOUR_SLOTS"  # places of communities it agreed with


class Step(Frozen):
    """A rung: for how long nothing further is done. Places that open meanwhile are taken."""

    kind: StepKind
    minutes: Minutes


class Rule(Frozen):
    """For which requests these steps are; without priorities or motives, for all."""

    title: Title
    priorities: tuple[Priority, ...] = ()
    motives: tuple[MotivePrefix, ...] = ()  # and what refines them
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=12)]


class Ladder(Frozen):
    """The first rule that fits a request is its rule. What comes last is always the hand-back."""

    title: Title
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=50)]
