"""Alembic: how the tables of the log come to be. Run by `snp provision` and by `snp up`."""

from alembic import context
from sqlalchemy import create_engine, pool

from services.log.schema import metadata

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
