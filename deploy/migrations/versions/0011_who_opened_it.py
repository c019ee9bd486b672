"""Which message opened a thread of the Hub; whether a provider vouches for who asked for a feed."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("alter table hub_threads add column opened_by text")
    op.execute("alter table hub_threads add column taken_back_at timestamptz")
    op.execute("alter table calendar_feeds add column vouched boolean not null default false")
