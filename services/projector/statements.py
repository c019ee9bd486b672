"""The SQL of a read model, made from its tables by SQLAlchemy, run by psycopg."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import getsource
from sys import modules
from typing import NamedTuple

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Index, Table, any_, bindparam, column, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import Compiled, SQLCompiler

from events import upcasters
from projections import rows
from projections.rows import Key, Place, Projection, Row, Rows, key_of
from services.log.database import Connection

_DIALECT = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
_NUMBERED = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Table:
    read: bytes
    write: bytes


def compiled_in(
    schemas: Mapping[str, str], clause: ClauseElement
) -> tuple[bytes, Mapping[str, object]]:
    """A statement as text, with other schemas in the place of some; and its parameters.

    A list of values (IN) is written out: it has as many parameters as it is long.
    """
    return _compiled(clause, tuple(sorted(schemas.items())))


class Numbered(NamedTuple):
    """A statement whose parameters are $1, $2, …: their names in this order, and what is known."""

    text: bytes
    names: Sequence[str]
    known: Mapping[str, object]

    def values(self, given: Mapping[str, object]) -> list[object]:
        """All of them, those that are given now included."""
        every = {**self.known, **given}
        return [every[name] for name in self.names]


def numbered_in(schemas: Mapping[str, str], clause: ClauseElement) -> Numbered:
    """As `compiled_in`, for a raw cursor, which sends the text as it is.

    Another looks for the names in it first, each time it is longer than 4 kB: 0.7 of the 4 ms that
    a question about places takes.
    """
    return _numbered(clause, tuple(sorted(schemas.items())))


_Schemas = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)  # of questions that are asked again and again, by their being the same
def _compiled(clause: ClauseElement, schemas: _Schemas) -> tuple[bytes, Mapping[str, object]]:
    compiled = _compile(clause, schemas, _DIALECT)
    return _text(compiled, schemas), compiled.params or {}


@lru_cache(maxsize=1024)
def _numbered(clause: ClauseElement, schemas: _Schemas) -> Numbered:
    compiled = _compile(clause, schemas, _NUMBERED)
    names = compiled.positiontup or () if isinstance(compiled, SQLCompiler) else ()
    return Numbered(_text(compiled, schemas), tuple(names), compiled.params or {})


def _compile(clause: ClauseElement, schemas: _Schemas, dialect: Dialect) -> Compiled:
    return clause.compile(
        dialect=dialect,
        schema_translate_map=dict(schemas),
        compile_kwargs={"render_postcompile": True},
    )


def _text(compiled: Compiled, schemas: _Schemas) -> bytes:
    text = str(compiled)
    for name, schema in schemas:
        # SQLAlchemy leaves the translation to execution; here the text itself is what is wanted.
        text = text.replace(f"__[SCHEMA_{name}]", schema)
    return text.encode()


class Statements:
    """Reading and writing the rows of one read model in one schema."""

    def __init__(self, projection: Projection, schema: str | None = None) -> None:
        self.projection = projection
        self.schema = schema or projection.name
        self._tables = {
            table: _Table(self.sql(_read(table)), self.sql(_write(table)))
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
            cursor = await connection.execute(
                self._tables[table].read, {"keys": list(keys)}, binary=True
            )
            names = [c.name for c in table.columns]
            rows.learn(
                table, (dict(zip(names, row, strict=True)) for row in await cursor.fetchall())
            )
        return rows

    async def write(self, connection: Connection, rows: Rows) -> None:
        """What the batch changed."""
        for table in self.projection.tables:
            if changed := rows.changed(table):
                await connection.execute(
                    self._tables[table].write, {"rows": Jsonb(changed, dumps=_json)}
                )

    def sql(self, clause: ClauseElement) -> bytes:
        """The text of a statement, in this schema."""
        text, _ = compiled_in({self.projection.name: self.schema}, clause)
        return text


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
