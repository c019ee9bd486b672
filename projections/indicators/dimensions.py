"""What figures may be broken down by: a value a fact has, or several, or the day it counts on."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Table, Text, func
from sqlalchemy import cast as sql_cast

from projections.indicators.requests import UNKNOWN
from projections.indicators.tables import offers, places, requests

_VALUES: Mapping[Table, tuple[str, ...]] = {
    requests: (
        "community",
        "source",
        "priority",
        "motive",
        "age_band",
        "sex",
        "commune",
        "registration",
        "half_day",
        "answer",
        "failure",
        "destination",
        "outcome",
        "mode",
        "profession",
        "setting",
        "origin",
        "steps",
        "protocols",
    ),
    places: (
        "communities",
        "profession",
        "specialty",
        "setting",
        "commune",
        "labels",
        "modes",
        "half_day",
        "origin",
    ),
    offers: ("community", "wave", "half_day", "answer", "reason"),
}
_OF_THE_DAY: Mapping[str, Callable[[ColumnElement[Any]], ColumnElement[str]]] = {
    "day": lambda day: func.to_char(day, "YYYY-MM-DD"),
    "week": lambda day: func.to_char(day, 'IYYY-"W"IW'),
    "month": lambda day: func.to_char(day, "YYYY-MM"),
    "quarter": lambda day: func.to_char(day, 'YYYY-"Q"Q'),
    "weekday": lambda day: func.to_char(day, "ID"),  # 1: Monday
}
# Where a fact has several values, each is one: the word is in the singular.
_WORDS = {
    "labels": "label",
    "modes": "mode",
    "steps": "step",
    "protocols": "protocol",
    "communities": "community",
}


OF_THE_DAY = frozenset(_OF_THE_DAY)
"""Dimensions of when."""


def names(table: Table) -> list[str]:
    """The words that may be asked for."""
    return [*map(word_of, _VALUES[table]), *_OF_THE_DAY]


def word_of(column: str) -> str:
    """What the dimension of a column is called."""
    return _WORDS.get(column, column)


def dimension(table: Table, day: Column[Any], name: str) -> ColumnElement[Any] | None:
    """Each fact's value, as text; None where these facts have none.

    A fact with several values is in the cell of each: its cells must not be added up.
    """
    if name in _OF_THE_DAY:
        return _OF_THE_DAY[name](day)
    column = next((table.c[value] for value in _VALUES[table] if word_of(value) == name), None)
    if column is None:
        return None
    if isinstance(column.type, ARRAY):
        return func.unnest(column).column_valued(name)
    return func.coalesce(sql_cast(column, Text), UNKNOWN)
