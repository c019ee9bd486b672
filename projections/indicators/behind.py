"""The facts a figure counts: what its events are found by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Select, Table, and_, select

from events import streams
from projections.indicators import offers as asked_facts
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
from projections.indicators.dimensions import dimension, word_of
from projections.indicators.figures import Row
from projections.indicators.marks import MARKS, PLACES, TABLES
from projections.indicators.questions import Asked
from projections.indicators.tables import journal, offers, places, reported, requests

Counted = Count | Rate | Total | Ratio | Spread | Mean | Split | Distinct | Gini | Weekly


@dataclass(frozen=True)
class Behind:
    """Where a fact's events are. `about`: of those in the stream, the ones that name this."""

    stream: str
    about: str | None = None


@dataclass(frozen=True)
class Part:
    """Of a figure: a cell of its breakdown, a part of a split, its denominator."""

    cell: str | None = None
    part: str | None = None
    denominator: bool = False


@dataclass(frozen=True)
class Found:
    """A query over the facts, and where the events of each row are."""

    query: Select[Any]
    where: Callable[[Row], Behind]


def behind(definition: Definition, asked: Asked, part: Part) -> Sequence[Found]:
    """What the figure counts. Nothing, for a cell or a part these facts have not."""
    match definition.measure:
        case Participation():
            return _active(asked)
        case Journal():
            return [_written(asked, part)]
        case Reported():
            return [_told(definition, asked)]
        case measure:
            table = TABLES[measure.fact]
            counted = _counted(measure, part)
            if counted is None:
                return []
            return [_facts(table, measure.on, counted, asked, part.cell)]


def _facts(
    table: Table, on: str, counted: ColumnElement[bool], asked: Asked, cell: str | None
) -> Found:
    day = table.c[on]
    query = (
        select(*_keys(table))
        .select_from(table)
        .where(day.between(asked.period.begins, asked.period.ends), asked.scope.of(table), counted)
    )
    if cell is not None and asked.by is not None:
        value = dimension(table, day, asked.by)
        query = query.where(value == cell) if value is not None else query
    return Found(query.distinct(), _WHERE[table.name])


def _keys(table: Table) -> Sequence[ColumnElement[Any]]:
    match table.name:
        case places.name:
            return places.c.slot_id, places.c.rpps, places.c.week
        case offers.name:
            return offers.c.request_id, offers.c.rpps
        case _:
            return (requests.c.request_id,)


_WHERE: dict[str, Callable[[Row], Behind]] = {
    requests.name: lambda row: Behind(streams.request(row["request_id"])),
    places.name: lambda row: Behind(streams.agenda(row["rpps"], row["week"]), str(row["slot_id"])),
    offers.name: lambda row: Behind(streams.request(row["request_id"]), row["rpps"]),
}


def _counted(measure: Counted, part: Part) -> ColumnElement[bool] | None:
    """The condition of those that are counted."""
    table, marks = TABLES[measure.fact], MARKS[measure.fact]
    of = marks[measure.of]
    match measure:
        case Rate(among=among):
            return marks[among] if part.denominator else and_(of, marks[among])
        case Ratio(column=column, over=over):
            return and_(of, table.c[over if part.denominator else column] > 0)
        case Total(column=column):
            return and_(of, table.c[column] > 0)
        case Spread(column=column) | Mean(column=column):
            return and_(of, table.c[column].is_not(None))
        case Split(column=column) if part.part is not None:
            value = dimension(table, table.c[measure.on], word_of(column))
            return None if value is None else and_(of, value == part.part)
        case Count() | Split() | Distinct() | Gini() | Weekly():
            return of
        case _:
            assert_never(measure)


def _active(asked: Asked) -> Sequence[Found]:
    """What made members active: the places they kept open, and what they accepted."""
    accepted = offers.c.answer == asked_facts.ACCEPTED
    return [
        _facts(places, "day", PLACES["kept_from_agendas"], asked, None),
        _facts(offers, "day", accepted, asked, None),
    ]


def _written(asked: Asked, part: Part) -> Found:
    table, period = journal, asked.period
    query = select(table.c.entry_id, table.c.finess).where(
        table.c.stands,
        table.c.day.between(period.begins, period.ends),
        asked.scope.named(table.c.finess),
    )
    if part.part is not None:
        query = query.where(table.c.topic == part.part)
    return Found(query, lambda row: Behind(streams.community(row["finess"]), str(row["entry_id"])))


def _told(definition: Definition, asked: Asked) -> Found:
    table, period = reported, asked.period
    query = (
        select(table.c.finess)
        .where(table.c.indicator == definition.code, asked.scope.named(table.c.finess))
        .where(table.c.begins >= period.begins, table.c.ends <= period.ends)
        .distinct()
    )
    code = definition.code
    return Found(query, lambda row: Behind(streams.community(row["finess"]), code))
