"""Every message others may send, by the `type` of its CloudEvent."""

from events.envelope import Role
from services.intake.accounts import (
    Account,
    FiguresSheet,
    JournalNote,
    JournalStrike,
    TargetsSheet,
)
from services.intake.answering import (
    Agreement,
    ContactsSheet,
    CrisisOver,
    CrisisSheet,
    HoursSheet,
    LadderSheet,
    Leaving,
    NeighboursSheet,
    OfferAnswer,
    OfferCorrection,
    OfferNews,
    OfferReceipt,
    OnCall,
    ProposalTaken,
    ProtocolsSheet,
    Vacation,
    VacationCancelled,
    WeightsSheet,
)
from services.intake.changes import (
    Appointment,
    DeadlineSheet,
    DoctorSearch,
    Duplicate,
    HoldEndSheet,
    HoldNews,
    HoldSheet,
    NewPatient,
    OutcomeReport,
    Rating,
    Reorientation,
    RequestNews,
    SeriesWithdrawal,
    SlotCapacity,
    SlotClosing,
    SlotMove,
    SlotNews,
    SlotOpening,
    SlotWithdrawal,
    WithdrawalSheet,
)
from services.intake.entitlements import (
    AccountClosing,
    AccountSheet,
    Entitlement,
    RoleGrant,
    RoleRevocation,
)
from services.intake.messages import (
    CareRequest,
    CommunityChange,
    CommunitySheet,
    EmergencyCall,
    Import,
    PractitionerChange,
    PractitionerSheet,
    SlotOffer,
    SlotSeries,
)
from services.messaging.subjects import Kind

Sheet = (
    SlotOffer
    | SlotSeries
    | PractitionerSheet
    | CommunitySheet
    | CommunityChange
    | OnCall
    | Vacation
    | Leaving
    | VacationCancelled
    | Agreement
    | Import
    | ContactsSheet
    | SeriesWithdrawal
    | PractitionerChange
    | Account
    | Entitlement
)
Sent = CareRequest | Sheet | SlotNews | RequestNews | HoldNews | OfferNews
Message = Sent | EmergencyCall

TYPES: dict[str, type[Sent]] = {
    "snp.care-request.v1": CareRequest,
    "snp.slot.v1": SlotOffer,
    "snp.slot-series.v1": SlotSeries,
    "snp.practitioner.v1": PractitionerSheet,
    "snp.practitioner-change.v1": PractitionerChange,
    "snp.community.v1": CommunitySheet,
    "snp.community-change.v1": CommunityChange,
    "snp.import.v1": Import,
    "snp.slot-move.v1": SlotMove,
    "snp.slot-capacity.v1": SlotCapacity,
    "snp.slot-opening.v1": SlotOpening,
    "snp.slot-withdrawal.v1": SlotWithdrawal,
    "snp.appointment.v1": Appointment,
    "snp.outcome.v1": OutcomeReport,
    "snp.reorientation.v1": Reorientation,
    "snp.deadline.v1": DeadlineSheet,
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
    "snp.hours.v1": HoursSheet,
    "snp.weights.v1": WeightsSheet,
    "snp.protocols.v1": ProtocolsSheet,
    "snp.crisis.v1": CrisisSheet,
    "snp.crisis-over.v1": CrisisOver,
    "snp.vacation.v1": Vacation,
    "snp.leaving.v1": Leaving,
    "snp.contacts.v1": ContactsSheet,
    "snp.vacation-cancelled.v1": VacationCancelled,
    "snp.slot-closing.v1": SlotClosing,
    "snp.series-withdrawal.v1": SeriesWithdrawal,
    "snp.rating.v1": Rating,
    "snp.doctor-search.v1": DoctorSearch,
    "snp.new-patient.v1": NewPatient,
    "snp.targets.v1": TargetsSheet,
    "snp.figures.v1": FiguresSheet,
    "snp.journal-note.v1": JournalNote,
    "snp.journal-strike.v1": JournalStrike,
    "snp.account.v1": AccountSheet,
    "snp.role-grant.v1": RoleGrant,
    "snp.role-revocation.v1": RoleRevocation,
    "snp.account-closing.v1": AccountClosing,
}
"""CloudEvents type → what its data must be. The middle of the type is the kind in the subject."""

SAID_BY = {
    Kind.CARE_REQUEST: Role.REGULATOR,
    Kind.SLOT: Role.PRACTITIONER,
    Kind.SLOT_SERIES: Role.PRACTITIONER,
    Kind.PRACTITIONER: Role.PRACTITIONER,
    Kind.PRACTITIONER_CHANGE: Role.PRACTITIONER,
    Kind.COMMUNITY: Role.COORDINATOR,
    Kind.COMMUNITY_CHANGE: Role.COORDINATOR,
    Kind.IMPORT: Role.COORDINATOR,
    Kind.SLOT_MOVE: Role.PRACTITIONER,
    Kind.SLOT_CAPACITY: Role.PRACTITIONER,
    Kind.SLOT_OPENING: Role.PRACTITIONER,
    Kind.SLOT_WITHDRAWAL: Role.PRACTITIONER,
    Kind.APPOINTMENT: Role.PRACTITIONER,
    Kind.OUTCOME: Role.PRACTITIONER,
    Kind.REORIENTATION: Role.REGULATOR,
    Kind.DEADLINE: Role.REGULATOR,
    Kind.DUPLICATE: Role.REGULATOR,
    Kind.WITHDRAWAL: Role.REGULATOR,
    Kind.HOLD: Role.REGULATOR,
    Kind.HOLD_END: Role.REGULATOR,
    Kind.OFFER_ANSWER: Role.PRACTITIONER,
    Kind.OFFER_RECEIPT: Role.SYSTEM,
    Kind.OFFER_CORRECTION: Role.PRACTITIONER,
    Kind.PROPOSAL: Role.REGULATOR,
    Kind.ON_CALL: Role.PRACTITIONER,
    Kind.LADDER: Role.COORDINATOR,
    Kind.NEIGHBOURS: Role.COORDINATOR,
    Kind.HOURS: Role.COORDINATOR,
    Kind.WEIGHTS: Role.COORDINATOR,
    Kind.PROTOCOLS: Role.COORDINATOR,
    Kind.CRISIS: Role.COORDINATOR,
    Kind.CRISIS_OVER: Role.COORDINATOR,
    Kind.VACATION: Role.PRACTITIONER,
    Kind.LEAVING: Role.COORDINATOR,
    Kind.CONTACTS: Role.PRACTITIONER,
    Kind.VACATION_CANCELLED: Role.PRACTITIONER,
    Kind.SLOT_CLOSING: Role.PRACTITIONER,
    Kind.SERIES_WITHDRAWAL: Role.PRACTITIONER,
    Kind.RATING: Role.PRACTITIONER,
    Kind.DOCTOR_SEARCH: Role.PRACTITIONER,
    Kind.NEW_PATIENT: Role.PRACTITIONER,
    Kind.TARGETS: Role.COORDINATOR,
    Kind.FIGURES: Role.COORDINATOR,
    Kind.JOURNAL_NOTE: Role.COORDINATOR,
    Kind.JOURNAL_STRIKE: Role.COORDINATOR,
    Kind.ACCOUNT: Role.ADMINISTRATOR,
    Kind.ROLE_GRANT: Role.ADMINISTRATOR,
    Kind.ROLE_REVOCATION: Role.ADMINISTRATOR,
    Kind.ACCOUNT_CLOSING: Role.ADMINISTRATOR,
}
"""In what capacity each is said, where its envelope does not tell."""
