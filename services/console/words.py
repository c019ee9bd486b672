"""National codes and states, as people read them, in French and English."""

from collections.abc import Mapping

from events.motives import MOTIVES
from services.console.languages import Language
from services.reports.reasons import REASONS, Words

STATES = {
    "waiting": Words("en recherche", "searching"),
    "held": Words("place gardée", "place held"),
    "assigned": Words("placée", "placed"),
    "confirmed": Words("confirmée", "confirmed"),
    "attended": Words("vu", "seen"),
    "missed": Words("non venu", "missed"),
    "cancelled": Words("annulée", "cancelled"),
    "handed_back": Words("rendue au SAS", "handed back"),
    "reoriented": Words("réorientée", "sent elsewhere"),
    "merged": Words("doublon", "duplicate"),
    "withdrawn": Words("retirée", "withdrawn"),
    "refused_as_emergency": Words("urgence : SAMU", "emergency: SAMU"),
}
OWNERS = {
    "dispatch": Words("le système", "the system"),
    "regulator": Words("le régulateur", "the regulator"),
    "regulator_asked": Words(
        "le régulateur : une autre heure est proposée", "the regulator: another time is proposed"
    ),
    "members": Words("les membres sollicités", "members asked"),
    "treating_doctor": Words("le médecin traitant", "the treating doctor"),
    "partners": Words("les partenaires", "partners"),
    "neighbours": Words("les communautés voisines", "neighbouring communities"),
}
STEPS = {
    "TREATING_DOCTOR": Words("médecin traitant", "treating doctor"),
    "MEMBER_SLOTS": Words("créneaux des membres", "members' slots"),
    "MEMBER_OFFERS": Words("membres sollicités", "members asked"),
    "NEIGHBOUR_SLOTS": Words("créneaux des voisins", "neighbours' slots"),
    "PARTNER_SLOTS": Words("créneaux des partenaires", "partners' slots"),
    "PARTNER_OFFERS": Words("partenaires sollicités", "partners asked"),
}
MODES = {
    "AMB": Words("au cabinet", "at the practice"),
    "HH": Words("à domicile", "at home"),
    "VR": Words("en vidéo", "by video"),
}
PRIORITIES = {
    "P2": Words("P2, non urgent", "P2, not urgent"),
    "P3": Words("P3, différable", "P3, may wait"),
    "NR": Words("non régulée", "not regulated"),
}
DELAYS = {
    "ASAP": Words("dès que possible", "as soon as possible"),
    "30M": Words("30 min", "30 min"),
    "45M": Words("45 min", "45 min"),
    "1H": Words("1 h", "1 h"),
    "2H": Words("2 h", "2 h"),
    "4H": Words("4 h", "4 h"),
    "8H": Words("8 h", "8 h"),
    "12H": Words("12 h", "12 h"),
    "24H": Words("24 h", "24 h"),
    "RDV": Words("48 h", "48 h"),
}
SEXES = {
    "F": Words("féminin", "female"),
    "M": Words("masculin", "male"),
    "O": Words("autre", "other"),
    "UN": Words("non précisé", "not said"),
}
PROFESSIONS = {
    "10": Words("médecin", "doctor"),
    "21": Words("pharmacien", "pharmacist"),
    "40": Words("dentiste", "dentist"),
    "50": Words("sage-femme", "midwife"),
    "60": Words("infirmier", "nurse"),
    "70": Words("kinésithérapeute", "physiotherapist"),
    "80": Words("podologue", "podiatrist"),
}
DESTINATIONS = {
    "URGENCES": Words("service d'urgences", "emergency department"),
    "SANTE": Words("hospitalisation", "hospital ward"),
    "HAD": Words("hospitalisation à domicile", "hospital at home"),
    "EHPAD": Words("établissement médico-social", "medico-social establishment"),
    "PDSA": Words("permanence des soins (PDSA)", "out-of-hours care (PDSA)"),
    "MT": Words("médecin traitant", "treating doctor"),
    "CONSEIL": Words("conseil téléphonique", "advice by telephone"),
}
SOURCES = {
    "SAS": Words("SAS", "SAS"),
    "CPTS": Words("guichet de la CPTS", "desk of the CPTS"),
    "IOA": Words("infirmier d'accueil des urgences", "triage nurse"),
    "HAD": Words("HAD", "hospital at home"),
    "EMS": Words("établissements médico-sociaux", "medico-social establishments"),
    "PHARMA": Words("pharmaciens, infirmiers", "pharmacists, nurses"),
}
ANSWERS = {
    "ACCEPTEE": Words("accepté", "accepted"),
    "PARTIELLE": Words("autre heure proposée", "another time"),
    "REFUSEE": Words("refusé", "refused"),
    "DIFFEREE": Words("réponse différée", "put off"),
    "NONE": Words("pas de réponse", "no answer"),
}
WHY_NOT = {
    "FULL": Words("complet", "full"),
    "ABSENT": Words("absent", "away"),
    "OUT_OF_SCOPE": Words("hors de mon exercice", "out of scope"),
    "TOO_FAR": Words("trop loin", "too far"),
    "OTHER": Words("autre raison", "another reason"),
}
OUTCOMES = {
    "TREATED": Words("soigné, rien de plus", "treated, nothing more"),
    "FOLLOW_UP": Words("à revoir en ville", "to be seen again"),
    "EMERGENCY_DEPARTMENT": Words("adressé aux urgences", "sent to the emergency department"),
    "HOSPITALISED": Words("hospitalisé", "hospitalised"),
}
WHY = {
    "NO_PLACE": Words("aucune place à temps", "no place in time"),
    "NOBODY_ACCEPTED": Words("personne n'a accepté", "nobody accepted"),
    "LAPSED": Words("délai écoulé", "time is up"),
    "GIVEN_UP": Words("relâchée", "released"),
    "SLOT_CHANGED": Words("créneau modifié", "the slot changed"),
    "SLOT_WITHDRAWN": Words("créneau retiré", "slot withdrawn"),
    "SLOT_MOVED": Words("créneau déplacé", "slot moved"),
    "SLOT_REDUCED": Words("moins de places", "fewer places"),
    "CANCELLED_BY_PRACTITIONER": Words("annulé par le praticien", "cancelled by the practitioner"),
    "CANCELLED_BY_PATIENT": Words("annulé par le patient", "cancelled by the patient"),
    "CLAIM_CORRECTED": Words("acceptation corrigée", "acceptance corrected"),
    "DEADLINE_SHORTENED": Words("délai raccourci", "deadline shortened"),
    "CANCELLED": Words("demande annulée", "demand cancelled"),
    "PATIENT_DECLINED": Words("le patient renonce", "the patient declined"),
    "NO_ANSWER": Words("pas de réponse", "no answer"),
    "PLACE_FOUND": Words("place trouvée ailleurs", "a place was found"),
    "REQUEST_ENDED": Words("demande close", "the request ended"),
    "STEP_OVER": Words("étape terminée", "the step is over"),
    "AWAY": Words("absent", "away"),
    "SAS": Words("heures du SAS", "SAS hours"),
    "PDSA": Words("permanence des soins", "out of hours"),
    "NONE": Words("entre les deux", "neither"),
}

TABLES: Mapping[str, Mapping[str, Words]] = {
    "state": STATES,
    "owner": OWNERS,
    "step": STEPS,
    "mode": MODES,
    "priority": PRIORITIES,
    "delay": DELAYS,
    "sex": SEXES,
    "profession": PROFESSIONS,
    "destination": DESTINATIONS,
    "source": SOURCES,
    "answer": ANSWERS,
    "why_not": WHY_NOT,
    "outcome": OUTCOMES,
    "why": WHY,
    "reason": REASONS,
}


def word(table: str, code: str | None, language: Language) -> str:
    """What a code means; the code itself where it is newer than these words."""
    if not code:
        return ""
    found = TABLES[table].get(code)
    return found.of(language) if found else code.replace("_", " ").lower()


def codes(table: str, language: Language) -> list[tuple[str, str]]:
    """Every code of a table with its words, to choose from."""
    return [(code, words.of(language)) for code, words in TABLES[table].items()]


def motive(code: str | None) -> str:
    """`Douleur thoracique`: the national list is in French."""
    return MOTIVES.get(code[:6], code) if code else ""
