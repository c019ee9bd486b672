"""The SQL of a read model, made from its tables by SQLAlchemy, run by psycopg."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import getsource
from sys import modules
from typing import NamedTuple

import orjson
from psycopg import AsyncRawCursor
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Index, Table, any_, bindparam, column, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from events import upcasters
from projections import rows
from projections.rows import Key, Place, Projection, Row, Rows, key_of
from services.log.database import Connection

# Parameters are $1, $2, …: psycopg sends such a text as it is. Where they have names it looks for
# these, each time in a text of over 4 kB: 0.7 of the 4 ms that a question about places takes.
_DIALECT = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Numbered(NamedTuple):
    """A statement for a raw cursor: the names of its parameters in order, and what is known."""

    text: bytes
    names: Sequence[str]
    known: Mapping[str, object]

    def values(self, given: Mapping[str, object]) -> list[object]:
        """All of them, those that are given now included."""
        every = {**self.known, **given}
        return [every[name] for name in self.names]


@dataclass(frozen=True)
class _Table:
    read: Numbered
    write: Numbered


def compiled_in(schemas: Mapping[str, str], clause: ClauseElement) -> Numbered:
    """A statement with other schemas in the place of some.

    A list of values (IN) is written out: it has as many parameters as it is long.
    """
    return _compiled(clause, tuple(sorted(schemas.items())))


@lru_cache(maxsize=1024)  # of questions that are asked again and again, by their being the same
def _compiled(clause: ClauseElement, schemas: tuple[tuple[str, str], ...]) -> Numbered:
    compiled = clause.compile(
        dialect=_DIALECT,
        schema_translate_map=dict(schemas),
        compile_kwargs={"render_postcompile": True},
    )
    text = str(compiled)
    for name, schema in schemas:
        # SQLAlchemy leaves the translation to execution; here the text itself is what is wanted.
        text = text.replace(f"__[SCHEMA_{name}]", schema)
    names = compiled.positiontup or () if isinstance(compiled, SQLCompiler) else ()
    return Numbered(text.encode(), tuple(names), compiled.params or {})


class Statements:
    """Reading and writing the rows of one read model in one schema."""

    def __init__(self, projection: Projection, schema: str | None = None) -> None:
        self.projection = projection
        self.schema = schema or projection.name
        self._tables = {
            table: _Table(self._compiled(_read(table)), self._compiled(_write(table)))
            for table in projection.tables
        }

    def create(self) -> list[bytes]:
        """The schema and its tables."""
        return [f"create schema {self.schema}".encode(), *self.tables()]

    def indexes(self) -> list[bytes]:
        """The indexes, for when the tables are filled."""
        return [
            self.sql(_index(index))
            for table in self.projection.tables
            for index in sorted(table.indexes, key=_name)
        ]

    def tables(self) -> list[bytes]:
        """The tables alone."""
        return [self.sql(_create(table)) for table in self.projection.tables]

    async def read(self, connection: Connection, places: Sequence[Place]) -> Rows:
        """The rows a batch will ask for, those that exist."""
        rows = Rows()
        wanted: dict[Table, dict[Key, None]] = {}
        for table, key in places:
            wanted.setdefault(table, {})[key] = None
        for table, keys in wanted.items():
            read, cursor = self._tables[table].read, AsyncRawCursor(connection)
            await cursor.execute(read.text, read.values({"keys": list(keys)}), binary=True)
            names = [c.name for c in table.columns]
            rows.learn(
                table, (dict(zip(names, row, strict=True)) for row in await cursor.fetchall())
            )
        return rows

    async def write(self, connection: Connection, rows: Rows) -> None:
        """What the batch changed."""
        for table in self.projection.tables:
            if changed := rows.changed(table):
                write, given = self._tables[table].write, {"rows": Jsonb(changed, dumps=_json)}
                await AsyncRawCursor(connection).execute(write.text, write.values(given))

    def sql(self, clause: ClauseElement) -> bytes:
        """The text of a statement, in this schema."""
        return self._compiled(clause).text

    def _compiled(self, clause: ClauseElement) -> Numbered:
        return compiled_in({self.projection.name: self.schema}, clause)


@lru_cache(maxsize=64)
def shape(projection: Projection) -> str:
    """A digest of the tables and of the code that fills them: another one is built anew."""
    rules = (modules[projection.apply.__module__], *projection.made_by)
    code = "".join(map(getsource, (*rules, rows, upcasters)))
    return hashlib.sha256(code.encode()).hexdigest()[:16]


# One clause for each, whoever asks: as text it is looked up by being the same.
@lru_cache(maxsize=256)
def _create(table: Table) -> ClauseElement:
    return CreateTable(table)


@lru_cache(maxsize=256)
def _index(index: Index) -> ClauseElement:
    return CreateIndex(index)


@lru_cache(maxsize=256)
def _read(table: Table) -> ClauseElement:
    key = key_of(table)
    return select(table).where(key == any_(bindparam("keys", type_=ARRAY(key.type))))


@lru_cache(maxsize=256)
def _write(table: Table) -> ClauseElement:
    source = (
        func.jsonb_to_recordset(bindparam("rows", type_=JSONB))
        .table_valued(*(column(c.name, c.type) for c in table.columns))
        .render_derived(name="r", with_types=True)
    )
    statement = insert(table).from_select([c.name for c in table.columns], select(source))
    key = key_of(table)
    return statement.on_conflict_do_update(
        index_elements=[key],
        set_={c.name: statement.excluded[c.name] for c in table.columns if c is not key},
    )


def _name(index: Index) -> str:
    return str(index.name)


def _json(rows: Sequence[Row]) -> bytes:
    return orjson.dumps(rows, option=orjson.OPT_NON_STR_KEYS)  # SQLAlchemy's names are no plain str
