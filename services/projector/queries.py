"""Asking a read model."""

from typing import Any

import psycopg
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql

from domain.decider import Refused
from services.log.database import Pool

_DIALECT = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]


class NotBuiltYet(Refused):
    """This read model is not built yet: try again in a moment, or run `snp rebuild`."""

    code = "not_built_yet"


async def rows(pool: Pool, query: Select[Any], **given: object) -> list[dict[str, Any]]:
    """The rows of a query, by column name. `given`: the values of its named parameters."""
    # Written out: a list of values (IN) has as many parameters as it is long.
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    parameters = {**compiled.params, **given}
    try:
        async with pool.connection() as connection:
            cursor = await connection.execute(str(compiled).encode(), parameters)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
    except psycopg.errors.UndefinedTable as absent:
        raise NotBuiltYet from absent
