"""Taking messages in: each becomes a command, and its sender gets an answer or a refusal."""

import asyncio
from dataclasses import dataclass
from typing import assert_never
from weakref import WeakValueDictionary

from services.clock import Clock
from services.hub_sante.messages import (
    Cancellation,
    Case,
    CaseUpdate,
    NationalMessage,
    ResourcesRequest,
)
from services.hub_sante.reading import Expired
from services.intake.absences import AbsenceDesk
from services.intake.accounts import FiguresSheet, JournalNote, JournalStrike, TargetsSheet
from services.intake.agreements import AgreementDesk
from services.intake.answering import (
    ContactsSheet,
    CrisisOver,
    CrisisSheet,
    HoursSheet,
    LadderSheet,
    Leaving,
    NeighboursSheet,
    OfferAnswer,
    OfferCorrection,
    OfferReceipt,
    OnCall,
    ProposalTaken,
    ProtocolsSheet,
    Vacation,
    VacationCancelled,
    WeightsSheet,
)
from services.intake.arrival import Arrival, arrival, case_of
from services.intake.care import CareDesk
from services.intake.changes import (
    Appointment,
    DeadlineSheet,
    DoctorSearch,
    Duplicate,
    HoldEndSheet,
    HoldSheet,
    NewPatient,
    OutcomeReport,
    Rating,
    Reorientation,
    SeriesWithdrawal,
    SlotCapacity,
    SlotClosing,
    SlotMove,
    SlotOpening,
    SlotWithdrawal,
    WithdrawalSheet,
)
from services.intake.contacts import ContactDesk
from services.intake.emergency import EmergencyDesk
from services.intake.entitlements import (
    AccountClosing,
    AccountSheet,
    RoleGrant,
    RoleRevocation,
)
from services.intake.entitling import EntitlementDesk
from services.intake.holds import HoldDesk
from services.intake.importing import ImportDesk
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
from services.intake.offers import OfferDesk
from services.intake.register import Register
from services.intake.reporting import ReportingDesk
from services.intake.samu import SamuDesk
from services.intake.series import SeriesDesk
from services.intake.slots import SlotDesk
from services.intake.visits import VisitDesk
from services.log.commands import Answer
from services.log.vault import Sealer
from services.settings import Settings


@dataclass(frozen=True)
class Desks:
    """Who deals with what comes in."""

    care: CareDesk
    emergencies: EmergencyDesk
    samu: SamuDesk
    register: Register
    slots: SlotDesk
    visits: VisitDesk
    offers: OfferDesk
    holds: HoldDesk
    absences: AbsenceDesk
    agreements: AgreementDesk
    imports: ImportDesk
    contacts: ContactDesk
    series: SeriesDesk
    reporting: ReportingDesk
    entitlements: EntitlementDesk


class Reception:
    """`take_in` is the one way in."""

    def __init__(self, desks: Desks, sealer: Sealer, clock: Clock, settings: Settings) -> None:
        self._care = desks.care
        self._emergencies = desks.emergencies
        self._samu = desks.samu
        self._register = desks.register
        self._slots = desks.slots
        self._visits = desks.visits
        self._offers = desks.offers
        self._holds = desks.holds
        self._absences = desks.absences
        self._agreements = desks.agreements
        self._imports = desks.imports
        self._contacts = desks.contacts
        self._series = desks.series
        self._reporting = desks.reporting
        self._entitlements = desks.entitlements
        self._sealer = sealer
        self._clock = clock
        self._settings = settings
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take_in(self, body: bytes, subject: str) -> Answer:
        """The answer to the message. Raises a Refused for what cannot be accepted.

        Once it returns, what was asked is in the log, on disk. Raises LogUnavailable otherwise.
        """
        came = arrival(
            body,
            subject,
            sealer=self._sealer,
            now=self._clock.now(),
            body_max_bytes=self._settings.body_max_bytes,
        )
        case = case_of(came.message)
        if case is None:
            return await self._answer(came)
        # What concerns one file is taken in in the order it came, however much comes at once.
        in_turn = self._turns.setdefault(case, asyncio.Lock())
        async with in_turn:
            return await self._answer(came)

    async def _answer(  # noqa: C901, PLR0912 a table of who deals with what
        self, came: Arrival
    ) -> Answer:
        match came.message:
            case CareRequest() as request:
                return await self._care.request(came, request)
            case EmergencyCall() as call:
                return await self._emergencies.told(came, call)
            case Case() | ResourcesRequest() | CaseUpdate() | Cancellation() as national:
                return await self._from_the_samu(came, national)
            case SlotOffer() as offer:
                return await self._register.slot(came, offer)
            case SlotSeries() as series:
                return await self._register.series(came, series)
            case PractitionerSheet() as practitioner:
                return await self._register.practitioner(came, practitioner)
            case PractitionerChange() as change:
                return await self._register.change(came, change)
            case CommunitySheet() as community:
                return await self._agreements.community(came, community)
            case CommunityChange() as change:
                return await self._agreements.change(came, change)
            case ContactsSheet() as contacts:
                return await self._contacts.given(came, contacts)
            case SeriesWithdrawal() as withdrawal:
                return await self._series.withdraw(came, withdrawal)
            case Import() as sheets:
                return await self._imports.take_in(came, sheets)
            case HoldSheet() | HoldEndSheet() as news:
                return await self._holds.tell(came, news)
            case OfferAnswer() | OfferReceipt() | OfferCorrection() | ProposalTaken() as news:
                return await self._offers.tell(came, news)
            case OnCall() as on_call:
                return await self._register.on_call(came, on_call)
            case Vacation() | VacationCancelled() | Leaving() as absence:
                return await self._absences.tell(came, absence)
            case (
                LadderSheet()
                | NeighboursSheet()
                | HoursSheet()
                | WeightsSheet()
                | ProtocolsSheet()
                | CrisisSheet()
                | CrisisOver()
            ) as agreement:
                return await self._agreements.agree(came, agreement)
            case TargetsSheet() | FiguresSheet() | JournalNote() | JournalStrike() as account:
                return await self._reporting.tell(came, account)
            case (
                SlotMove() | SlotCapacity() | SlotOpening() | SlotClosing() | SlotWithdrawal()
            ) as news:
                return await self._slots.change(came, news)
            case (
                Appointment()
                | OutcomeReport()
                | Rating()
                | DoctorSearch()
                | NewPatient()
                | Reorientation()
                | DeadlineSheet()
                | Duplicate()
                | WithdrawalSheet()
            ) as news:
                return await self._visits.tell(came, news)
            case (AccountSheet() | RoleGrant() | RoleRevocation() | AccountClosing()) as told:
                return await self._entitlements.tell(came, told)
            case _:
                assert_never(came.message)

    async def _from_the_samu(self, came: Arrival, message: NationalMessage) -> Answer:
        if came.expired and not await self._samu.was_taken_in(came):
            raise Expired
        match message:
            case Case():
                return await self._samu.case(came, message)
            case ResourcesRequest():
                return await self._samu.demand(came, message)
            case CaseUpdate():
                return await self._samu.case_update(came, message)
            case Cancellation():
                return await self._samu.cancellation(came, message)
            case _:
                assert_never(message)
