"""What is asked of the facts for a figure: queries, and how their rows are read.

Asked of the facts as they are, or as they were when the log had come to a position: the queries are
the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, assert_never

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    Table,
    and_,
    func,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast

from projections.indicators import figures
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
from projections.indicators.dimensions import dimension, names, word_of
from projections.indicators.figures import Figure, Row, Together
from projections.indicators.marks import MARKS, TABLES
from projections.indicators.participation import participation
from projections.indicators.periods import Period
from projections.indicators.scope import Scope
from projections.indicators.tables import journal, reported

ALL = ""
"""The cell of a figure that is not broken down."""

Cells = dict[tuple[str, str], Figure]
"""Figures by the code of their definition, and the cell."""


@dataclass(frozen=True)
class Question:
    """A query over the facts, and how its rows are read."""

    query: Select[Any]
    read: Callable[[Sequence[Row]], Cells]


@dataclass(frozen=True)
class Asked:
    """Whose figures, of when; `by`: one a value of that dimension."""

    scope: Scope
    period: Period
    by: str | None = None


def breakdowns() -> list[str]:
    """All that `by` may be, of some figure or other."""
    return sorted({name for table in TABLES.values() for name in names(table)})


def questions(definitions: Iterable[Definition], asked: Asked) -> list[Question]:
    """Few queries for many figures. Of facts without the dimension there are none."""
    found: list[Question | None] = []
    together: dict[tuple[str, str], list[tuple[Definition, Together]]] = defaultdict(list)
    for definition in definitions:
        match definition.measure:
            case Count() | Rate() | Total() | Ratio() | Spread() | Mean() | Distinct() as measure:
                together[measure.fact, measure.on].append((definition, measure))
            case Split() | Gini() | Weekly() as measure:
                found.append(_by_key(definition, measure, asked))
            case Participation() as measure:
                found.append(_participation(definition, measure, asked))
            case Journal():
                found.append(None if asked.by else _journal(definition, asked))
            case Reported() as measure:
                found.append(None if asked.by else _reported(definition, measure, asked))
            case _:
                assert_never(definition.measure)
    found += [_together(TABLES[fact], on, some, asked) for (fact, on), some in together.items()]
    return [question for question in found if question is not None]


def _base(table: Table, on: str, asked: Asked, columns: Sequence[Any]) -> Select[Any] | None:
    """Facts of the scope that count in the period, a row a cell."""
    day = table.c[on]
    cell = literal(ALL) if asked.by is None else dimension(table, day, asked.by)
    if cell is None:
        return None
    # Named first: the values of its arrays are unnested beside it.
    query = (
        select(cell.label("cell"), *columns)
        .select_from(table)
        .where(day.between(asked.period.begins, asked.period.ends), asked.scope.of(table))
    )
    return query if asked.by is None else query.group_by(cell).order_by(cell)


def _together(
    table: Table, on: str, some: Sequence[tuple[Definition, Together]], asked: Asked
) -> Question | None:
    """One pass over the facts for all of them."""
    columns = [
        column.label(f"{definition.code}__{name}")
        for definition, measure in some
        for name, column in _columns(table, measure).items()
    ]
    query = _base(table, on, asked, columns)
    if query is None:
        return None

    def read(rows: Sequence[Row]) -> Cells:
        cells: Cells = {}
        for row in rows:
            of: dict[str, dict[str, Any]] = defaultdict(dict)
            for label, value in row.items():
                code, _, name = label.partition("__")
                of[code][name] = value
            for definition, measure in some:
                given = of[definition.code]
                figure = figures.of_columns(measure, definition.unit, given)
                cells[definition.code, row["cell"]] = figure
        return cells

    return Question(query, read)


def _columns(table: Table, measure: Together) -> dict[str, ColumnElement[Any]]:
    marks = MARKS[measure.fact]
    of = marks[measure.of]
    match measure:
        case Count():
            return {"n": func.count().filter(of)}
        case Rate():
            # What has the mark and is not among them is not counted.
            among = marks[measure.among]
            return {"n": func.count().filter(and_(of, among)), "d": func.count().filter(among)}
        case Total():
            return {"n": func.sum(table.c[measure.column]).filter(of)}
        case Ratio():
            return {
                "n": func.sum(table.c[measure.column]).filter(of),
                "d": func.sum(table.c[measure.over]).filter(of),
            }
        case Spread():
            column: ColumnElement[Any] = table.c[measure.column]
            told = and_(of, column.is_not(None))
            return {
                "d": func.count().filter(told),
                "p50": func.percentile_cont(0.5).within_group(column).filter(told),
                "p90": func.percentile_cont(0.9).within_group(column).filter(told),
            }
        case Mean():
            column = sql_cast(table.c[measure.column], Float)
            return {"n": func.sum(column).filter(of), "d": func.count().filter(of)}
        case Distinct():
            return {"n": func.count(table.c[measure.column].distinct()).filter(of)}
        case _:
            assert_never(measure)


def _by_key(
    definition: Definition, measure: Split | Gini | Weekly, asked: Asked
) -> Question | None:
    """Facts counted by something of theirs, cell by cell."""
    table, marks = TABLES[measure.fact], MARKS[measure.fact]
    read: Callable[[Sequence[Row]], Figure]
    keys: list[ColumnElement[Any]]
    counted: list[ColumnElement[Any]] = [func.count().label("n")]
    match measure:
        case Split(column=name) if word_of(name) == asked.by:
            return None  # its parts are those cells
        case Split(column=name):
            part = dimension(table, table.c[measure.on], word_of(name))
            assert part is not None, "a definition names a dimension its facts have"
            keys, read = [part.label("part")], figures.split
        case Gini(column=name, over=over):
            keys = [table.c.rpps.label("rpps")]
            number = sql_cast(marks[name], Integer) if name in marks else table.c[name]
            divided = table.c[over] if over else literal(0)
            counted = [func.sum(number).label("n"), func.sum(divided).label("d")]
            read = _reading(figures.inequality, measure)
        case Weekly():
            keys = [table.c.rpps.label("rpps"), table.c.week.label("week")]
            read = _reading(figures.weekly, measure)
        case _:
            assert_never(measure)
    query = _base(table, measure.on, asked, [*keys, *counted])
    if query is None:
        return None
    query = query.where(marks[measure.of]).group_by(*keys).order_by(*keys)

    def cells(rows: Sequence[Row]) -> Cells:
        of = groupby(rows, key=lambda row: str(row["cell"]))
        found = {(definition.code, cell): read(list(group)) for cell, group in of}
        return found or ({} if asked.by else {(definition.code, ALL): read([])})

    return Question(query, cells)


def _reading(
    read: Callable[[Any, Sequence[Row]], Figure], measure: Gini | Weekly
) -> Callable[[Sequence[Row]], Figure]:
    return lambda rows: read(measure, rows)


def _participation(definition: Definition, measure: Participation, asked: Asked) -> Question | None:
    query = participation(measure, asked.scope, asked.period, asked.by)
    if query is None:
        return None

    def read(rows: Sequence[Row]) -> Cells:
        cells: Cells = {}
        for row in rows:
            active = figures.amount(row["active"])
            of_all = figures.share(row["active"], row["members"])
            cells[definition.code, row["cell"]] = of_all if measure.share else active
        return cells

    return Question(query, read)


def _journal(definition: Definition, asked: Asked) -> Question:
    period, table = asked.period, journal
    query = (
        select(table.c.topic.label("part"), func.count().label("n"))
        .where(table.c.stands, table.c.day.between(period.begins, period.ends))
        .where(asked.scope.named(table.c.finess))
        .group_by(table.c.topic)
        .order_by(table.c.topic)
    )
    return Question(query, lambda rows: {(definition.code, ALL): figures.split(rows)})


def _reported(definition: Definition, measure: Reported, asked: Asked) -> Question:
    period, table = asked.period, reported
    query = (
        select(table.c.finess, table.c.begins, table.c.ends)
        .add_columns(table.c.numerator, table.c.denominator, table.c.source)
        .where(table.c.indicator == definition.code, asked.scope.named(table.c.finess))
        .where(table.c.begins >= period.begins, table.c.ends <= period.ends)
    )
    return Question(query, lambda rows: {(definition.code, ALL): figures.reported(measure, rows)})


def answered(found: Iterable[tuple[Question, Sequence[Row]]]) -> Cells:
    """The figures, from the rows of each question."""
    cells: Cells = {}
    for question, rows in found:
        cells |= question.read(rows)
    return cells
