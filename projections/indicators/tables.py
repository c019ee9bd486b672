"""The facts: a row a request, a slot, an offer, a membership; what communities account for."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

NAME = "indicators"
metadata = MetaData(schema=NAME)

_INSTANT = DateTime(timezone=True)

requests = Table(
    "requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("community", Text),  # null: an emergency where no community is
    Column("zone", Text, nullable=False),  # the community's: its days are counted there
    # How it came
    Column("received", Boolean, nullable=False),  # false: an emergency from the first
    Column("received_at", _INSTANT, nullable=False),
    Column("day", Date, nullable=False),
    Column("half_day", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("regulated", Boolean, nullable=False),  # by a regulator of the SAS
    Column("filed", Boolean, nullable=False),  # a regulation file says so
    Column("priority", Text, nullable=False),
    Column("motive", Text),
    Column("age_band", Text, nullable=False),
    Column("sex", Text, nullable=False),
    Column("commune", Text),
    Column("registration", Text, nullable=False),
    Column("home_only", Boolean, nullable=False),
    Column("protocols", ARRAY(Text), nullable=False),  # that fit the patient
    # What became of it
    Column("answer", Text, nullable=False),
    Column("failure", Text),  # why nobody could, for those it is true of
    Column("destination", Text),
    Column("steps", ARRAY(Text), nullable=False),  # of the ladder, those it went through
    Column("waves", Integer, nullable=False),
    Column("places_lost", Integer, nullable=False),
    Column("lost_to_practitioner", Integer, nullable=False),
    Column("seconds_to_place", Float),  # until the first place somebody gave
    # The place it has, or had last
    Column("slot_id", Uuid),
    Column("rpps", Text),
    Column("week", Text),
    Column("mode", Text),
    Column("km", Float),
    Column("visit_at", _INSTANT),
    Column("visit_day", Date),
    Column("seconds_to_visit", Float),
    Column("profession", Text),
    Column("specialty", Text),
    Column("setting", Text),
    Column("origin", Text),
    Column("own_patient", Boolean, nullable=False),
    Column("attendance", Text),  # null: no place
    # What followed
    Column("outcome", Text),
    Column("patient_score", SmallInteger),
    Column("practitioner_score", SmallInteger),
    Column("doctor", Text),  # a treating doctor: sought, found or not found
    Column("doctor_day", Date),  # when one began to be sought
    Column("doctor_days", Float),  # until one was found
)
Index("requests_community_day", requests.c.community, requests.c.day)
Index("requests_community_visit_day", requests.c.community, requests.c.visit_day)
Index("requests_day", requests.c.day)
Index("requests_visit_day", requests.c.visit_day)

places = Table(
    "places",
    metadata,
    Column("slot_id", Uuid, primary_key=True),
    Column("rpps", Text, nullable=False),
    Column("week", Text, nullable=False),
    Column("communities", ARRAY(Text), nullable=False),
    Column("profession", Text, nullable=False),
    Column("specialty", Text),
    Column("setting", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("labels", ARRAY(Text), nullable=False),
    Column("modes", ARRAY(Text), nullable=False),
    Column("zone", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("half_day", Text, nullable=False),
    Column("hours", Float, nullable=False),
    Column("origin", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    # The places it ever offered are used, lost, withdrawn or open: the four add up, always.
    Column("offered", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("over", Boolean, nullable=False),  # it has elapsed, or was withdrawn
    Column("freed", Integer, nullable=False),
    Column("refilled", Integer, nullable=False),  # of those
)
Index("places_day", places.c.day)
Index("places_communities", places.c.communities, postgresql_using="gin")

offers = Table(
    "offers",
    metadata,
    Column("offer", Text, primary_key=True),  # request and member
    Column("request_id", Uuid, nullable=False),
    Column("rpps", Text, nullable=False),
    Column("community", Text),
    Column("wave", Integer, nullable=False),
    Column("offered_at", _INSTANT, nullable=False),
    Column("day", Date, nullable=False),
    Column("half_day", Text, nullable=False),
    Column("delivered", Boolean, nullable=False),
    Column("seen", Boolean, nullable=False),
    Column("answer", Text, nullable=False),
    Column("reason", Text),
    Column("seconds_to_answer", Float),
)
Index("offers_community_day", offers.c.community, offers.c.day)
Index("offers_day", offers.c.day)

members = Table(
    "members",
    metadata,
    Column("member", Text, primary_key=True),  # practitioner and community
    Column("rpps", Text, nullable=False),
    Column("community", Text, nullable=False),
    Column("profession", Text, nullable=False),
    Column("setting", Text, nullable=False),
    Column("spans", JSONB, nullable=False),  # [first day, last day or null], one a time they were
)
Index("members_community", members.c.community)

communities = Table(
    "communities",
    metadata,
    Column("finess", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("departement", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("population", Integer, nullable=False),
    Column("communes", JSONB, nullable=False),  # INSEE code → name
)

contract_years = Table(
    "contract_years",
    metadata,
    Column("contract_year", Text, primary_key=True),  # community and first day
    Column("finess", Text, nullable=False),
    Column("begins", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("targets", JSONB, nullable=False),
)
Index("contract_years_finess", contract_years.c.finess)

reported = Table(
    "reported",
    metadata,
    Column("figure", Text, primary_key=True),  # community, indicator and days
    Column("finess", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("begins", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("numerator", Float, nullable=False),
    Column("denominator", Float),
    Column("source", Text, nullable=False),
)
Index("reported_finess", reported.c.finess, reported.c.indicator)

journal = Table(
    "journal",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("finess", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("topic", Text, nullable=False),
    Column("stands", Boolean, nullable=False),
    Column("written_at", _INSTANT, nullable=False),
)
Index("journal_finess_day", journal.c.finess, journal.c.day)

TABLES = (
    requests,
    places,
    offers,
    members,
    communities,
    contract_years,
    reported,
    journal,
)
