"""Places: which are free and to whom, which were taken, held, lost or withdrawn."""

from projections.availability.folding import projection
from projections.availability.questions import (
    DIMENSIONS,
    STATES,
    TODAY_TO_D2,
    Question,
    Which,
    consents,
    counted_by,
    free_by_hour,
    free_places,
    members,
    silent_senders,
)
from projections.availability.slot_lists import (
    OF_SITES,
    PUBLISHED,
    SEARCHED,
    of_practitioner,
    open_slots,
    slots_to_come,
)
from projections.availability.tables import NAME, SOS, listings, practitioners, senders, slots

__all__ = [
    "DIMENSIONS",
    "NAME",
    "OF_SITES",
    "PUBLISHED",
    "SEARCHED",
    "SOS",
    "STATES",
    "TODAY_TO_D2",
    "Question",
    "Which",
    "consents",
    "counted_by",
    "free_by_hour",
    "free_places",
    "listings",
    "members",
    "of_practitioner",
    "open_slots",
    "practitioners",
    "projection",
    "senders",
    "silent_senders",
    "slots",
    "slots_to_come",
]
