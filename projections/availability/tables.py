"""What is kept of places: slots, in which lists they are, of whom, and who speaks of them."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

NAME = "availability"
metadata = MetaData(schema=NAME)

slots = Table(
    "slots",
    metadata,
    Column("slot_id", Uuid, primary_key=True),
    Column("rpps", Text, nullable=False),
    Column("week", Text, nullable=False),
    Column("profession", Text, nullable=False),
    Column("setting", Text, nullable=False),
    Column("specialty", Text),
    Column("surge", Boolean, nullable=False),  # kept for a crisis
    Column("place", Text, nullable=False),
    Column("site", JSONB(none_as_null=True)),  # address, structure, telephone: what is known of it
    Column("commune", Text, nullable=False),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("start", DateTime(timezone=True), nullable=False),
    Column("end", DateTime(timezone=True), nullable=False),
    Column("zone", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("is_range", Boolean, nullable=False),  # it has, or had, several places
    Column("taken", Integer, nullable=False),
    Column("held", Integer, nullable=False),  # by regulators, for a moment
    Column("lost", Integer, nullable=False),  # nobody had taken them when it was over
    Column("modes", ARRAY(Text), nullable=False),
    Column("labels", ARRAY(Text), nullable=False),
    Column("communities", ARRAY(Text), nullable=False),
    Column("open_to", ARRAY(Text), nullable=False),
    Column("sender", Text, nullable=False),  # who published it
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
)
Index("slots_start", slots.c.start)
SOS = "SOS"  # Setting.SOS_MEDECINS
Index("slots_sos_start", slots.c.start, postgresql_where=slots.c.setting == SOS)
Index("slots_rpps_start", slots.c.rpps, slots.c.start)
Index("slots_commune_start", slots.c.commune, slots.c.start)

listings = Table(
    # A slot in the list of a community: the way from a community to its slots of these days.
    "listings",
    metadata,
    Column("listing", Text, primary_key=True),  # slot/FINESS
    Column("slot_id", Uuid, nullable=False),
    Column("community", Text, nullable=False),
    Column("start", DateTime(timezone=True), nullable=False),
    Column("ended", Boolean, nullable=False),  # it is in that list no longer
)
Index("listings_community_start", listings.c.community, listings.c.start)

practitioners = Table(
    "practitioners",
    metadata,
    Column("rpps", Text, primary_key=True),
    Column("profession", Text, nullable=False),
    Column("communities", ARRAY(Text), nullable=False),  # none: takes part no longer
    Column("left", ARRAY(Text), nullable=False),  # communities
    Column("paused", Boolean, nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
)

senders = Table(
    # Software or people who publish and change slots, and when they are used to speak.
    "senders",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("first_heard_at", DateTime(timezone=True), nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False),  # last
    Column("hours", ARRAY(DateTime(timezone=True)), nullable=False),  # of its last days, beginnings
)
