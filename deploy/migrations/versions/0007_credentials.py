"""Secrets of accounts: their digests, beside the log, for a log keeps what it was told for ever."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLE = """
create table credentials (
    account_id uuid not null,
    digest text primary key,
    made_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz
);
"""
INDEX = "create index ix_credentials_account on credentials (account_id) where ended_at is null;"
NAMES = """
create table account_names (
    digest text primary key,
    account_id uuid not null
);
"""
NAMES_INDEX = "create index ix_account_names_account on account_names (account_id);"
OF_WHOM = "alter table reveals add column community text;"  # who may read of it
OF_WHOM_INDEX = "create index ix_reveals_community on reveals (community, id);"


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(INDEX)
    op.execute(NAMES)
    op.execute(NAMES_INDEX)
    op.execute(OF_WHOM)
    op.execute(OF_WHOM_INDEX)
