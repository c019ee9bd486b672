"""Calendars people subscribe to, and which slots came from an agenda of theirs."""

from alembic import op

revision = "0010"
down_revision = "0009"

FEEDS = """
create table calendar_feeds (
    digest text primary key,
    account_id uuid not null,
    rpps text not null,
    made_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz
);
"""
FEEDS_RPPS = "create index ix_calendar_feeds_rpps on calendar_feeds (rpps) where ended_at is null;"
SLOTS = """
create table agenda_slots (
    slot_id uuid primary key,
    rpps text not null,
    agenda text not null,
    read_at timestamptz not null default clock_timestamp()
);
"""
SLOTS_RPPS = "create index ix_agenda_slots_rpps on agenda_slots (rpps, agenda);"


def upgrade() -> None:
    op.execute(FEEDS)
    op.execute(FEEDS_RPPS)
    op.execute(SLOTS)
    op.execute(SLOTS_RPPS)
