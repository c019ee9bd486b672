"""What a candidate policy would have decided: beside the log, for it never happened."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = """
create table shadow_decisions (
    request_id uuid not null,
    policy text not null,
    community text not null,
    decided_at timestamptz not null,
    live_slot uuid,
    live_loss double precision,
    shadow_slot uuid,
    shadow_loss double precision,
    primary key (request_id, policy, decided_at)
);
"""
INDEX = "create index ix_shadow_decided on shadow_decisions (decided_at);"


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(INDEX)
