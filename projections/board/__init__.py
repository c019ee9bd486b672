"""The regulator's board: every request, its state, who looks after it and until when."""

from projections.board.folding import apply, projection
from projections.board.questions import (
    After,
    alike,
    assigned_to_others,
    at_work,
    by_hour,
    counted,
    doctor_sought,
    of_practitioner,
    on_board,
    placed,
)
from projections.board.tables import (
    ASSIGNED,
    ATTENDED,
    CONFIRMED,
    HANDED_BACK,
    MISSED,
    STATES,
    WAITING,
    requests,
)

__all__ = [
    "ASSIGNED",
    "ATTENDED",
    "CONFIRMED",
    "HANDED_BACK",
    "MISSED",
    "STATES",
    "WAITING",
    "After",
    "alike",
    "apply",
    "assigned_to_others",
    "at_work",
    "by_hour",
    "counted",
    "doctor_sought",
    "of_practitioner",
    "on_board",
    "placed",
    "projection",
    "requests",
]
