"""Every message others may send, by the `type` of its CloudEvent."""

from services.intake.answering import (
    LadderSheet,
    NeighboursSheet,
    OfferAnswer,
    OfferCorrection,
    OfferNews,
    OfferReceipt,
    OnCall,
    ProposalTaken,
)
from services.intake.changes import (
    Appointment,
    Duplicate,
    HoldEndSheet,
    HoldNews,
    HoldSheet,
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
    SlotSeries,
)

Sheet = (
    SlotOffer
    | SlotSeries
    | PractitionerSheet
    | CommunitySheet
    | OnCall
    | LadderSheet
    | NeighboursSheet
)
Sent = CareRequest | Sheet | SlotNews | RequestNews | HoldNews | OfferNews
Message = Sent | EmergencyCall

TYPES: dict[str, type[Sent]] = {
    "snp.care-request.v1": CareRequest,
    "snp.slot.v1": SlotOffer,
    "snp.slot-series.v1": SlotSeries,
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
    "snp.hold.v1": HoldSheet,
    "snp.hold-end.v1": HoldEndSheet,
    "snp.offer-answer.v1": OfferAnswer,
    "snp.offer-receipt.v1": OfferReceipt,
    "snp.offer-correction.v1": OfferCorrection,
    "snp.proposal.v1": ProposalTaken,
    "snp.on-call.v1": OnCall,
    "snp.ladder.v1": LadderSheet,
    "snp.neighbours.v1": NeighboursSheet,
}
"""CloudEvents type → what its data must be. The middle of the type is the kind in the subject."""
