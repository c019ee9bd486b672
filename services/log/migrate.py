"""Bringing the tables of a database to what this code needs."""

from pathlib import Path

import psycopg

from services.log.database import Connection

MIGRATIONS = Path(__file__).resolve().parents[2] / "deploy" / "migrations"

_TWO_AT_ONCE = 4021901  # advisory lock: two processes started together migrate one after the other


def newest() -> str:
    """The revision this code needs: the number of the last migration."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


class NewerDatabase(Exception):
    """A newer version of SNP Dispatch wrote this database: run that one, or use another."""


async def is_current(connection: Connection) -> bool:
    """Whether nothing is left to do; asked without loading Alembic, which takes a second.

    Raises NewerDatabase.
    """
    try:
        cursor = await connection.execute("select version_num from alembic_version")
        row = await cursor.fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    if row is not None and str(row[0]) > newest():
        raise NewerDatabase(row[0])
    return row is not None and row[0] == newest()


def migrate(url: str) -> None:
    """Run every migration the database has not seen. Blocks."""
    from alembic import command  # noqa: PLC0415 a second of imports, for a first start only
    from alembic.config import Config  # noqa: PLC0415 likewise

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = sqlalchemy_url(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_TWO_AT_ONCE,))
        command.upgrade(config, "head")


def sqlalchemy_url(url: str) -> str:
    """The same database, for SQLAlchemy."""
    return "postgresql+psycopg://" + url.partition("://")[2]
