"""Every message others may send, by the `type` of its CloudEvent."""

from services.intake.changes import (
    Appointment,
    Duplicate,
    OutcomeReport,
    Reorientation,
    RequestNews,
    SlotCapacity,
    SlotMove,
    SlotNews,
    SlotOpening,
    SlotWithdrawal,
    WithdrawalSheet,
)
from services.intake.messages import (
    CareRequest,
    CommunitySheet,
    EmergencyCall,
    PractitionerSheet,
    SlotOffer,
)

Sent = CareRequest | SlotOffer | PractitionerSheet | CommunitySheet | SlotNews | RequestNews
Message = Sent | EmergencyCall

TYPES: dict[str, type[Sent]] = {
    "snp.care-request.v1": CareRequest,
    "snp.slot.v1": SlotOffer,
    "snp.practitioner.v1": PractitionerSheet,
    "snp.community.v1": CommunitySheet,
    "snp.slot-move.v1": SlotMove,
    "snp.slot-capacity.v1": SlotCapacity,
    "snp.slot-opening.v1": SlotOpening,
    "snp.slot-withdrawal.v1": SlotWithdrawal,
    "snp.appointment.v1": Appointment,
    "snp.outcome.v1": OutcomeReport,
    "snp.reorientation.v1": Reorientation,
    "snp.duplicate.v1": Duplicate,
    "snp.withdrawal.v1": WithdrawalSheet,
}
"""CloudEvents type → what its data must be. The middle of the type is the kind in the subject."""
