"""Regulators as the national platform keeps their accounts here (INT_R02, FrPractitionerRegul)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fhir.resources.R4B.practitioner import Practitioner
from pydantic import ValidationError

from domain.decider import Refused
from services.access.names import Name
from services.fhir.codes import INTERNAL, NATIONAL, PERSON, PLATFORM

_MOST = 10  # identifiers


class NotFhir(Refused):
    """This is no Practitioner of FHIR R4."""

    code = "invalid"


class NotARegulator(Refused):
    """A regulator's account has an identifier, a name, an e-mail address, and is active or not."""

    code = "invalid_value"


class WhichRegulator(Refused):
    """Say which account, as ?identifier=system|value."""

    code = "invalid"


class AlreadyAnAccount(Refused):
    """An account has this identifier already: change it with PUT."""

    code = "already_an_account"


@dataclass(frozen=True)
class Regulator:
    """Who they are, as the platform tells it."""

    names: Sequence[Name]
    title: str  # for the vault
    active: bool


def regulator_in(document: Any) -> Regulator:
    """Raises NotFhir, and NotARegulator for what a regulator's account cannot do without."""
    try:
        found = Practitioner.model_validate(document)
    except ValidationError as wrong:
        places = sorted({".".join(map(str, one["loc"])) for one in wrong.errors()})
        raise NotFhir(", ".join(places)[:300]) from wrong
    except (LookupError, TypeError, ValueError, AttributeError) as wrong:
        raise NotFhir from wrong  # a kind of resource nobody has heard of
    names = [_name(one) for one in found.identifier or ()]
    if not 0 < len(names) <= _MOST:
        raise NotARegulator("identifier")
    if found.active is None:
        raise NotARegulator("active")
    family = next((one for one in found.name or () if one.family and any(one.given or ())), None)
    if family is None:
        raise NotARegulator("name")
    email = next((one.value for one in found.telecom or () if one.system == "email"), None)
    if not email or not email.strip():
        raise NotARegulator("telecom")
    given = " ".join(one for one in family.given or () if one)
    return Regulator(names, f"{given} {family.family} <{email}>"[:200], bool(found.active))


def name_in(query: str) -> Name:
    """Of `?identifier=system|value`. Raises WhichRegulator."""
    try:
        pairs = parse_qsl(query, max_num_fields=50)
    except ValueError as malformed:
        raise WhichRegulator from malformed
    named = [value for name, value in pairs if name.lower() == "identifier"]
    if len(named) != 1:
        raise WhichRegulator
    system, bar, value = named[0].partition("|")
    if not bar or not value:
        raise WhichRegulator
    # The kit leaves the prefix out in one place: `1.2.250…|`.
    return Name(system if system.startswith("urn:") else f"urn:oid:{system}", value)


def _name(identifier: Any) -> Name:
    if not identifier.system or not (identifier.value or "").strip():
        raise NotARegulator("identifier")
    codings = identifier.type.coding if identifier.type else None
    codes = {coding.code for coding in codings or ()}
    expected = {PERSON: NATIONAL, PLATFORM: INTERNAL}.get(identifier.system)
    if codes and expected and expected not in codes:
        raise NotARegulator("identifier.type")
    return Name(str(identifier.system), str(identifier.value).strip())
