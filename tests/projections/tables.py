"""What the tables of a read model hold, to the byte."""

from psycopg import sql


async def contents(pool, projection):
    """Every row of every table as text, in the order of keys."""
    found = {}
    async with pool.connection() as connection:
        for table in projection.tables:
            (key,) = table.primary_key.columns
            query = sql.SQL("select t::text from {}.{} t order by {}").format(
                sql.Identifier(projection.name),
                sql.Identifier(table.name),
                sql.Identifier(key.name),
            )
            cursor = await connection.execute(query)
            found[table.name] = [row[0] for row in await cursor.fetchall()]
    return found
