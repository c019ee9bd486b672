"""Acts a doctor delegates by a protocol of cooperation: while both are of one team."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from domain.practitioner.states import Enrolled, NotEnrolled, Paused, Practitioner, enrolment
from events.codes import Profession
from events.practitioner import Delegation


def as_delegated(practitioner: Practitioner, known: Callable[[str], Practitioner]) -> Practitioner:
    """The practitioner with the protocols alone that are in force (L4011-4 CSP).

    `known`: a practitioner by RPPS; NotEnrolled for who takes no part.
    """
    match practitioner:
        case Enrolled(consent=consent) if consent is not None and consent.protocols:
            lost = not_in_force(practitioner, known)
            if not lost:
                return practitioner
            left = tuple(one for one in consent.protocols if one not in lost)
            return replace(practitioner, consent=replace(consent, protocols=left))
        case _:
            return practitioner


def not_in_force(
    practitioner: Practitioner, known: Callable[[str], Practitioner]
) -> tuple[Delegation, ...]:
    """The protocols whose doctor takes no part, is none, or is in no community of theirs."""
    match practitioner:
        case NotEnrolled():
            return ()
        case Enrolled() | Paused():
            own = enrolment(practitioner)
            protocols = own.consent.protocols if own.consent else ()
            return tuple(one for one in protocols if not _delegates(known(one.by), own.communities))
        case _:
            assert_never(practitioner)


def _delegates(doctor: Practitioner, communities: tuple[str, ...]) -> bool:
    if isinstance(doctor, NotEnrolled):
        return False
    known = enrolment(doctor)
    return known.profession is Profession.DOCTOR and not set(communities).isdisjoint(
        known.communities
    )


def delegating(practitioner: Practitioner) -> set[str]:
    """The doctors who delegate acts to them, by RPPS."""
    if isinstance(practitioner, NotEnrolled):
        return set()
    consent = enrolment(practitioner).consent
    return {one.by for one in consent.protocols} if consent else set()
