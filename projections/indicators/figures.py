"""What a figure is, and how it is read from the rows its question found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, assert_never

from projections.indicators.definitions import (
    Count,
    Distinct,
    Gini,
    Mean,
    Rate,
    Ratio,
    Reported,
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


def reported(measure: Reported, rows: Sequence[Row]) -> Figure:
    """Added up, of days apart; of inhabitants the mean: they are the same ones every month."""
    found = _apart(rows)
    if not found:
        return Figure()
    source = ", ".join(sorted({row["source"] for row in found}))
    numerator = sum(row["numerator"] for row in found)
    if any(row["denominator"] is None for row in found):
        return replace(amount(numerator), source=source)
    if not measure.of_inhabitants:
        denominator = sum(row["denominator"] for row in found)
    else:
        denominator = 0.0
        for _, theirs in groupby(found, key=lambda row: row["finess"]):
            denominators = [row["denominator"] for row in theirs]
            denominator += sum(denominators) / len(denominators)
    return replace(share(numerator, denominator), source=source)


def _apart(rows: Sequence[Row]) -> list[Row]:
    """Those that say most days together and none twice; of as many days, the fewest reports."""
    chosen: list[Row] = []
    for _, theirs in groupby(sorted(rows, key=_whose_and_until), key=lambda row: row["finess"]):
        reports = list(theirs)
        # The best of the first n: days said, reports it takes, which ones.
        best: list[tuple[int, int, list[Row]]] = [(0, 0, [])]
        for nth, row in enumerate(reports):
            before = sum(other["ends"] < row["begins"] for other in reports[:nth])
            days, number, which = best[before]
            days += (row["ends"] - row["begins"]).days + 1
            with_it = (days, number - 1, [*which, row])
            best.append(max(best[nth], with_it, key=lambda one: one[:2]))
        chosen += best[-1][2]
    return chosen


def _whose_and_until(row: Row) -> tuple[Any, ...]:
    return row["finess"], row["ends"], row["begins"]


def rounded(number: float) -> float:
    """The same, whatever the order its parts were added in."""
    return round(float(number), _DIGITS)
