"""The log's tables as SQLAlchemy sees them; the migrations make them, a test compares the two.

Projections keep their own tables, outside these: they are made and dropped by rebuilding.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()
_now = text("clock_timestamp()")

events = Table(
    "events",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("stream", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("schema_version", SmallInteger, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("meta", JSONB, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("stream", "version", name="events_stream_version_key"),
    Index(
        "ix_events_slot",
        text("(data ->> 'slot_id')"),
        postgresql_where=text("name = 'slot.published'"),
    ),
)

inbox = Table(
    "inbox",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("fingerprint", Text),  # of the message that made the command
    Column("answer", JSONB),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("shape", Text),  # of a projection's tables: another shape is built anew
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

vault = Table(
    "vault",
    metadata,
    Column("ref", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),  # the patient, or the letter itself
    Column("kind", Text, nullable=False),  # patient, or letter: a body that could not be accepted
    Column("key", LargeBinary),  # sealed by the master key; null: erased, nobody can open the body
    Column("body", LargeBinary),
    Column("sealed_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("erased_at", DateTime(timezone=True)),
)

vault_keys = Table(
    "vault_keys",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),  # of the master key, keyed by itself
)

notifications = Table(
    "notifications",
    metadata,
    Column("notice_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("rpps", Text, nullable=False),
    Column("community", Text),
    Column("request_id", Uuid),
    Column("at", DateTime(timezone=True)),  # of the visit, or until when an answer is wanted
    Column("until", DateTime(timezone=True), nullable=False),  # never told after
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("channels", ARRAY(Text)),  # by which it was delivered
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Index("ix_notifications_created", "created_at"),
    Index("ix_notifications_request", "request_id", "rpps"),
    Index("ix_notifications_due", "next_at", postgresql_where=text("state = 'waiting'")),
)

shadow_decisions = Table(
    "shadow_decisions",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("policy", Text, primary_key=True),
    Column("community", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), primary_key=True),
    Column("live_slot", Uuid),  # null: the request waits
    Column("live_loss", Double),
    Column("shadow_slot", Uuid),
    Column("shadow_loss", Double),
    Index("ix_shadow_decided", "decided_at"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("digest", Text, primary_key=True),  # of the secret, keyed: nobody keeps the secret
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_credentials_account", "account_id", postgresql_where=text("ended_at is null")),
)

account_names = Table(
    "account_names",
    metadata,
    Column("digest", Text, primary_key=True),  # of what others call the account
    Column("account_id", Uuid, nullable=False),
    Index("ix_account_names_account", "account_id"),
)

destinations = Table(
    "destinations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),  # of the last event it was told of, or need not
    Column("generation", Integer, nullable=False, server_default=text("0")),  # sent back so often
    Column("suspended_at", DateTime(timezone=True)),  # it did not answer for too long
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("about", Text, nullable=False),  # the stream
    Column("what", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),  # as HTTP or the Hub answered
    Column("detail", Text),
    Column("digest", Text),  # of what was said: the same again need not be said
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("next_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Index("ix_deliveries_about", "destination", "about", "position"),
    Index("ix_deliveries_created", "created_at"),
    Index(
        "ix_deliveries_sent",
        "destination",
        "created_at",
        postgresql_where=text("state = 'sent'"),
    ),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("url", Text, nullable=False),
    Column("names", ARRAY(Text), nullable=False),  # of events; none: all
    Column("community", Text),  # null: every one the account may follow
    Column("key", LargeBinary, nullable=False),  # of its secret, sealed by the master key
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_webhooks_account", "account_id", postgresql_where=text("ended_at is null")),
)

webhook_former_secrets = Table(
    "webhook_former_secrets",
    metadata,
    Column("webhook_id", Uuid, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),  # it signs beside the one that stands
    Index("ix_webhook_former_secrets", "webhook_id", "until"),
)

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("digest", Text, primary_key=True),  # of its address, keyed
    Column("account_id", Uuid, nullable=False),
    Column("rpps", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("ended_at", DateTime(timezone=True)),
    # Whoever asked was the practitioner by their provider's word, not by an account.
    Column("vouched", Boolean, nullable=False, server_default=text("false")),
    Index("ix_calendar_feeds_rpps", "rpps", postgresql_where=text("ended_at is null")),
)

agenda_slots = Table(
    "agenda_slots",
    metadata,
    Column("slot_id", Uuid, primary_key=True),
    Column("rpps", Text, nullable=False),
    Column("agenda", Text, nullable=False),  # as its owner calls it
    Column("read_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("ix_agenda_slots_rpps", "rpps", "agenda"),
)

hub_threads = Table(
    "hub_threads",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("demand_id", Text, primary_key=True),  # empty: a file, of which nothing was demanded
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("closed_at", DateTime(timezone=True)),  # refused: nothing is told any more
    Column("opened_by", Text),  # the number of the message; of the first ones, unknown
    Column("taken_back_at", DateTime(timezone=True)),  # a demand: it is answered no more
    Column("taken_back_by", Text),  # the number of the message
    Column("accepted_at", DateTime(timezone=True)),  # by the intake
)

hub_messages = Table(
    "hub_messages",
    metadata,
    Column("number", Text, primary_key=True),  # the distributionID
    Column("destination", Text, nullable=False, server_default="hub"),
    Column("event_id", Uuid, nullable=False),  # of the delivery: one event, perhaps several
    Column("recipient", Text, nullable=False),
    Column("received_at", DateTime(timezone=True)),  # as they said themselves
    ForeignKeyConstraint(
        ["destination", "event_id"],
        ["deliveries.destination", "deliveries.event_id"],
        ondelete="CASCADE",
    ),
    Index("ix_hub_messages_event", "destination", "event_id"),
)

reveals = Table(
    "reveals",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("ref", Uuid, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("community", Text),  # whose officer may read of it
    Column("revealed_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Index("ix_reveals_community", "community", "id"),
)
