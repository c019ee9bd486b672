"""A report as lines: a figure each, a cell of a breakdown, a part of a split."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson

from projections.indicators.definitions import Definition, Split, Theme
from projections.indicators.dimensions import word_of
from projections.indicators.figures import Figure
from projections.indicators.values import value_name
from services.reports.asking import Report

_SCALE = {"%": 100.0, "/1000": 1000.0}
_BY_COMMUNE, _BY_COMMUNITY = "commune", "community"


@dataclass(frozen=True)
class Line:
    """Values, targets and percentiles are in the unit: 83.3 %, 4.5 min."""

    theme: Theme
    code: str
    version: int
    name: str
    cell: str
    cell_name: str
    part: str
    part_name: str
    value: float | None
    unit: str
    p90: float | None
    numerator: float | None
    denominator: float | None
    at_least: float | None
    at_most: float | None
    reached: bool | None  # the target; None: there is none, or nothing to say yet
    hidden: bool
    source: str  # who says so, of a figure from elsewhere


def lines(report: Report, language: str) -> list[Line]:
    """In the order of the chapters, of definitions, of cells, of parts."""
    cells = sorted({cell for _, cell in report.cells})
    return [
        line
        for definition in report.definitions.values()
        for cell in cells
        if (figure := report.cells.get((definition.code, cell))) is not None
        for line in _of_figure(report, definition, cell, figure, language)
    ]


def _of_figure(
    report: Report, definition: Definition, cell: str, figure: Figure, language: str
) -> Iterator[Line]:
    target = report.targets.get(definition.code) if not cell else None
    cell_name = _named(report, report.ask.asked.by or "", cell, language) if cell else ""
    yield Line(
        theme=definition.theme,
        code=definition.code,
        version=definition.version,
        name=definition.name.of(language),
        cell=cell,
        cell_name=cell_name,
        part="",
        part_name="",
        value=scaled(figure.value, definition.unit),
        unit=definition.unit,
        p90=scaled(figure.p90, definition.unit),
        numerator=figure.numerator,
        denominator=figure.denominator,
        at_least=scaled(target.at_least, definition.unit) if target else None,
        at_most=scaled(target.at_most, definition.unit) if target else None,
        reached=report.reached.get(definition.code) if not cell else None,
        hidden=figure.hidden,
        source=figure.source,
    )
    of_what = (
        word_of(definition.measure.column) if isinstance(definition.measure, Split) else "topic"
    )
    for part, number in figure.parts.items():
        yield Line(
            theme=definition.theme,
            code=definition.code,
            version=definition.version,
            name=definition.name.of(language),
            cell=cell,
            cell_name=cell_name,
            part=part,
            part_name=_named(report, of_what, part, language),
            value=float(number),
            unit=definition.unit,
            p90=None,
            numerator=float(number),
            denominator=figure.value,
            at_least=None,
            at_most=None,
            reached=None,
            hidden=False,
            source=figure.source,
        )


def _named(report: Report, dimension: str, code: str, language: str) -> str:
    known = {_BY_COMMUNE: report.communes, _BY_COMMUNITY: report.titles}.get(dimension, {})
    return known.get(code) or value_name(dimension, code, language)


def scaled(value: float | None, unit: str) -> float | None:
    """In the unit: a share of 0.833 is 83.3 %."""
    return None if value is None else round(value * _SCALE.get(unit, 1.0), 6)


def unscaled(value: float, unit: str) -> float:
    """As figures are: 83.3 % is 0.833."""
    return value / _SCALE.get(unit, 1.0)


def fingerprint(report: Report, found: Sequence[Line]) -> str:
    """The same for the same question of the same log, whoever asks again: 16 characters."""
    asked = report.ask.asked
    whole = {
        "scope": asdict(asked.scope),
        "period": [asked.period.begins, asked.period.ends],
        "by": asked.by,
        "reader": report.ask.reader,
        "position": report.position,
        "figures": [[line.code, line.version, line.cell, line.part, line.value] for line in found],
    }
    return hashlib.sha256(orjson.dumps(whole)).hexdigest()[:16]
