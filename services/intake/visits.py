"""After a request was received: confirmed, cancelled, attended, sent elsewhere, taken back."""

from typing import assert_never
from uuid import UUID

from domain import agenda as agendas
from domain import merging, placing
from domain import practitioner as practitioners
from domain import request as requests
from domain.decider import Refused
from domain.placing import Cancel, OverTwoStreams
from domain.practitioner import NotAMember, NotEnrolled, PractitionerNotEnrolled, enrolment
from domain.request import (
    AgreeDeadline,
    BecomeTreatingDoctor,
    ConfirmVisit,
    Merge,
    RateVisit,
    RecordAttendance,
    RecordOutcome,
    Reorient,
    Request,
    SeekDoctor,
    Withdraw,
    is_erased,
    received_of,
)
from events import streams
from events.codes import Profession
from services.intake.about import agenda_of, given_about, request_id_of
from services.intake.arrival import Arrival
from services.intake.changes import (
    Appointment,
    DeadlineSheet,
    DoctorSearch,
    Duplicate,
    NewPatient,
    OutcomeReport,
    Rating,
    Reorientation,
    RequestNews,
    WithdrawalSheet,
)
from services.intake.standing import standing
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.log.vault import Identity, Sealer


class VisitDesk:
    """What is told of a request there is: its stream, and its place's agenda when it has one."""

    def __init__(self, executor: Executor, sealer: Sealer) -> None:
        self._executor = executor
        self._sealer = sealer

    async def tell(self, came: Arrival, news: RequestNews) -> Answer:
        """The request as it is now. Raises NoSuchRequest, or whatever else forbids it."""
        request_id = request_id_of(news)
        stream = streams.request(request_id)

        async def decide(decision: Decision) -> Answer:
            request = await decision.state(requests.decider, stream)
            agenda, agenda_stream = await agenda_of(decision, request)
            both = await self._decided(decision, came, news, request_id, request, agenda)
            decision.write(stream, both.request)
            decision.write(agenda_stream, both.agenda)
            if isinstance(news, OutcomeReport | Rating):
                self._seal_note(decision, came, news, request)
            return standing(request_id, requests.decider.replay(both.request, since=request))

        known = await self._executor.look(requests.decider, stream)
        return await self._executor.execute(given_about(came, request_id, known), decide)

    async def _decided(
        self,
        decision: Decision,
        came: Arrival,
        news: RequestNews,
        request_id: UUID,
        request: Request,
        agenda: agendas.Agenda,
    ) -> OverTwoStreams:
        match news:
            case Appointment():
                return _appointment(came, news, request_id, request, agenda)
            case OutcomeReport():
                told = requests.decide(RecordOutcome(request_id, news.outcome, came.at), request)
                return OverTwoStreams(told, ())
            case Rating():
                rate = RateVisit(request_id, news.by, news.score, came.at)
                return OverTwoStreams(requests.decide(rate, request), ())
            case DoctorSearch():
                seek = SeekDoctor(request_id, came.at)
                return OverTwoStreams(requests.decide(seek, request), ())
            case NewPatient():
                await _takes_new_patients(decision, news.rpps, request)
                take = BecomeTreatingDoctor(request_id, news.rpps, came.at)
                return OverTwoStreams(requests.decide(take, request), ())
            case Reorientation():
                return placing.reorient(Reorient(request_id, news.to, came.at), request, agenda)
            case DeadlineSheet(delay=delay):
                due_by = came.at + delay.longest
                agree = AgreeDeadline(request_id, delay, came.at, due_by, came.at)
                return placing.agree_deadline(agree, request, agenda)
            case Duplicate():
                into = await decision.state(requests.decider, streams.request(news.of))
                return merging.merge(Merge(request_id, news.of, came.at), request, into, agenda)
            case WithdrawalSheet():
                return placing.withdraw(Withdraw(request_id, news.reason, came.at), request, agenda)
            case _:
                assert_never(news)

    def _seal_note(
        self, decision: Decision, came: Arrival, news: OutcomeReport | Rating, request: Request
    ) -> None:
        """What is written about a patient nobody can name any more, or never could, is not kept."""
        received = received_of(request)
        if not news.note or received is None or received.patient_ref is None or is_erased(request):
            return
        note = Identity(notes=(news.note,))
        decision.sealed = [
            self._sealer.seal_identity(note, ref=came.command_id, patient_ref=received.patient_ref)
        ]


def _appointment(
    came: Arrival, news: Appointment, request_id: UUID, request: Request, agenda: agendas.Agenda
) -> OverTwoStreams:
    match news.status:
        case "booked":
            told = requests.decide(ConfirmVisit(request_id, came.at), request)
            return OverTwoStreams(told, ())
        case "cancelled":
            cancel = Cancel(request_id, news.by, news.search_again, came.at)
            return placing.cancel(cancel, request, agenda)
        case "fulfilled" | "noshow":
            attended = news.status == "fulfilled"
            told = requests.decide(RecordAttendance(request_id, attended, came.at), request)
            return OverTwoStreams(told, ())
        case _:
            assert_never(news.status)


class TakesNoNewPatients(Refused):
    """This professional does not agree to become anybody's treating doctor, or may not."""

    code = "takes_no_new_patients"


async def _takes_new_patients(decision: Decision, rpps: str, request: Request) -> None:
    """Raises why the professional does not become this patient's treating doctor."""
    practitioner = await decision.state(practitioners.decider, streams.practitioner(rpps))
    if isinstance(practitioner, NotEnrolled):
        raise PractitionerNotEnrolled(rpps)
    enrolled, received = enrolment(practitioner), received_of(request)
    if received is not None and received.community not in enrolled.communities:
        raise NotAMember(rpps)
    consent = enrolled.consent
    if consent is None or not consent.new_patients or enrolled.profession is not Profession.DOCTOR:
        raise TakesNoNewPatients(rpps)
