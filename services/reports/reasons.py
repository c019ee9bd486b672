"""Why a place was not for a patient, as people read it, in French and English."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """The same thing said twice."""

    fr: str
    en: str

    def of(self, language: str) -> str:
        """In French or English."""
        return self.fr if language == "fr" else self.en


REASONS: Mapping[str, Words] = {
    "kept_for_others": Words(
        "gardé pour des demandes plus urgentes attendues", "kept for more urgent requests expected"
    ),
    "no_place_left": Words("plus de place", "no place left"),
    "not_this_community": Words("pas ouvert à cette communauté", "not open to this community"),
    "not_this_source": Words("pas ouvert à ce type de demandeur", "not open to who asked"),
    "not_this_profession": Words("une autre profession était demandée", "another profession asked"),
    "not_this_step": Words(
        "sollicité à une étape suivante seulement", "reached by a later step only"
    ),
    "not_this_specialty": Words("une autre spécialité était cherchée", "another specialty sought"),
    "not_the_treating_doctor": Words(
        "le médecin traitant était sollicité d'abord", "the treating doctor was asked first"
    ),
    "kept_for_a_crisis": Words("réservé à une crise", "kept for a crisis"),
    "not_in_the_protocol": Words("pas inscrit au protocole", "not enrolled in the protocol"),
    "no_consent": Words(
        "n'accepte pas de patients de ce demandeur", "takes no patients of who asked"
    ),
    "practitioner_paused": Words("en pause ou en congé", "paused, or on vacation"),
    "practitioner_not_enrolled": Words("ne participe pas", "does not take part"),
    "weekly_cap_reached": Words("plafond de la semaine atteint", "cap of the week reached"),
    "daily_cap_reached": Words("plafond du jour atteint", "cap of the day reached"),
    "outside_age_limits": Words("ne reçoit pas cet âge", "sees no patients of this age"),
    "motive_excluded": Words("ne reçoit pas pour ce motif", "sees no patients for this reason"),
    "refused_before": Words("n'a pas souhaité voir ce patient", "does not see this patient"),
    "visits_too_far_apart": Words(
        "trop loin d'une autre de ses visites", "too far from another visit of theirs"
    ),
    "place_lost_before": Words("le patient y avait perdu sa place", "the patient lost it before"),
    "starts_after_due": Words("commence après l'échéance", "starts after the visit is due"),
    "starts_too_soon": Words("commence trop tôt pour y arriver", "starts too soon to be reached"),
    "not_this_way": Words("pas par ce mode", "not in a way that was asked for"),
    "too_far": Words("trop loin", "too far"),
}


def reason(code: str, language: str) -> str:
    """In words; the code itself for one that is newer than these."""
    words = REASONS.get(code)
    return words.of(language) if words else code.replace("_", " ")
