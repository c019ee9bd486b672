"""What the qualitative journal of a community is about."""

from enum import StrEnum


class JournalTopic(StrEnum):
    """What a note of the journal is about."""

    PROGRESS = "PROGRESS"
    DIFFICULTY = "DIFFICULTY"
    CONTEXT = "CONTEXT"  # an epidemic, a closed practice: what figures alone do not say
    ADVERSE_EVENT = "ADVERSE_EVENT"  # associated with care (EIG)
