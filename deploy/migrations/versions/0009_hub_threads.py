"""Who wrote of which case over the Hub, so that answers find them."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLE = """
create table hub_threads (
    case_id text not null,
    sender text not null,
    demand_id text not null,
    made_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    primary key (case_id, sender, demand_id)
);
"""


def upgrade() -> None:
    op.execute(TABLE)
