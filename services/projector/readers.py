"""Who reads read models from outside: a role for dashboards, that reads and does nothing else."""

from psycopg import sql

from projections.catalogue import PROJECTIONS
from projections.rows import Projection
from services.log.database import Connection, one_at_a_time

READER = "snp_reader"
"""The role of dashboards. What limits it beside its grants are settings it may change: against a
slip, not against somebody with its password, who may also take advisory locks as anybody may."""

_AT_MOST = ("statement_timeout = '15s'", "default_transaction_read_only = on")
_CONNECTIONS = 10


async def make_reader(connection: Connection, password: str) -> None:
    """The role, with this password, for what is built now; again changes the password alone."""
    role = sql.Identifier(READER)
    async with connection.transaction():
        # Two who provision at once would both make it.
        await one_at_a_time(connection, READER)
        if not await _exists(connection):
            await connection.execute(sql.SQL("create role {} login").format(role))
        # Sent as the digest that PostgreSQL keeps: what is logged there is not the password.
        digest = connection.pgconn.encrypt_password(password.encode(), READER.encode()).decode()
        await connection.execute(
            sql.SQL("alter role {} connection limit {} password {}").format(
                role, sql.Literal(_CONNECTIONS), sql.Literal(digest)
            )
        )
        for setting in _AT_MOST:
            await connection.execute(sql.SQL("alter role {} set ").format(role) + sql.SQL(setting))
        for projection in PROJECTIONS.values():
            await let_read(connection, projection, projection.name)


async def let_read(connection: Connection, projection: Projection, schema: str) -> None:
    """The tables of a read model made for dashboards, where there is a role and a schema."""
    if not projection.for_dashboards or not await _exists(connection):
        return
    cursor = await connection.execute("select to_regnamespace(%s)", (schema,))
    if await cursor.fetchone() == (None,):
        return
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(READER)}
    for statement in (
        "grant usage on schema {schema} to {role}",
        "grant select on all tables in schema {schema} to {role}",
    ):
        await connection.execute(sql.SQL(statement).format(**names))


async def _exists(connection: Connection) -> bool:
    cursor = await connection.execute("select 1 from pg_roles where rolname = %s", (READER,))
    return await cursor.fetchone() is not None
