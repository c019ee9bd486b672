"""What a figure is, and how it is read from the rows its question found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from projections.indicators.definitions import (
    Count,
    Distinct,
    Gini,
    Mean,
    Rate,
    Ratio,
    Spread,
    Total,
    Weekly,
)
from projections.indicators.inequality import gini

_DIGITS = 6  # sums of floats depend on their order beyond that


@dataclass(frozen=True)
class Figure:
    """What an indicator is: its value, and what it is made of. None: there is nothing to say.

    Rates are shares of 1; durations are in the unit of their definition.
    """

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    p90: float | None = None  # of a spread, whose median is the value
    parts: Mapping[str, int] = field(default_factory=dict)  # of a split; small ones may be left out
    hidden: bool = False  # too few patients to say, for this reader
    source: str = ""  # who says so, of a figure from elsewhere


Row = Mapping[str, Any]
Together = Count | Rate | Total | Ratio | Spread | Mean | Distinct
"""Measures that one pass over the facts gives."""

_SECONDS = {"min": 60.0, "h": 3600.0}


def of_columns(measure: Together, unit: str, given: Mapping[str, Any]) -> Figure:
    """From the columns `questions` asked for: n, d, p50, p90."""
    match measure:
        case Count() | Distinct() | Total():
            return amount(given["n"])
        case Rate() | Ratio() | Mean():
            return share(given["n"], given["d"])
        case Spread():
            scale = _SECONDS.get(unit, 1.0)
            middle, p90 = (
                None if seconds is None else rounded(seconds / scale)
                for seconds in (given["p50"], given["p90"])
            )
            return Figure(middle, denominator=float(given["d"]), p90=p90)
        case _:
            assert_never(measure)


def amount(number: float | None) -> Figure:
    """How much; nothing is zero."""
    found = rounded(number or 0)
    return Figure(found, found)


def share(numerator: float | None, denominator: float | None) -> Figure:
    """One over the other; of nothing there is no share."""
    n, d = rounded(numerator or 0), rounded(denominator or 0)
    return Figure(rounded(n / d) if d else None, n, d)


def split(rows: Sequence[Row]) -> Figure:
    """A part a row."""
    parts = {str(row["part"]): int(row["n"]) for row in rows}
    total = float(sum(parts.values()))
    return Figure(total, total, parts=parts)


def inequality(measure: Gini, rows: Sequence[Row]) -> Figure:
    """Between practitioners, a row each."""
    if measure.over is None:
        amounts = [float(row["n"]) for row in rows]
    else:
        amounts = [row["n"] / row["d"] for row in rows if row["d"]]
    index = gini(amounts)
    return Figure(None if index is None else rounded(index), denominator=float(len(amounts)))


def weekly(measure: Weekly, rows: Sequence[Row]) -> Figure:
    """A row a practitioner and week."""
    counts = [int(row["n"]) for row in rows]
    weeks = float(len(counts))
    match measure.gives:
        case "mean":
            return share(sum(counts), weeks)
        case "over":
            over = float(sum(count > measure.limit for count in counts))
            return Figure(over, over, weeks)
        case _:
            assert_never(measure.gives)


def reported(rows: Sequence[Row]) -> Figure:
    """Added up, of days apart."""
    found = _apart(rows)
    if not found:
        return Figure()
    source = ", ".join(sorted({row["source"] for row in found}))
    numerator = sum(row["numerator"] for row in found)
    if any(row["denominator"] is None for row in found):
        return replace(amount(numerator), source=source)
    return replace(share(numerator, sum(row["denominator"] for row in found)), source=source)


def _apart(rows: Sequence[Row]) -> list[Row]:
    """Of a quarter and its months, the quarter: no day is counted twice."""
    last: dict[str, Any] = {}
    apart = []
    for row in sorted(rows, key=lambda r: (r["finess"], r["begins"], -r["ends"].toordinal())):
        if row["finess"] not in last or row["begins"] > last[row["finess"]]:
            last[row["finess"]] = row["ends"]
            apart.append(row)
    return apart


def rounded(number: float) -> float:
    """The same, whatever the order its parts were added in."""
    return round(float(number), _DIGITS)
