"""The outbox of the notifier: what is to be told, to whom, and until when it is of use."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = """
create table notifications (
    notice_id uuid primary key,
    kind text not null,
    rpps text not null,
    community text,
    request_id uuid,
    at timestamptz,
    until timestamptz not null,
    state text not null,
    attempts integer not null,
    next_at timestamptz not null,
    channels text[],
    created_at timestamptz not null,
    settled_at timestamptz
);
"""
NEWEST = "create index ix_notifications_created on notifications (created_at);"
TOLD = "create index ix_notifications_request on notifications (request_id, rpps);"
INDEX = "create index ix_notifications_due on notifications (next_at) where state = 'waiting';"


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(INDEX)
    op.execute(NEWEST)
    op.execute(TOLD)
