"""A webhook gets another secret: for a while it is signed with the former one as well."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("alter table webhooks add column former_key bytea")
    op.execute("alter table webhooks add column former_secret bytea")
    op.execute("alter table webhooks add column former_until timestamptz")
