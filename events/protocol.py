"""Who else than a doctor may see which patient, as protocols and laws of a day allow it."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from events.base import Frozen
from events.codes import Complaint, Profession, Setting, Sex
from events.motives import MotivePrefix
from events.place import Title

OLDEST = 130  # years
Age = Annotated[int, Field(ge=0, le=OLDEST)]

ProtocolCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{2,40}$")]


class Protocol(Frozen):
    """A rule that holds from a day, perhaps to a day: whom these professions may see.

    All that is named must fit; what is empty does not matter. A patient of unknown age or sex is
    outside a rule that names ages or sexes.
    """

    code: ProtocolCode
    title: Title
    professions: Annotated[tuple[Profession, ...], Field(min_length=1)]
    complaints: tuple[Complaint, ...] = ()
    motives: tuple[MotivePrefix, ...] = ()
    min_age: Age | None = None  # years, both included
    max_age: Age | None = None
    sexes: tuple[Sex, ...] = ()
    settings: tuple[Setting, ...] = ()  # where it may be practised
    delegated: bool  # by a doctor, to those enrolled in the protocol; else by law, to all
    valid_from: date
    valid_until: date | None = None  # the last day
    source: Title  # the text that says so


class Pathway(Frozen):
    """A protocol that fits a request."""

    code: ProtocolCode
    professions: tuple[Profession, ...]
    settings: tuple[Setting, ...]
    delegated: bool
