"""What is written to a practitioner: where and when, never who the patient is nor why they call.

A text message is read on a screen others see: no name, no age, no reason, no specialty (CNIL).
Letters are those of GSM 03.38: with any other one, half as many fit into a message.
"""

from typing import assert_never

from services.french import moment
from services.notify.notices import Kind, Notice


def text_of(notice: Notice, community: str, zone: str, link: str | None) -> tuple[str, str]:
    """Title and text, in French. `link`: where to answer, `{request_id}` in it replaced."""
    body = _body(notice, zone)
    where = f" {link.format(request_id=notice.request_id or '')}" if link else ""
    return community or "Soins non programmés", body + where


def _body(notice: Notice, zone: str) -> str:
    when = moment(notice.at, zone) if notice.at else ""
    match notice.kind:
        case Kind.OFFER:
            return f"Pouvez-vous recevoir un patient en plus ? Réponse attendue avant {when}."
        case Kind.OFFER_OVER:
            return "Vous n'avez plus à répondre à cette demande. Merci."
        case Kind.ASSIGNED:
            return f"Un rendez-vous est pris dans votre agenda : {when}."
        case Kind.FREED:
            # Not that the place is free: one beyond the agenda goes with its patient.
            return f"Le rendez-vous {when} est annulé."
        case Kind.CRISIS:
            return "Votre CPTS est en situation de crise : pouvez-vous ouvrir des places ?"
        case Kind.NEW_PATIENT:
            return "Une personne cherche un médecin traitant : la prenez-vous ?"
        case Kind.ROLL_CALL:
            return "Essai mensuel : rien à faire, nos messages vous arrivent bien."
        case _:
            assert_never(notice.kind)
