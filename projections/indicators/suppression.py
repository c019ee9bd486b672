"""What readers outside the community see of small numbers of patients: nothing, or about how many.

A count of patients under thirteen is not shown, and every other is rounded to five. What was not
shown cannot be had by subtracting: each count that is shown stands for five possible ones, so the
difference of two leaves at least four for whoever was hidden (docs/adr/0020). It holds for any two
exports, whatever their filters, periods and instants, with nothing to be remembered between them.
"""

from collections.abc import Mapping

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

BASE = 5
LEAST_SHOWN = 13
"""The least count that is shown: the first of those rounded to fifteen, and more than ten."""


def shown(count: float) -> int | None:
    """About how many: a multiple of five. None: some, and too few to say."""
    if count == 0:
        return 0
    return None if count < LEAST_SHOWN else BASE * int((count + BASE // 2) // BASE)


def suppressed(definition: Definition, figure: Figure) -> Figure:
    """The figure as readers outside see it. What counts no patients stays as it is."""
    match definition.measure:
        case Count(fact="requests") | Split(fact="requests"):
            return _count(figure)
        case Rate(fact="requests") | Weekly():
            return _rate(figure)
        case Spread(fact="requests") | Mean(fact="requests"):
            return _of_enough(figure)
        case (
            Count()
            | Split()
            | Rate()
            | Spread()
            | Mean()
            | Total()
            | Ratio()
            | Distinct()
            | Gini()
            | Participation()
            | Journal()
            | Reported()
        ):
            return figure


def _count(figure: Figure) -> Figure:
    count = shown(figure.numerator or 0)
    parts = {part: shown(n or 0) for part, n in figure.parts.items()}
    value = None if count is None else float(count)
    return Figure(value, value, parts=parts, hidden=count is None)


def _rate(figure: Figure) -> Figure:
    n, d = shown(figure.numerator or 0), shown(figure.denominator or 0)
    if n is None or d is None:
        return Figure(denominator=None if d is None else float(d), hidden=True)
    # Rounded apart, a part may seem more than the whole.
    return Figure(rounded(min(n / d, 1.0)) if d else None, float(n), float(d))


def _of_enough(figure: Figure) -> Figure:
    d = shown(figure.denominator or 0)
    if d is None:
        return Figure(hidden=True)
    value, p90 = _one_digit(figure.value), _one_digit(figure.p90)
    return Figure(value, denominator=float(d), p90=p90)


def _one_digit(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


def all_suppressed(
    definitions: Mapping[str, Definition], cells: Mapping[tuple[str, str], Figure]
) -> dict[tuple[str, str], Figure]:
    """Every figure as readers outside see it."""
    return {
        (code, cell): suppressed(definitions[code], figure)
        for (code, cell), figure in cells.items()
    }
