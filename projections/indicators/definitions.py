"""What each indicator means: data, read from the files beside this module.

A definition says in words what is computed, and names the facts, conditions (`marks.py`) and
columns (`tables.py`) that compute it. Another meaning is another version with a day of its own.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from events.base import Code
from projections.indicators.readers import Reader


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Data):
    """The same in both languages."""

    fr: str
    en: str

    def of(self, language: str) -> str:
        """In `fr` or `en`."""
        return self.fr if language == "fr" else self.en


class Theme(StrEnum):
    """The chapters of a report, in their order."""

    FLOW = "flow"
    DELAYS = "delays"
    VISITS = "visits"
    ARTICULATION = "articulation"
    EQUITY = "equity"
    SUPPLY = "supply"
    PARTICIPATION = "participation"
    OFFERS = "offers"
    REGULATED = "regulated"
    PROTOCOLS = "protocols"
    OPINION = "opinion"
    ELSEWHERE = "elsewhere"


Fact = Literal["requests", "places", "offers"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Count(_Data):
    """How many facts have the mark."""

    kind: Literal["count"]
    fact: Fact
    on: Name  # the column that says on which day it counts
    of: Name


class Rate(_Data):
    """Of the facts with one mark, the share that has the other as well."""

    kind: Literal["rate"]
    fact: Fact
    on: Name
    of: Name
    among: Name


class Total(_Data):
    """The sum of a column."""

    kind: Literal["total"]
    fact: Fact
    on: Name
    of: Name
    column: Name


class Ratio(_Data):
    """The sum of one column over the sum of another."""

    kind: Literal["ratio"]
    fact: Fact
    on: Name
    of: Name
    column: Name
    over: Name


class Spread(_Data):
    """Median and ninth decile of a column, exact, interpolated between two facts."""

    kind: Literal["spread"]
    fact: Fact
    on: Name
    of: Name
    column: Name


class Mean(_Data):
    """The mean of a column."""

    kind: Literal["mean"]
    fact: Fact
    on: Name
    of: Name
    column: Name


class Split(_Data):
    """How many facts have each value of a column; several, where the column has several."""

    kind: Literal["split"]
    fact: Fact
    on: Name
    of: Name
    column: Name


class Distinct(_Data):
    """How many values a column has."""

    kind: Literal["distinct"]
    fact: Fact
    on: Name
    of: Name
    column: Name


class Gini(_Data):
    """How unequal practitioners are in the sum of a column, or in its share of another.

    The column may be a mark: then the facts that have it are counted.
    """

    kind: Literal["gini"]
    fact: Fact
    on: Name
    of: Name
    column: Name
    over: Name | None = None


class Weekly(_Data):
    """Facts with the mark, a practitioner and a week of theirs."""

    kind: Literal["weekly"]
    fact: Literal["requests"]
    on: Name
    of: Name
    gives: Literal["mean", "over"]
    limit: int = 0  # of `over`: weeks with more than so many


class Participation(_Data):
    """Of the members of these professions, the share that did something in the period."""

    kind: Literal["participation"]
    professions: tuple[str, ...] = ()  # none: all
    hours_a_week: float | None = None  # offered at least so many; else anything at all
    share: bool = True  # else how many


class Journal(_Data):
    """Notes of the journal, by topic."""

    kind: Literal["journal"]


class Reported(_Data):
    """A figure from elsewhere, as its source gave it."""

    kind: Literal["reported"]
    of_inhabitants: bool = False  # its denominator: the same ones, month after month


Measure = (
    Count
    | Rate
    | Total
    | Ratio
    | Spread
    | Mean
    | Split
    | Distinct
    | Gini
    | Weekly
    | Participation
    | Journal
    | Reported
)


class Definition(_Data):
    """An indicator."""

    code: Code
    version: Annotated[int, Field(ge=1)] = 1
    valid_from: date
    theme: Theme
    name: Words
    formula: Words
    numerator: Words
    denominator: Words | None = None
    unit: Literal["n", "%", "min", "h", "index", "/5", "days", "/1000"]
    readers: Annotated[tuple[Reader, ...], Field(min_length=1)]
    events: tuple[str, ...] = ()  # whose facts are behind it
    better: Literal["more", "less"] | None = None
    basis: str  # the text, the study, or the practice it comes from
    measure: Annotated[Measure, Field(discriminator="kind")]

    @property
    def may_be_aimed_at(self) -> bool:
        """Whether it is one number, that a target can be set for."""
        return not isinstance(self.measure, Split | Journal)

    @property
    def external(self) -> bool:
        """Whether no event of ours can give it."""
        return isinstance(self.measure, Reported)


@cache
def catalogue() -> Mapping[str, Sequence[Definition]]:
    """Every definition there is, by code, the oldest version first."""
    found: dict[str, list[Definition]] = {}
    folder = files("projections.indicators").joinpath("data")
    for theme in Theme:
        text = folder.joinpath(f"{theme}.toml").read_text("utf-8")
        for entry in tomllib.loads(text)["indicator"]:
            definition = Definition.model_validate({"theme": theme, **entry})
            found.setdefault(definition.code, []).append(definition)
    for versions in found.values():
        versions.sort(key=lambda one: one.valid_from)
    return found


def in_force(day: date, readers: Reader | None = None) -> list[Definition]:
    """The definitions that hold on that day, for this reader, in the order of a report."""
    held = [
        [one for one in versions if one.valid_from <= day] or versions[:1]
        for versions in catalogue().values()
    ]
    return [ones[-1] for ones in held if readers is None or readers in ones[-1].readers]
