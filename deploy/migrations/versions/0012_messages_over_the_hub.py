"""Which messages went out over the Hub, to whom: each has a receipt of its own."""

from alembic import op

revision = "0012"
down_revision = "0011"

TABLE = """
create table hub_messages (
    number text primary key,
    destination text not null default 'hub',
    event_id uuid not null,
    recipient text not null,
    received_at timestamptz,
    foreign key (destination, event_id) references deliveries on delete cascade
);
"""
EVENT = "create index ix_hub_messages_event on hub_messages (destination, event_id);"
UNANSWERED = (
    "create index ix_deliveries_sent on deliveries (destination, created_at) where state = 'sent';"
)


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(EVENT)
    op.execute(UNANSWERED)
