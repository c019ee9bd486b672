"""What is told to other systems, and how far each of them has heard the log."""

from alembic import op

revision = "0008"
down_revision = "0007"

DESTINATIONS = """
create table destinations (
    name text primary key,
    position bigint not null,
    generation integer not null default 0,
    suspended_at timestamptz
);
"""
DELIVERIES = """
create table deliveries (
    destination text not null,
    event_id uuid not null,
    position bigint not null,
    about text not null,
    what text not null,
    state text not null,
    attempts integer not null,
    status integer,
    detail text,
    digest text,
    created_at timestamptz not null default clock_timestamp(),
    next_at timestamptz,
    settled_at timestamptz,
    primary key (destination, event_id)
);
"""
ABOUT = "create index ix_deliveries_about on deliveries (destination, about, position);"
CREATED = "create index ix_deliveries_created on deliveries (created_at);"
WEBHOOKS = """
create table webhooks (
    webhook_id uuid primary key,
    account_id uuid not null,
    url text not null,
    names text[] not null,
    community text,
    key bytea not null,
    secret bytea not null,
    made_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz
);
"""
WEBHOOKS_ACCOUNT = (
    "create index ix_webhooks_account on webhooks (account_id) where ended_at is null;"
)


def upgrade() -> None:
    op.execute(DESTINATIONS)
    op.execute(DELIVERIES)
    op.execute(ABOUT)
    op.execute(CREATED)
    op.execute(WEBHOOKS)
    op.execute(WEBHOOKS_ACCOUNT)
