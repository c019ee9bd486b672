"""Which other professions a patient may see: by a protocol of cooperation, or directly by law.

Rules are dated data (DOMAIN §4): a community adopts its own, or has the national ones.
"""

from collections.abc import Iterable
from datetime import date

from events.codes import Complaint, Profession, Setting, Sex
from events.protocol import Pathway, Protocol

_PROTOCOL_2020 = "Arrêtés du 6 mars 2020 (JO du 8 mars 2020), L4011-4 CSP"
_PROTOCOL_2023 = "Arrêtés du 9 mars 2023 (JO du 14 mars 2023), L4011-4 CSP"
_STRUCTURES = (Setting.HEALTH_HOUSE, Setting.HEALTH_CENTRE)

NATIONAL = (
    Protocol(
        code="ODYNOPHAGIE",
        title="Odynophagie, 6 à 45 ans",
        professions=(Profession.PHARMACIST, Profession.NURSE),
        complaints=(Complaint.SORE_THROAT,),
        min_age=6,
        max_age=45,
        delegated=True,
        valid_from=date(2023, 3, 14),
        source=_PROTOCOL_2023,
    ),
    Protocol(
        code="POLLAKIURIE",
        title="Pollakiurie, femmes de 16 à 65 ans",
        professions=(Profession.PHARMACIST, Profession.NURSE),
        complaints=(Complaint.BURNING_URINATION,),
        min_age=16,
        max_age=65,
        sexes=(Sex.FEMALE,),
        delegated=True,
        valid_from=date(2023, 3, 14),
        source=_PROTOCOL_2023,
    ),
    Protocol(
        code="LOMBALGIE",
        title="Lombalgie aiguë, 20 à 55 ans",
        professions=(Profession.PHYSIOTHERAPIST,),
        complaints=(Complaint.ACUTE_LOW_BACK_PAIN,),
        min_age=20,
        max_age=55,
        settings=_STRUCTURES,
        delegated=True,
        valid_from=date(2020, 3, 8),
        source=_PROTOCOL_2020,
    ),
    Protocol(
        code="ENTORSE",
        title="Entorse de la cheville",
        professions=(Profession.PHYSIOTHERAPIST,),
        complaints=(Complaint.ANKLE_SPRAIN,),
        settings=_STRUCTURES,
        delegated=True,
        valid_from=date(2020, 3, 8),
        source=_PROTOCOL_2020,
    ),
    Protocol(
        code="RHINITE",
        title="Rhino-conjonctivite allergique, renouvellement",
        professions=(Profession.PHARMACIST, Profession.NURSE),
        complaints=(Complaint.ALLERGIC_RHINITIS,),
        settings=_STRUCTURES,
        delegated=True,
        valid_from=date(2020, 3, 8),
        source=_PROTOCOL_2020,
    ),
    Protocol(
        code="DENTISTE",
        title="Douleur dentaire",
        professions=(Profession.DENTIST,),
        complaints=(Complaint.TOOTHACHE,),
        delegated=False,
        valid_from=date(2000, 1, 1),
        source="L4141-1 CSP",
    ),
    Protocol(
        code="SAGE_FEMME",
        title="Grossesse sans complication",
        professions=(Profession.MIDWIFE,),
        complaints=(Complaint.PREGNANCY,),
        sexes=(Sex.FEMALE,),
        delegated=False,
        valid_from=date(2000, 1, 1),
        source="L4151-1 CSP",
    ),
    Protocol(
        code="PANSEMENT",
        title="Pansement prescrit",
        professions=(Profession.NURSE,),
        complaints=(Complaint.WOUND_CARE,),
        delegated=False,
        valid_from=date(2000, 1, 1),
        source="R4311-5 CSP",
    ),
)
"""For communities that adopted none of their own."""


def pathways(
    protocols: Iterable[Protocol],
    *,
    motive: str,
    complaint: Complaint | None,
    age: int | None,
    sex: Sex,
    day: date,
) -> tuple[Pathway, ...]:
    """What the rules of that day open to a patient."""
    return tuple(
        Pathway(
            code=rule.code,
            professions=rule.professions,
            settings=rule.settings,
            delegated=rule.delegated,
        )
        for rule in protocols
        if _holds(rule, day)
        and _is_for(rule, motive, complaint)
        and _is_of_age(rule, age)
        and (not rule.sexes or sex in rule.sexes)
    )


def _holds(rule: Protocol, day: date) -> bool:
    return rule.valid_from <= day and (rule.valid_until is None or day <= rule.valid_until)


def _is_for(rule: Protocol, motive: str, complaint: Complaint | None) -> bool:
    """A rule that names no reason at all is for none: it would send everybody everywhere."""
    if rule.complaints:
        return complaint in rule.complaints and _is_motive(rule, motive)
    return bool(rule.motives) and _is_motive(rule, motive)


def _is_motive(rule: Protocol, motive: str) -> bool:
    return not rule.motives or motive.startswith(rule.motives)


def _is_of_age(rule: Protocol, age: int | None) -> bool:
    if rule.min_age is None and rule.max_age is None:
        return True
    if age is None:
        return False
    return (rule.min_age or 0) <= age and (rule.max_age is None or age <= rule.max_age)
