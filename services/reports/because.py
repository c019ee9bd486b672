"""The words for what a decision weighed, in French and English."""

from datetime import datetime, tzinfo
from typing import assert_never

from events.codes import Mode
from events.explanation import KeptFor, Option
from events.request import RequestAssigned, RequestEscalated, RequestHandedBack, RequestSearching
from services.reports.reasons import Words, reason
from services.reports.why import Decided, Decision, Place

_MODES = {
    Mode.OFFICE: Words("au cabinet", "at the practice"),
    Mode.HOME: Words("à domicile", "at home"),
    Mode.VIDEO: Words("en téléconsultation", "by video"),
}
_TERMS = {
    "wait": Words("attente", "waiting"),
    "travel": Words("trajet", "travel"),
    "price": Words("prix pour les demandes attendues", "price to those still expected"),
    "continuity": Words("autre que son médecin", "not their own doctor"),
    "fairness": Words("équité", "fairness"),
    "scarcity": Words("place rare", "scarce place"),
    "fragility": Words("trajet d'une personne fragile", "travel of who is frail"),
    "tours": Words("détour de la tournée", "detour of the tour"),
}
_COLON = Words(" : ", ": ")
_CHOSEN = Words("Place choisie : ", "The place chosen: ")
_FIRST_TO_ACCEPT = Words(
    "un membre l'a acceptée le premier.", "a member was the first to accept it."
)
_IS_CHOSEN = Words("choisie", "chosen")
_ALIKE = Words("pas plus coûteuse que la place choisie", "no dearer than the place chosen")
_DEARER = Words(
    "coûte {more} de plus que la place choisie, surtout : {term}",
    "costs {more} more than the place chosen, mostly: {term}",
)
_WITHOUT_PRICE = Words(
    "possible : attente et trajet {ours}, pour la place choisie {its} ; son prix d'alors n'est pas"
    " gardé",
    "possible: waiting and travel {ours}, of the place chosen {its}; its price then is not kept",
)
_COST = Words("coût", "cost")
_RULE = Words("Règle : ", "Rule: ")
_NEXT = Words("ou", "or")
_WAITS = Words("Aucune place : la recherche continue.", "No place: the search goes on.")
_GOES_ON = Words(
    "Aucune place donnée : l'étape suivante est commencée.",
    "No place was given: the next step has begun.",
)
_BACK = Words(
    "Aucune place à temps : la demande a été rendue au SAS.",
    "No place in time: the request went back to the SAS.",
)
_NOTHING = Words("Aucune place à venir n'était ouverte.", "No place to come was open.")


def because(decided: Decision, zone: tzinfo, language: str) -> list[str]:
    """Why this place, or why none."""
    explanation = decided.explanation
    told = [
        _headline(decided.event, zone, language),
        *(f"{_NEXT.of(language)} {of_option(o, zone, language)}" for o in explanation.alternatives),
    ]
    aside = sorted(explanation.not_eligible, key=lambda left: -left.slots)
    told += [
        f"{_places(left.slots)}{_COLON.of(language)}{reason(left.reason, language)}"
        for left in aside
    ]
    if not explanation.considered:
        told.append(_NOTHING.of(language))
    return [*told, _RULE.of(language) + explanation.policy]


def _places(number: int) -> str:
    """The same in both languages."""
    return f"{number} place" if number == 1 else f"{number} places"


def _headline(event: Decided, zone: tzinfo, language: str) -> str:
    match event:
        case RequestAssigned(explanation=explanation) if explanation.chosen is not None:
            return _CHOSEN.of(language) + of_option(explanation.chosen, zone, language)
        case RequestAssigned():
            at = clock(event.start, zone, language)
            return f"{_CHOSEN.of(language)}{at}, {_FIRST_TO_ACCEPT.of(language)}"
        case RequestHandedBack():
            return _BACK.of(language)
        case RequestEscalated():
            return _GOES_ON.of(language)
        case RequestSearching():
            return _WAITS.of(language)
        case _:
            assert_never(event)


def of_option(option: Option, zone: tzinfo, language: str) -> str:
    """A place, what it costs and whom it is kept for."""
    where = _MODES[option.mode].of(language)
    far = f", {decimal(option.km, language, 1)} km" if option.km else ""
    at = clock(option.start, zone, language)
    return f"{at} {where}{far}, {_weighed(option, zone, language)}"


def _weighed(option: Option, zone: tzinfo, language: str) -> str:
    terms = {name: getattr(option.terms, name) for name in _TERMS}
    weighed = ", ".join(
        f"{_TERMS[name].of(language)} {decimal(cost, language)}"
        for name, cost in terms.items()
        if cost
    )
    inside = f" ({weighed})" if weighed else ""
    kept = f", {_kept(option.kept_for, zone, language)}" if option.kept_for else ""
    return f"{_COST.of(language)} {decimal(option.terms.cost, language)}{inside}{kept}"


def _kept(kept: KeptFor, zone: tzinfo, language: str) -> str:
    hours = kept.within_minutes // 60
    by = clock(kept.expected_by, zone, language)
    return Words(
        f"gardé pour une demande à voir sous {hours} h, attendue avant {by}",
        f"kept for who must be seen within {hours} h and is expected by {by}",
    ).of(language)


def why_not(place: Place, decided: Decision, zone: tzinfo, language: str) -> str:
    """Of one place of a practitioner: chosen, not possible, or not the best."""
    return (
        clock(place.start, zone, language)
        + _COLON.of(language)
        + _not(place, decided.explanation.chosen, zone, language)
    )


def _not(place: Place, chosen: Option | None, zone: tzinfo, language: str) -> str:
    if place.chosen:
        return _IS_CHOSEN.of(language)
    if place.option is None:
        return reason(place.why_not or "", language)
    weighed = _weighed(place.option, zone, language)
    if place.why_not is not None:
        return f"{reason(place.why_not, language)}, {weighed}"
    if chosen is None:
        return weighed
    mine, theirs = place.option.terms, chosen.terms
    if not place.weighed_then:
        ours, its = mine.wait + mine.travel, theirs.wait + theirs.travel
        return _WITHOUT_PRICE.of(language).format(
            ours=decimal(ours, language), its=decimal(its, language)
        )
    if mine.cost <= theirs.cost:
        return _ALIKE.of(language)
    worst = max(_TERMS, key=lambda name: getattr(mine, name) - getattr(theirs, name))
    more = decimal(mine.cost - theirs.cost, language)
    return _DEARER.of(language).format(more=more, term=_TERMS[worst].of(language))


def clock(instant: datetime, zone: tzinfo, language: str) -> str:
    """`10 h 40`, `10:40`."""
    here = instant.astimezone(zone)
    return f"{here:%-H} h {here:%M}" if language == "fr" else f"{here:%H:%M}"


def decimal(amount: float, language: str, digits: int = 2) -> str:
    """`0,25`, `0.25`."""
    said = f"{amount:.{digits}f}"
    return said.replace(".", ",") if language == "fr" else said
