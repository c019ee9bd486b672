"""Messages of the Hub: each has a receipt of its own, and what was demanded is taken back."""

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
    op.execute("alter table hub_threads add column taken_back_by text")
    op.execute("alter table hub_threads add column accepted_at timestamptz")
    op.execute("update hub_threads set accepted_at = made_at where closed_at is null")
