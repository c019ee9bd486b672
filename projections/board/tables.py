"""The table of the board: one row a request."""

from sqlalchemy import Column, DateTime, Float, Index, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

NAME = "board"
metadata = MetaData(schema=NAME)

WAITING = "waiting"
ASSIGNED = "assigned"
REFUSED_AS_EMERGENCY = "refused_as_emergency"
HANDED_BACK = "handed_back"
WITHDRAWN = "withdrawn"
CONFIRMED = "confirmed"  # assigned, and the patient knows
ATTENDED = "attended"
MISSED = "missed"
CANCELLED = "cancelled"
REORIENTED = "reoriented"
MERGED = "merged"
STATES = (
    WAITING,
    ASSIGNED,
    CONFIRMED,
    ATTENDED,
    MISSED,
    CANCELLED,
    HANDED_BACK,
    REORIENTED,
    MERGED,
    WITHDRAWN,
    REFUSED_AS_EMERGENCY,
)

requests = Table(
    "requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("community", Text),  # null: an emergency where no community is
    Column("case_id", Text),
    Column("source", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("care_level", Text),
    Column("motive", Text),
    Column("age", Integer),
    Column("sex", Text),
    Column("commune", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("due_by", DateTime(timezone=True)),
    Column("owner", Text),  # who looks after an open request…
    Column("next_at", DateTime(timezone=True)),  # …and when they act again at the latest
    Column("step", Text),  # of the ladder it is in, once one was announced
    Column("slot_id", Uuid),
    Column("rpps", Text),
    Column("start", DateTime(timezone=True)),
    Column("mode", Text),
    Column("km", Float),
    Column("settled_at", DateTime(timezone=True)),
    Column("reason", Text),  # of the last hand-back, withdrawal, reorientation or lost place
    Column("suggested", Text),  # where the SAS is advised to send who was handed back
    Column("outcome", Text),
    Column("doctor", Text),  # sought: a treating doctor; else who it is, or not_found
    Column("doctor_by", DateTime(timezone=True)),  # until when one is sought
    Column("explanation", JSONB(none_as_null=True)),
)
Index("requests_community_state", requests.c.community, requests.c.state)
Index("requests_case", requests.c.case_id)
Index("requests_rpps", requests.c.rpps)

SOUGHT = "sought"  # a treating doctor, for the patient
NOT_FOUND = "not_found"
