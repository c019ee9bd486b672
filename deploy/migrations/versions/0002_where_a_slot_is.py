"""Which agenda a slot is in, found by its id alone: whoever moves or withdraws it says no more."""

from alembic import op

revision = "0002"
down_revision = "0001"

INDEX = """
create index ix_events_slot on events ((data ->> 'slot_id')) where name = 'slot.published';
"""


def upgrade() -> None:
    op.execute(INDEX)
