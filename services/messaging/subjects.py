"""Every subject there is.

    snp.in.<community>.<kind>          what others ask, kept in SNP_INBOX until it is taken in
    snp.ask.<community>.<kind>         the same by core request/reply: the answer comes back at once
    snp.event.<community>.<name>.<id>  what happened, in the order of the log, kept in SNP_EVENTS
    snp.dead.<community>.<kind>        what could not be accepted, kept in SNP_DEAD_LETTERS
    snp.take.<community>               a regulator takes a place of a slot chosen by hand
    snp.rank.<community>               which places a waiting request may have now, and at what cost
    snp.bell                           something is new in the log
    snp.clock                          what time it is in a sandbox, and setting it

<community> is a FINESS number, or `any` when the message itself must tell.
"""

from enum import StrEnum

from events.streams import identity

INBOX = "snp.in.>"
ASK = "snp.ask.>"
EVENTS = "snp.event.>"
DEAD = "snp.dead.>"
TAKE = "snp.take.*"
RANK = "snp.rank.*"
RANK_ANY = "snp.rank.any"
BELL = "snp.bell"
CLOCK = "snp.clock"

KEEP = "Snp-Keep"
"""A header of `snp.ask…`: what is refused is put aside, though whoever sent it is told."""

ANY_COMMUNITY = "any"
NO_COMMUNITY = "none"  # of an event no community is concerned by: an emergency elsewhere


class Kind(StrEnum):
    """What a message is about: the last token of its subject."""

    CARE_REQUEST = "care-request"
    SLOT = "slot"
    SLOT_SERIES = "slot-series"
    PRACTITIONER = "practitioner"
    PRACTITIONER_CHANGE = "practitioner-change"
    COMMUNITY = "community"
    COMMUNITY_CHANGE = "community-change"
    IMPORT = "import"
    SLOT_MOVE = "slot-move"
    SLOT_CAPACITY = "slot-capacity"
    SLOT_OPENING = "slot-opening"
    SLOT_WITHDRAWAL = "slot-withdrawal"
    APPOINTMENT = "appointment"
    OUTCOME = "outcome"
    REORIENTATION = "reorientation"
    DEADLINE = "deadline"
    DUPLICATE = "duplicate"
    WITHDRAWAL = "withdrawal"
    HOLD = "hold"
    HOLD_END = "hold-end"
    OFFER_ANSWER = "offer-answer"
    OFFER_RECEIPT = "offer-receipt"
    OFFER_CORRECTION = "offer-correction"
    PROPOSAL = "proposal"
    ON_CALL = "on-call"
    LADDER = "ladder"
    NEIGHBOURS = "neighbours"
    HOURS = "hours"
    WEIGHTS = "weights"
    PROTOCOLS = "protocols"
    CRISIS = "crisis"
    CRISIS_OVER = "crisis-over"
    VACATION = "vacation"
    LEAVING = "leaving"
    CONTACTS = "contacts"
    VACATION_CANCELLED = "vacation-cancelled"
    SLOT_CLOSING = "slot-closing"
    SERIES_WITHDRAWAL = "series-withdrawal"
    RATING = "rating"
    DOCTOR_SEARCH = "doctor-search"
    NEW_PATIENT = "new-patient"
    TARGETS = "targets"
    FIGURES = "figures"
    JOURNAL_NOTE = "journal-note"
    JOURNAL_STRIKE = "journal-strike"
    ACCOUNT = "account"
    ROLE_GRANT = "role-grant"
    ROLE_REVOCATION = "role-revocation"
    ACCOUNT_CLOSING = "account-closing"


def inbox(community: str, kind: str) -> str:
    """Where a message of this kind is sent."""
    return f"snp.in.{community}.{kind}"


def ask(community: str, kind: str) -> str:
    """Where it is sent by whoever waits for the answer."""
    return f"snp.ask.{community}.{kind}"


def dead(community: str, kind: str) -> str:
    """Where it ends when it cannot be accepted."""
    return f"snp.dead.{community}.{kind}"


def event(community: str | None, name: str, stream: str) -> str:
    """Where an event is published."""
    return f"snp.event.{community or NO_COMMUNITY}.{name}.{identity(stream)}"


def parts(subject: str) -> tuple[str, str]:
    """Community and kind of `snp.in.<community>.<kind>` or of a subject shaped like it."""
    tokens = subject.split(".")
    return (tokens[2], tokens[3]) if len(tokens) == 4 else ("", "")  # noqa: PLR2004 as at the top
