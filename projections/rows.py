"""The rows a batch of events touches: read at once, changed in memory, written back at once.

A projection is a pure fold over rows. Twenty thousand events a second pass this way; a statement
an event would let through two thousand.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table

from events.envelope import Recorded

Key = UUID | str
Row = dict[str, Any]
Place = tuple[Table, Key]
"""One row: its table and its primary key, which is one column."""


class Rows:
    """The working set of a batch."""

    def __init__(self) -> None:
        self._found: dict[Place, Row | None] = {}
        self._changed: set[Place] = set()

    def learn(self, table: Table, rows: Iterable[Row]) -> None:
        """Rows as they are in the database."""
        key = key_of(table).name
        for row in rows:
            self._found[table, row[key]] = row

    def get(self, table: Table, key: Key) -> Row | None:
        """The row as the events so far have made it."""
        return self._found.get((table, key))

    def put(self, table: Table, key: Key, values: Row) -> None:
        """Make the row, or change these columns of it."""
        before = self._found.get((table, key)) or {key_of(table).name: key}
        self._found[table, key] = before | values
        self._changed.add((table, key))

    def changed(self, table: Table) -> list[Row]:
        """What must be written back, in the order of keys."""
        keys = sorted((key for t, key in self._changed if t is table), key=str)
        rows = (self._found[table, key] for key in keys)
        return [row for row in rows if row is not None]


@dataclass(frozen=True)
class Projection:
    """A read model: its tables in a schema of the same name, and how events make them."""

    name: str
    tables: Sequence[Table]
    events: frozenset[str]  # the names it cares about
    touched: Callable[[Recorded], Sequence[Place]]  # rows that `apply` will ask for
    apply: Callable[[Rows, Recorded], None]
    seldom: bool = False  # read now and then: it may be a second behind
    for_dashboards: bool = False  # a role that only reads may look at its tables
    made_by: tuple[ModuleType, ...] = ()  # modules of its rules, beside the one with `apply`


def key_of(table: Table) -> Column[Any]:
    """The one column of the primary key."""
    (key,) = table.primary_key.columns
    return key
