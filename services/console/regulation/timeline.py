"""The history of a request as sentences: what happened, who did it, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from events.envelope import Recorded
from events.instants import happened_at
from events.offer import (
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
)
from events.request import (
    PatientErased,
    RequestAssigned,
    RequestConfirmed,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestEvent,
    RequestHandedBack,
    RequestHoldLapsed,
    RequestMerged,
    RequestPlaceHeld,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestReoriented,
    RequestSearching,
    RequestUnassigned,
    RequestWithdrawn,
)
from events.roles import Role
from events.visit import (
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
    VisitRated,
)
from services.console import moments, words
from services.console.languages import Language
from services.reports.because import clock, of_option
from services.reports.reasons import Words

GOOD, BAD, PLAIN = "good", "bad", "plain"
_ROLES = {
    Role.SYSTEM: Words("système", "system"),
    Role.REGULATOR: Words("régulateur", "regulator"),
    Role.TRIAGE_NURSE: Words("IOA", "triage nurse"),
    Role.PRACTITIONER: Words("praticien", "practitioner"),
    Role.DELEGATE: Words("secrétariat", "delegate"),
    Role.STRUCTURE_MANAGER: Words("structure", "structure"),
    Role.COORDINATOR: Words("coordination", "coordinator"),
    Role.ADMINISTRATOR: Words("administrateur", "administrator"),
    Role.OPERATOR: Words("exploitant", "operator"),
    Role.PLATFORM: Words("plateforme SAS", "SAS platform"),
}


@dataclass(frozen=True)
class Moment:
    """One thing that happened."""

    at: datetime
    sentence: str
    details: tuple[str, ...]
    tone: str
    by: str
    name: str  # of the event
    position: int


def timeline(events: Sequence[Recorded], zone: ZoneInfo, language: Language) -> list[Moment]:
    """In order. Searches that merely go on are left out but for the last."""
    searching = [one for one in events if isinstance(one.event, RequestSearching)]
    told = []
    for recorded in events:
        event = recorded.event
        if isinstance(event, RequestSearching) and recorded is not searching[-1]:
            continue
        if not isinstance(event, RequestEvent):
            continue
        sentence, tone, *details = _said(event, zone, language)
        role = _ROLES.get(recorded.meta.actor.role)
        told.append(
            Moment(
                happened_at(event),
                sentence,
                tuple(details),
                tone,
                role.of(language) if role else str(recorded.meta.actor.role),
                event.name,
                recorded.position,
            )
        )
    return told


def _said(event: RequestEvent, zone: ZoneInfo, language: Language) -> tuple[str, ...]:
    """The sentence, its tone, and what explains it."""
    hour = partial(clock, zone=zone, language=language)
    word = partial(words.word, language=language)

    def both(french: str, english: str) -> str:
        return french if language == "fr" else english

    match event:
        case RequestReceived():
            due = moments.when(event.due_by, event.received_at, zone, language)
            return both(
                f"Demande reçue, à voir avant {due}", f"Received, to be seen by {due}"
            ), PLAIN
        case RequestRefusedAsEmergency():
            return both("Urgence : rendue au SAMU", "Emergency: back to the SAMU"), BAD
        case RequestSearching():
            at = hour(event.next_at)
            return (
                both(
                    f"Pas encore de place ; prochain essai au plus tard à {at}",
                    f"No place yet; looked for again by {at}",
                ),
                PLAIN,
            )
        case RequestAssigned():
            start = moments.when(event.start, event.assigned_at, zone, language)
            mode = word("mode", event.mode)
            chosen = event.explanation.chosen
            details = [of_option(chosen, zone, language)] if chosen else []
            others = [of_option(one, zone, language) for one in event.explanation.alternatives]
            details += [both(f"ou {one}", f"or {one}") for one in others]
            return (
                both(f"Place donnée : {start}, {mode}", f"Place given: {start}, {mode}"),
                GOOD,
                *details,
            )
        case RequestDeadlineAgreed():
            due = moments.when(event.due_by, event.agreed_at, zone, language)
            return both(f"Nouvelle échéance : {due}", f"Due by {due} from now on"), PLAIN
        case RequestPlaceHeld():
            start = moments.when(event.start, event.held_at, zone, language)
            until = hour(event.until)
            return (
                both(f"Place de {start} gardée jusqu'à {until}", f"{start} is held until {until}"),
                PLAIN,
            )
        case RequestHoldLapsed():
            why = word("why", event.reason)
            return both(f"Place relâchée ({why})", f"No longer held ({why})"), PLAIN
        case RequestEscalated():
            step, until = word("step", event.kind), hour(event.until)
            return both(f"Étape : {step}, jusqu'à {until}", f"Step: {step}, until {until}"), PLAIN
        case RequestOffered():
            count, until = len(event.to), hour(event.until)
            return (
                both(
                    f"Vague {event.wave} : {count} membre(s) sollicité(s), réponse avant {until}",
                    f"Wave {event.wave}: {count} member(s) asked, to answer by {until}",
                ),
                PLAIN,
            )
        case OfferDelivered():
            return both("Sollicitation reçue par un membre", "Delivered to a member"), PLAIN
        case OfferSeen():
            return both("Sollicitation vue par un membre", "Seen by a member"), PLAIN
        case OfferAccepted():
            at = hour(event.start)
            return both(f"Un membre accepte, à {at}", f"A member accepts, at {at}"), GOOD
        case OfferPartiallyAccepted():
            at = moments.when(event.start, event.answered_at, zone, language)
            return both(f"Un membre propose {at}", f"A member proposes {at}"), PLAIN
        case OfferRefused():
            why = word("why_not", event.reason)
            return both(f"Un membre refuse ({why})", f"A member declines ({why})"), PLAIN
        case OfferDeferred():
            until = hour(event.until)
            return both(f"Un membre répondra avant {until}", f"A member answers by {until}"), PLAIN
        case OfferLapsed():
            why = word("why", event.reason)
            return both(f"Sollicitation sans suite ({why})", f"Offer lapsed ({why})"), PLAIN
        case RequestHandedBack():
            asked = []
            for one in event.asked:
                said = f"{one.rpps} : {word('answer', one.answer)}"
                if one.start:
                    said += f", {moments.when(one.start, event.handed_back_at, zone, language)}"
                asked.append(said)
            why = word("why", event.reason)
            if event.suggested:
                advice = word("destination", event.suggested)
                asked.append(both(f"conseillé : {advice}", f"suggested: {advice}"))
            return both(f"Rendue au SAS : {why}", f"Handed back: {why}"), BAD, *asked
        case RequestReopened():
            due = moments.when(event.due_by, event.reopened_at, zone, language)
            return both(f"Recherche reprise, avant {due}", f"Searched for again, by {due}"), PLAIN
        case RequestUnassigned():
            why = word("why", event.reason)
            return both(f"Place perdue : {why}", f"Place lost: {why}"), BAD
        case RequestConfirmed():
            return both("Le patient est prévenu, et vient", "The patient knows, and comes"), GOOD
        case RequestReoriented():
            to = word("destination", event.to)
            return both(f"Réorientée : {to}", f"Sent elsewhere: {to}"), PLAIN
        case RequestMerged():
            return both("Rattachée à une autre demande", "Merged into another request"), PLAIN
        case RequestWithdrawn():
            why = word("why", event.reason)
            return both(f"Retirée : {why}", f"Withdrawn: {why}"), PLAIN
        case VisitAttended():
            return both("Le patient a été vu", "The patient was seen"), GOOD
        case VisitMissed():
            return both("Le patient n'est pas venu", "The patient did not come"), BAD
        case VisitCancelled():
            return both("Visite annulée", "Visit cancelled"), PLAIN
        case VisitRated():
            return both(f"Avis : {event.score} sur 5", f"Rated {event.score} of 5"), PLAIN
        case OutcomeRecorded():
            ended = word("outcome", event.outcome)
            return both(f"Issue : {ended}", f"Outcome: {ended}"), PLAIN
        case PatientDoctorSought():
            return both("Médecin traitant recherché", "A treating doctor is sought"), PLAIN
        case PatientDoctorFound():
            return both("Médecin traitant trouvé", "A treating doctor was found"), GOOD
        case PatientDoctorNotFound():
            return both("Pas de médecin traitant trouvé", "No treating doctor was found"), BAD
        case PatientErased():
            return both("Identité du patient effacée", "The patient's identity was erased"), PLAIN
