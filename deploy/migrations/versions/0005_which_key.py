"""Which master key the vault is sealed with: another one is noticed at the start, not too late."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLE = """
create table vault_keys (
    id smallint primary key,
    digest text not null
);
"""


def upgrade() -> None:
    op.execute(TABLE)
