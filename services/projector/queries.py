"""Asking a read model."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import Select

from domain.decider import Refused
from services.log.database import Connection, Pool
from services.projector.statements import compiled_in


class NotBuiltYet(Refused):
    """This read model is not built yet: try again in a moment, or run `snp rebuild`."""

    code = "not_built_yet"


async def rows(pool: Pool, query: Select[Any], **given: object) -> list[dict[str, Any]]:
    """The rows of a query, by column name. `given`: the values of its named parameters."""
    async with pool.connection() as connection:
        return await rows_on(connection, query, **given)


async def streamed(
    pool: Pool, query: Select[Any], **given: object
) -> AsyncIterator[dict[str, Any]]:
    """As `rows`, one by one as they are wanted, all of one moment: however many there are."""
    asked = compiled_in({}, query)
    async with (
        pool.connection() as connection,
        connection.transaction(),
        psycopg.AsyncRawServerCursor(connection, "streamed") as cursor,
    ):
        try:
            await cursor.execute(asked.text, asked.values(given))
        except psycopg.errors.UndefinedTable as absent:
            raise NotBuiltYet from absent
        names = [column.name for column in cursor.description or ()]
        async for row in cursor:
            yield dict(zip(names, row, strict=True))


async def rows_on(
    connection: Connection,
    query: Select[Any],
    schemas: Mapping[str, str] | None = None,
    /,
    **given: object,
) -> list[dict[str, Any]]:
    """As `rows`; `schemas`: where to look instead, by the name of the read model."""
    asked = compiled_in(schemas or {}, query)
    cursor = psycopg.AsyncRawCursor(connection)
    try:
        await cursor.execute(asked.text, asked.values(given))
    except psycopg.errors.UndefinedTable as absent:
        raise NotBuiltYet from absent
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
