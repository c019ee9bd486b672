"""Of a webhook several former secrets sign for a while: a change said twice loses none."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        "create table webhook_former_secrets ("
        " webhook_id uuid not null, key bytea not null, secret bytea not null,"
        " until timestamptz not null)"
    )
    op.execute(
        "create index ix_webhook_former_secrets on webhook_former_secrets (webhook_id, until)"
    )
    op.execute(
        "insert into webhook_former_secrets (webhook_id, key, secret, until)"
        " select webhook_id, former_key, former_secret, former_until from webhooks"
        " where former_until is not null"
    )
    for column in ("former_key", "former_secret", "former_until"):
        op.execute(f"alter table webhooks drop column {column}")
