"""What readers outside the community see of numbers of patients: nothing, or about how many.

Ten or fewer, none included, are not shown; every other number is shown as the middle of its five:
13 for 11 to 15. What was not shown cannot be had by subtracting: the difference of two exports,
whatever their filters, leaves at least four possible numbers for whoever was hidden, and so does
any number of hidden cells beside their sum (docs/adr/0020).
"""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import assert_never

from projections.indicators.definitions import (
    Count,
    Definition,
    Distinct,
    Gini,
    Journal,
    Mean,
    Participation,
    Rate,
    Ratio,
    Reported,
    Split,
    Spread,
    Total,
    Weekly,
)
from projections.indicators.figures import Figure, rounded

WIDTH = 5
MOST_HIDDEN = 10
"""A multiple of the width: however many are hidden, their greatest sum ends its five."""


def shown(count: float) -> int | None:
    """About how many: the middle of its five. None: ten or fewer."""
    number = ceil(count)  # hours have fractions: each is told as the next whole one
    if number <= MOST_HIDDEN:
        return None
    return WIDTH * ((number - 1) // WIDTH) + (WIDTH + 1) // 2


def suppressed(definition: Definition, figure: Figure) -> Figure:
    """The figure as readers outside see it. What counts no patients stays as it is."""
    match definition.measure:
        case Count() | Split():
            return _count(figure)
        # Each place may be one patient: beyond the agenda it was made for them, and what is left of
        # places offered, when the rest is known, was used. A day's hours tell its places.
        case Total() | Distinct():
            return _count(figure)
        case Rate() | Ratio():
            return _rate(figure)
        case Weekly(gives="over"):
            weeks = shown(figure.denominator or 0)
            seen = _count(figure)
            if weeks is None or seen.hidden:
                return Figure(hidden=True)
            return replace(seen, denominator=float(weeks))
        case Weekly():
            return _a_week(figure)
        case Spread() | Mean():
            return _of_enough(figure)
        case Gini() | Participation() | Journal() | Reported():
            return figure  # it counts professionals and notes, whoever their patients are
        case _:
            assert_never(definition.measure)


def _count(figure: Figure) -> Figure:
    count = shown(figure.numerator or 0)
    # Of those that are not shown it must not even be seen that they are more than none.
    parts = {part: about for part, n in figure.parts.items() if (about := shown(n)) is not None}
    value = None if count is None else float(count)
    return Figure(value, value, parts=parts, hidden=count is None)


def _rate(figure: Figure) -> Figure:
    n, d = shown(figure.numerator or 0), shown(figure.denominator or 0)
    if n is None or d is None:
        return Figure(denominator=None if d is None else float(d), hidden=True)
    # Each about right, a part may seem more than the whole.
    return Figure(rounded(min(n / d, 1.0)), float(n), float(d))


def _a_week(figure: Figure) -> Figure:
    n, weeks = shown(figure.numerator or 0), shown(figure.denominator or 0)
    if n is None or weeks is None:
        return Figure(hidden=True)
    return Figure(rounded(n / weeks), float(n), float(weeks))


def _of_enough(figure: Figure) -> Figure:
    d = shown(figure.denominator or 0)
    if d is None:
        return Figure(hidden=True)
    value, p90 = _one_digit(figure.value), _one_digit(figure.p90)
    return Figure(value, denominator=float(d), p90=p90)


def _one_digit(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


def all_suppressed(
    definitions: Mapping[str, Definition], cells: Mapping[tuple[str, str], Figure], whole: str
) -> dict[tuple[str, str], Figure]:
    """Every figure as readers outside see it. Of cells, those with nothing to show are left out."""
    seen = {
        (code, cell): suppressed(definitions[code], figure)
        for (code, cell), figure in cells.items()
    }
    return {key: figure for key, figure in seen.items() if key[1] == whole or not figure.hidden}
